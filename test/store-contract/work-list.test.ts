import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/core/connection.ts';
import type { Outcome } from '../../src/core/delivery.ts';
import { type Database, inTransaction } from '../../src/store/database.ts';
import { stopWaiting } from '../../src/store/delivery/history.ts';
import { admitLeaver } from '../../src/store/delivery/leaver-guard.ts';
import { reserveAddress } from '../../src/store/delivery/reserve-address.ts';
import { type Settled, settle } from '../../src/store/delivery/settle.ts';
import { findJob, requestJob } from '../../src/store/jobs.ts';
import { amendAccount } from '../../src/store/reconciliation.ts';
import { changeUser, deleteUser, findUser } from '../../src/store/users.ts';
import { type Claim, findAccount } from '../../src/store/worklist/claim.ts';
import { expandFanout } from '../../src/store/worklist/fanouts.ts';
import { markAll } from '../../src/store/worklist/mark-due.ts';
import { KINDS, sharedStore } from './stores.ts';
import { addUser, atOnce, claim, context, settlement, userWrite } from './writing.ts';

/** A User whose account is at the vendor, and whose latest push is claimed and can be put back. */
async function claimedPush(db: Database, connection: Connection, userName: string) {
  const { resource, wait } = await addUser(db, connection, userName);
  for (const made of await claim(db, connection)) await settle(db, settlement(made, 'done'));
  const pushed = await retitle(db, connection, resource.id, 'new');
  const [claimed] = await claim(db, connection);
  if (claimed === undefined || wait === null) throw new Error('The push is not due.');
  return { userId: resource.id, accountId: wait.accountId, version: pushed?.wait?.version ?? 0, claimed };
}

