import { describe, expect, it } from 'vitest';
import type { VendorAccount } from '../../../../src/core/account.ts';
import { VendorError } from '../../../../src/core/errors.ts';
import { createRoster } from '../../../../src/sync/calls/account-list.ts';
import { createLookup } from '../../../../src/sync/calls/lookup.ts';
import type { Session } from '../../../../src/vendor-kit/vendor.ts';
import { account } from '../acme.ts';

const ANA = account({ id: 'v1', address: 'Ana@Example.com' });
const BO = account({ id: 'v2', address: 'bo@example.com' });
const MINUTE = 60_000;

/** A vendor that can only list; `listed` may be changed between the lists. */
function listing(first: VendorAccount[]) {
  const state = { listed: first, lists: 0, failing: false };
  const session: Session = {
    verify: () => Promise.resolve(),
    async *list() {
      state.lists += 1;
      if (state.failing) throw new VendorError('UNAVAILABLE', 'down');
      yield* state.listed;
    },
    create: () => Promise.resolve([]),
  };
  const clock = { time: 1_000_000, now: () => clock.time, steady: () => clock.time };
  return { state, clock, lookup: createLookup(session, clock), session };
}

describe('A look-up in the vendor’s list', () => {
  it.each([
    ['by the vendor’s id', { id: 'v2', address: 'gone@example.com' }, BO],
    ['by address, in any case', { address: 'ana@example.COM' }, ANA],
    ['by address where the id is not there', { id: 'v9', address: 'bo@example.com' }, BO],
    ['absent where neither is there', { id: 'v9', address: 'cy@example.com' }, 'absent'],
  ])('finds an account %s', async (_what, key, expected) => {
    expect(await listing([ANA, BO]).lookup.find(key)).toEqual(expected);
  });

  it('serves everybody with one list for a minute', async () => {
    const { state, clock, lookup } = listing([ANA]);
    await Promise.all([lookup.find(ANA), lookup.find(BO)]);
    clock.time += MINUTE - 1;
    state.listed = [BO];
    expect(await lookup.find(BO)).toBe('absent');
    expect(state.lists).toBe(1);
    clock.time += 1;
    expect(await lookup.find(BO)).toEqual(BO);
    expect(state.lists).toBe(2);
  });

  it('believes no list that began before `since`, and reads a new one at once where it is urgent', async () => {
    const { state, clock, lookup } = listing([]);
    await lookup.find(ANA);
    clock.time += 10;
    state.listed = [ANA];
    const since = clock.time;
    expect(await lookup.find(ANA, { since, urgent: false })).toBe('later');
    expect(await lookup.find(ANA, { since, urgent: true })).toEqual(ANA);
    expect(await lookup.find(ANA, { since, urgent: false })).toEqual(ANA);
    expect(state.lists).toBe(2);
  });

  it('believes what Causeway did itself over a list from before it, and a later list over that', async () => {
    const { state, clock, lookup } = listing([ANA]);
    await lookup.find(BO);
    clock.time += 10;
    lookup.note(ANA.address, null);
    lookup.note(BO.address, BO);
    expect(await lookup.find(ANA)).toBe('absent');
    expect(await lookup.find({ address: 'BO@example.com' })).toEqual(BO);
    expect(state.lists).toBe(1);
    clock.time += 10;
    expect(await lookup.find(ANA, { since: clock.time, urgent: true })).toEqual(ANA);
    expect(await lookup.find(BO)).toBe('absent');
  });

  it('begins a new list where the clock has gone back, however long ago that makes the last one seem', async () => {
    const { state, clock, lookup } = listing([]);
    await lookup.find(ANA);
    lookup.note(BO.address, BO);
    clock.time -= 10 * MINUTE;
    state.listed = [ANA];
    expect(await lookup.find(BO)).toBe('absent');
    expect(await lookup.find(ANA)).toEqual(ANA);
    expect(state.lists).toBe(2);
  });

  it('fails with the list, and the next one begins afresh', async () => {
    const { state, lookup } = listing([ANA]);
    state.failing = true;
    await expect(lookup.find(ANA)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    state.failing = false;
    expect(await lookup.find(ANA)).toEqual(ANA);
  });

  it('is not made where the vendor can be asked for one account', async () => {
    const { state, clock, session } = listing([]);
    const lookup = createLookup({ ...session, find: () => Promise.resolve(BO) }, clock);
    expect(await lookup.find({ address: 'bo@example.com' })).toEqual(BO);
    expect(state.lists).toBe(0);
  });
});

describe('A list', () => {
  it('with an address twice tells by id alone which account is whose', () => {
    const twin = account({ id: 'v3', address: 'ANA@example.com' });
    const roster = createRoster([ANA, BO, twin]);
    expect(roster.match({ id: null, address: 'ana@example.com' })).toBeUndefined();
    expect(roster.match({ id: 'v3', address: 'ana@example.com' })).toEqual(twin);
    expect(roster.ambiguous).toEqual([ANA, twin]);
    expect(roster.size).toBe(3);
  });

  it('with an account twice has it once, as last told', () => {
    const later = { ...ANA, presence: 'suspended' as const };
    const roster = createRoster([ANA, later]);
    expect(roster.all).toEqual([later]);
    expect(roster.match({ id: null, address: ANA.address })).toEqual(later);
  });

  it('finds a person by another of their addresses', () => {
    const roster = createRoster([{ ...ANA, aliases: ['ana.d@example.com'] }, BO]);
    expect(roster.match({ id: null, address: 'Ana.D@example.com' })).toMatchObject({ id: 'v1' });
  });
});
