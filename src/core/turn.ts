import { setImmediate } from 'node:timers/promises';

/** What one request may do before others have their turn. */
const TURN_MS = 10;

/** The time that one piece of long work has had the thread for; a new one begins when it is made. */
export class Turn {
  #since = performance.now();

  /** To be awaited between parts of long work: lets everything else go on once 10 ms are used up. */
  async pause(): Promise<void> {
    if (performance.now() - this.#since < TURN_MS) return;
    await setImmediate();
    this.#since = performance.now();
  }
}

/** The items in parts of `size`, with turns of everything else between them. */
export async function* inTurns<T>(items: readonly T[], size = 1000): AsyncGenerator<readonly T[]> {
  const turn = new Turn();
  for (let start = 0; start < items.length; start += size) {
    yield items.slice(start, start + size);
    await turn.pause();
  }
}
