/** The largest gap between two attempts, ms. */
const LARGEST_BACKOFF_MS = 15 * 60_000;
/** The longest pause that a vendor is granted, ms: a Retry-After of years must not stop a connection for good. */
export const LONGEST_PAUSE_MS = 24 * 60 * 60_000;
const FIRST_BACKOFF_MS = 1_000;

/** The gap after the n-th failed attempt in a row (n from 1): doubling, with jitter between half and the whole. */
export function backoffMs(attempts: number, random: () => number = Math.random): number {
  const whole = Math.min(LARGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.max(0, attempts - 1));
  return Math.round(whole * (0.5 + random() / 2));
}
