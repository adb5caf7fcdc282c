import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../src/sync/backoff.ts';
import { createBreaker } from '../../../src/sync/calls/breaker.ts';

/** As docs/delivery has it. */
const LARGEST_BACKOFF_MS = 15 * 60_000;
const least = () => 0;
const most = () => 1;

describe('The gap between two attempts', () => {
  it.each([
    [1, 500, 1_000],
    [2, 1_000, 2_000],
    [3, 2_000, 4_000],
    [10, 256_000, 512_000],
    [11, 450_000, 900_000],
    [1_000, 450_000, 900_000],
  ])('after %i failures is from %i to %i ms', (attempts, from, to) => {
    expect(backoffMs(attempts, least)).toBe(from);
    expect(backoffMs(attempts, most)).toBe(to);
  });

  it('is a whole number of ms and never over the largest', () => {
    fc.assert(
      fc.property(fc.nat(5_000), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, random) => {
        const gap = backoffMs(attempts, () => random);
        expect(Number.isInteger(gap)).toBe(true);
        expect(gap).toBeGreaterThanOrEqual(500);
        expect(gap).toBeLessThanOrEqual(LARGEST_BACKOFF_MS);
      }),
    );
  });

  it('differs from account to account', () => {
    expect(new Set(Array.from({ length: 20 }, () => backoffMs(5))).size).toBeGreaterThan(1);
  });
});

describe('The breaker of a vendor that is down', () => {
  function breakerAt(start: number) {
    const clock = { wall: start, time: start, now: () => clock.wall, steady: () => clock.time };
    return { clock, breaker: createBreaker(clock) };
  }

  function trip(breaker: ReturnType<typeof createBreaker>): boolean[] {
    return Array.from({ length: 5 }, () => breaker.failed());
  }

  it('lets everything through until five failures in a row, and says once that it trips', () => {
    const { breaker } = breakerAt(1_000);
    expect(trip(breaker)).toEqual([false, false, false, false, true]);
    expect(breaker.admits(8)).toBe(0);
    expect(breaker.openUntil()).toBeGreaterThan(1_000);
    expect(breaker.failed()).toBe(false);
  });

  it('counts failures in a row only', () => {
    const { breaker } = breakerAt(1_000);
    for (let n = 0; n < 20; n += 1) {
      breaker.failed();
      breaker.succeeded();
    }
    expect(breaker.admits(8)).toBe(8);
  });

  it('lets one call through when its time is up, and everything when that succeeds', () => {
    const { clock, breaker } = breakerAt(1_000);
    trip(breaker);
    clock.time = breaker.openUntil();
    expect(breaker.admits(8)).toBe(1);
    expect(breaker.admits(8)).toBe(0);
    breaker.succeeded();
    expect(breaker.openUntil()).toBe(0);
    expect(breaker.admits(8)).toBe(8);
  });

  it('waits no longer for calls that were under way when it tripped', () => {
    const { breaker } = breakerAt(1_000);
    trip(breaker);
    const until = breaker.openUntil();
    for (let n = 0; n < 8; n += 1) breaker.failed();
    expect(breaker.openUntil()).toBe(until);
  });

  it('waits longer when the one call fails', () => {
    const { clock, breaker } = breakerAt(1_000);
    trip(breaker);
    clock.time = breaker.openUntil();
    breaker.admits(8);
    breaker.failed();
    expect(breaker.openUntil() - clock.time).toBeGreaterThanOrEqual(1_000);
    expect(breaker.admits(8)).toBe(0);
  });

  it.each([
    ['back', -6],
    ['on', 6],
  ])('waits just as long where the wall clock jumps %s', (_way, hours) => {
    const { clock, breaker } = breakerAt(90_000_000);
    trip(breaker);
    clock.wall += hours * 3_600_000;
    expect(breaker.admits(8)).toBe(0);
    clock.time = breaker.openUntil();
    expect(breaker.admits(8)).toBe(1);
  });

  it('keeps its one call for later where that has found nothing to do', () => {
    const { clock, breaker } = breakerAt(1_000);
    trip(breaker);
    clock.time = breaker.openUntil();
    expect(breaker.admits(8)).toBe(1);
    breaker.unused();
    expect(breaker.admits(8)).toBe(1);
  });
});
