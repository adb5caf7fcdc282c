import { describe, expect, it } from 'vitest';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';
import { compare } from '../operations/operate.ts';
import { accept } from '../vendors/vendor-acts.ts';
import {
  A,
  B,
  BLIND,
  compareTwice,
  found,
  hasAccess,
  join,
  kindsOpen,
  type Leaving,
  leave,
  moveTo,
  op,
  quiet,
  reportDone,
  SOON,
  stageOf,
  stateOf,
  timePasses,
  type VendorId,
  WOODPECKER,
} from './harm.ts';

const HOW: Leaving[] = ['deleted', 'deactivated'];
const MAY_DO = { [WOODPECKER]: { guestPermissions: ['mailboxes'] } };
/** Whether the withdrawal was reported done, and whether hours went by before and after that. */
const ACCEPTANCES = [true, false].flatMap((closed) => [true, false].map((waits) => [closed, waits] as const));

describe('A guest of Woodpecker without permissions who leaves before accepting', () => {
  it.each(HOW.flatMap((how) => ACCEPTANCES.map((acceptance) => [how, ...acceptance] as const)))(
    'is an open task after the first comparison that shows the acceptance (%s, withdrawal reported done: %s, hours later: %s)',
    async (how, closed, waits) => {
      const stage = await startStage('woodpecker', { policies: SOON });
      const id = await stage.addUser(person(A));
      await leave(stage, id, how);
      await eventually(async () => (await stage.openTasks()).length, 1);
      if (waits) await timePasses(stage);
      if (closed) await reportDone(stage);
      if (waits) await timePasses(stage);
      await accept(stage, A);
      // Before or after the look that the operator's word asked for.
      await quiet(stage);
      stage.passTime(61_000);
      await compare(stage);
      await quiet(stage);
      const tasks = await stage.openTasks();
      expect(tasks.map(({ kind, title }) => [kind, title])).toEqual([
        ['deactivate', expect.stringContaining(`Remove ${A}`)],
      ]);
    },
  );
});

describe('A move whose invitation got no answer, where Corezoid hides invitations', () => {
  async function invitations(stage: Stage): Promise<number> {
    return (await stage.calls()).filter(
      ({ body }) => body.includes(op('create', 'invite')) && body.includes(B),
    ).length;
  }

  it.each(['reset-after', 'reset-before'])(
    'sends no second one, and the User’s DELETE leaves a task (%s)',
    async (kind) => {
      const policies = { ...SOON, addressChange: 'replace' as const };
      const stage = await startStage('corezoid', { ...BLIND, policies });
      const id = await join(stage, A);
      await stage.fault({ kind, sent: op('create', 'invite'), times: 1 });
      await moveTo(stage, id, B);
      await timePasses(stage);
      expect(await invitations(stage)).toBe(1);
      await leave(stage, id, 'deleted');
      await timePasses(stage);
      expect(await stateOf(stage, A)).toBe('absent');
      expect(await invitations(stage)).toBe(1);
      expect((await stage.openTasks()).map(({ title }) => title)).toEqual([expect.stringContaining(B)]);
      if (kind === 'reset-before') return;
      await accept(stage, B);
      await compareTwice(stage);
      await timePasses(stage);
      expect(await hasAccess(stage, B)).toBe(false);
      expect(await stage.openTasks()).toEqual([]);
    },
  );
});

