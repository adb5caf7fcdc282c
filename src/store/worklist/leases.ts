import { sql } from 'kysely';
import { type ConnectionId, newId } from '../../core/ids.ts';
import { type Database, inTransaction, type Transaction } from '../database.ts';
import { isPostgres } from '../dialect-kind.ts';
import { recoverClaims } from './recover-claims.ts';

/** The right to deliver a connection; `epoch` tells this holding of it from every other. */
export interface Lease {
  connectionId: ConnectionId;
  /** Of `instances`. */
  holder: string;
  epoch: number;
  /** A pause that the vendor asked for and that stands still (ms from now, at most as long as it was meant). */
  pauseMs: number;
}

/** An instance as it was seen: its `beat` differs as long as it lives. */
export interface Beat {
  id: string;
  host: string;
  beat: number;
}

/** Enters this process among the servers of the store; its id is never used again. */
export async function joinInstances(db: Database, host: string, now: number): Promise<string> {
  const id = newId();
  const session = isPostgres(db) ? sql<string>`current_setting('application_name')` : null;
  await db.insertInto('instances').values({ id, host, session, beat: 0, started_at: now }).execute();
  return id;
}

/** False: another instance took this one for dead, and its leases are gone. */
export async function beatInstance(db: Database, id: string): Promise<boolean> {
  const result = await db
    .updateTable('instances')
    .set((eb) => ({ beat: eb('beat', '+', 1) }))
    .where('id', '=', id)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** The servers of this store. */
export async function readBeats(db: Database): Promise<Beat[]> {
  return db.selectFrom('instances').select(['id', 'host', 'beat']).orderBy('id').execute();
}

/** The epochs of an instance's leases, by connection. */
export async function readEpochs(db: Database, id: string): Promise<Map<ConnectionId, number>> {
  const rows = await db
    .selectFrom('leases')
    .select(['connection_id', 'epoch'])
    .where('holder', '=', id)
    .execute();
  return new Map(rows.map((row) => [row.connection_id, row.epoch]));
}

export async function countConnections(db: Database): Promise<number> {
  const row = await db
    .selectFrom('connections')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

/** Takes up to `limit` leases that nobody holds; none for an instance that was taken for dead. */
export async function takeFreeLeases(db: Database, id: string, limit: number, now: number): Promise<Lease[]> {
  if (limit <= 0) return [];
  return inTransaction(db, async (tx) => {
    if (!(await lockInstances(tx, [id])).has(id)) return [];
    const rows = await tx
      .insertInto('leases')
      .columns(['connection_id', 'holder', 'epoch'])
      .expression((eb) =>
        eb
          .selectFrom('connections')
          .leftJoin('leases as present', 'present.connection_id', 'connections.id')
          .select(['connections.id', eb.val(id).as('holder'), eb.lit(1).as('epoch')])
          .where('present.holder', 'is', null)
          .orderBy('connections.id')
          .limit(limit),
      )
      .onConflict((conflict) =>
        conflict
          .column('connection_id')
          .doUpdateSet((eb) => ({ holder: id, epoch: eb('leases.epoch', '+', 1) }))
          .where('leases.holder', 'is', null),
      )
      .returning(['connection_id', 'epoch', 'pause_ms', 'pause_until'])
      .execute();
    if (rows.length > 0) await recoverClaims(tx, id, now);
    return rows.map(leaseOf(id, now));
  });
}

/**
 * A process that stands still keeps what its transactions have locked, and those that wait for each other one after the other. PostgreSQL
 * ends each after some seconds without a statement; all at once does not make others wait for the sum.
 */
async function endSessions(db: Database, { id, beat }: Beat): Promise<void> {
  if (!isPostgres(db)) return;
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where usename = current_user and xact_start is not null and application_name <> current_setting('application_name')
      and application_name = (select session from instances where id = ${id} and beat = ${beat})`.execute(db);
}

/**
 * Takes all leases of an instance that has stood still since `silent` was seen, and strikes it off: should it come back, it finds
 * itself gone. Its claims are in doubt. For `quietMs` its last calls may still take effect: whoever holds the leases meanwhile makes none.
 * Null: it has moved, or another instance was first.
 */
export async function takeOver(
  db: Database,
  id: string,
  silent: Beat,
  { now, quietMs }: { now: number; quietMs: number },
): Promise<Lease[] | null> {
  await endSessions(db, silent);
  return inTransaction(db, async (tx) => {
    const beats = await lockInstances(tx, [id, silent.id]);
    if (!beats.has(id) || beats.get(silent.id) !== silent.beat) return null;
    await tx.deleteFrom('instances').where('id', '=', silent.id).execute();
    await tx
      .updateTable('leases')
      .set({ pause_ms: quietMs, pause_until: now + quietMs })
      .where('holder', '=', silent.id)
      .where((eb) => eb.or([eb('pause_until', 'is', null), eb('pause_until', '<', now + quietMs)]))
      .execute();
    const rows = await tx
      .updateTable('leases')
      .set((eb) => ({ holder: id, epoch: eb('epoch', '+', 1) }))
      .where('holder', '=', silent.id)
      .returning(['connection_id', 'epoch', 'pause_ms', 'pause_until'])
      .execute();
    await recoverClaims(tx, id, now);
    return rows.map(leaseOf(id, now));
  });
}

/** Lets others deliver these connections; nothing of theirs is under way any more. */
export async function freeLeases(db: Database, id: string, connectionIds: readonly string[]): Promise<void> {
  if (connectionIds.length === 0) return;
  await db
    .updateTable('leases')
    .set({ holder: null })
    .where('holder', '=', id)
    .where('connection_id', 'in', connectionIds)
    .execute();
}

/** A clean end: every lease is free at once. */
export async function leaveInstances(db: Database, id: string): Promise<void> {
  await inTransaction(db, async (tx) => {
    await tx.updateTable('leases').set({ holder: null }).where('holder', '=', id).execute();
    await tx.deleteFrom('instances').where('id', '=', id).execute();
  });
}

/** Their beats, locked until the transaction ends. */
async function lockInstances(tx: Transaction, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await tx
    .selectFrom('instances')
    .select(['id', 'beat'])
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .execute();
  return new Map(rows.map(({ id, beat }) => [id, beat]));
}

interface LeaseRow {
  connection_id: string;
  epoch: number;
  pause_ms: number | null;
  pause_until: number | null;
}

/** The stored pause is read here alone: a running process keeps it on its steady clock. */
function leaseOf(holder: string, now: number) {
  return ({ connection_id, epoch, pause_ms, pause_until }: LeaseRow): Lease => {
    const left = Math.min((pause_until ?? now) - now, pause_ms ?? 0);
    return { connectionId: connection_id, holder, epoch, pauseMs: Math.max(0, left) };
  };
}

/** The vendor asked for no call for so long: kept over a restart. */
export async function storePause(db: Database, lease: Lease, pauseMs: number, now: number): Promise<void> {
  await db
    .updateTable('leases')
    .set({ pause_ms: pauseMs, pause_until: now + pauseMs })
    .where('connection_id', '=', lease.connectionId)
    .where('epoch', '=', lease.epoch)
    .execute();
}
