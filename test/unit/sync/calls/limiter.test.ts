import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { limitHttp } from '../../../../src/sync/calls/limiter.ts';
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

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Calls of one connection', () => {
  it('are under way only so many at once, in the order they came', async () => {
    const { begun, http, end } = vendor();
    const limited = limitHttp(http, { concurrency: 2 });
    for (const path of ['a', 'b', 'c', 'd']) void limited.send(call(path));
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(['a', 'b']);
    end('b')?.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('make room when they fail', async () => {
    const { begun, http, end } = vendor();
    const limited = limitHttp(http, { concurrency: 1 });
    const failing = expect(limited.send(call('a'))).rejects.toThrow('broken');
    void limited.send(call('b'));
    await vi.advanceTimersByTimeAsync(0);
    end('a')?.fail();
    await failing;
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(['a', 'b']);
  });

  it('begin no faster than the vendor’s pace', async () => {
    const { begun, http } = vendor();
    const limited = limitHttp(http, { concurrency: 10, perSecond: 4 });
    for (const path of ['a', 'b', 'c']) void limited.send(call(path));
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
    const limited = limitHttp(http, { concurrency: 10, perSecond: 1 });
    void limited.send(call('a'));
    await vi.advanceTimersByTimeAsync(60_000);
    for (const path of ['b', 'c', 'd']) void limited.send(call(path));
    await vi.advanceTimersByTimeAsync(999);
    expect(begun.length).toBeLessThanOrEqual(3);
    await vi.advanceTimersByTimeAsync(1_001);
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });
});
