/** The vendor's pace for one connection: how many calls are under way, and how many begin in a second. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { StoreUnavailable } from '../../core/errors.ts';
import type { VendorHttp } from '../../vendor-kit/http.ts';

/** `perSecond` absent: as fast as answers come. */
export interface Pace {
  concurrency: number;
  perSecond?: number;
}

export interface Limiter {
  /** Waits for a turn and runs `work` in it: its first call goes at once, its others only wait for the pace. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Lets calls through in the order they came. */
  http(http: VendorHttp): VendorHttp;
}

export function createLimiter(pace: Pace): Limiter {
  const queue: { resolve: () => void; slot: boolean }[] = [];
  const turns = new AsyncLocalStorage<{ isFresh: boolean }>();
  const gapMs = pace.perSecond === undefined ? 0 : 1000 / pace.perSecond;
  let underWay = 0;
  let nextStart = 0;
  let timer: NodeJS.Timeout | null = null;

  function pump(): void {
    while (timer === null) {
      // Whoever is in a turn already needs no other slot, and goes first.
      const index = queue.findIndex(({ slot }) => !slot || underWay < pace.concurrency);
      if (index < 0) return;
      const wait = nextStart - performance.now();
      if (wait > 0) {
        timer = setTimeout(() => {
          timer = null;
          pump();
        }, wait);
        return;
      }
      nextStart = Math.max(nextStart, performance.now() - gapMs) + gapMs;
      const [next] = queue.splice(index, 1);
      if (next?.slot === true) underWay += 1;
      next?.resolve();
    }
  }

  function wait(slot: boolean): Promise<void> {
    return new Promise((resolve) => {
      queue.push({ resolve, slot });
      pump();
    });
  }

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    await wait(true);
    try {
      return await turns.run({ isFresh: true }, work);
    } finally {
      underWay -= 1;
      pump();
    }
  }

  return {
    inTurn,
    http: (http) => ({
      ...http,
      async send(request) {
        const turn = turns.getStore();
        if (turn === undefined) return inTurn(() => http.send(request));
        if (!turn.isFresh) await wait(false);
        turn.isFresh = false;
        return http.send(request);
      },
    }),
  };
}

/** A call was not begun: another instance could be making it too. */
export class NotCalled extends StoreUnavailable {}

/** Begins no call that another instance could be making too. */
export function guardHttp(http: VendorHttp, mayCall: () => boolean): VendorHttp {
  return {
    ...http,
    async send(request) {
      if (!mayCall()) {
        throw new NotCalled(
          'This instance has not reached the database for some seconds: it calls no vendor until it does.',
        );
      }
      return http.send(request);
    },
  };
}
