import { sql } from 'kysely';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { LeaseLost } from '../../src/core/errors.ts';
import { closeDatabase, openDatabase } from '../../src/store/database.ts';
import { admitCalls } from '../../src/store/delivery/intents.ts';
import { endAttempt, returnClaim } from '../../src/store/delivery/settle.ts';
import { takeOver as takeOverAccount } from '../../src/store/delivery/take-over.ts';
import { openNotifications } from '../../src/store/notifications.ts';
import { claimDue, findAccount } from '../../src/store/worklist/claim.ts';
import {
  type Beat,
  beatInstance,
  freeLeases,
  joinInstances,
  leaveInstances,
  readBeats,
  readEpochs,
  storePause,
  takeFreeLeases,
  takeOver,
} from '../../src/store/worklist/leases.ts';
import { returnClaims } from '../../src/store/worklist/recover-claims.ts';
import { insertTestConnection } from '../unit/store/stored-connection.ts';
import { intentWrite } from './admitting.ts';
import { createPostgresDatabase } from './postgres-database.ts';
import { KINDS, temporaryStore } from './stores.ts';
import { addUser, atOnce, context, ending, rowsOf } from './writing.ts';

const PATIENCE = { timeout: 10_000, interval: 50 };
const NOW = 500;
const TAKING = { now: NOW, quietMs: 0 };

/** Two instances on one store, and a connection whose lease the first has. */
async function twoInstances(kind: (typeof KINDS)[number]) {
  const store = temporaryStore(kind);
  const [db, other] = [await store.open(), await store.open()];
  const connection = await insertTestConnection(db, 'shared', {});
  const [first, second] = [await joinInstances(db, 'one:1', 1), await joinInstances(other, 'two:2', 1)];
  const [lease] = await takeFreeLeases(db, first, 10, NOW);
  if (lease === undefined) throw new Error('The lease is not free.');
  const seen = async (id: string): Promise<Beat> => {
    const beat = (await readBeats(db)).find((one) => one.id === id);
    if (beat === undefined) throw new Error('There is no such instance.');
    return beat;
  };
  return { db, other, connection, first, second, lease, seen, open: () => store.open() };
}

describe.each(KINDS)('the leases in %s', (kind) => {
  it('are one instance’s each, whoever asks at the same time, and no more than it asks for', async () => {
    const store = temporaryStore(kind);
    const db = await store.open();
    for (let index = 0; index < 12; index += 1) await insertTestConnection(db, `c${index}`, {});
    const ids = await atOnce(4, async (index) => joinInstances(db, `host:${index}`, 1));
    const taken = await Promise.all(ids.map((id) => takeFreeLeases(db, id, 5, NOW)));
    const connections = taken.flat().map(({ connectionId }) => connectionId);
    expect(new Set(connections).size).toBe(connections.length);
    expect(Math.max(...taken.map((leases) => leases.length))).toBeLessThanOrEqual(5);
    const rest = await Promise.all(ids.map((id) => takeFreeLeases(db, id, 12, NOW)));
    expect(connections.length + rest.flat().length).toBe(12);
  });

  it('of a silent instance go to one other, with a higher epoch, and its claims are due at once', async () => {
    const { db, other, connection, first, second, lease, seen, open } = await twoInstances(kind);
    const { wait } = await addUser(db, connection, 'ana');
    await claimDue(db, lease, { now: context().now, limit: 1, mirrored: false });
    const silent = await seen(first);
    const another = await open();
    const third = await joinInstances(another, 'three:3', 1);
    const [one, two] = await Promise.all([
      takeOver(other, second, silent, TAKING),
      takeOver(another, third, silent, TAKING),
    ]);
    const won = [one, two].filter((taken) => taken !== null);
    expect(won).toEqual([[expect.objectContaining({ connectionId: 'shared', epoch: lease.epoch + 1 })]]);
    expect(await findAccount(db, connection.id, wait?.accountId ?? '')).toMatchObject({
      claimedVersion: null,
      dueAt: NOW,
      intent: null,
    });
    // The silent one finds itself gone, and gets nothing under its old name.
    expect(await beatInstance(db, first)).toBe(false);
    expect(await takeFreeLeases(db, first, 10, NOW)).toEqual([]);
  });

  it('of an instance that has beaten since stay its own', async () => {
    const { db, other, first, second, seen } = await twoInstances(kind);
    const silent = await seen(first);
    expect(await beatInstance(db, first)).toBe(true);
    expect(await takeOver(other, second, silent, TAKING)).toBeNull();
    expect([...(await readEpochs(db, first))]).toEqual([['shared', 1]]);
  });

  it('are free after a clean end or when given up, and what was left claimed under them is due', async () => {
    const { db, other, connection, first, second, lease } = await twoInstances(kind);
    const { wait } = await addUser(db, connection, 'ana');
    await claimDue(db, lease, { now: context().now, limit: 1, mirrored: false });
    await freeLeases(db, second, ['shared']);
    expect(await takeFreeLeases(other, second, 10, NOW)).toEqual([]);
    await leaveInstances(db, first);
    expect(await takeFreeLeases(other, second, 10, NOW)).toEqual([
      { connectionId: 'shared', holder: second, epoch: 2, pauseMs: 0 },
    ]);
    expect(await findAccount(db, connection.id, wait?.accountId ?? '')).toMatchObject({
      claimedVersion: null,
      dueAt: NOW,
    });
    await freeLeases(other, second, ['shared']);
    expect((await readEpochs(db, second)).size).toBe(0);
  });

  it('give back what was claimed under them and never begun', async () => {
    const { db, connection, lease } = await twoInstances(kind);
    const made = [await addUser(db, connection, 'ana'), await addUser(db, connection, 'ben')];
    const ids = made.map(({ wait }) => wait?.accountId ?? '');
    const options = { now: context().now, limit: 2, mirrored: false };
    expect(await claimDue(db, lease, options)).toHaveLength(2);
    await returnClaims(db, connection.id, lease.epoch, ids.slice(0, 1), options.now);
    const again = await claimDue(db, lease, options);
    expect(again.map(({ account }) => account.id)).toEqual(ids.slice(1));
    expect(again[0]?.account).toMatchObject({ returns: 1, attempts: 0, intent: null });
  });
});

