import { describe, expect, it } from 'vitest';
import type { Log } from '../../../src/core/ports.ts';
import type { Database } from '../../../src/store/database.ts';
import { type Lease, leaveInstances } from '../../../src/store/worklist/leases.ts';
import { createVendorState } from '../../../src/sync/vendor-state.ts';
import { heldLease } from '../store/held-lease.ts';
import { storedConnection } from '../store/stored-connection.ts';

const HOUR = 3_600_000;
const { db, freshConnection } = storedConnection();

/** A vendor's state under a lease of its own; the two clocks can be moved apart. */
async function stateOf(more: { pauseMs?: number; store?: Database } = {}) {
  const clock = { wall: 1_000_000, time: 500, now: () => clock.wall, steady: () => clock.time };
  const { id } = await freshConnection();
  const lease: Lease = { ...(await heldLease(db(), id)), pauseMs: more.pauseMs ?? 0 };
  const errors: string[] = [];
  const nothing = () => {};
  const log: Log = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (_fields, message) => errors.push(message),
  };
  const state = createVendorState({ db: more.store ?? db(), clock, log, lease });
  /** Of the pause that whoever takes the lease after this one finds. */
  const stored = async () => {
    await leaveInstances(db(), lease.holder);
    return (await heldLease(db(), id, clock.wall)).pauseMs;
  };
  return { clock, state, errors, stored };
}

describe('The calls of a connection', () => {
  it('may begin at once where nothing speaks against it', async () => {
    expect((await stateOf()).state.quietMs()).toBe(0);
  });

  it('wait for what is left of a pause that stands since before', async () => {
    const { state, clock } = await stateOf({ pauseMs: 700 });
    expect(state.quietMs()).toBe(700);
    clock.time += 700;
    expect(state.quietMs()).toBe(0);
  });

  it('wait as long as the vendor asks, whatever the wall clock does meanwhile', async () => {
    const { state, clock } = await stateOf();
    await state.throttle(clock.wall + HOUR);
    expect(state.quietMs()).toBe(HOUR);
    clock.wall -= 6 * HOUR;
    expect(state.quietMs()).toBe(HOUR);
    clock.wall += 12 * HOUR;
    clock.time += HOUR - 1;
    expect(state.quietMs()).toBe(1);
  });

  it('wait as long again after a restart, and no longer where the wall clock has gone back', async () => {
    const { state, clock, stored } = await stateOf();
    await state.throttle(clock.wall + HOUR);
    clock.wall -= 6 * HOUR;
    expect(await stored()).toBe(HOUR);
  });

  it('wait the longest of several pauses, after a restart too', async () => {
    const { state, clock, stored } = await stateOf();
    await state.throttle(clock.wall + HOUR);
    await state.throttle(clock.wall + 1_000);
    expect(state.quietMs()).toBe(HOUR);
    expect(await stored()).toBe(HOUR);
  });

  it('wait no longer than a day because a vendor says so', async () => {
    const { state, clock } = await stateOf();
    await state.throttle(clock.wall + 1_000 * HOUR);
    expect(state.quietMs()).toBe(24 * HOUR);
  });

  it('do not wait for a time that is over', async () => {
    const { state, clock } = await stateOf();
    await state.throttle(clock.wall - 1);
    expect(state.quietMs()).toBe(0);
  });
});

describe('The vendor', () => {
  it('counts as down after five failures of its own in a row, which is said once', async () => {
    const { state, errors } = await stateOf();
    for (const code of ['UNAVAILABLE', 'UNCERTAIN', 'UNREADABLE', 'UNAVAILABLE', 'UNAVAILABLE']) {
      expect(errors).toEqual([]);
      state.judge(code);
    }
    state.judge('UNAVAILABLE');
    expect(errors).toEqual(['The vendor does not answer; calls wait.']);
    expect(state.quietMs()).toBeGreaterThan(0);
  });

  it.each(['REJECTED', 'GONE', 'CONFLICT', 'NOT_PERMITTED', undefined])(
    'is up where it answers with %s',
    async (code) => {
      const { state } = await stateOf();
      for (let n = 0; n < 4; n += 1) state.judge('UNAVAILABLE');
      state.judge(code);
      state.judge('UNAVAILABLE');
      expect(state.quietMs()).toBe(0);
    },
  );
});