function retitle(db: Database, connection: Connection, id: string, title: string) {
  return changeUser(db, connection, id, ({ document }) => userWrite({ ...document, title }), context());
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
      const refuse = () => settle(instance(0), settlement(claimed, 'refused'));
      const giveUp = () => stopWaiting(instance(1), connection.id, accountId, version);
      const [first, second] = await (round % 2
        ? Promise.all([refuse(), giveUp()])
        : Promise.all([giveUp(), refuse()]));
      const [settled, outcome] = (typeof first === 'string' ? [first, second] : [second, first]) as [
        Settled,
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
        settle(instance(0), settlement(claimed, 'refused')),
        retitle(instance(1), connection, userId, 'later'),
      ]);
      expect(await titleOf(connection, userId)).toBe('later');
      const account = await findAccount(instance(0), connection.id, accountId);
      expect(account).toMatchObject({ claimedVersion: null, state: 'due' });
      expect(account?.dueAt).not.toBeNull();
      for (const left of await claim(instance(0), connection))
        await settle(instance(0), settlement(left, 'done'));
    }
  });

  it('delivers a push that comes while an older version settles', async () => {
    const connection = await freshConnection();
    for (let round = 0; round < 16; round += 1) {
      const { userId, accountId, claimed } = await claimedPush(instance(0), connection, `user-${round}`);
      await Promise.all([
        settle(instance(0), settlement(claimed, 'done')),
        retitle(instance(1), connection, userId, 'later'),
      ]);
      const account = await findAccount(instance(0), connection.id, accountId);
      expect(account).toMatchObject({ settledVersion: claimed.version, wantedVersion: claimed.version + 1 });
      const [next] = await claim(instance(0), connection);
      expect(next?.user?.document['title']).toBe('later');
      if (next !== undefined) await settle(instance(0), settlement(next, 'done'));
    }
  });

  it('gives an address to one of the accounts that ask for it', async () => {
    const connection = await freshConnection();
    await atOnce(6, (index) => addUser(instance(index), connection, `user-${index}`));
    const claims = await claim(instance(0), connection, 6);
    const reservations = await atOnce(6, (index) => {
      const account = claims[index]?.account;
      if (account === undefined) throw new Error('There are six claims.');
      return reserveAddress(instance(index), connection, account, index % 2 ? 'A@x' : 'a@X', context().now);
    });
    expect(reservations.map(({ kind: each }) => each).toSorted()).toEqual([
      'reserved',
      ...Array(5).fill('taken'),
    ]);
  });

  it("gives a deleted User's account to one of those who come back", async () => {
    const connection = await freshConnection();
    const left = await claimedPush(instance(0), connection, 'old@x');
    await settle(instance(0), settlement(left.claimed, 'done'));
    await atOnce(4, (index) => addUser(instance(index), connection, `new-${index}`));
    const rivals = await claim(instance(0), connection, 4);
    await deleteUser(instance(0), connection, left.userId, () => undefined, context());
    const reservations = await atOnce(4, (index) => {
      const rival = rivals[index];
      if (rival === undefined) throw new Error('There are four rivals.');
      return reserveAddress(instance(index), connection, rival.account, 'old@x', context().now);
    });
    expect(reservations.map(({ kind: each }) => each).toSorted()).toEqual([
      'taken',
      'taken',
      'taken',
      'taken-over',
    ]);
  });

  it("never gives a deleted User's account to a worker and to one who comes back", async () => {
    const connection = await freshConnection();
    for (let round = 0; round < 16; round += 1) {
      const left = await claimedPush(instance(0), connection, `old-${round}@x`);
      await settle(instance(0), settlement(left.claimed, 'done'));
      await addUser(instance(0), connection, `new-${round}`);
      const [back] = await claim(instance(0), connection);
      if (back === undefined) throw new Error('The new User is due.');
      await deleteUser(instance(0), connection, left.userId, () => undefined, context());
      const [claims, reservation] = await Promise.all([
        claim(instance(0), connection),
        reserveAddress(instance(1), connection, back.account, `old-${round}@x`, context().now),
      ]);
      expect([claims.length, reservation.kind]).toEqual(
        claims.length === 1 ? [1, 'busy'] : [0, 'taken-over'],
      );
      for (const each of claims) await settle(instance(0), { ...settlement(each, 'done'), absent: true });
      await settle(instance(0), settlement(back, 'done'));
    }
  });

  it('lets no more people lose access than the guard allows, however many go at once', async () => {
    const connection = await freshConnection({ leaverCount: 3, leaverPercent: 0 });
    await atOnce(12, (index) => addUser(instance(index), connection, `user-${index}`));
    const claims = await claim(instance(0), connection, 12);
    for (const each of claims) await settle(instance(0), settlement(each, 'done'));
    const admitted = await atOnce(12, async (index) => {
      const account = await findAccount(instance(0), connection.id, claims[index]?.account.id ?? '');
      if (account === undefined) throw new Error('There are twelve accounts.');
      return admitLeaver(instance(index), account, connection.policies, 10_000_000);
    });
    expect(admitted.filter(Boolean)).toHaveLength(3);
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
      await settle(instance(0), settlement(claimed, 'done'));
      const judged = await findAccount(instance(0), connection.id, accountId);
      if (judged === undefined) throw new Error('The account is there.');
      const [written] = await Promise.all([
        amendAccount(instance(0), judged, { deliver: 'now' }, context().now),
        retitle(instance(1), connection, userId, 'later'),
      ]);
      const after = await findAccount(instance(0), connection.id, accountId);
      expect(after?.wantedVersion).toBe(judged.wantedVersion + (written ? 2 : 1));
      for (const left of await claim(instance(0), connection))
        await settle(instance(0), settlement(left, 'done'));
    }
  });

  it('keeps one job of a kind', async () => {
    const connection = await freshConnection();
    const key = { connectionId: connection.id, kind: 'reconcile' as const };
    await atOnce(6, (index) => requestJob(instance(index), key, `by ${index}`, context().now));
    expect(await findJob(instance(0), connection.id, 'reconcile')).toMatchObject({ startedAt: null });
  });
});
