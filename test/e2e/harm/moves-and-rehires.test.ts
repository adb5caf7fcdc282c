import { describe, expect, it } from 'vitest';
import { finishTask } from '../../../src/admin/tasks.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Policies } from '../../../src/core/policy.ts';
import { updateConnection } from '../../../src/store/connections.ts';
import { eventually, person, startStage } from '../delivery/stage.ts';
import { operatorOf } from '../operations/operate.ts';
import { atVendor, settled, stateAtVendor } from '../vendors/vendor-acts.ts';
import { aWhile, HOUR, hire, moveTo, openTitles, SECOND, vendorId } from './by-hand.ts';

const ANA = 'ana.diaz@example.com';
const BO = 'bo.li@example.com';
/** As Entra renames whom it deletes softly: the object's id before the name. */
const SOFT_DELETED = `0b6f2c1e9a5d4c3f8e7d6a5b4c3d2e1f${ANA}`;

const VENDORS: [string, { vendor: string; settings?: JsonObject; keeps: boolean; state: string }][] = [
  ['CrankWheel', { vendor: 'crankwheel', keeps: false, state: 'active' }],
  ['Agendize', { vendor: 'agendize', keeps: true, state: 'active' }],
  ['Woodpecker', { vendor: 'woodpecker', keeps: true, state: 'active' }],
  ['Corezoid', { vendor: 'corezoid', keeps: true, state: 'active' }],
  ['Attention, its SCIM side on', { vendor: 'attention', keeps: true, state: 'active' }],
  [
    'Attention, its SCIM side off',
    { vendor: 'attention', settings: { scim: { enabled: false } }, keeps: false, state: 'active' },
  ],
];

describe('Somebody whom Entra deleted softly (renamed and deactivated) and who is pushed anew', () => {
  it.each(VENDORS)('is 201 and has one account at %s', async (_name, { vendor, settings, keeps, state }) => {
    const stage = await startStage(vendor, { settings: settings ?? {} });
    const first = await hire(stage, ANA);
    const before = await vendorId(stage, ANA);
    const { status } = await stage.patchUser(
      first,
      { op: 'replace', path: 'userName', value: SOFT_DELETED },
      { op: 'replace', path: 'active', value: false },
    );
    expect(status).toBe(200);
    await settled(stage);
    stage.passTime(HOUR);
    const second = await stage.addUser(person(ANA));
    await eventually(() => stage.state(second), 'in-sync');
    expect(await stage.vendorAccounts()).toMatchObject([{ key: ANA, state }]);
    if (keeps) expect(await vendorId(stage, ANA)).toBe(before);
    expect(await openTitles(stage)).toEqual([]);
    // Entra deletes the old User for good a month later: nobody loses anything by it.
    expect((await stage.send('DELETE', `/Users/${first}`)).status).toBe(204);
    stage.passTime(HOUR);
    await settled(stage);
    expect(await stateAtVendor(stage, ANA)).toBe(state);
    expect(await openTitles(stage)).toEqual([]);
  });
});

describe('Two people', () => {
  it.each([
    ['at once', []],
    ['after a removal whose answer was lost', [{ kind: 'status', status: 503, match: 'DELETE', times: 1 }]],
    ['while a removal takes its time', [{ kind: 'slow', delayMs: 300, match: 'DELETE', times: 2 }]],
  ])(
    'swap their addresses through a third (%s), and neither gets the other’s account',
    async (_how, faults) => {
      const policies = { addressChange: 'replace' as const, waitMs: 200 };
      const stage = await startStage('attention', { policies, callTimeoutMs: 1_000 });
      const name = (familyName: string) => ({ name: { givenName: 'Ana', familyName } });
      const one = await hire(stage, ANA, name('One'));
      const two = await hire(stage, BO, name('Two'));
      const before = [await vendorId(stage, ANA), await vendorId(stage, BO)];
      for (const fault of faults) await stage.fault(fault);
      for (const [id, address] of [
        [one, 'third@example.com'],
        [two, ANA],
        [one, BO],
      ] as const) {
        expect((await moveTo(stage, id, address)).status).toBe(200);
      }
      await eventually(async () => {
        stage.passTime(SECOND);
        return [await stage.addresses(), await stage.state(one), await stage.state(two)];
      }, [[ANA, BO], 'in-sync', 'in-sync']);
      await settled(stage);
      expect(before).not.toContain(await vendorId(stage, ANA));
      expect(before).not.toContain(await vendorId(stage, BO));
      expect(await atVendor(stage, ANA)).toMatchObject({ lastName: 'Two', deactivatedAt: null });
      expect(await atVendor(stage, BO)).toMatchObject({ lastName: 'One', deactivatedAt: null });
      expect(await openTitles(stage)).toEqual([]);
    },
  );
});

