/** The vendor's list, shared by all who wait for one (rule 5). */
import type { VendorAccount } from '../../core/account.ts';
import type { Clock } from '../../core/clock.ts';
import { type AccountList, createAccountList } from './account-list.ts';

/** A list as it was read; `begun` and `ended` by the steady clock. */
export interface ReadList {
  begun: number;
  ended: number;
  /** How old it may get, ms from its beginning. */
  ageMs: number;
  list: AccountList;
  /** It has too few accounts to say that anybody is not there. */
  isShort: boolean;
}

export interface Lists {
  /** A list that began at `from` or later, and is young enough; waits for one where there is none. */
  after(from: number): Promise<ReadList>;
  /** The newest that was read. */
  latest(): ReadList | null;
  /** Looks at the clock: it may have jumped. */
  look(): void;
}

export interface ListOptions {
  kind: 'user' | 'group';
  read(): AsyncIterable<VendorAccount>;
  clock: Clock;
  /** Lists begin no more often than this, or twice as long as the last one took. */
  paceMs: number;
  /** A list may be so old, or twice as old as it took. */
  ageMs: number;
  isShort(size: number): Promise<boolean>;
}

/** A process that was stopped for an hour while it read has not read for an hour. */
const LONGEST_GAP_MS = 60_000;

/** How long something took by the steady clock, ms, without what no vendor takes. */
export function tookMs(from: number, to: number): number {
  return Math.min(to - from, LONGEST_GAP_MS);
}

/** How long it has been running, ms; asked at least as often as the vendor answers. */
function stopwatch(clock: Clock): () => number {
  let before = clock.steady();
  let total = 0;
  return () => {
    const now = clock.steady();
    total += tookMs(before, now);
    before = now;
    return total;
  };
}

interface Waiting {
  from: number;
  resolve(list: ReadList): void;
  reject(error: unknown): void;
}

export function createLists(options: ListOptions): Lists {
  const { clock, kind } = options;
  const waiting = new Set<Waiting>();
  let latest: ReadList | null = null;
  let reading: number | null = null;
  let lastBegun = Number.NEGATIVE_INFINITY;
  let lastMs = 0;
  let timer: NodeJS.Timeout | null = null;

  async function read(): Promise<void> {
    const begun = clock.steady();
    const pass = stopwatch(clock);
    reading = begun;
    lastBegun = begun;
    // Only those whom this list can serve hear of its failure.
    const served = () => [...waiting].filter(({ from }) => from <= begun);
    try {
      const accounts: VendorAccount[] = [];
      for await (const account of options.read()) {
        pass();
        accounts.push(account);
      }
      const ended = clock.steady();
      const list = createAccountList(kind, accounts);
      const ageMs = Math.max(options.ageMs, 2 * pass());
      latest = { begun, ended, ageMs, list, isShort: await options.isShort(list.size) };
      for (const one of served()) {
        waiting.delete(one);
        one.resolve(latest);
      }
    } catch (error) {
      for (const one of served()) {
        waiting.delete(one);
        one.reject(error);
      }
    } finally {
      lastMs = pass();
      reading = null;
      look();
    }
  }

  function look(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (waiting.size === 0 || reading !== null) return;
    // A list that begins before anybody's `from` serves nobody.
    const earliest = Math.min(...[...waiting].map(({ from }) => from));
    const begins = Math.max(earliest, lastBegun + Math.max(options.paceMs, 2 * lastMs));
    const wait = begins - clock.steady();
    if (wait <= 0) {
      void read();
      return;
    }
    timer = setTimeout(look, wait);
    timer.unref();
  }

  return {
    look,
    latest: () => latest,
    after(from) {
      const known = latest;
      if (known !== null && known.begun >= from && clock.steady() - known.begun <= known.ageMs) {
        return Promise.resolve(known);
      }
      return new Promise((resolve, reject) => {
        waiting.add({ from, resolve, reject });
        look();
      });
    },
  };
}
