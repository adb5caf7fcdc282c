import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { LeaseLost } from '../../src/core/errors.ts';
import { closeDatabase, openDatabase } from '../../src/store/database.ts';
import { reserveReplacement } from '../../src/store/delivery/move-address.ts';
import { reserveAddress } from '../../src/store/delivery/reserve-address.ts';
import { settle } from '../../src/store/delivery/settle.ts';
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
  takeFreeLeases,
  takeOver,
} from '../../src/store/worklist/leases.ts';
import { returnClaims } from '../../src/store/worklist/recover-claims.ts';
import { insertTestConnection } from '../unit/store/stored-connection.ts';
import { createPostgresDatabase } from './postgres-database.ts';
import { KINDS, temporaryStore } from './stores.ts';
import { addUser, atOnce, context, settlement } from './writing.ts';

const PATIENCE = { timeout: 10_000, interval: 50 };
const RECOVERY = { doubtAt: 500, dueAt: 20_500 };

/** Two instances on one store, and a connection whose lease the first has. */
async function twoInstances(kind: (typeof KINDS)[number]) {
  const store = temporaryStore(kind);
  const [db, other] = [await store.open(), await store.open()];
  const connection = await insertTestConnection(db, 'shared', {});
  const [first, second] = [await joinInstances(db, 'one:1', 1), await joinInstances(other, 'two:2', 1)];
  const [lease] = await takeFreeLeases(db, first, 10, RECOVERY);
  if (lease === undefined) throw new Error('The lease is not free.');
  const seen = async (id: string): Promise<Beat> => {
    const beat = (await readBeats(db)).find((one) => one.id === id);
    if (beat === undefined) throw new Error('There is no such instance.');
    return beat;
  };
  return { db, other, connection, first, second, lease, seen };
}

describe.each(KINDS)('the leases in %s', (kind) => {
  it('are one instance’s each, whoever asks at the same time, and no more than it asks for', async () => {
    const store = temporaryStore(kind);
    const db = await store.open();
    for (let index = 0; index < 12; index += 1) await insertTestConnection(db, `c${index}`, {});
    const ids = await atOnce(4, async (index) => joinInstances(db, `host:${index}`, 1));
    const taken = await Promise.all(ids.map((id) => takeFreeLeases(db, id, 5, RECOVERY)));
    const connections = taken.flat().map(({ connectionId }) => connectionId);
    expect(new Set(connections).size).toBe(connections.length);
    expect(Math.max(...taken.map((leases) => leases.length))).toBeLessThanOrEqual(5);
    const rest = await Promise.all(ids.map((id) => takeFreeLeases(db, id, 12, RECOVERY)));
    expect(connections.length + rest.flat().length).toBe(12);
  });

  it('of a silent instance go to one other, with a higher epoch, and its claims are in doubt', async () => {
    const { db, other, connection, first, second, lease, seen } = await twoInstances(kind);
    const { wait } = await addUser(db, connection, 'ana');
    await claimDue(db, lease, { now: context().now, limit: 1, mirrored: false });
    const silent = await seen(first);
    const third = await joinInstances(other, 'three:3', 1);
    const [one, two] = await Promise.all([
      takeOver(other, second, silent, RECOVERY),
      takeOver(db, third, silent, RECOVERY),
    ]);
    const won = [one, two].filter((taken) => taken !== null);
    expect(won).toEqual([[expect.objectContaining({ connectionId: 'shared', epoch: lease.epoch + 1 })]]);
    expect(await findAccount(db, connection.id, wait?.accountId ?? '')).toMatchObject({
      claimedVersion: null,
      doubtAt: 500,
      dueAt: 20_500,
    });
    // The silent one finds itself gone, and gets nothing under its old name.
    expect(await beatInstance(db, first)).toBe(false);
    expect(await takeFreeLeases(db, first, 10, RECOVERY)).toEqual([]);
  });

  it('of an instance that has beaten since stay its own', async () => {
    const { db, other, first, second, seen } = await twoInstances(kind);
    const silent = await seen(first);
    expect(await beatInstance(db, first)).toBe(true);
    expect(await takeOver(other, second, silent, RECOVERY)).toBeNull();
    expect([...(await readEpochs(db, first))]).toEqual([['shared', 1]]);
  });

  it('are free after a clean end or when given up, and what was left claimed under them is in doubt', async () => {
    const { db, other, connection, first, second, lease } = await twoInstances(kind);
    const { wait } = await addUser(db, connection, 'ana');
    await claimDue(db, lease, { now: context().now, limit: 1, mirrored: false });
    await freeLeases(db, second, ['shared']);
    expect(await takeFreeLeases(other, second, 10, RECOVERY)).toEqual([]);
    await leaveInstances(db, first);
    expect(await takeFreeLeases(other, second, 10, RECOVERY)).toEqual([
      { connectionId: 'shared', holder: second, epoch: 2 },
    ]);
    expect(await findAccount(db, connection.id, wait?.accountId ?? '')).toMatchObject({ doubtAt: 500 });
    await freeLeases(other, second, ['shared']);
    expect((await readEpochs(db, second)).size).toBe(0);
  });

  it('give back what was claimed under them and never begun', async () => {
    const { db, connection, lease } = await twoInstances(kind);
    const made = [await addUser(db, connection, 'ana'), await addUser(db, connection, 'ben')];
    const ids = made.map(({ wait }) => wait?.accountId ?? '');
    const options = { now: context().now, limit: 2, mirrored: false };
    expect(await claimDue(db, lease, options)).toHaveLength(2);
    await returnClaims(db, connection.id, lease.epoch, ids.slice(0, 1));
    const again = await claimDue(db, lease, options);
    expect(again.map(({ account }) => account.id)).toEqual(ids.slice(1));
    expect(again[0]?.account.doubtAt).toBeNull();
  });
});

describe('a lease in PostgreSQL that another instance has taken', () => {
  it('lets its former holder claim, reserve and settle nothing', async () => {
    const { db, other, connection, first, second, lease, seen } = await twoInstances('PostgreSQL');
    const { wait } = await addUser(db, connection, 'ana');
    const options = { now: context().now, limit: 1, mirrored: false };
    const [claimed] = await claimDue(db, lease, options);
    if (claimed === undefined) throw new Error('Nothing is due.');
    await takeOver(other, second, await seen(first), RECOVERY);
    await expect(claimDue(db, lease, { ...options, now: 30_000 })).rejects.toThrow(LeaseLost);
    const { account } = claimed;
    await expect(reserveAddress(db, connection, account, 'ana@example.com', 1)).rejects.toThrow(LeaseLost);
    await expect(reserveReplacement(db, account, 'ana@example.com', 1)).rejects.toThrow(LeaseLost);
    expect(await settle(db, settlement(claimed, 'done'))).toBe('lost');
    expect(await findAccount(db, connection.id, wait?.accountId ?? '')).toMatchObject({
      address: null,
      settledVersion: 0,
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
