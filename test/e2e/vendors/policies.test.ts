import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Policies } from '../../../src/core/policy.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';
import { changesSent, joined, settled, stateAtVendor } from './vendor-acts.ts';

const ANA = 'ana.diaz@example.com';
const ROCA = 'ana.roca@example.com';
const HASH = expect.stringMatching(/^[0-9a-f]{40}$/);

/** What happened at the vendor and what is left to a human. */
interface Effect {
  /** `METHOD /path` of each call that changes something, or Corezoid's op. */
  changes: unknown[];
  /** At the vendor, afterwards. */
  state: string;
  tasks?: string[];
}

interface Row {
  vendor: string;
  settings?: JsonObject;
  quirks?: JsonObject;
  /** The invitation is not accepted. */
  invited?: boolean;
  attributes?: JsonObject;
  inactive: Effect;
  deactivated: Effect;
  reactivated: Effect;
  deleted: Effect;
  moved: Effect;
}

const NOTHING = { changes: [], state: 'absent' };
const ADDRESS_TASK = { changes: [], state: 'active', tasks: ['address'] };
const text = (pattern: RegExp): unknown => expect.stringMatching(pattern);

const CRANKWHEEL = { changes: ['DELETE /ss/api/user_access/ana.diaz%40example.com'], state: 'absent' };
const AGENDIZE = { changes: ['PUT /api/2.0/resellers/accounts/8841'], state: 'suspended' };
const PERMISSIONS = ['PUT /rest/v2/agency/companies/4711/guests/permissions'];
const REVOKED = { changes: PERMISSIONS, state: 'active', tasks: ['deactivate'] };
const WATCHED = { changes: [], state: 'pending', tasks: ['watch'] };
const SCIM_PATCH = [text(/^PATCH \/v2\/scim\/Users\//)];
const ATTENTION_DELETE = { changes: [text(/^DELETE \/v2\/organizations\/users\//)], state: 'absent' };
const INVITE = { type: 'create', obj: 'invite', login: ANA, login_type: 'corezoid' };
const status = (to: string, did: string) => ({
  type: 'modify',
  obj: 'user_status',
  obj_id: 51532,
  obj_type: 'user',
  status: to,
  blocked_reason: `${did} by the identity provider`,
});
const WITHDRAWN = { changes: [{ type: 'delete', obj: 'invite', hash: HASH }], state: 'absent' };

const TABLE: [string, Row][] = [
  [
    'CrankWheel',
    {
      vendor: 'crankwheel',
      inactive: NOTHING,
      deactivated: CRANKWHEEL,
      reactivated: { changes: ['POST /ss/api/user_access'], state: 'active' },
      deleted: CRANKWHEEL,
      moved: ADDRESS_TASK,
    },
  ],
  [
    'Agendize',
    {
      vendor: 'agendize',
      inactive: NOTHING,
      deactivated: AGENDIZE,
      reactivated: { changes: AGENDIZE.changes, state: 'active' },
      deleted: AGENDIZE,
      moved: ADDRESS_TASK,
    },
  ],
  [
    'Woodpecker, accepted',
    {
      vendor: 'woodpecker',
      attributes: { guestPermissions: ['mailboxes'] },
      inactive: NOTHING,
      deactivated: REVOKED,
      reactivated: { changes: PERMISSIONS, state: 'active' },
      deleted: REVOKED,
      moved: ADDRESS_TASK,
    },
  ],
  [
    'Woodpecker, invited',
    {
      vendor: 'woodpecker',
      invited: true,
      inactive: NOTHING,
      deactivated: WATCHED,
      reactivated: { changes: [], state: 'pending' },
      deleted: WATCHED,
      moved: { ...ADDRESS_TASK, state: 'pending' },
    },
  ],
  [
    'Corezoid, a user',
    {
      vendor: 'corezoid',
      inactive: NOTHING,
      deactivated: { changes: [status('blocked', 'Deactivated')], state: 'suspended' },
      reactivated: { changes: [status('actived', 'Reactivated')], state: 'active' },
      deleted: { changes: [{ type: 'delete', obj: 'user', obj_id: 51532 }], state: 'absent' },
      moved: ADDRESS_TASK,
    },
  ],
  [
    'Corezoid, a pending invitation',
    {
      vendor: 'corezoid',
      invited: true,
      inactive: NOTHING,
      deactivated: WITHDRAWN,
      reactivated: { changes: [INVITE], state: 'pending' },
      deleted: WITHDRAWN,
      moved: { ...ADDRESS_TASK, state: 'pending' },
    },
  ],
  [
    'Corezoid, a pending invitation that nobody can withdraw',
    {
      vendor: 'corezoid',
      settings: { listsInvitations: false },
      quirks: { superadmin: false, tellsUrl: false },
      invited: true,
      inactive: NOTHING,
      deactivated: WATCHED,
      reactivated: { changes: [], state: 'pending' },
      deleted: WATCHED,
      moved: { ...ADDRESS_TASK, state: 'pending' },
    },
  ],
  [
    'Attention, its SCIM side on',
    {
      vendor: 'attention',
      inactive: NOTHING,
      deactivated: { changes: SCIM_PATCH, state: 'suspended' },
      reactivated: { changes: SCIM_PATCH, state: 'active' },
      deleted: ATTENTION_DELETE,
      moved: ADDRESS_TASK,
    },
  ],
  [
    'Attention, its SCIM side off',
    {
      vendor: 'attention',
      settings: { scim: { enabled: false } },
      inactive: NOTHING,
      deactivated: ATTENTION_DELETE,
      reactivated: { changes: ['POST /v2/organizations/users'], state: 'active' },
      deleted: ATTENTION_DELETE,
      moved: ADDRESS_TASK,
    },
  ],
];

const LIST_PACE_MS = 61_000;

function start(row: Row): Promise<Stage> {
  return startStage(row.vendor, { settings: row.settings ?? {}, quirks: row.quirks ?? {} });
}

async function begin(stage: Stage, row: Row): Promise<string> {
  const urn = `urn:ietf:params:scim:schemas:extension:${row.vendor}:2.0:User`;
  const more = row.attributes === undefined ? {} : { [urn]: row.attributes };
  const id = row.invited === true ? await stage.addUser(person(ANA, more)) : await joined(stage, ANA, more);
  // A list that is a minute old tells nothing of who has accepted since.
  stage.passTime(LIST_PACE_MS);
  await stage.forgetCalls();
  return id;
}

async function expectEffect(stage: Stage, { changes, state, tasks = [] }: Effect): Promise<void> {
  await settled(stage);
  expect(await changesSent(stage)).toEqual(changes);
  expect(await stateAtVendor(stage, ANA)).toBe(state);
  expect((await stage.openTasks()).map(({ kind }) => kind)).toEqual(tasks);
}

function moveTo(stage: Stage, id: string, address: string) {
  const value = [{ value: address, type: 'work', primary: true }];
  return stage.patchUser(id, { op: 'replace', path: 'emails', value });
}

describe.each(TABLE)('By default, for a person at %s,', (_name, row) => {
  it('a POST of somebody inactive makes nothing', async () => {
    const stage = await start(row);
    const id = await stage.addUser(person(ANA, { active: false }));
    await expectEffect(stage, row.inactive);
    expect(await stage.state(id)).toBe('in-sync');
  });

  it('`active: false` and then `active: true` do what the table says', async () => {
    const stage = await start(row);
    const id = await begin(stage, row);
    expect(await stage.setActive(id, false)).toMatchObject({ status: 200, body: { active: false } });
    await expectEffect(stage, row.deactivated);
    await stage.forgetCalls();
    stage.passTime(LIST_PACE_MS);
    expect(await stage.setActive(id, true)).toMatchObject({ status: 200, body: { active: true } });
    await expectEffect(stage, row.reactivated);
    expect(await stage.state(id)).toBe('in-sync');
  });

  it('a DELETE does what the table says, and the User is gone at once', async () => {
    const stage = await start(row);
    const id = await begin(stage, row);
    expect((await stage.send('DELETE', `/Users/${id}`)).status).toBe(204);
    expect((await stage.send('GET', `/Users/${id}`)).status).toBe(404);
    await expectEffect(stage, row.deleted);
    const left = row.deleted.state === 'absent' ? undefined : expect.objectContaining({ address: ANA });
    expect(await stage.account(id)).toEqual(left);
  });

  it('a changed address becomes a task, and the account keeps the one it has', async () => {
    const stage = await start(row);
    const id = await begin(stage, row);
    expect((await moveTo(stage, id, ROCA)).status).toBe(200);
    await expectEffect(stage, row.moved);
    expect(await stage.account(id)).toMatchObject({ state: 'task', address: ANA });
    expect((await stage.openTasks())[0]?.title).toContain(ROCA);
  });

  it('a changed address is refused under `addressChange: refuse`, and the User keeps its own', async () => {
    const stage = await startStage(row.vendor, {
      settings: row.settings ?? {},
      quirks: row.quirks ?? {},
      policies: { addressChange: 'refuse' },
    });
    const id = await begin(stage, row);
    const { status, body } = await moveTo(stage, id, ROCA);
    expect(body['detail']).toContain('addressChange');
    expect(status).toBe(400);
    expect(await changesSent(stage)).toEqual([]);
    expect((await stage.send('GET', `/Users/${id}`)).body['emails']).toMatchObject([{ value: ANA }]);
  });
});

/** What the operator chose, at which vendor, what is pushed, and what comes of it. */
const CHOICES: [Partial<Policies>, string, 'deactivate' | 'delete', Effect][] = [
  [
    { deactivate: 'task' },
    'crankwheel',
    'deactivate',
    { changes: [], state: 'active', tasks: ['deactivate'] },
  ],
  [{ delete: 'task' }, 'attention', 'delete', { changes: [], state: 'active', tasks: ['deactivate'] }],
  [
    { delete: 'remove' },
    'agendize',
    'delete',
    { changes: ['DELETE /api/2.0/resellers/accounts/8841'], state: 'absent' },
  ],
  [
    { deactivate: 'remove' },
    'agendize',
    'deactivate',
    { changes: ['DELETE /api/2.0/resellers/accounts/8841'], state: 'absent' },
  ],
  [
    { deactivate: 'task' },
    'woodpecker',
    'deactivate',
    { changes: [], state: 'active', tasks: ['deactivate'] },
  ],
  [
    { deactivate: 'remove' },
    'corezoid',
    'deactivate',
    { changes: [{ type: 'delete', obj: 'user', obj_id: 51532 }], state: 'absent' },
  ],
  [
    { delete: 'suspend' },
    'corezoid',
    'delete',
    { changes: [status('blocked', 'Deactivated')], state: 'suspended' },
  ],
  [{ deactivate: 'remove' }, 'attention', 'deactivate', ATTENTION_DELETE],
  [{ delete: 'suspend' }, 'attention', 'delete', { changes: SCIM_PATCH, state: 'suspended' }],
];

describe('Under the policies', () => {
  it.each(CHOICES)(
    '%o, %s does to somebody it should %s what they say',
    async (policies, vendor, how, effect) => {
      const stage = await startStage(vendor, { policies });
      const id = await joined(stage, ANA);
      const answer = how === 'delete' ? stage.send('DELETE', `/Users/${id}`) : stage.setActive(id, false);
      expect((await answer).status).toBe(how === 'delete' ? 204 : 200);
      await expectEffect(stage, effect);
    },
  );

  it.each([
    ['agendize', 'suspended'],
    ['corezoid', 'absent'],
    ['attention', 'absent'],
  ])('`addressChange: replace`, %s has the new account before the old one leaves', async (vendor, left) => {
    const stage = await startStage(vendor, { policies: { addressChange: 'replace' } });
    const id = await joined(stage, ANA);
    expect((await moveTo(stage, id, ROCA)).status).toBe(200);
    await eventually(() => stateAtVendor(stage, ANA), left);
    expect(await stateAtVendor(stage, ROCA)).not.toBe('absent');
    expect((await changesSent(stage)).length).toBe(2);
    expect(await stage.account(id)).toMatchObject({ address: ROCA, state: 'in-sync' });
  });

  it('`unsupported: refuse`, what the vendor has no call for is 501 and the change is put back', async () => {
    const stage = await startStage('agendize', { policies: { unsupported: 'refuse' } });
    const urn = 'urn:ietf:params:scim:schemas:extension:agendize:2.0:User';
    const id = await joined(stage, ANA, { [urn]: { profileId: '12' } });
    const { status, body } = await stage.patchUser(id, {
      op: 'replace',
      path: `${urn}:profileId`,
      value: '14',
    });
    expect(body['detail']).toContain('profileId');
    expect(status).toBe(501);
    expect((await stage.send('GET', `/Users/${id}`)).body[urn]).toEqual({ profileId: '12' });
    await expectEffect(stage, { changes: [], state: 'active' });
    expect(await stage.state(id)).toBe('in-sync');
  });

  it('`unsupported: refuse`, a deactivation that only a human can complete is 501 and stays wanted', async () => {
    const stage = await startStage('woodpecker', { policies: { unsupported: 'refuse' } });
    const id = await joined(stage, ANA, {});
    expect((await stage.setActive(id, false)).status).toBe(501);
    expect((await stage.send('GET', `/Users/${id}`)).body['active']).toBe(false);
    await expectEffect(stage, { changes: [], state: 'active', tasks: ['deactivate'] });
  });
});
