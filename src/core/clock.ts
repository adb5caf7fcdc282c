/** Time as a port, so that tests can hold it. */
export interface Clock {
  /** Wall time, epoch ms: what is stored and shown. It may jump. */
  now(): number;
  /** Steady time of this process, ms from any beginning: how long ago, never stored. */
  steady(): number;
}

export const systemClock: Clock = { now: () => Date.now(), steady: () => performance.now() };
