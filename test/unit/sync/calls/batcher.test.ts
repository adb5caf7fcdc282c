import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VendorError } from '../../../../src/core/errors.ts';
import { createBatcher } from '../../../../src/sync/calls/batcher.ts';
import type { CreateOutcome, WantedCreate } from '../../../../src/vendor-kit/vendor.ts';
import { account } from '../acme.ts';

/** A vendor that notes the addresses of each call. */
function vendor(answer: (wanted: readonly WantedCreate[]) => CreateOutcome[] = accounts) {
  const calls: string[][] = [];
  return {
    calls,
    create: (wanted: readonly WantedCreate[]) => {
      calls.push(wanted.map(({ address }) => address));
      return Promise.resolve(answer(wanted));
    },
  };
}

function accounts(wanted: readonly WantedCreate[]): CreateOutcome[] {
  return wanted.map(({ address }) => ({ account: account({ address }) }));
}

function wantedOf(address: string): WantedCreate {
  return { address, fields: {} };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Creates in batches', () => {
  it('leave together when the batch is full, and each gets its own outcome', async () => {
    const session = vendor();
    const create = createBatcher(session, 3);
    const outcomes = await Promise.all(['a', 'b', 'c'].map((address) => create(wantedOf(address))));
    expect(session.calls).toEqual([['a', 'b', 'c']]);
    expect(outcomes).toEqual([
      { account: account({ address: 'a' }) },
      { account: account({ address: 'b' }) },
      { account: account({ address: 'c' }) },
    ]);
  });

  it('wait a little for company and then leave without', async () => {
    const session = vendor();
    const create = createBatcher(session, 3);
    const outcomes = Promise.all([create(wantedOf('a')), create(wantedOf('b'))]);
    await vi.advanceTimersByTimeAsync(49);
    expect(session.calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(session.calls).toEqual([['a', 'b']]);
    await expect(outcomes).resolves.toHaveLength(2);
  });

  it('begin a new batch after a full one', async () => {
    const session = vendor();
    const create = createBatcher(session, 2);
    const outcomes = Promise.all(['a', 'b', 'c'].map((address) => create(wantedOf(address))));
    await vi.advanceTimersByTimeAsync(50);
    await outcomes;
    expect(session.calls).toEqual([['a', 'b'], ['c']]);
  });

  it('go one by one, at once, where the vendor takes one a call', async () => {
    const session = vendor();
    const create = createBatcher(session, 1);
    await create(wantedOf('a'));
    await create(wantedOf('b'));
    expect(session.calls).toEqual([['a'], ['b']]);
  });

  it('fail one by one where the vendor refuses some', async () => {
    const error = new VendorError('REJECTED', 'No seats.');
    const session = vendor((wanted) => [{ error }, ...accounts(wanted.slice(1))]);
    const create = createBatcher(session, 2);
    const outcomes = await Promise.all([create(wantedOf('a')), create(wantedOf('b'))]);
    expect(outcomes).toEqual([{ error }, { account: account({ address: 'b' }) }]);
  });

  it('all fail with a call that throws', async () => {
    const create = createBatcher({ create: () => Promise.reject(new Error('broken')) }, 2);
    const outcomes = await Promise.allSettled([create(wantedOf('a')), create(wantedOf('b'))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('fail where the vendor’s code forgets one', async () => {
    const create = createBatcher(
      vendor(() => []),
      1,
    );
    await expect(create(wantedOf('a'))).rejects.toThrow('no outcome');
  });
});
