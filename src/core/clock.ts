/** Wall time in epoch milliseconds; a port, so that tests can hold it. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
