import { describe, expect, it } from 'vitest';
import { person, startStage } from '../delivery/stage.ts';
import {
  A,
  ALL,
  ANALYSTS,
  B,
  C,
  FINDING,
  join,
  moveTo,
  powersOf,
  seedStranger,
  stageOf,
  stateOf,
  timePasses,
} from './harm.ts';

describe('A move onto an address that somebody else has', () => {
  const movable = ALL.filter((vendor) => vendor !== 'woodpecker');

  it.each(movable)(
    'is 409 where nobody is taken over, and both accounts are as before (%s)',
    async (vendor) => {
      const stage = await stageOf(vendor, { addressChange: 'replace', adoption: 'refuse', waitMs: 2_000 });
      await seedStranger(stage, vendor, B);
      const id = await join(stage, A);
      const before = await stage.vendorAccounts();
      expect((await moveTo(stage, id, B)).status).toBe(409);
      await timePasses(stage);
      expect(await stage.vendorAccounts()).toEqual(before);
      expect(await stage.openTasks()).toEqual([]);
      expect((await stage.send('GET', `/Users/${id}`)).body['emails']).toMatchObject([{ value: A }]);
      expect(await stage.state(id)).toBe('in-sync');
    },
  );

  it.each(
    movable.flatMap((vendor) =>
      (['adopt', 'unmanaged'] as const).map((adoption) => [vendor, adoption] as const),
    ),
  )('takes the account over and demotes nobody (%s, %s)', async (vendor, adoption) => {
    const stage = await stageOf(vendor, { addressChange: 'replace', adoption, waitMs: 2_000 });
    await seedStranger(stage, vendor, B);
    const before = await powersOf(stage, vendor, B);
    const id = await join(stage, A);
    expect((await moveTo(stage, id, B)).status).toBe(200);
    await timePasses(stage);
    expect(await powersOf(stage, vendor, B)).toEqual(before);
    expect(await stateOf(stage, A)).not.toBe('active');
    await stage.patchUser(id, { op: 'replace', path: 'name.givenName', value: 'Anna' });
    await timePasses(stage);
    expect(await powersOf(stage, vendor, B)).toEqual(before);
    expect(await stage.state(id)).toBe('in-sync');
  });

  it.each([
    { vendor: 'crankwheel' as const, who: 'an owner', more: { privilege: 'owner' }, policies: {} },
    { vendor: 'corezoid' as const, who: 'a superadmin', more: { is_superadmin: true }, policies: {} },
    ...FINDING.map((vendor) => ({
      vendor,
      who: 'protected',
      more: {},
      policies: { protectedAddresses: [B] },
    })),
  ])('is 400 where that somebody is $who, and both accounts are as before ($vendor)', async (one) => {
    const stage = await stageOf(one.vendor, { addressChange: 'replace', waitMs: 2_000, ...one.policies });
    await seedStranger(stage, one.vendor, B, one.more);
    const id = await join(stage, A);
    const before = await stage.vendorAccounts();
    expect((await moveTo(stage, id, B)).status).toBe(400);
    await timePasses(stage);
    expect(await stage.vendorAccounts()).toEqual(before);
    expect((await stage.send('GET', `/Users/${id}`)).body['emails']).toMatchObject([{ value: A }]);
  });

  it.each(FINDING)('never becomes a task at the address of somebody else (%s)', async (vendor) => {
    const stage = await stageOf(vendor, { addressChange: 'task', waitMs: 2_000 });
    await seedStranger(stage, vendor, C);
    const id = await join(stage, A);
    const before = await stage.vendorAccounts();
    expect((await moveTo(stage, id, C)).status).toBe(409);
    await timePasses(stage);
    expect(await stage.openTasks()).toEqual([]);
    expect(await stage.vendorAccounts()).toEqual(before);
  });
});

describe('A person with two Corezoid logins', () => {
  const logins = [A, B].map((login) => ({ type: 'corezoid', login }));

  it.each(['task', 'replace', 'refuse'] as const)(
    'is one account under both (addressChange %s)',
    async (addressChange) => {
      const stage = await startStage('corezoid', { policies: { addressChange } });
      await stage.seed(A, { logins, groups: [ANALYSTS] });
      const before = await stage.vendorAccounts();
      const id = await stage.addUser(person(B));
      for (const address of [A, B, A]) expect((await moveTo(stage, id, address)).status).toBe(200);
      await timePasses(stage);
      expect(await stage.openTasks()).toEqual([]);
      expect(await stage.vendorAccounts()).toEqual(before);
      expect(await stage.state(id)).toBe('in-sync');
    },
  );

  it.each([
    [A, B],
    [B, A],
  ])('is nobody else’s under either (%s first, then %s)', async (first, second) => {
    const stage = await startStage('corezoid');
    await stage.seed(A, { logins, groups: [ANALYSTS] });
    const before = await stage.vendorAccounts();
    await stage.addUser(person(first));
    const { status } = await stage.postUser(person(second));
    expect(status).toBe(409);
    await timePasses(stage);
    expect(await stage.vendorAccounts()).toEqual(before);
    expect(await stage.openTasks()).toEqual([]);
  });

  it.each([
    ['first', A, B],
    ['second', B, A],
  ])('is protected by the %s login', async (_which, protectedAddress, pushed) => {
    const stage = await startStage('corezoid', { policies: { protectedAddresses: [protectedAddress] } });
    await stage.seed(A, { logins });
    const id = await stage.addUser(person(pushed));
    await stage.setActive(id, false);
    await stage.send('DELETE', `/Users/${id}`);
    await timePasses(stage);
    expect(await stateOf(stage, A)).toBe('active');
  });
});
