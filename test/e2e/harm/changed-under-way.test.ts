import { describe, expect, it } from 'vitest';
import { editConnection } from '../../../src/admin/connections.ts';
import { person, type Stage, startStage } from '../delivery/stage.ts';
import { operatorOf, runJob } from '../operations/operate.ts';
import { atVendor } from '../vendors/vendor-acts.ts';
import { hire, hireAll, moveTo } from './by-hand.ts';
import { compareTwice, leave, quiet, stateOf, timePasses } from './harm.ts';

const A = 'a@example.com';
const B = 'b@example.com';
const OWNER = 'owner@example.com';
/** The removal of what a move leaves behind has to wait. */
const LATER = { kind: 'status', status: 429, headers: { 'Retry-After': '60' }, match: 'DELETE /', times: 1 };
const MIRRORED = { policies: { waitMs: 200, groups: 'mirror' } } as const;

async function edit(stage: Stage, change: Parameters<typeof editConnection>[2]): Promise<void> {
  await editConnection(operatorOf(stage), stage.id, change);
  stage.wake();
}

function set(policies: Record<string, string | string[]>) {
  return { policies: { set: policies, reset: [] } };
}

/** Of a Group. */
async function mirrored(stage: Stage, id: string): Promise<unknown> {
  const query = stage.db.selectFrom('accounts').select(['state', 'address', 'vendor_id as vendorId']);
  return query.where('kind', '=', 'group').where('resource_id', '=', id).executeTakeFirst();
}

describe('Nobody is moved onto a protected account', () => {
  const MOVED = { waitMs: 2000, addressChange: 'replace' } as const;

  it('that is an imported User’s', async () => {
    const stage = await startStage('crankwheel', { policies: MOVED });
    const id = await hire(stage, A);
    await stage.seed(OWNER, { privilege: 'owner' });
    await runJob(stage, 'import');
    expect((await moveTo(stage, id, OWNER)).status).toBe(400);
    await timePasses(stage);
    expect(await stateOf(stage, A)).toBe('active');
    expect(await atVendor(stage, OWNER)).toMatchObject({ privilege: 'owner' });
  });

  it.each(['deactivated', 'deleted'] as const)('that a %s User still has', async (how) => {
    const stage = await startStage('attention', { policies: { ...MOVED, delete: 'task' } });
    const id = await hire(stage, A);
    const owner = await hire(stage, OWNER);
    await leave(stage, owner, how);
    await timePasses(stage);
    await edit(stage, set({ protectedAddresses: [OWNER], delete: 'remove' }));
    const before = await stateOf(stage, OWNER);
    await moveTo(stage, id, OWNER);
    await timePasses(stage);
    expect(await stateOf(stage, A)).toBe('active');
    expect(await stateOf(stage, OWNER)).toBe(before);
  });
});

it.each(['strangers', 'imported'] as const)(
  'The guard counts who is moved onto an account that is there already (%s)',
  async (what) => {
    const policies = { waitMs: 200, addressChange: 'replace', leaverCount: 1, leaverPercent: 0 } as const;
    const stage = await startStage('attention', { policies });
    const names = ['one', 'two', 'three', 'four', 'five'];
    const ids = await hireAll(
      stage,
      names.map((name) => `${name}@old.example.com`),
    );
    for (const name of names) await stage.seed(`${name}@new.example.com`, { firstName: 'X', lastName: 'Y' });
    if (what === 'imported') await runJob(stage, 'import');
    for (const [index, id] of ids.entries()) await moveTo(stage, id, `${names[index]}@new.example.com`);
    await quiet(stage);
    const kept = (await stage.addresses()).filter((address) => address.includes('old'));
    expect(kept).toHaveLength(names.length - 1);
  },
);

it('What a move left behind never takes the account that its User has, renamed by hand to the old address', async () => {
  const stage = await startStage('attention', { policies: { waitMs: 200, addressChange: 'replace' } });
  const id = await hire(stage, A);
  await stage.fault(LATER);
  await moveTo(stage, id, B);
  await quiet(stage);
  const { firstName = null, lastName = null, roleUUID = null, uuid = null } = await atVendor(stage, B);
  await stage.forget(A);
  await stage.forget(B);
  await stage.seed(A, { firstName, lastName, roleUUID, uuid });
  await edit(stage, set({ addressChange: 'task' }));
  await timePasses(stage);
  expect(await stage.account(id)).toMatchObject({ role: 'current', vendorId: uuid });
  await leave(stage, id, 'deactivated');
  await timePasses(stage);
  expect(await stateOf(stage, A)).toBe('suspended');
});

describe('When a dry run ends', () => {
  it.each(['corezoid', 'attention'] as const)('a Group that was planned is made (%s)', async (vendor) => {
    const stage = await startStage(vendor, MIRRORED);
    const [id] = await hireAll(stage, [A]);
    await edit(stage, { dryRun: true });
    const group = await stage.addGroup('Finance', id ?? '');
    await quiet(stage);
    expect(await mirrored(stage, group)).toMatchObject({ state: 'planned', vendorId: null });
    await edit(stage, { dryRun: false });
    await timePasses(stage);
    expect(await mirrored(stage, group)).toMatchObject({ state: 'in-sync', vendorId: expect.any(String) });
    expect(await stage.state(id ?? '')).toBe('in-sync');
  });

  it('what a move left behind loses its access', async () => {
    const stage = await startStage('attention', { policies: { waitMs: 100, addressChange: 'replace' } });
    const id = await hire(stage, A);
    await stage.fault(LATER);
    await moveTo(stage, id, B);
    await quiet(stage);
    await edit(stage, { dryRun: true });
    await timePasses(stage);
    await edit(stage, { dryRun: false });
    await timePasses(stage);
    expect(await stage.addresses()).toEqual([B]);
  });
});

describe('A mirrored Group', () => {
  it.each(['corezoid', 'attention'] as const)(
    'exchanges its title with another one through a third, and all come to rest (%s)',
    async (vendor) => {
      const stage = await startStage(vendor, MIRRORED);
      const [a = '', b = ''] = await hireAll(stage, [A, B]);
      const groups = { one: await stage.addGroup('One', a), two: await stage.addGroup('Two', b) };
      await timePasses(stage);
      const rename = (id: string, value: string) =>
        stage.patchGroup(id, { op: 'replace', path: 'displayName', value });
      await rename(groups.one, 'Tmp');
      await rename(groups.two, 'One');
      await rename(groups.one, 'Two');
      await quiet(stage);
      expect(await mirrored(stage, groups.one)).toMatchObject({ state: 'in-sync', address: 'Two' });
      expect(await mirrored(stage, groups.two)).toMatchObject({ state: 'in-sync', address: 'One' });
    },
  );

  it('that cannot be made holds no leaver back, nor who is hired at the address', async () => {
    const stage = await startStage('corezoid', { policies: { waitMs: 100 } });
    const [id = ''] = await hireAll(stage, [A]);
    const denied = '{"request_proc":"ok","ops":[{"proc":"error","description":"access denied"}]}';
    await stage.fault({ kind: 'status', status: 200, sent: '"create","obj":"group"', body: denied });
    await stage.addGroup('Sales', id);
    await timePasses(stage);
    await leave(stage, id, 'deactivated');
    await timePasses(stage);
    expect(await stage.state(id)).not.toBe('waiting');
    const { body } = await stage.postUser(person(A, { userName: 'again' }));
    await timePasses(stage);
    await compareTwice(stage);
    expect(await stage.account(String(body['id']))).toMatchObject({ vendorId: expect.any(String) });
  });
});
