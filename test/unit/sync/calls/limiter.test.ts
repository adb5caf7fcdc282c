import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLimiter, guardHttp, NotCalled, type Pace } from '../../../../src/sync/calls/limiter.ts';
import type { VendorHttp, VendorRequest } from '../../../../src/vendor-kit/http.ts';

const REPLY = { status: 200, headers: {}, body: '' };

/** A vendor whose calls stay open until they are ended. */
function vendor() {
  const begun: string[] = [];
  const ends = new Map<string, { answer(): void; fail(): void }>();
  const http: VendorHttp = {
    now: () => 0,
    send: ({ path }) =>
      new Promise((resolve, reject) => {
        begun.push(path);
        ends.set(path, { answer: () => resolve(REPLY), fail: () => reject(new Error('broken')) });
      }),
  };
  return { begun, http, end: (path: string) => ends.get(path) };
}

function call(path: string): VendorRequest {
  return { method: 'GET', path, headers: {}, effect: false };
}

const limited = (http: VendorHttp, pace: Pace) => createLimiter(pace).http(http);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Calls of one connection', () => {
  it('are under way only so many at once, in the order they came', async () => {
    const { begun, http, end } = vendor();
    const paced = limited(http, { concurrency: 2 });
    for (const path of ['a', 'b', 'c', 'd']) void paced.send(call(path));
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(['a', 'b']);
    end('b')?.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('make room when they fail', async () => {
    const { begun, http, end } = vendor();
    const paced = limited(http, { concurrency: 1 });
    const failing = expect(paced.send(call('a'))).rejects.toThrow('broken');
    void paced.send(call('b'));
    await vi.advanceTimersByTimeAsync(0);
    end('a')?.fail();
    await failing;
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(['a', 'b']);
  });

  it('begin no faster than the vendor’s pace', async () => {
    const { begun, http } = vendor();
    const paced = limited(http, { concurrency: 10, perSecond: 4 });
    for (const path of ['a', 'b', 'c']) void paced.send(call(path));
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(249);
    expect(begun).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(1);
    expect(begun).toEqual(['a', 'b']);
    await vi.advanceTimersByTimeAsync(250);
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('save up no pace while nothing is to be done', async () => {
    const { begun, http } = vendor();
    const paced = limited(http, { concurrency: 10, perSecond: 1 });
    void paced.send(call('a'));
    await vi.advanceTimersByTimeAsync(60_000);
    for (const path of ['b', 'c', 'd']) void paced.send(call(path));
    await vi.advanceTimersByTimeAsync(999);
    expect(begun.length).toBeLessThanOrEqual(3);
    await vi.advanceTimersByTimeAsync(1_001);
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('A turn', () => {
  /** A turn that makes these calls one after the other. */
  function turnOf(limiter: ReturnType<typeof createLimiter>, http: VendorHttp, ...paths: string[]) {
    const within = limiter.http(http);
    return limiter.inTurn(async () => {
      for (const path of paths) await within.send(call(path));
    });
  }

  it('is held from before its first call until after its last one', async () => {
    const { begun, http, end } = vendor();
    const limiter = createLimiter({ concurrency: 1 });
    const turn = turnOf(limiter, http, 'look', 'write', 'check');
    void limiter.http(http).send(call('other'));
    for (const path of ['look', 'write', 'check']) {
      await vi.advanceTimersByTimeAsync(0);
      expect(begun.at(-1)).toBe(path);
      end(path)?.answer();
    }
    await turn;
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(['look', 'write', 'check', 'other']);
  });

  it('does its work without a call as well, and lets others on', async () => {
    const { begun, http } = vendor();
    const limiter = createLimiter({ concurrency: 1 });
    expect(await limiter.inTurn(() => Promise.resolve('written'))).toBe('written');
    void limiter.http(http).send(call('other'));
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(['other']);
  });

  it('that fails lets others on', async () => {
    const { begun, http } = vendor();
    const limiter = createLimiter({ concurrency: 1 });
    await expect(limiter.inTurn(() => Promise.reject(new Error('not stored')))).rejects.toThrow('not stored');
    void limiter.http(http).send(call('other'));
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(['other']);
  });

  it('has counted its first call already; each other one waits for the pace and for no slot', async () => {
    const { begun, http, end } = vendor();
    const limiter = createLimiter({ concurrency: 1, perSecond: 1 });
    void turnOf(limiter, http, 'write', 'check');
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(['write']);
    end('write')?.answer();
    await vi.advanceTimersByTimeAsync(999);
    expect(begun).toEqual(['write']);
    await vi.advanceTimersByTimeAsync(1);
    expect(begun).toEqual(['write', 'check']);
  });

  it('has its calls go before those of others that wait for a slot', async () => {
    const { begun, http, end } = vendor();
    const limiter = createLimiter({ concurrency: 1, perSecond: 1 });
    void turnOf(limiter, http, 'write', 'check');
    await vi.advanceTimersByTimeAsync(0);
    for (const path of ['one', 'two']) void limiter.http(http).send(call(path));
    end('write')?.answer();
    await vi.advanceTimersByTimeAsync(1_000);
    end('check')?.answer();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(begun).toEqual(['write', 'check', 'one']);
  });

  it('and calls of others come to an end at a concurrency of one, however many there are', async () => {
    const limiter = createLimiter({ concurrency: 1 });
    const http: VendorHttp = { now: () => 0, send: () => Promise.resolve(REPLY) };
    const paths = Array.from({ length: 20 }, (_, index) => String(index));
    const all = paths.flatMap((path) => [
      turnOf(limiter, http, path, `${path} checked`),
      limiter.http(http).send(call(path)),
    ]);
    await expect(Promise.all(all)).resolves.toHaveLength(40);
  });
});

describe('The lease guard', () => {
  it('begins no call while another instance could be making it too', async () => {
    const { begun, http } = vendor();
    let mayCall = true;
    const guarded = guardHttp(http, () => mayCall);
    void guarded.send(call('a'));
    mayCall = false;
    await expect(guarded.send(call('b'))).rejects.toThrow(NotCalled);
    expect(begun).toEqual(['a']);
  });

  it('is asked when the call is sent, not when its turn was asked for', async () => {
    const { begun, http, end } = vendor();
    let mayCall = true;
    const limiter = createLimiter({ concurrency: 1, perSecond: 1 });
    const guarded = limiter.http(guardHttp(http, () => mayCall));
    void guarded.send(call('a'));
    const late = expect(guarded.send(call('b'))).rejects.toThrow(NotCalled);
    await vi.advanceTimersByTimeAsync(0);
    mayCall = false;
    end('a')?.answer();
    await vi.advanceTimersByTimeAsync(1_000);
    await late;
    expect(begun).toEqual(['a']);
  });
});
