import { expect, vi } from 'vitest';
import { finishTask } from '../../../src/admin/tasks.ts';
import type { FieldValue } from '../../../src/core/field.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Policies } from '../../../src/core/policy.ts';
import type { FakeAccount } from '../../../src/vendor-kit/fake.ts';
import { ROLES, TEAMS } from '../../../src/vendors/attention/fake-records.ts';
import { GROUPS } from '../../../src/vendors/corezoid/fake-company.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';
import { compare, operatorOf } from '../operations/operate.ts';
import { accept } from '../vendors/vendor-acts.ts';

export const A = 'a.diaz@example.com';
export const B = 'b.berg@example.com';
export const C = 'c.cruz@example.com';
export const WOODPECKER = 'urn:ietf:params:scim:schemas:extension:woodpecker:2.0:User';
export const TABLE = GROUPS[2].obj_id;
export const ANALYSTS = GROUPS[3].obj_id;
/** A push is answered at once; what is still to do ends later. */
export const SOON = { waitMs: 200 };
/** A key that sees no invitation and is told none. */
export const BLIND = {
  settings: { listsInvitations: false },
  quirks: { multiTenant: false, tellsUrl: false, onDuplicate: 'second' },
};

const HALF_HOUR = 1_800_000;
/** Polls without a change after which what is due waits for something: a breaker, an operator. */
const STANDS_STILL = 8;
const PATIENCE = { timeout: 8_000, interval: 40 };

export type VendorId = 'agendize' | 'attention' | 'corezoid' | 'crankwheel' | 'woodpecker';

export const FINDING: VendorId[] = ['crankwheel', 'attention', 'agendize'];
export const ALL: VendorId[] = [...FINDING, 'corezoid', 'woodpecker'];

/** Where the vendor lets it, whole records are written, so that a default could take a power away. */
export function stageOf(vendor: VendorId, policies: Partial<Policies> = {}): Promise<Stage> {
  const settings = vendor === 'crankwheel' ? { updateByRepeatedPost: true } : {};
  return startStage(vendor, { settings, policies: { ...SOON, ...policies } });
}

/** A stranger with more power than anything that Causeway gives by itself. */
const POWERFUL: Record<VendorId, JsonObject> = {
  agendize: { firstName: 'Bea', profileId: '14', tags: [{ id: 'tag-vip', tag: 'VIP', color: '#112233' }] },
  attention: {
    firstName: 'Bea',
    lastName: 'Berg',
    roleUUID: ROLES[2].uuid,
    teams: [TEAMS[1].uuid],
    dealsEnabled: true,
  },
  corezoid: { groups: [ANALYSTS] },
  crankwheel: { privilege: 'admin', in_demo_pool: true },
  woodpecker: { name: 'Bea Berg', guest_permissions: ['mailboxes'] },
};

const POWERS: Record<VendorId, readonly string[]> = {
  agendize: ['profileId', 'tags', 'status'],
  attention: ['roleUUID', 'teams', 'settings', 'deactivatedAt'],
  corezoid: ['groups', 'status', 'is_superadmin'],
  crankwheel: ['privilege', 'in_demo_pool'],
  woodpecker: ['roles', 'guest_permissions', 'accepted'],
};

/** A part of the look at one address, as `METHOD /path`. */
export function lookAt(vendor: VendorId, address: string): string {
  const paths: Record<VendorId, string> = {
    agendize: `GET /api/2.0/resellers/accounts/${encodeURIComponent(address)}`,
    attention: `GET /v2/users?email=${encodeURIComponent(address)}`,
    corezoid: 'POST /api/2/json',
    crankwheel: `GET /ss/api/user_access/${encodeURIComponent(address)}`,
    woodpecker: 'GET /rest/v2/agency/companies',
  };
  return paths[vendor];
}

export function op(type: string, obj: string): string {
  return `"type":"${type}","obj":"${obj}"`;
}

/** Answers one kind of Corezoid's ops with a failure. */
export function opFails(type: string, obj: string, failure: JsonObject): JsonObject {
  const body = JSON.stringify({ request_proc: 'ok', ops: [{ id: '1', obj, ...failure }] });
  return {
    kind: 'status',
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    sent: op(type, obj),
    body,
  };
}

/** Seeds the stranger, and another administrator so that nobody is the last one. */
export async function seedStranger(stage: Stage, vendor: VendorId, address: string, more: JsonObject = {}) {
  await stage.seed(address, { ...POWERFUL[vendor], ...more });
  if (vendor === 'attention') await stage.seed('boss@example.com', { roleUUID: ROLES[2].uuid });
  return found(stage, address);
}

