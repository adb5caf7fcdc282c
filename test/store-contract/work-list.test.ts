import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/core/connection.ts';
import type { Outcome } from '../../src/core/delivery.ts';
import { type Database, inTransaction } from '../../src/store/database.ts';
import { stopWaiting } from '../../src/store/delivery/history.ts';
import { type Ended, endAttempt } from '../../src/store/delivery/settle.ts';
import { findJob, requestJob } from '../../src/store/jobs.ts';
import { amendAccount } from '../../src/store/reconciliation.ts';
import { findUser } from '../../src/store/users.ts';
import { type Claim, findAccount } from '../../src/store/worklist/claim.ts';
import { expandFanout } from '../../src/store/worklist/fanouts.ts';
import { markAll } from '../../src/store/worklist/mark-due.ts';
import { KINDS, sharedStore } from './stores.ts';
import { addUser, atOnce, claim, context, ending, pushUser } from './writing.ts';

/** A User whose account is at the vendor, and whose latest push is claimed and can be put back. */
async function claimedPush(db: Database, connection: Connection, userName: string) {
  const { resource, wait } = await addUser(db, connection, userName);
  for (const made of await claim(db, connection)) await endAttempt(db, ending(made, 'done'));
  const pushed = await retitle(db, connection, resource.id, 'new');
  const [claimed] = await claim(db, connection);
  if (claimed === undefined || wait === null) throw new Error('The push is not due.');
  return { userId: resource.id, accountId: wait.accountId, version: pushed?.wait?.version ?? 0, claimed };
}

function retitle(db: Database, connection: Connection, id: string, title: string) {
  return pushUser(db, connection, id, { title });
}

describe.each(KINDS)('the work list in %s, with several at it', (kind) => {
  const { instance, freshConnection } = sharedStore(kind);

  async function titleOf(connection: Connection, userId: string) {
    return (await findUser(instance(0), connection.id, userId))?.document['title'];
  }

  it('gives each account to one of eight workers', async () => {
    const connection = await freshConnection();
    await atOnce(60, (index) => addUser(instance(index), connection, `user-${index}`));
    const taken = await atOnce(8, async (index) => {
      const mine: Claim[] = [];
      for (;;) {
        const claims = await claim(instance(index), connection, 4);
        if (claims.length === 0) return mine;
        mine.push(...claims);
      }
    });
    const ids = taken.flat().map(({ account }) => account.id);
    expect(ids).toHaveLength(60);
    expect(new Set(ids).size).toBe(60);
  });

  it('either puts a refused push back or tells its waiter so, never success', async () => {
    const connection = await freshConnection();
    const seen = new Set<string>();
    for (let round = 0; round < 16; round += 1) {
      const { userId, accountId, version, claimed } = await claimedPush(
        instance(0),
        connection,
        `user-${round}`,
      );
      const refuse = () => endAttempt(instance(0), ending(claimed, 'refused'));
      const giveUp = () => stopWaiting(instance(1), connection.id, accountId, version);
      const [first, second] = await (round % 2
        ? Promise.all([refuse(), giveUp()])
        : Promise.all([giveUp(), refuse()]));
      const [settled, outcome] = (typeof first === 'string' ? [first, second] : [second, first]) as [
        Ended,
        Outcome,
      ];
      seen.add(`${settled}, ${outcome.kind}`);
      expect(await titleOf(connection, userId)).toBe(settled === 'put-back' ? undefined : 'new');
    }
    for (const ending of seen) {
      expect(['put-back, refused', 'settled, pending', 'settled, refused']).toContain(ending);
    }
  });

  it('never takes a later push back with a refused one', async () => {
    const connection = await freshConnection();
    for (let round = 0; round < 16; round += 1) {
      const { userId, accountId, claimed } = await claimedPush(instance(0), connection, `user-${round}`);
      await Promise.all([
        endAttempt(instance(0), ending(claimed, 'refused')),
        retitle(instance(1), connection, userId, 'later'),
      ]);
      expect(await titleOf(connection, userId)).toBe('later');
      const account = await findAccount(instance(0), connection.id, accountId);
      expect(account).toMatchObject({ claimedVersion: null, state: 'due' });
      expect(account?.dueAt).not.toBeNull();
      for (const left of await claim(instance(0), connection))
        await endAttempt(instance(0), ending(left, 'done'));
    }
  });

  it('delivers a push that comes while an older version settles', async () => {
    const connection = await freshConnection();
    for (let round = 0; round < 16; round += 1) {
      const { userId, accountId, claimed } = await claimedPush(instance(0), connection, `user-${round}`);
      await Promise.all([
        endAttempt(instance(0), ending(claimed, 'done')),
        retitle(instance(1), connection, userId, 'later'),
      ]);
      const account = await findAccount(instance(0), connection.id, accountId);
      expect(account).toMatchObject({ settledVersion: claimed.version, wantedVersion: claimed.version + 1 });
      const [next] = await claim(instance(0), connection);
      expect(next?.user?.document['title']).toBe('later');
      if (next !== undefined) await endAttempt(instance(0), ending(next, 'done'));
    }
  });

  it('marks each account once for one change, however many expand it', async () => {
    const connection = await freshConnection();
    const people = await atOnce(8, (index) => addUser(instance(index), connection, `user-${index}`));
    await inTransaction(instance(0), (tx) => markAll(tx, connection.id, 'mapping changed', context().now));
    await atOnce(4, async (index) => {
      while (await expandFanout(instance(index), connection.id, context().now));
    });
    for (const { wait } of people) {
      expect((await findAccount(instance(0), connection.id, wait?.accountId ?? ''))?.wantedVersion).toBe(2);
    }
  });

  it('drops the judgement of a list that a push has overtaken', async () => {
    const connection = await freshConnection();
    for (let round = 0; round < 10; round += 1) {
      const { userId, accountId, claimed } = await claimedPush(instance(0), connection, `user-${round}`);
      await endAttempt(instance(0), ending(claimed, 'done'));
      const judged = await findAccount(instance(0), connection.id, accountId);
      if (judged === undefined) throw new Error('The account is there.');
      const [written] = await Promise.all([
        amendAccount(instance(0), judged, { deliver: true }, context().now),
        retitle(instance(1), connection, userId, 'later'),
      ]);
      const after = await findAccount(instance(0), connection.id, accountId);
      expect(after?.wantedVersion).toBe(judged.wantedVersion + (written ? 2 : 1));
      for (const left of await claim(instance(0), connection))
        await endAttempt(instance(0), ending(left, 'done'));
    }
  });

  it('keeps one job of a kind', async () => {
    const connection = await freshConnection();
    const key = { connectionId: connection.id, kind: 'reconcile' as const };
    await atOnce(6, (index) => requestJob(instance(index), key, `by ${index}`, context().now));
    expect(await findJob(instance(0), connection.id, 'reconcile')).toMatchObject({ startedAt: null });
  });
});
