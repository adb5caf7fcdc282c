import { StoreUnavailable } from '../../core/errors.ts';
import type { VendorHttp } from '../../vendor-kit/http.ts';

/** The vendor's pace for one connection. `perSecond` absent: as fast as answers come. */
export interface Pace {
  concurrency: number;
  perSecond?: number;
}

/** Lets calls of one connection through at the vendor's pace, in the order they came. */
export function limitHttp(http: VendorHttp, pace: Pace): VendorHttp {
  const queue: (() => void)[] = [];
  let underWay = 0;
  let nextStart = 0;
  let timer: NodeJS.Timeout | null = null;
  const gapMs = pace.perSecond === undefined ? 0 : 1000 / pace.perSecond;

  function pump(): void {
    while (timer === null && queue.length > 0 && underWay < pace.concurrency) {
      const wait = nextStart - performance.now();
      if (wait > 0) {
        timer = setTimeout(() => {
          timer = null;
          pump();
        }, wait);
        return;
      }
      nextStart = Math.max(nextStart, performance.now() - gapMs) + gapMs;
      underWay += 1;
      queue.shift()?.();
    }
  }

  return {
    ...http,
    async send(request) {
      await new Promise<void>((resolve) => {
        queue.push(resolve);
        pump();
      });
      try {
        return await http.send(request);
      } finally {
        underWay -= 1;
        pump();
      }
    },
  };
}

/** Begins no call that another instance could be making too. */
export function guardHttp(http: VendorHttp, mayCall: () => boolean): VendorHttp {
  return {
    ...http,
    async send(request) {
      if (!mayCall()) {
        throw new StoreUnavailable(
          'This instance has not reached the database for some seconds: it calls no vendor until it does.',
        );
      }
      return http.send(request);
    },
  };
}
