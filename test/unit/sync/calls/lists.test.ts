import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { VendorAccount } from '../../../../src/core/account.ts';
import { VendorError } from '../../../../src/core/errors.ts';
import { createLists } from '../../../../src/sync/calls/lists.ts';
import { account } from '../acme.ts';

const ANA = account({ id: 'v1', address: 'ana@example.com' });
const BO = account({ id: 'v2', address: 'bo@example.com' });
const PACE = 10_000;
const AGE = 60_000;

/** A vendor whose lists last until they are ended, or so long. */
function vendor(options: { lastsMs?: number; isShort?: (size: number) => boolean } = {}) {
  const clock = { time: 1_000_000, now: () => 0, steady: () => clock.time };
  const state = { listed: [ANA] as VendorAccount[], begun: [] as number[], failing: false };
  const lists = createLists({
    kind: 'user',
    clock,
    paceMs: PACE,
    ageMs: AGE,
    isShort: async (size) => options.isShort?.(size) ?? false,
    async *read() {
      state.begun.push(clock.time);
      const { listed, failing } = state;
      clock.time += options.lastsMs ?? 0;
      if (failing) throw new VendorError('UNAVAILABLE', 'down');
      yield* listed;
    },
  });
  /** Moves both clocks on. */
  const pass = async (ms: number) => {
    clock.time += ms;
    await vi.advanceTimersByTimeAsync(ms);
  };
  return { lists, clock, state, pass };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('The vendor’s list', () => {
  it('is read at once for the first who asks, and tells when it began and ended', async () => {
    const { lists, clock } = vendor({ lastsMs: 300 });
    const { begun, ended, list, isShort } = await lists.after(clock.time);
    expect([begun, ended, list.all, isShort]).toEqual([1_000_000, 1_000_300, [ANA], false]);
  });

  it('serves all who wait for one, and whoever asks later and is content with it', async () => {
    const { lists, clock, state, pass } = vendor();
    const from = clock.time;
    const [one, other] = await Promise.all([lists.after(from), lists.after(from)]);
    await pass(AGE);
    expect(await lists.after(from)).toBe(one);
    expect(other).toBe(one);
    expect(state.begun).toEqual([from]);
  });

  it.each([
    ['a minute', 0, AGE],
    ['twice its own duration where that is more', 50_000, 100_000],
  ])('is good for %s', async (_what, lastsMs, ageMs) => {
    const { lists, clock, state, pass } = vendor({ lastsMs });
    const from = clock.time;
    expect((await lists.after(from)).ageMs).toBe(ageMs);
    await pass(ageMs - lastsMs);
    await lists.after(from);
    expect(state.begun).toHaveLength(1);
    await pass(1);
    const later = lists.after(from);
    await pass(0);
    await later;
    expect(state.begun).toHaveLength(2);
  });

  it('that a stopped process was in the middle of is no list of an hour: it is too old, and the next one begins soon', async () => {
    const { lists, clock, state, pass } = vendor({ lastsMs: 3_600_000 });
    const from = clock.time;
    const { begun, ageMs } = await lists.after(from);
    expect([begun, ageMs]).toEqual([from, 120_000]);
    const next = lists.after(from);
    await pass(0);
    await next;
    expect(state.begun).toEqual([from, from + 3_600_000]);
  });

  it('that began before what is asked for counts for nothing: another one is read', async () => {
    const { lists, clock, state, pass } = vendor();
    await lists.after(clock.time);
    await pass(PACE);
    state.listed = [BO];
    const { begun, list } = await lists.after(clock.time);
    expect([begun, list.all]).toEqual([clock.time, [BO]]);
  });

  it.each([
    ['ten seconds', 0, PACE],
    ['twice as long as the last one took', 8_000, 16_000],
  ])('begins no more often than every %s', async (_what, lastsMs, everyMs) => {
    const { lists, clock, state, pass } = vendor({ lastsMs });
    const first = clock.time;
    await lists.after(first);
    const second = lists.after(first + 1);
    await pass(everyMs - lastsMs - 1);
    expect(state.begun).toEqual([first]);
    await pass(1);
    await second;
    expect(state.begun).toEqual([first, first + everyMs]);
  });

  it('is one for a thousand who ask for it within the pace', async () => {
    const { lists, clock, state, pass } = vendor();
    await lists.after(clock.time);
    const waiting: Promise<unknown>[] = [];
    for (let index = 0; index < 1_000; index += 1) {
      await pass(1);
      waiting.push(lists.after(clock.time));
    }
    await pass(PACE);
    await Promise.all(waiting);
    expect(state.begun).toHaveLength(2);
  });

  it('does not begin before it can serve anybody', async () => {
    const { lists, clock, state, pass } = vendor();
    const first = clock.time;
    const waiting = lists.after(first + 3 * PACE);
    await pass(3 * PACE - 1);
    expect(state.begun).toEqual([]);
    await pass(1);
    expect((await waiting).begun).toBe(first + 3 * PACE);
  });

  it('leaves out who asked for a later one while it was read: they get the next', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const clock = { time: 0, now: () => 0, steady: () => clock.time };
    let lists = 0;
    const slow = createLists({
      kind: 'user',
      clock,
      paceMs: PACE,
      ageMs: AGE,
      isShort: async () => false,
      async *read() {
        lists += 1;
        if (lists === 1) await promise;
        yield ANA;
      },
    });
    const first = slow.after(0);
    clock.time = 5;
    const late = slow.after(5);
    resolve();
    expect((await first).begun).toBe(0);
    clock.time = PACE;
    slow.look();
    expect((await late).begun).toBe(PACE);
  });

  it('fails for those who wait for it, and the next one begins at the pace all the same', async () => {
    const { lists, clock, state, pass } = vendor();
    state.failing = true;
    const from = clock.time;
    await expect(lists.after(from)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(lists.latest()).toBeNull();
    state.failing = false;
    const next = lists.after(from);
    expect(state.begun).toHaveLength(1);
    await pass(PACE);
    expect((await next).list.all).toEqual([ANA]);
  });

  it('that failed leaves the one before it', async () => {
    const { lists, clock, state, pass } = vendor();
    const before = await lists.after(clock.time);
    await pass(PACE);
    state.failing = true;
    await expect(lists.after(clock.time)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(lists.latest()).toBe(before);
  });

  it('says whether it is short, as known when it ended', async () => {
    const { lists, clock, state, pass } = vendor({ isShort: (size) => size < 2 });
    expect((await lists.after(clock.time)).isShort).toBe(true);
    await pass(PACE);
    state.listed = [ANA, BO];
    expect((await lists.after(clock.time)).isShort).toBe(false);
  });

  it('begins when its time has come by the clock, though no timer has told so', async () => {
    const { lists, clock, state } = vendor();
    await lists.after(clock.time);
    const waiting = lists.after(clock.time + 1);
    clock.time += PACE;
    expect(state.begun).toHaveLength(1);
    lists.look();
    await waiting;
    expect(state.begun).toHaveLength(2);
  });
});
