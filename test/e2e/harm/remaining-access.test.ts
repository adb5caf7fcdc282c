import { describe, expect, it } from 'vitest';
import { eventually, person, type Stage } from '../delivery/stage.ts';
import {
  A,
  ALL,
  B,
  compareTwice,
  found,
  hasAccess,
  join,
  kindsOpen,
  type Leaving,
  leave,
  moveTo,
  opFails,
  reportDone,
  stageOf,
  timePasses,
  type VendorId,
  WOODPECKER,
} from './harm.ts';

const HOW: Leaving[] = ['deleted', 'deactivated'];
const MAY_DO = { [WOODPECKER]: { guestPermissions: ['mailboxes'] } };
const CREATES: Record<VendorId, string> = {
  agendize: 'POST /api/2.0/resellers/accounts',
  attention: 'POST /v2/organizations/users',
  corezoid: '',
  crankwheel: 'POST /ss/api/user_access',
  woodpecker: 'invite_guest',
};

/** What a human makes at the vendor for a person who is to have nothing in particular. */
async function makeByHand(stage: Stage, vendor: VendorId, address: string, more = {}): Promise<void> {
  const guest = vendor === 'woodpecker' ? { guest_permissions: ['mailboxes'] } : {};
  await stage.seed(address, { firstName: 'Ana', lastName: 'Díaz', ...guest, ...more });
}

/** The address changes by hand: in the same account, or by another one in its place. */
async function changeByHand(stage: Stage, vendor: VendorId, how: 'renamed' | 'made anew'): Promise<void> {
  const { obj_id, uuid } = (await found(stage, A))?.vendor ?? {};
  await stage.forget(A);
  const same = { ...(obj_id !== undefined && { obj_id }), ...(uuid !== undefined && { uuid }) };
  await makeByHand(stage, vendor, B, how === 'renamed' ? same : {});
}

/** A removal where there is one, so that the id that a vendor's SCIM side remembers plays no part. */
function policiesFor(vendor: VendorId) {
  return vendor === 'attention' ? { deactivate: 'remove' as const } : {};
}

describe('A person whose address was changed by hand, as the task had asked', () => {
  const renamable: VendorId[] = ['attention', 'corezoid'];
  const changes = [
    ...ALL.map((vendor) => [vendor, 'made anew'] as const),
    ...renamable.map((vendor) => [vendor, 'renamed'] as const),
  ];
  const leavings = changes.flatMap((change) => HOW.map((how) => [...change, how] as const));

  async function changed(
    vendor: VendorId,
    by: 'renamed' | 'made anew',
  ): Promise<{ stage: Stage; id: string }> {
    const stage = await stageOf(vendor, { ...policiesFor(vendor), adoption: 'refuse' });
    const id = await join(stage, A, MAY_DO);
    expect((await moveTo(stage, id, B)).status).toBe(200);
    await eventually(() => kindsOpen(stage), ['address']);
    await changeByHand(stage, vendor, by);
    return { stage, id };
  }

  it.each(leavings)(
    'loses the access under the new one at %s (%s) when the User is %s',
    async (vendor, by, how) => {
      const { stage, id } = await changed(vendor, by);
      expect(await hasAccess(stage, B)).toBe(true);
      await leave(stage, id, how);
      await timePasses(stage);
      expect(await hasAccess(stage, B)).toBe(false);
      expect(await kindsOpen(stage)).not.toContain('address');
    },
  );

  it.each(leavings)(
    'loses it at %s (%s) as well where the task was reported done before the User was %s',
    async (vendor, by, how) => {
      const { stage, id } = await changed(vendor, by);
      await reportDone(stage);
      await timePasses(stage);
      expect(await stage.state(id)).toBe('in-sync');
      await leave(stage, id, how);
      await timePasses(stage);
      expect(await hasAccess(stage, B)).toBe(false);
    },
  );

  it.each(changes)('is recognised by a comparison, which closes the task (%s, %s)', async (vendor, by) => {
    const { stage, id } = await changed(vendor, by);
    await compareTwice(stage);
    expect(await stage.openTasks()).toEqual([]);
    expect(await stage.state(id)).toBe('in-sync');
    await leave(stage, id, 'deleted');
    await timePasses(stage);
    expect(await hasAccess(stage, B)).toBe(false);
  });
});

describe('A person whom the vendor refused to create and a human made', () => {
  async function made(vendor: VendorId): Promise<{ stage: Stage; id: string }> {
    const stage = await stageOf(vendor, { ...policiesFor(vendor), adoption: 'refuse' });
    await stage.fault(
      vendor === 'corezoid'
        ? opFails('create', 'invite', { proc: 'error', description: 'Access denied' })
        : { kind: 'status', status: 403, match: CREATES[vendor] },
    );
    const id = await stage.addUser(person(A, MAY_DO));
    await eventually(async () => (await stage.openTasks()).length, 1);
    await stage.endFaults();
    await makeByHand(stage, vendor, A);
    return { stage, id };
  }

  it.each(ALL.flatMap((vendor) => HOW.map((how) => [vendor, how] as const)))(
    'loses the access at %s when the task is done and the User is %s',
    async (vendor, how) => {
      const { stage, id } = await made(vendor);
      await reportDone(stage);
      await timePasses(stage);
      expect(await stage.state(id)).toBe('in-sync');
      await leave(stage, id, how);
      await timePasses(stage);
      expect(await hasAccess(stage, A)).toBe(false);
    },
  );

  it.each(ALL)('is recognised by a comparison, which closes the task (%s)', async (vendor) => {
    const { stage, id } = await made(vendor);
    await compareTwice(stage);
    expect(await stage.openTasks()).toEqual([]);
    expect(await stage.state(id)).toBe('in-sync');
    await leave(stage, id, 'deleted');
    await timePasses(stage);
    expect(await hasAccess(stage, A)).toBe(false);
  });
});