describe('What a human changed at the vendor since', () => {
  /** As somebody would in the vendor's own pages: the account stays the same one. */
  const SUSPENDED: Partial<Record<VendorId, [off: object, on: object]>> = {
    agendize: [{ status: 'disabled' }, { status: 'enabled' }],
    attention: [{ deactivatedAt: '2026-01-01T00:00:00.000Z' }, { deactivatedAt: null }],
    corezoid: [{ status: 'blocked' }, { status: 'actived' }],
  };
  const SUSPENDING: VendorId[] = ['agendize', 'attention', 'corezoid'];

  async function switchByHand(stage: Stage, vendor: VendorId, on: boolean): Promise<void> {
    const { id, uuid, obj_id } = (await found(stage, A))?.vendor ?? {};
    const same = Object.fromEntries(
      Object.entries({ id, uuid, obj_id }).filter(([, value]) => value !== undefined),
    );
    await stage.seed(A, { ...same, firstName: 'Ana', lastName: 'Díaz', ...SUSPENDED[vendor]?.[on ? 1 : 0] });
  }

  it.each(
    SUSPENDING.flatMap((vendor) =>
      (['suspend', 'remove'] as const).map((policy) => [vendor, policy] as const),
    ),
  )(
    'does not keep the access of somebody deleted: suspended, re-enabled by hand, deleted (%s, %s)',
    async (vendor, policy) => {
      const stage = await stageOf(vendor, { delete: policy });
      const id = await join(stage, A);
      await leave(stage, id, 'deactivated');
      await eventually(() => stateOf(stage, A), 'suspended');
      await timePasses(stage);
      await switchByHand(stage, vendor, true);
      await leave(stage, id, 'deleted');
      await timePasses(stage);
      expect(await hasAccess(stage, A)).toBe(false);
    },
  );

  it('does not keep the permissions of a guest of Woodpecker that were given back by hand before the DELETE', async () => {
    const stage = await stageOf('woodpecker');
    const id = await join(stage, A, MAY_DO);
    await leave(stage, id, 'deactivated');
    await eventually(() => hasAccess(stage, A), false);
    await timePasses(stage);
    const { id: vendorId } = (await found(stage, A))?.vendor ?? {};
    await stage.seed(A, { id: vendorId ?? null, name: 'Ana Díaz', guest_permissions: ['mailboxes'] });
    await leave(stage, id, 'deleted');
    await timePasses(stage);
    expect(await hasAccess(stage, A)).toBe(false);
  });

  it('does not keep the access of somebody removed from CrankWheel, made anew by hand and then deleted', async () => {
    const stage = await stageOf('crankwheel');
    const id = await join(stage, A);
    await leave(stage, id, 'deactivated');
    await eventually(() => stateOf(stage, A), 'absent');
    await timePasses(stage);
    await stage.seed(A, { privilege: 'user', in_demo_pool: false });
    await leave(stage, id, 'deleted');
    await timePasses(stage);
    expect(await hasAccess(stage, A)).toBe(false);
  });

  const activations: [string, (stage: Stage, id: string) => Promise<unknown>][] = [
    ['after false', (stage, id) => stage.setActive(id, false).then(() => stage.setActive(id, true))],
    [
      'after false at once',
      (stage, id) => Promise.all([stage.setActive(id, false), stage.setActive(id, true)]),
    ],
  ];

  it.each(SUSPENDING.flatMap((vendor) => activations.map(([how, act]) => [vendor, how, act] as const)))(
    'does not lock out whom the identity provider activates: suspended by hand, active: true (%s, %s)',
    async (vendor, _how, act) => {
      const stage = await stageOf(vendor);
      const id = await join(stage, A);
      await timePasses(stage);
      await switchByHand(stage, vendor, false);
      await act(stage, id);
      await timePasses(stage);
      expect(await stateOf(stage, A)).toBe('active');
    },
  );

  it.each(SUSPENDING.flatMap((vendor) => [true, false].map((reported) => [vendor, reported] as const)))(
    'does not lock out whom a human suspended as a task had asked, and who is activated (%s, reported done: %s)',
    async (vendor, reported) => {
      const stage = await stageOf(vendor, { deactivate: 'task' });
      const id = await join(stage, A);
      await leave(stage, id, 'deactivated');
      await eventually(() => kindsOpen(stage), ['deactivate']);
      await switchByHand(stage, vendor, false);
      if (reported) await reportDone(stage);
      await timePasses(stage);
      expect((await stage.setActive(id, true)).status).toBe(200);
      await timePasses(stage);
      expect(await stateOf(stage, A)).toBe('active');
      expect(await stage.openTasks()).toEqual([]);
      expect(await stage.state(id)).toBe('in-sync');
    },
  );
});
