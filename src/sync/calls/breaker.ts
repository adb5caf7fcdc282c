import type { Clock } from '../../core/clock.ts';
import { backoffMs } from '../backoff.ts';

/** This many failures in a row, of any account, say that the vendor itself is down. */
const TRIP_AFTER = 5;

/** Stops a connection's calls while its vendor is down, and then probes with one call at a time. */
export interface Breaker {
  /** When calls may be made again, by the steady clock; 0: now. */
  openUntil(): number;
  /** How many deliveries may begin: all of them, one probe, or none. */
  admits(limit: number): number;
  /** What was admitted found nothing to do. */
  unused(): void;
  succeeded(): void;
  /** The vendor could not be reached or gave no readable answer. True: this failure tripped it. */
  failed(): boolean;
}

export function createBreaker(clock: Clock): Breaker {
  let failures = 0;
  let trips = 0;
  let until = 0;
  let probing = false;

  return {
    openUntil: () => until,
    admits(limit) {
      if (until === 0) return limit;
      if (probing || clock.steady() < until || limit === 0) return 0;
      probing = true;
      return 1;
    },
    unused() {
      probing = false;
    },
    succeeded() {
      failures = 0;
      trips = 0;
      until = 0;
      probing = false;
    },
    failed() {
      failures += 1;
      const probed = probing;
      probing = false;
      // Calls that were under way when it tripped say nothing new.
      if (failures < TRIP_AFTER || (until !== 0 && !probed)) return false;
      trips += 1;
      until = clock.steady() + backoffMs(trips);
      return trips === 1;
    },
  };
}
