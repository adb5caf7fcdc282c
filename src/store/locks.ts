import { sql } from 'kysely';
import { LeaseLost } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import type { Transaction } from './database.ts';
import { isPostgres } from './dialect-kind.ts';
import type { Lease } from './worklist/leases.ts';

/**
 * What a transaction locks beside the rows that it reads `forUpdate`. Always in this order, so that two never wait for each other:
 * the connection's mapping, Groups by id, Users, accounts by id, the connection's counters. Nothing to do on SQLite, where a transaction is alone.
 */

/**
 * The connection's mapping and policies, before they are read to be changed. Whoever marks by them holds its row `forKeyShare`, beside
 * others and beside what counts in it: such writes end first, and later ones read what was saved.
 */
export async function lockMapping(tx: Transaction, connectionId: ConnectionId): Promise<void> {
  if (!isPostgres(tx)) return;
  await tx.selectFrom('connections').select('id').where('id', '=', connectionId).forUpdate().execute();
}

/** The Groups that a User or Group is a direct member of, and the Group itself. */
export async function lockGroupsOf(
  tx: Transaction,
  connectionId: ConnectionId,
  memberId: string,
): Promise<void> {
  if (!isPostgres(tx)) return;
  await tx
    .selectFrom('groups')
    .select('id')
    .where('connection_id', '=', connectionId)
    .where((eb) =>
      eb.or([
        eb('id', '=', memberId),
        eb(
          'id',
          'in',
          eb
            .selectFrom('members')
            .select('group_id')
            .where('connection_id', '=', connectionId)
            .where('member_id', '=', memberId),
        ),
      ]),
    )
    .orderBy('id')
    .forUpdate()
    .execute();
}

/** The accounts of these Users. */
export async function lockAccountsOf(
  tx: Transaction,
  connectionId: ConnectionId,
  userIds: readonly string[],
): Promise<void> {
  if (!isPostgres(tx)) return;
  await tx
    .selectFrom('accounts')
    .select('id')
    .where('connection_id', '=', connectionId)
    .where('kind', '=', 'user')
    .where('resource_id', 'in', userIds)
    .orderBy('id')
    .forUpdate()
    .execute();
}

/** The lease under which accounts are claimed, so that it cannot be taken until they are; `LeaseLost` where it was. */
export async function lockLease(tx: Transaction, { connectionId, holder, epoch }: Lease): Promise<void> {
  if (!isPostgres(tx)) return;
  const lease = await tx
    .selectFrom('leases')
    .select('epoch')
    .where('connection_id', '=', connectionId)
    .where('epoch', '=', epoch)
    .where('holder', '=', holder)
    .forShare()
    .executeTakeFirst();
  if (lease === undefined) throw new LeaseLost();
}

/** The account that a task is about, and the one that it is delivered with. */
export async function lockAccountOfTask(tx: Transaction, taskId: string): Promise<void> {
  if (!isPostgres(tx)) return;
  await tx
    .selectFrom('tasks')
    .innerJoin('accounts as about', (join) =>
      join
        .onRef('about.connection_id', '=', 'tasks.connection_id')
        .onRef('about.id', '=', 'tasks.account_id'),
    )
    .innerJoin('accounts as locked', (join) =>
      join
        .onRef('locked.connection_id', '=', 'about.connection_id')
        .onRef('locked.kind', '=', 'about.kind')
        .onRef('locked.resource_id', '=', 'about.resource_id'),
    )
    .select('locked.id')
    .where('tasks.id', '=', taskId)
    .orderBy('locked.id')
    .forUpdate('locked')
    .execute();
}

/** One transaction of a connection at a time for what no single row stands for. */
export async function lockSubject(
  tx: Transaction,
  connectionId: ConnectionId,
  subject: 'leavers',
): Promise<void> {
  if (!isPostgres(tx)) return;
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${subject} of ${connectionId}`}, 0))`.execute(
    tx,
  );
}
