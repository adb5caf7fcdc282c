import { describe, expect, it } from 'vitest';
import { EMPTY } from '../../src/core/account.ts';
import type { Connection } from '../../src/core/connection.ts';
import { holderOfAccount, holderOfAddress } from '../../src/store/delivery/holder.ts';
import { endAttempt } from '../../src/store/delivery/settle.ts';
import type { Claim } from '../../src/store/worklist/claim.ts';
import { KINDS, sharedStore } from './stores.ts';
import {
  addUser,
  attemptEnd,
  claim,
  claimOne,
  createIntent,
  ending,
  knowing,
  made,
  nextRow,
  pushUser,
  removeUser,
  rowsOf,
  settledUser,
} from './writing.ts';

describe.each(KINDS)('who has an address or an account, in %s,', (kind) => {
  const { instance, freshConnection } = sharedStore(kind);

  /** Ann, whose account is at `ann@x`, and the claim of Ben, who asks. */
  async function scene() {
    const connection = await freshConnection();
    const ann = await settledUser(instance(0), connection, 'ann@x');
    await addUser(instance(0), connection, 'ben');
    return { connection, ann, ben: await claimOne(instance(0), connection) };
  }

  const holder = (asking: Claim, address = 'ann@x', except: string[] = []) =>
    holderOfAddress(instance(0), asking.account, address, except);

  it('is nobody where no row has it, and not the one who asks', async () => {
    const { ben, ann } = await scene();
    expect(await holder(ben, 'free@x')).toBeNull();
    expect(await holder(ben, 'ann@x', [ann.accountId])).toBeNull();
  });

  it('is found by its address in any case, with its name and how it stands', async () => {
    const { ben, ann } = await scene();
    expect(await holder(ben, 'ANN@X')).toEqual({
      id: ann.accountId,
      role: 'current',
      by: 'address',
      name: 'ann@x',
      owner: 'active',
      own: false,
      claimed: false,
      atRest: true,
      intent: 'none',
      held: false,
      circle: false,
      known: true,
      stays: false,
    });
  });

  it.each([
    ['waits for something else', { state: 'waiting' }, true],
    ['may want another address by now', { state: 'due' }, false],
    ['is about to move', { state: 'waiting', mapped_key: 'new@x' }, false],
    ['has no account yet', { state: 'waiting', vendor_key: null }, false],
  ])('stays where it has what it wants and %s', async (_, columns, stays) => {
    const { ben, ann } = await scene();
    await instance(0).updateTable('accounts').set(columns).where('id', '=', ann.accountId).execute();
    expect(await holder(ben, 'ann@x')).toMatchObject({ id: ann.accountId, stays });
  });

  it.each([
    [
      'by the vendor’s id first, in any case where that is an address',
      { id: 'V-ANN@X', address: 'other@x' },
      'id',
    ],
    ['by an address', { id: 'unknown', address: 'Ann@x' }, 'address'],
    [
      'by another address of the account',
      { id: 'unknown', address: 'o@x', aliases: ['p@x', 'ann@x'] },
      'address',
    ],
  ])('is found %s', async (_, found, by) => {
    const { ben, ann } = await scene();
    const one = await holderOfAccount(instance(0), ben.account, found, []);
    expect(one).toMatchObject({ id: ann.accountId, by });
    expect(await holderOfAccount(instance(0), ben.account, { id: 'v', address: 'free@x' }, [])).toBeNull();
  });

  it('is who has the address where the row with the vendor’s id is one’s own: it was renamed there', async () => {
    const { ben, ann } = await scene();
    await endAttempt(instance(0), ending(ben, 'done'));
    const own = [ben.account.id];
    const foundAt = (address: string) =>
      holderOfAccount(instance(0), ben.account, { id: 'v-ben', address }, own);
    expect(await foundAt('ann@x')).toMatchObject({ id: ann.accountId, by: 'address' });
    expect(await foundAt('nobody@x')).toBeNull();
  });

  it.each<
    [
      string,
      (scene: { connection: Connection; ann: { userId: string; accountId: string } }) => Promise<unknown>,
      object,
    ]
  >([
    [
      'inactive, and to be delivered',
      ({ connection, ann }) => pushUser(instance(0), connection, ann.userId, { active: false }),
      { owner: 'inactive', atRest: false, claimed: false },
    ],
    [
      'deleted',
      ({ connection, ann }) => removeUser(instance(0), connection, ann.userId),
      { owner: 'deleted', name: null, atRest: false },
    ],
    [
      'claimed',
      async ({ connection, ann }) => {
        await pushUser(instance(0), connection, ann.userId, { title: 'x' });
        await claim(instance(0), connection);
      },
      { claimed: true, atRest: false },
    ],
    ['observed', ({ ann }) => setState(ann.accountId, 'observed'), { owner: 'observed', atRest: true }],
    ['held', ({ ann }) => setState(ann.accountId, 'held'), { held: true }],
  ])('is told to be %s', async (_, act, expected) => {
    const { ben, ...rest } = await scene();
    await act(rest);
    expect(await holder(ben)).toMatchObject(expected);
  });

  function setState(id: string, state: string) {
    return instance(0).updateTable('accounts').set({ state }).where('id', '=', id).execute();
  }

  it.each([
    ['open', 'waiting', { at: 1, inMs: 1, notBefore: null, failed: true }],
    ['human', 'task', null],
  ] as const)('is told to have an intent that is %s', async (intent, state, due) => {
    const connection = await freshConnection();
    await addUser(instance(0), connection, 'ann@x');
    const ann = await claimOne(instance(0), connection);
    const after = knowing(ann, { ...EMPTY, address: 'ann@x', intent: createIntent('ann@x') });
    const tasks = [{ row: ann.account.id, wish: { kind: 'look', title: 'Look.', wanted: 1 } }];
    await endAttempt(instance(0), attemptEnd(ann, { after, state, due, tasks, result: 'task' }));
    await addUser(instance(0), connection, 'ben');
    const ben = (await claim(instance(0), connection, 2)).find(({ user }) => user?.userName === 'ben');
    if (ben === undefined) throw new Error('Ben is due.');
    const told = await holder(ben);
    expect([told?.intent, told?.known]).toEqual([intent, false]);
  });

  it('is told to be one’s own where a row is left of the same User', async () => {
    const { connection, ann, ben } = await scene();
    await endAttempt(instance(0), ending(ben, 'done'));
    await pushUser(instance(0), connection, ann.userId, { title: 'moves' });
    const claimed = await claimOne(instance(0), connection);
    const [own] = rowsOf(claimed);
    if (own === undefined) throw new Error('There is a row.');
    const after = [own, nextRow(made('new@x'))];
    await endAttempt(instance(0), attemptEnd(claimed, { after, swap: true }));
    await pushUser(instance(0), connection, ann.userId, { title: 'back' });
    const again = (await claim(instance(0), connection, 2)).find(({ account }) => account.role === 'current');
    if (again === undefined) throw new Error('Ann is due.');
    const told = await holderOfAddress(instance(0), again.account, 'ann@x', [again.account.id]);
    expect(told).toMatchObject({ own: true, role: 'left', name: 'ann@x' });
  });

  /** Users who each have one address and want another one. */
  async function wanting(...wishes: [has: string, wants: string][]) {
    const connection = await freshConnection();
    for (const [has] of wishes) await addUser(instance(0), connection, has);
    const claims = await claim(instance(0), connection, wishes.length);
    for (const one of claims) {
      const has = one.user?.userName ?? '';
      const wants = wishes.find(([address]) => address === has)?.[1] ?? null;
      await endAttempt(instance(0), attemptEnd(one, { after: knowing(one, made(has), { mapped: wants }) }));
    }
    const asking = claims.find(({ user }) => user?.userName === 'a@x');
    if (asking === undefined) throw new Error('There is nobody at a@x.');
    return holderOfAddress(instance(0), asking.account, wishes[0]?.[1] ?? '', [asking.account.id]);
  }

  it.each<[string, [string, string][], boolean]>([
    [
      'wants another address that is free',
      [
        ['a@x', 'b@x'],
        ['b@x', 'c@x'],
      ],
      false,
    ],
    [
      'keeps its address',
      [
        ['a@x', 'b@x'],
        ['b@x', 'b@x'],
      ],
      false,
    ],
    [
      'wants the address of who asks',
      [
        ['a@x', 'b@x'],
        ['b@x', 'a@x'],
      ],
      true,
    ],
    [
      'wants an address whose holder wants that',
      [
        ['a@x', 'b@x'],
        ['b@x', 'c@x'],
        ['c@x', 'A@X'],
      ],
      true,
    ],
    [
      'waits for two others who exchange theirs',
      [
        ['a@x', 'b@x'],
        ['b@x', 'c@x'],
        ['c@x', 'd@x'],
        ['d@x', 'c@x'],
      ],
      true,
    ],
  ])('is in a circle with who asks, or in none, where it %s', async (_, wishes, circle) => {
    expect((await wanting(...wishes))?.circle).toBe(circle);
  });
});
