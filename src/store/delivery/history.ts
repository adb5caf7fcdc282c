import type { Selectable } from 'kysely';
import type { AccountError, AccountState } from '../../core/account.ts';
import type { Delivery, DeliveryResult, Outcome } from '../../core/delivery.ts';
import type { AccountId, ConnectionId } from '../../core/ids.ts';
import { newId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import { type Database, inTransaction, type Transaction } from '../database.ts';
import { namedStatement, statement } from '../statement.ts';
import type { DeliveriesTable } from '../tables.ts';

type NewRow = Omit<DeliveriesTable, 'repeats'> & { repeats: number };

const insertRow = namedStatement((db, row: Pick<NewRow, keyof NewRow>) =>
  db.insertInto('deliveries').values(row).compile(),
);

const lastOf = statement((db, connectionId: ConnectionId, accountId: AccountId) =>
  db
    .selectFrom('deliveries')
    .select(['id', 'result', 'error', 'quiet', 'to_version', 'steps'])
    .where('connection_id', '=', connectionId)
    .where('account_id', '=', accountId)
    .orderBy('to_version', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .compile(),
);

/** Attempts that did nothing, one after another with the same end, are counted on one row: history is bounded by change. */
export async function insertDelivery(
  tx: Transaction,
  delivery: Omit<Delivery, 'id' | 'repeats'> & { quiet: boolean },
): Promise<void> {
  if (delivery.quiet && delivery.attempt + delivery.fromVersion > 1) {
    const [last] = await lastOf(tx, delivery.connectionId, delivery.accountId);
    if (last !== undefined && isSameAgain(last, delivery)) return countAgain(tx, last.id, delivery);
  }
  await insertRow(tx, {
    connection_id: delivery.connectionId,
    id: newId(),
    account_id: delivery.accountId,
    from_version: delivery.fromVersion,
    to_version: delivery.toVersion,
    result: delivery.result,
    state: delivery.state,
    steps: JSON.stringify(delivery.steps),
    calls: JSON.stringify(delivery.calls),
    error: delivery.error === null ? null : JSON.stringify(delivery.error),
    repeats: 0,
    quiet: delivery.quiet ? 1 : 0,
    attempt: delivery.attempt,
    request_id: delivery.requestId,
    started_at: delivery.startedAt,
    ended_at: delivery.endedAt,
  });
}

type Last = Pick<DeliveriesTable, 'result' | 'error' | 'quiet' | 'to_version' | 'steps'>;

function isSameAgain(last: Last, { result, error, steps }: Omit<Delivery, 'id' | 'repeats'>): boolean {
  const before = last.error === null ? null : (JSON.parse(last.error) as AccountError);
  const same = before?.code === error?.code && before?.message === error?.message;
  return last.quiet === 1 && last.result === result && same && last.steps === JSON.stringify(steps);
}

async function countAgain(
  tx: Transaction,
  id: string,
  { connectionId, toVersion, requestId, endedAt }: Omit<Delivery, 'id' | 'repeats'>,
): Promise<void> {
  await tx
    .updateTable('deliveries')
    .set((row) => ({
      repeats: row('repeats', '+', 1),
      to_version: toVersion,
      request_id: requestId,
      ended_at: endedAt,
    }))
    .where('connection_id', '=', connectionId)
    .where('id', '=', id)
    .execute();
}

const outcomeOf = statement((db, connectionId: ConnectionId, accountId: AccountId, version: number) =>
  db
    .selectFrom('deliveries')
    .select(['result', 'error'])
    .where('connection_id', '=', connectionId)
    .where('account_id', '=', accountId)
    .where('to_version', '>=', version)
    .where('from_version', '<', version)
    .where('result', '!=', 'retry')
    .orderBy('to_version')
    .limit(1)
    .compile(),
);

/** The outcome of the delivery whose range of versions holds `version`; null while there is none. */
export async function findOutcome(
  db: Database | Transaction,
  connectionId: ConnectionId,
  accountId: AccountId,
  version: number,
): Promise<Outcome | null> {
  const [row] = await outcomeOf(db, connectionId, accountId, version);
  if (row === undefined) return null;
  const reason = row.error === null ? '' : (JSON.parse(row.error) as AccountError).message;
  switch (row.result as DeliveryResult) {
    case 'refused':
    case 'conflict':
    case 'unsupported':
      return { kind: row.result as 'refused' | 'conflict' | 'unsupported', reason };
    default:
      return { kind: 'settled' };
  }
}

/**
 * The waiter's time is up: makes sure that the push can no longer be put back before success is answered, and reads the outcome
 * once more. One transaction: either this or the refusal comes first.
 */
export async function stopWaiting(
  db: Database,
  connectionId: ConnectionId,
  accountId: AccountId,
  version: number,
): Promise<Outcome> {
  return inTransaction(db, async (tx) => {
    await tx
      .updateTable('accounts')
      .set({ undo: null, undo_version: null })
      .where('connection_id', '=', connectionId)
      .where('id', '=', accountId)
      .where('undo_version', '=', version)
      .execute();
    // Only now: a settling that was under way has ended. What has settled needs no undo.
    return (await findOutcome(tx, connectionId, accountId, version)) ?? { kind: 'pending' };
  });
}

/** Forgets up to `limit` deliveries that ended before `before` (epoch ms). */
export async function pruneDeliveries(db: Database, before: number, limit: number): Promise<void> {
  const rows = await db
    .selectFrom('deliveries')
    .select(['connection_id', 'id'])
    .where('ended_at', '<', before)
    .limit(limit)
    .execute();
  const connections = Map.groupBy(rows, (row) => row.connection_id);
  for (const [connectionId, old] of connections) {
    await db
      .deleteFrom('deliveries')
      .where('connection_id', '=', connectionId)
      .where(
        'id',
        'in',
        old.map(({ id }) => id),
      )
      .execute();
  }
}

/** Newest first. */
export async function listDeliveries(
  db: Database,
  connectionId: ConnectionId,
  filter: { accountId?: AccountId; result?: DeliveryResult; limit: number },
): Promise<Delivery[]> {
  let query = db.selectFrom('deliveries').selectAll().where('connection_id', '=', connectionId);
  if (filter.accountId !== undefined) query = query.where('account_id', '=', filter.accountId);
  if (filter.result !== undefined) query = query.where('result', '=', filter.result);
  const rows = await query.orderBy('id', 'desc').limit(filter.limit).execute();
  return rows.map(rowToDelivery);
}

function rowToDelivery(row: Selectable<DeliveriesTable>): Delivery {
  return {
    connectionId: row.connection_id,
    id: row.id,
    accountId: row.account_id,
    fromVersion: row.from_version,
    toVersion: row.to_version,
    result: row.result as DeliveryResult,
    state: row.state as AccountState,
    steps: JSON.parse(row.steps) as JsonObject[],
    calls: JSON.parse(row.calls) as JsonObject[],
    error: row.error === null ? null : (JSON.parse(row.error) as AccountError),
    repeats: row.repeats,
    attempt: row.attempt,
    requestId: row.request_id,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}
