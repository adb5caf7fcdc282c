import { describe, expect, it } from 'vitest';
import type { VendorAccount } from '../../../../src/core/account.ts';
import { VendorError } from '../../../../src/core/errors.ts';
import { createLists } from '../../../../src/sync/calls/lists.ts';
import { createLookup } from '../../../../src/sync/calls/lookup.ts';
import type { AccountKey, Found, Session } from '../../../../src/vendor-kit/vendor.ts';
import { account } from '../acme.ts';

const ANA = account({ id: 'v1', address: 'Ana@Example.com' });
const BO = account({ id: 'v2', address: 'bo@example.com' });
const ROLE = 'active administrator';

interface Given {
  listed?: VendorAccount[];
  groups?: VendorAccount[];
  find?: (key: AccountKey) => Promise<Found>;
  isShort?: boolean;
}

/** A vendor that lists, and can be asked for one account where `find` is given. */
function vendor(given: Given = {}) {
  const clock = { time: 1_000, now: () => 0, steady: () => clock.time };
  const state = { listed: given.listed ?? [ANA, BO], lists: 0, failing: false };
  const listsOf = (kind: 'user' | 'group', read: () => VendorAccount[]) =>
    createLists({
      kind,
      clock,
      paceMs: 0,
      ageMs: 60_000,
      isShort: async () => given.isShort === true,
      async *read() {
        state.lists += 1;
        if (state.failing) throw new VendorError('UNAVAILABLE', 'down');
        yield* read();
      },
    });
  const session: Session = {
    verify: () => Promise.resolve(),
    async *list() {},
    create: () => Promise.resolve([]),
    ...(given.find === undefined ? {} : { find: given.find }),
  };
  const { groups } = given;
  const lookup = createLookup(session, clock, {
    lookAgeMs: 10_000,
    users: listsOf('user', () => state.listed),
    groups: groups === undefined ? null : listsOf('group', () => groups),
  });
  const waits: boolean[] = [];
  const look = (
    key: { id?: string; address: string },
    more: { notBefore?: number; byList?: boolean; kind?: 'user' | 'group' } = {},
  ) => {
    const { notBefore = clock.time, byList = false, kind = 'user' } = more;
    const options = { id: key.id ?? null, address: key.address, notBefore, byList };
    return lookup.look(kind, options, (isWaiting) => waits.push(isWaiting));
  };
  return { lookup, look, state, clock, waits };
}

describe('A look in the vendor’s list', () => {
  it('says what was found, and when the list began', async () => {
    const { look } = vendor();
    expect(await look(ANA)).toMatchObject({
      begun: 1_000,
      listed: true,
      found: ANA,
      list: { all: [ANA, BO] },
    });
    expect(await look({ address: 'cy@example.com' })).toMatchObject({ found: 'absent' });
  });

  it('tells its worker that it waits, and that it waits no more, also where the list fails', async () => {
    const { look, state, clock, waits } = vendor();
    await look(ANA);
    state.failing = true;
    clock.time = 2_000;
    await expect(look(ANA, { notBefore: 2_000 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(waits).toEqual([true, false, true, false]);
  });

  it('takes a list that began before for nothing', async () => {
    const { look, state, clock } = vendor({ listed: [] });
    await look(ANA);
    clock.time = 2_000;
    state.listed = [ANA];
    expect(await look(ANA, { notBefore: 1_000 })).toMatchObject({ begun: 1_000, found: 'absent' });
    expect(await look(ANA, { notBefore: 1_001 })).toMatchObject({ begun: 2_000, found: ANA });
  });

  it('finds nobody absent in a list that is short, and everybody who is there', async () => {
    const { look } = vendor({ isShort: true });
    expect((await look({ address: 'cy@example.com' })).found).toBe('short');
    expect((await look(BO)).found).toEqual(BO);
  });

  it('is for groups in the list of groups, where the vendor has any', async () => {
    const staff = account({ id: 'g1', address: 'Staff' });
    const { look } = vendor({ groups: [staff] });
    expect((await look({ address: 'STAFF' }, { kind: 'group' })).found).toEqual(staff);
    await expect(vendor().look({ address: 'Staff' }, { kind: 'group' })).rejects.toThrow('no groups');
  });
});

describe('A look for one account', () => {
  it.each<[string, { id?: string; address: string }, AccountKey]>([
    ['by its id and address', { id: 'v1', address: 'a@x' }, { id: 'v1', address: 'a@x' }],
    ['by its address where no id is known', { address: 'a@x' }, { address: 'a@x' }],
  ])('asks the vendor %s, and reads no list', async (_what, key, expected) => {
    const asked: AccountKey[] = [];
    const find = async (one: AccountKey): Promise<Found> => {
      asked.push(one);
      return ANA;
    };
    const { look, state, waits } = vendor({ find });
    expect(await look(key)).toEqual({ begun: 1_000, listed: false, ageMs: 10_000, found: ANA, list: null });
    expect([asked, state.lists, waits]).toEqual([[expected], 0, []]);
  });

  it('began when it was asked for, not when it was answered', async () => {
    const { look, clock } = vendor({
      find: async () => {
        clock.time = 9_000;
        return 'absent';
      },
    });
    expect(await look(ANA)).toMatchObject({ begun: 1_000, ageMs: 16_000 });
  });

  it.each<Found>(['absent', 'several', { foreign: 'It is another customer’s.' }])(
    'says what the vendor says: %j',
    async (found) => {
      expect((await vendor({ find: async () => found }).look(ANA)).found).toEqual(found);
    },
  );

  it('is made in a list where only that is strong enough', async () => {
    const { look, state } = vendor({ find: async () => 'absent' });
    expect(await look(ANA, { byList: true })).toMatchObject({ listed: true, found: ANA });
    expect(state.lists).toBe(1);
  });
});

describe('Those who have a role', () => {
  const admin = (id: string, more: Partial<VendorAccount> = {}) =>
    account({ id, address: `${id}@x`, lastOf: ROLE, ...more });

  it('are the others in the newest list who are active and have it', async () => {
    const listed = [admin('a'), admin('b'), admin('c', { presence: 'suspended' }), BO];
    const { lookup, look } = vendor({ listed });
    expect(lookup.othersInRole(ROLE, 'a')).toEqual([]);
    await look(BO);
    expect(lookup.othersInRole(ROLE, 'a')).toEqual(['b']);
    expect(lookup.othersInRole('another role', 'a')).toEqual([]);
  });

  it('are not those who have lost it since that list began; a later list knows better', async () => {
    const { lookup, look, clock } = vendor({ listed: [admin('a'), admin('b'), admin('c')] });
    await look(BO);
    lookup.noteLost('b');
    expect(lookup.othersInRole(ROLE, 'a')).toEqual(['c']);
    clock.time += 1;
    await look(BO);
    expect(lookup.othersInRole(ROLE, 'a')).toEqual(['b', 'c']);
  });
});

describe('The power of ranked values', () => {
  it('is what the newest list shows, of all its accounts', async () => {
    const listed = [account({ id: 'a', ranks: { user: 1 } }), account({ id: 'b', ranks: { admin: 2 } }), BO];
    const { lookup, look } = vendor({ listed });
    expect(lookup.ranks()).toEqual({});
    await look(BO);
    expect(lookup.ranks()).toEqual({ user: 1, admin: 2 });
  });
});
