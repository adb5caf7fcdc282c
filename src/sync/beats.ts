import type { Beat } from '../store/worklist/leases.ts';

/** An instance whose beat stands still for so long is taken for dead. */
const SILENT_MS = 8_000;
/** After such a gap between two looks, what was seen before tells nothing of how long a beat stood still. */
const GAP_MS = 3_000;

export interface Seen extends Beat {
  /** When this beat was first seen, by the steady clock. */
  since: number;
}

/** How long the instances' beats have stood still, by this process's own steady clock: theirs may be wrong. */
export class Beats {
  readonly #seen = new Map<string, Seen>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** How many instances there are. */
  get size(): number {
    return this.#seen.size;
  }

  /** Takes in a look at all beats at `now` (ms, steady); returns those that have stood still for too long. */
  look(beats: readonly Beat[], now: number): Seen[] {
    if (now - this.#lookedAt > GAP_MS) this.#seen.clear();
    this.#lookedAt = now;
    const present = new Set(beats.map(({ id }) => id));
    for (const id of [...this.#seen.keys()]) if (!present.has(id)) this.#seen.delete(id);
    for (const beat of beats) {
      if (this.#seen.get(beat.id)?.beat !== beat.beat) this.#seen.set(beat.id, { ...beat, since: now });
    }
    return [...this.#seen.values()].filter(({ since }) => now - since >= SILENT_MS);
  }

  forget(id: string): void {
    this.#seen.delete(id);
  }
}