/** When an account is due of which so many claims in a row were given back without a call. */
async function dueAfterReturns(kind: (typeof KINDS)[number], returns: number, how: 'swept' | 'taken over') {
  const { db, other, connection, first, second, lease } = await twoInstances(kind);
  const { wait } = await addUser(db, connection, 'ana');
  const ids = [first, second];
  let held = lease;
  let now = 10_000;
  for (let round = 1; round <= returns; round += 1) {
    now += 1_000_000;
    expect(await claimDue(db, held, { now, limit: 1, mirrored: false })).toHaveLength(1);
    if (how === 'swept') await returnClaims(db, connection.id, held.epoch, [], now);
    else {
      await freeLeases(db, ids[(round + 1) % 2] ?? '', ['shared']);
      const [taken] = await takeFreeLeases(other, ids[round % 2] ?? '', 1, now);
      held = taken ?? held;
    }
  }
  const account = await findAccount(db, connection.id, wait?.accountId ?? '');
  return { db, connection, held, now, account };
}

describe.each(KINDS)('a claim in %s that is given back without a call', (kind) => {
  it.each(['swept', 'taken over'] as const)(
    'and %s is due at once, and backs off from the third in a row',
    async (how) => {
      for (const [returns, waitMs] of [
        [1, 0],
        [2, 0],
        [3, 60_000],
        [4, 60_000],
      ] as const) {
        const { account, now } = await dueAfterReturns(kind, returns, how);
        expect(account).toMatchObject({ returns, claimedVersion: null, attempts: 0 });
        expect((account?.dueAt ?? 0) - now).toBe(waitMs);
      }
    },
  );

  it('keeps its open intent, and its address', async () => {
    const { db, connection, lease } = await twoInstances(kind);
    await addUser(db, connection, 'ana');
    const [claimed] = await claimDue(db, lease, { now: context().now, limit: 1, mirrored: false });
    if (claimed === undefined) throw new Error('Nothing is due.');
    await admitCalls(db, [intentWrite(connection, claimed, 'ana@example.com')]);
    await returnClaims(db, connection.id, lease.epoch, [], 20_000);
    const [again] = await claimDue(db, lease, { now: 20_000, limit: 1, mirrored: false });
    expect(again?.account).toMatchObject({
      address: 'ana@example.com',
      intent: { call: { op: 'create', address: 'ana@example.com' }, epoch: 1 },
    });
  });

  it('is counted no more once an attempt has ended', async () => {
    const { db, held, now, account } = await dueAfterReturns(kind, 2, 'swept');
    const [claimed] = await claimDue(db, held, { now, limit: 1, mirrored: false });
    if (claimed === undefined) throw new Error('Nothing is due.');
    await endAttempt(db, ending(claimed, 'done'));
    expect(await findAccount(db, 'shared', account?.id ?? '')).toMatchObject({ returns: 0 });
  });
});

