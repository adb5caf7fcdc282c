import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { ROLES } from '../../../src/vendors/attention/fake-records.ts';
import { eventually, type Stage, startStage } from '../delivery/stage.ts';
import { compare } from '../operations/operate.ts';
import { atVendor, opsSent, settled } from '../vendors/vendor-acts.ts';
import { aWhile, changeByHand, HOUR, hire, hireAll, openTitles, SECOND } from './by-hand.ts';

const ANA = 'ana.diaz@example.com';
const BO = 'bo.li@example.com';
const BOSS = 'boss@example.com';
const CRANKWHEEL = 'urn:ietf:params:scim:schemas:extension:crankwheel:2.0:User';
const WOODPECKER = 'urn:ietf:params:scim:schemas:extension:woodpecker:2.0:User';
const ADMIN = ROLES[2].uuid;

type Push = (stage: Stage, id: string) => Promise<unknown>;
const REMOVE: Push = (stage, id) => stage.send('DELETE', `/Users/${id}`);
const DEACTIVATE: Push = (stage, id) => stage.setActive(id, false);
const CHANGE: Push = (stage, id) =>
  stage.patchUser(id, { op: 'replace', path: `${CRANKWHEEL}:inDemoPool`, value: true });

interface Powerful {
  vendor: string;
  options?: Parameters<typeof startStage>[1];
  pushed?: JsonObject;
  /** What a human gave, in the vendor's own words. */
  power: JsonObject;
  pushes: [string, Push][];
}

const POWERFUL: [string, Powerful][] = [
  [
    'an owner at CrankWheel',
    {
      vendor: 'crankwheel',
      options: { settings: { updateByRepeatedPost: true } },
      power: { privilege: 'owner' },
      pushes: [
        ['a DELETE', REMOVE],
        ['a deactivation', DEACTIVATE],
        ['an unrelated change', CHANGE],
      ],
    },
  ],
  [
    'a superadmin at Corezoid',
    {
      vendor: 'corezoid',
      power: { is_superadmin: true },
      pushes: [
        ['a DELETE', REMOVE],
        ['a deactivation', DEACTIVATE],
      ],
    },
  ],
  [
    'an owner at Woodpecker',
    {
      vendor: 'woodpecker',
      pushed: { [WOODPECKER]: { guestPermissions: ['mailboxes'] } },
      power: { roles: ['guest', 'owner'], guest_permissions: ['mailboxes'] },
      pushes: [
        ['a DELETE', REMOVE],
        ['a deactivation', DEACTIVATE],
      ],
    },
  ],
];

describe.each(POWERFUL)('Somebody who was made %s by hand a second ago', (_what, powerful) => {
  const { vendor, options, pushed, power, pushes } = powerful;

  it.each(pushes)('stays that after %s, and a task says so', async (_name, push) => {
    const stage = await startStage(vendor, options);
    const id = await hire(stage, ANA, pushed);
    await changeByHand(stage, ANA, power);
    stage.passTime(SECOND);
    await push(stage, id);
    await settled(stage);
    expect(await stage.vendorAccounts()).toMatchObject([{ key: ANA, state: 'active', vendor: power }]);
    expect(await openTitles(stage)).toEqual([expect.stringContaining(ANA)]);
  });
});

describe('Somebody who became the last administrator at Attention by hand a second ago', () => {
  it.each([
    ['a DELETE', { scim: { enabled: false } }, REMOVE],
    ['a deactivation that removes', { scim: { enabled: false } }, DEACTIVATE],
    ['a deactivation that suspends', {}, DEACTIVATE],
  ] as [string, JsonObject, Push][])(
    'stays that after %s, and a task says so',
    async (_name, settings, push) => {
      const stage = await startStage('attention', { settings });
      await stage.seed(BOSS, { roleUUID: ADMIN });
      const id = await hire(stage, ANA);
      await changeByHand(stage, ANA, { roleUUID: ADMIN });
      await stage.forget(BOSS);
      stage.passTime(SECOND);
      await push(stage, id);
      await settled(stage);
      expect(await atVendor(stage, ANA)).toMatchObject({ roleUUID: ADMIN, deactivatedAt: null });
      expect(await openTitles(stage)).toEqual([expect.stringContaining(ANA)]);
    },
  );
});

