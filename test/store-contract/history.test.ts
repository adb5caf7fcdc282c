import { describe, expect, it } from 'vitest';
import type { AccountError } from '../../src/core/account.ts';
import type { Delivery } from '../../src/core/delivery.ts';
import { inTransaction } from '../../src/store/database.ts';
import {
  findOutcome,
  insertDelivery,
  listDeliveries,
  pruneDeliveries,
} from '../../src/store/delivery/history.ts';
import { KINDS, sharedStore } from './stores.ts';

const DOWN: AccountError = { code: 'UNAVAILABLE', message: 'down', at: 1 };
const TAKEN: AccountError = { code: 'ADDRESS_TAKEN', message: 'taken', at: 1 };

type Attempt = Partial<Omit<Delivery, 'id' | 'repeats'>> & { quiet?: boolean };

describe.each(KINDS)('the history of deliveries in %s', (kind) => {
  const { instance, freshConnection } = sharedStore(kind);

  /** An account’s attempts, one after the other; quiet ones unless they say otherwise. */
  async function attempts(...made: Attempt[]) {
    const { id: connectionId } = await freshConnection();
    let at = 100;
    for (const attempt of made) {
      at += 1;
      const delivery = {
        connectionId,
        accountId: 'a',
        fromVersion: 0,
        toVersion: 1,
        result: 'retry' as const,
        state: 'waiting' as const,
        steps: [],
        calls: [],
        error: DOWN,
        attempt: at - 100,
        requestId: `r${at}`,
        startedAt: at,
        endedAt: at,
        quiet: true,
        ...attempt,
      };
      await inTransaction(instance(0), (tx) => insertDelivery(tx, delivery));
    }
    const list = await listDeliveries(instance(1), connectionId, { accountId: 'a', limit: 100 });
    return { connectionId, list };
  }

  it('counts attempts that did nothing and end the same way on one row', async () => {
    const again: Attempt[] = Array.from({ length: 30 }, () => ({}));
    const { list } = await attempts(...again);
    expect(list).toMatchObject([
      { repeats: 29, attempt: 1, startedAt: 101, endedAt: 130, requestId: 'r130' },
    ]);
  });

  it.each<[string, Attempt, Attempt]>([
    ['made a call with effects', {}, { quiet: false }],
    ['come after one that made a call with effects', { quiet: false }, {}],
    ['end otherwise', {}, { result: 'refused', state: 'refused' }],
    ['fail for another reason', {}, { error: { ...DOWN, message: 'still down' } }],
    ['fail with another code', {}, { error: { ...DOWN, code: 'THROTTLED' } }],
    ['fail no more', {}, { error: null }],
    ['were to do something else', {}, { steps: [{ step: 'refuse' }] }],
  ])('has a row of its own for attempts that %s', async (_, first, second) => {
    const { list } = await attempts(first, second);
    expect(list.map(({ repeats }) => repeats)).toEqual([0, 0]);
  });

  it('begins anew after something else has happened', async () => {
    const { list } = await attempts({}, {}, { quiet: false }, {}, {});
    expect(list.map(({ repeats }) => repeats)).toEqual([1, 0, 1]);
  });

  it('counts the same end of a later version too, and answers for both', async () => {
    const conflict = { result: 'conflict', state: 'conflict', error: TAKEN } as const;
    const { list, connectionId } = await attempts(conflict, {
      ...conflict,
      fromVersion: 1,
      toVersion: 2,
      attempt: 1,
    });
    expect(list).toMatchObject([{ repeats: 1, fromVersion: 0, toVersion: 2 }]);
    for (const version of [1, 2]) {
      expect(await findOutcome(instance(0), connectionId, 'a', version)).toEqual({
        kind: 'conflict',
        reason: 'taken',
      });
    }
    expect(await findOutcome(instance(0), connectionId, 'a', 3)).toBeNull();
  });

  it('has no outcome of a version while it is only tried again', async () => {
    const { connectionId } = await attempts({}, {});
    expect(await findOutcome(instance(0), connectionId, 'a', 1)).toBeNull();
  });

  it('tells of each version the outcome of the delivery that covers it', async () => {
    const { connectionId } = await attempts(
      { result: 'done', state: 'in-sync', error: null, quiet: false, fromVersion: 0, toVersion: 2 },
      { result: 'refused', state: 'refused', error: TAKEN, fromVersion: 2, toVersion: 3 },
      { result: 'unsupported', state: 'task', error: TAKEN, fromVersion: 3, toVersion: 5 },
    );
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5].map((version) => findOutcome(instance(0), connectionId, 'a', version)),
    );
    expect(outcomes.map((outcome) => outcome?.kind)).toEqual([
      'settled',
      'settled',
      'refused',
      'unsupported',
      'unsupported',
    ]);
  });

  it('keeps apart the attempts of different accounts', async () => {
    const { list } = await attempts({}, { accountId: 'b' }, {});
    expect(list).toMatchObject([{ repeats: 1 }]);
  });

  it('forgets what ended before a time, of one that was counted again only then', async () => {
    const { connectionId } = await attempts({}, {}, { error: null }, { error: null });
    await pruneDeliveries(instance(0), 104, 100);
    const left = await listDeliveries(instance(0), connectionId, { limit: 100 });
    expect(left).toMatchObject([{ error: null, repeats: 1, endedAt: 104 }]);
  });
});