describe.each(KINDS)('a pause that a vendor asked for, in %s,', (kind) => {
  const ASKED = 60_000;
  /** What is left of it for whoever takes the lease this long after it was stored, by the store’s clock. */
  async function leftAfter(ms: number) {
    const { db, other, first, second, lease } = await twoInstances(kind);
    await storePause(db, lease, ASKED, 1_000_000);
    await freeLeases(db, first, ['shared']);
    const [taken] = await takeFreeLeases(other, second, 1, 1_000_000 + ms);
    return taken?.pauseMs;
  }

  it.each([
    ['what is left of it', 20_000, 40_000],
    ['nothing once it is over', ASKED, 0],
    ['no more than was asked for where the clock has gone back', -3_600_000, ASKED],
    ['nothing where the clock has gone on', 3_600_000, 0],
  ])('is for the next holder of the lease %s', async (_, afterMs, leftMs) => {
    expect(await leftAfter(afterMs)).toBe(leftMs);
  });

  it('stays over a take-over from a silent instance', async () => {
    const { db, other, first, second, lease, seen } = await twoInstances(kind);
    await storePause(db, lease, ASKED, NOW);
    const taken = await takeOver(other, second, await seen(first), { now: NOW + 1, quietMs: 0 });
    expect(taken).toMatchObject([{ pauseMs: ASKED - 1 }]);
  });

  it('is for all holders as long as a silent instance’s last calls may still take effect', async () => {
    const { db, other, first, second, seen } = await twoInstances(kind);
    const taken = await takeOver(other, second, await seen(first), { now: NOW, quietMs: 18_000 });
    expect(taken).toMatchObject([{ pauseMs: 18_000 }]);
    await freeLeases(other, second, ['shared']);
    const third = await joinInstances(db, 'three:3', 1);
    expect(await takeFreeLeases(db, third, 1, NOW + 5_000)).toMatchObject([{ pauseMs: 13_000 }]);
  });

  it('is not stored by an instance whose lease another has by now', async () => {
    const { db, other, first, second, lease, seen } = await twoInstances(kind);
    await takeOver(other, second, await seen(first), TAKING);
    await storePause(db, lease, ASKED, NOW);
    await freeLeases(other, second, ['shared']);
    expect(await takeFreeLeases(other, second, 1, NOW)).toMatchObject([{ pauseMs: 0 }]);
  });
});

describe('a lease in PostgreSQL that another instance has taken', () => {
  it('is free of what its silent holder has locked, one transaction behind the other', async () => {
    const { db, other, connection, first, second, lease, seen } = await twoInstances('PostgreSQL');
    await addUser(db, connection, 'ana');
    await claimDue(db, lease, { now: context().now, limit: 1, mirrored: false });
    const begin = async () => {
      const tx = await db.startTransaction().execute();
      // Not even the database ends it.
      await sql`set local idle_in_transaction_session_timeout = 0`.execute(tx);
      await sql`set local lock_timeout = 0`.execute(tx);
      return tx;
    };
    const [one, two] = [await begin(), await begin()];
    await one.selectFrom('accounts').selectAll().forUpdate().execute();
    // It may have the rows in the moment between the ends of the two.
    const waiting = Promise.allSettled([two.selectFrom('accounts').selectAll().forUpdate().execute()]);
    expect(await takeOver(other, second, await seen(first), TAKING)).toHaveLength(1);
    await waiting;
    for (const tx of [one, two]) {
      await expect(sql`select 1`.execute(tx)).rejects.toThrow();
      await tx.rollback().execute();
    }
  });

  it('lets its former holder claim, admit, take over, give back and end nothing', async () => {
    const { db, other, connection, first, second, lease, seen } = await twoInstances('PostgreSQL');
    const { wait } = await addUser(db, connection, 'ana');
    const options = { now: context().now, limit: 1, mirrored: false };
    const [claimed] = await claimDue(db, lease, options);
    if (claimed === undefined) throw new Error('Nothing is due.');
    await takeOver(other, second, await seen(first), TAKING);
    await expect(claimDue(db, lease, { ...options, now: 30_000 })).rejects.toThrow(LeaseLost);
    const write = intentWrite(connection, claimed, 'ana@example.com');
    expect(await admitCalls(db, [write])).toEqual([{ kind: 'lost' }]);
    const rows = { before: rowsOf(claimed), after: rowsOf(claimed) };
    const take = { claim: claimed, ...rows, holder: 'any', into: 'current' as const, now: 1 };
    expect(await takeOverAccount(db, take)).toBe('lost');
    await returnClaim(db, claimed, { at: 99, inMs: 9 }, null);
    expect(await endAttempt(db, ending(claimed, 'done'))).toBe('lost');
    expect(await findAccount(db, connection.id, wait?.accountId ?? '')).toMatchObject({
      address: null,
      intent: null,
      settledVersion: 0,
      dueAt: NOW,
    });
  });
});

describe('Notifications in PostgreSQL', () => {
  it('arrive, also more than fit into one, and again after the connection broke', async () => {
    const database = await createPostgresDatabase();
    onTestFinished(() => database.drop());
    const db = await openDatabase({ url: database.url, mode: 'real' });
    onTestFinished(() => closeDatabase(db));
    const heard = new Set<string>();
    const notifications = openNotifications(db, database.url, (line) => heard.add(line));
    onTestFinished(() => notifications.close());
    await vi.waitFor(() => expect(notifications.heard()).toBe(true), PATIENCE);
    const lines = Array.from({ length: 500 }, (_, index) => `settled ${index}-${'x'.repeat(40)}`);
    notifications.send(lines);
    await vi.waitFor(() => expect([...heard].sort()).toEqual([...lines].sort()), PATIENCE);
    await database.administer('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1');
    await vi.waitFor(() => {
      notifications.send(['free']);
      expect(heard).toContain('free');
    }, PATIENCE);
  });
});