/** Those of a Woodpecker company who may do something. */
async function permitted(stage: Stage): Promise<string[]> {
  const accounts = await stage.vendorAccounts();
  return accounts.filter(({ vendor }) => String(vendor['guest_permissions']) !== '').map(({ key }) => key);
}

async function statesOf(stage: Stage, ids: string[]): Promise<unknown[]> {
  return (await Promise.all(ids.map((id) => stage.state(id)))).sort();
}

describe('Emptying a group that takes the only permission', () => {
  it('from 8 of 8 Woodpecker guests is held from the one on that the limit stops, as a removal is', async () => {
    const stage = await startStage('woodpecker');
    const ids = await hireAll(
      stage,
      Array.from({ length: 8 }, (_, n) => `guest${n}@example.com`),
    );
    const groupId = await stage.addGroup('Mailers', ...ids);
    const rules = [{ groupId, groupName: 'Mailers', value: ['mailboxes'] }];
    await stage.setMapping({ guestPermissions: { rules } });
    await eventually(async () => (await permitted(stage)).length, 8);
    await settled(stage);
    stage.passTime(2 * HOUR);
    await stage.patchGroup(groupId, { op: 'remove', path: 'members' });
    await settled(stage);
    expect(await permitted(stage)).toHaveLength(4);
    const held = ['held', 'held', 'held', 'held'];
    expect(await statesOf(stage, ids)).toEqual([...held, 'in-sync', 'in-sync', 'in-sync', 'in-sync']);
    stage.passTime(HOUR + 1);
    await stage.setMapping({ guestPermissions: { rules }, name: { source: { constant: 'Guest' } } });
    await settled(stage);
    expect(await permitted(stage)).toHaveLength(4);
  });
});

describe('A held step', () => {
  it.each<[string, (stage: Stage) => Promise<unknown>]>([
    ['a mapping was saved', (stage) => stage.setMapping({ privilege: { source: { constant: 'user' } } })],
    [
      'an hour went by and the server started again',
      (stage) => stage.stop(5_000).then(() => stage.startAgain()),
    ],
    ['an hour went by and a list was compared', (stage) => compare(stage)],
  ])('is not delivered because %s', async (_why, happens) => {
    const stage = await startStage('crankwheel', { policies: { drift: 'repair' } });
    const ids = await hireAll(
      stage,
      Array.from({ length: 4 }, (_, n) => `p${n}@example.com`),
    );
    stage.passTime(2 * HOUR);
    for (const id of ids) await stage.setActive(id, false);
    expect(await stage.addresses()).toHaveLength(2);
    stage.passTime(HOUR + 1);
    await happens(stage);
    await aWhile(stage);
    await settled(stage);
    expect(await stage.addresses()).toHaveLength(2);
    expect((await statesOf(stage, ids)).slice(0, 2)).toEqual(['held', 'held']);
  });
});

describe('`removeGroups: true`', () => {
  it('deletes only vendor groups that Causeway created', async () => {
    const stage = await startStage('corezoid', { policies: { removeGroups: true } });
    await stage.seed(BO, { groups: [198048] });
    const taken = await stage.addGroup('Analysts');
    const made = await stage.addGroup('Sales');
    await settled(stage);
    await stage.forgetCalls();
    for (const id of [taken, made]) {
      expect((await stage.send('DELETE', `/Groups/${id}`)).status).toBe(204);
    }
    await settled(stage);
    expect(await atVendor(stage, BO)).toMatchObject({ groups: [{ name: 'Analysts' }] });
    const deleted = (await opsSent(stage)).filter(({ type, obj }) => type === 'delete' && obj === 'group');
    expect(deleted).toHaveLength(1);
  });
});
