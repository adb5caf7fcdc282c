/** Whether a connection's vendor may be called now: the pauses it asked for, and the breaker (rule 14). */
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/ports.ts';
import type { Database } from '../store/database.ts';
import { type Lease, storePause } from '../store/worklist/leases.ts';
import { LONGEST_PAUSE_MS } from './backoff.ts';
import { type Breaker, createBreaker } from './calls/breaker.ts';

export interface VendorState {
  breaker: Breaker;
  /** For how long no call may begin, ms. */
  quietMs(): number;
  /** The vendor asked for no call before this time (epoch ms). */
  throttle(until: number): Promise<void>;
  /** How an attempt with a call ended. */
  judge(code: string | undefined): void;
}

/** Failures that are about the vendor and not about one account. */
const VENDOR_DOWN: ReadonlySet<string> = new Set(['UNAVAILABLE', 'UNCERTAIN', 'UNREADABLE']);

/** Pauses are kept on the steady clock, and stored for whoever holds the lease next. */
export function createVendorState(options: {
  db: Database;
  clock: Clock;
  log: Log;
  lease: Lease;
}): VendorState {
  const { db, clock, log, lease } = options;
  const breaker = createBreaker(clock);
  let pausedUntil = clock.steady() + lease.pauseMs;
  return {
    breaker,
    quietMs: () => Math.max(0, Math.max(pausedUntil, breaker.openUntil()) - clock.steady()),
    async throttle(until) {
      const pauseMs = Math.min(until - clock.now(), LONGEST_PAUSE_MS);
      // An answer that asks for less shortens nothing.
      if (clock.steady() + pauseMs <= Math.max(pausedUntil, clock.steady())) return;
      pausedUntil = clock.steady() + pauseMs;
      await storePause(db, lease, pauseMs, clock.now()).catch((err: unknown) => {
        log.error({ connection: lease.connectionId, err }, 'A pause of the vendor could not be stored.');
      });
    },
    judge(code) {
      if (code === undefined || !VENDOR_DOWN.has(code)) return breaker.succeeded();
      if (!breaker.failed()) return;
      log.error(
        { connection: lease.connectionId, alert: 'vendor-down', code },
        'The vendor does not answer; calls wait.',
      );
    },
  };
}