export async function found(stage: Stage, address: string): Promise<FakeAccount | undefined> {
  return (await stage.vendorAccounts()).find(({ key }) => key === address);
}

export async function stateOf(stage: Stage, address: string): Promise<string> {
  return (await found(stage, address))?.state ?? 'absent';
}

/** What an account may do at the vendor. */
export async function powersOf(stage: Stage, vendor: VendorId, address: string): Promise<unknown> {
  const account = await found(stage, address);
  return POWERS[vendor].map((name) => account?.vendor[name]);
}

/** Whether somebody can still do something there; a guest of Woodpecker cannot be removed through its API. */
export async function hasAccess(stage: Stage, address: string): Promise<boolean> {
  const account = await found(stage, address);
  const permissions = account?.vendor['guest_permissions'];
  if (Array.isArray(permissions)) return permissions.length > 0;
  return account !== undefined && account.state !== 'suspended';
}

/** A User who is known at the vendor by its own id, the invitation accepted. */
export async function join(stage: Stage, address: string, more: JsonObject = {}): Promise<string> {
  const id = await stage.addUser(person(address, more));
  await eventually(async () => ['active', 'pending'].includes(await stateOf(stage, address)), true);
  if ((await stateOf(stage, address)) === 'pending') {
    await accept(stage, address);
    stage.passTime(61_000);
    await compare(stage);
  }
  await eventually(() => stage.state(id), 'in-sync');
  return id;
}

export function moveTo(stage: Stage, id: string, address: string) {
  return stage.patchUser(id, {
    op: 'replace',
    path: 'emails',
    value: [{ value: address, type: 'work', primary: true }],
  });
}

export type Leaving = 'deleted' | 'deactivated';

export async function leave(stage: Stage, id: string, how: Leaving): Promise<void> {
  const pushed = how === 'deleted' ? stage.send('DELETE', `/Users/${id}`) : stage.setActive(id, false);
  expect((await pushed).status).toBe(how === 'deleted' ? 204 : 200);
}

/** Hours go by: whatever is due, waits or is compared now and then comes to its end. */
export async function timePasses(stage: Stage): Promise<void> {
  for (let n = 0; n < 4; n += 1) {
    await quiet(stage);
    stage.passTime(HALF_HOUR);
  }
  await quiet(stage);
}

/** Waits until nothing is due, or what is due stands still, and the vendor hears no more. */
export async function quiet(stage: Stage): Promise<void> {
  let before = '';
  let sames = 0;
  await vi.waitFor(async () => {
    const due = await stage.db.selectFrom('accounts').select('id').where('state', '=', 'due').execute();
    const now = JSON.stringify([due, (await stage.calls()).length]);
    sames = now === before ? sames + 1 : 0;
    before = now;
    expect(sames).toBeGreaterThanOrEqual(due.length === 0 ? 1 : STANDS_STILL);
  }, PATIENCE);
}

/** The operator compares twice, a while apart. */
export async function compareTwice(stage: Stage): Promise<void> {
  for (const _list of [1, 2]) {
    stage.passTime(61_000);
    await compare(stage);
    await quiet(stage);
  }
}

/** The operator reports every open task done. */
export async function reportDone(stage: Stage): Promise<void> {
  for (const { id } of await stage.openTasks()) await finishTask(operatorOf(stage), id);
  stage.wake();
}

export async function kindsOpen(stage: Stage): Promise<string[]> {
  return (await stage.openTasks()).map(({ kind }) => kind).sort();
}

/** A Group whose members get a value by a rule. */
export async function groupThatGives(stage: Stage, field: string, value: FieldValue): Promise<string> {
  const groupId = await stage.addGroup(`Given ${field}`);
  await stage.setMapping({ [field]: { rules: [{ groupId, groupName: `Given ${field}`, value }] } });
  return groupId;
}

export async function enter(stage: Stage, groupId: string, userId: string): Promise<void> {
  const { status } = await stage.patchGroup(groupId, {
    op: 'add',
    path: 'members',
    value: [{ value: userId }],
  });
  expect([200, 204]).toContain(status);
}

export async function quit(stage: Stage, groupId: string, userId: string): Promise<void> {
  const { status } = await stage.patchGroup(groupId, { op: 'remove', path: `members[value eq "${userId}"]` });
  expect([200, 204]).toContain(status);
}