describe('A change to an address that another living User’s account has', () => {
  it.each<Policies['addressChange']>(['task', 'replace', 'refuse'])(
    'is 409 under `addressChange: %s`, and never an impossible task',
    async (addressChange) => {
      const stage = await startStage('crankwheel', { policies: { addressChange } });
      const ana = await hire(stage, ANA);
      await hire(stage, BO);
      const { status, body } = await moveTo(stage, ana, BO);
      expect(body).toMatchObject({ scimType: 'uniqueness', detail: expect.stringContaining(BO) });
      expect(status).toBe(409);
      await settled(stage);
      expect(await openTitles(stage)).toEqual([]);
      expect(await stage.writes()).toEqual([]);
      expect((await stage.send('GET', `/Users/${ana}`)).body['emails']).toMatchObject([{ value: ANA }]);
    },
  );

  it.each(['adopt', 'refuse'] as const)(
    'is 409 under `addressChange: task` where nobody here knows the account (`adoption: %s`)',
    async (adoption) => {
      const stage = await startStage('crankwheel', { policies: { addressChange: 'task', adoption } });
      const ana = await hire(stage, ANA);
      await stage.seed(BO, { privilege: 'admin' });
      expect((await moveTo(stage, ana, BO)).status).toBe(409);
      await aWhile(stage);
      expect(await openTitles(stage)).toEqual([]);
      expect(await stage.writes()).toEqual([]);
      expect(await atVendor(stage, BO)).toMatchObject({ privilege: 'admin' });
    },
  );
});

describe('Somebody whose address changes before the first one is settled', () => {
  it('gets no account at the new one where a stranger is: the lost create says nothing of it', async () => {
    const stage = await startStage('attention', {
      policies: { adoption: 'refuse', addressChange: 'replace', waitMs: 0 },
      quirks: { onDuplicate: 'second' },
      callTimeoutMs: 500,
    });
    const create = 'POST /v2/organizations/users';
    await stage.seed(BO, { firstName: 'Bo', lastName: 'Li' });
    await stage.fault({ kind: 'reset-before', match: create, times: 1 });
    const id = await stage.addUser(person(ANA));
    await eventually(async () => (await stage.calls(create)).length, 1);
    await moveTo(stage, id, BO);
    await eventually(() => {
      stage.passTime(SECOND);
      return stage.state(id);
    }, 'conflict');
    expect(await stage.addresses()).toEqual([BO]);
  });

  it('is planned and not called for where the connection has become a dry run: invited at Corezoid', async () => {
    const stage = await startStage('corezoid', { policies: { addressChange: 'replace', waitMs: 0 } });
    const id = await stage.addUser(person(ANA));
    await eventually(() => stage.addresses(), [ANA]);
    await settled(stage);
    await updateConnection(stage.db, stage.id, { dryRun: true }, stage.now());
    await moveTo(stage, id, BO);
    await eventually(() => stage.state(id), 'planned');
    expect(await stage.addresses()).toEqual([ANA]);
  });
});

describe('A withdrawal of a hidden invitation that got no answer', () => {
  async function lost(fault: string, how: 'deleted' | 'deactivated') {
    const stage = await startStage('corezoid', {
      settings: { listsInvitations: false },
      quirks: { multiTenant: false },
      policies: { waitMs: 300, addressChange: 'replace' },
      callTimeoutMs: 300,
    });
    const id = await stage.addUser(person(ANA));
    await settled(stage);
    await stage.fault({ kind: fault, sent: '"delete","obj":"invite"', times: 1 });
    await (how === 'deleted' ? stage.send('DELETE', `/Users/${id}`) : stage.setActive(id, false));
    await eventually(async () => {
      stage.passTime(SECOND);
      return openTitles(stage);
    }, [expect.stringContaining(ANA)]);
    return { stage, id };
  }

  it.each(['reset-before', 'reset-after'])('does not stand in the way of a new POST (%s)', async (fault) => {
    const { stage } = await lost(fault, 'deleted');
    const { status, body } = await stage.postUser(person(ANA, { userName: 'ana.again' }));
    expect(status).toBe(201);
    if (fault === 'reset-before') await stage.forget(ANA);
    for (const { id } of await stage.openTasks()) await finishTask(operatorOf(stage), id);
    stage.wake();
    await eventually(() => stateAtVendor(stage, ANA), 'pending');
    await eventually(() => stage.state(String(body['id'])), 'in-sync');
    expect(await openTitles(stage)).toEqual([]);
  });

  it.each(['reset-before', 'reset-after'])(
    'does not stand in the way of the same User at another address (%s): a task stays for the first one',
    async (fault) => {
      const { stage, id } = await lost(fault, 'deactivated');
      const emails = [{ value: BO, type: 'work', primary: true }];
      await stage.patchUser(id, { op: 'replace', value: { active: true, emails } });
      await eventually(() => stateAtVendor(stage, BO), 'pending');
      await eventually(() => stage.state(id), 'in-sync');
      expect(await openTitles(stage)).toEqual([expect.stringContaining(ANA)]);
    },
  );

  it.each(['reset-before', 'reset-after'])(
    'refuses nobody the address that was its own (%s): the task goes along, and done leads on',
    async (fault) => {
      const { stage, id } = await lost(fault, 'deactivated');
      const emailsOf = (value: string) => [{ value, type: 'work', primary: true }];
      await stage.patchUser(id, { op: 'replace', value: { active: true, emails: emailsOf(BO) } });
      await eventually(() => stage.state(id), 'in-sync');
      const { status } = await stage.patchUser(id, { op: 'replace', value: { emails: emailsOf(ANA) } });
      expect(status).toBe(200);
      await eventually(() => stage.state(id), 'task');
      expect(await openTitles(stage)).toEqual([expect.stringContaining(ANA)]);
      if (fault === 'reset-before') await stage.forget(ANA);
      for (const { id: task } of await stage.openTasks()) await finishTask(operatorOf(stage), task);
      stage.wake();
      await eventually(() => stateAtVendor(stage, ANA), 'pending');
      await eventually(() => stage.addresses(), [ANA]);
      await eventually(() => stage.state(id), 'in-sync');
      expect(await openTitles(stage)).toEqual([]);
    },
  );
});
