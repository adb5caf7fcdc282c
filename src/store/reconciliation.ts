import type { Account, RowState } from '../core/account.ts';
import type { ConnectionId } from '../core/ids.ts';
import { newId } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { TaskWish } from '../core/task.ts';
import { type Database, inTransaction, type Transaction } from './database.ts';
import { writeRows } from './delivery/attempt-rows.ts';
import { replaceTasks } from './delivery/tasks.ts';
import { rowState } from './worklist/row.ts';
import { accountKey, dueNow, writeAccount } from './worklist/write.ts';

/** What a list's judgement changes of an account. */
export interface Amendment {
  /** The row as the list shows it; absent: nothing new. */
  row?: RowState;
  /** When a list first lacked it; null: it is there. */
  missingSince?: number | null;
  /** What is left to a human; absent: the tasks cannot be judged. */
  tasks?: readonly TaskWish[];
  /** Deliver again: what the list shows is not what is wanted. */
  deliver?: true;
}

/** Writes a judgement unless the account has changed since it was read. False: it has, and the judgement is void. */
export async function amendAccount(
  db: Database,
  account: Account,
  amendment: Amendment,
  now: number,
): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const row = await tx
      .selectFrom('accounts')
      .select(['wanted_version', 'claimed_version', 'settled_at'])
      .where('connection_id', '=', account.connectionId)
      .where('id', '=', account.id)
      .forUpdate()
      .executeTakeFirst();
    const same =
      row?.wanted_version === account.wantedVersion &&
      row.claimed_version === null &&
      row.settled_at === account.settledAt;
    if (!same) return false;
    const { row: after, missingSince, tasks } = amendment;
    const open =
      tasks === undefined
        ? null
        : await replaceTasks(tx, accountKey(account), tasks, now, { looked: true, sameWish: true });
    if (after !== undefined)
      await writeRows(tx, { account, before: [rowState(account)], after: [after], now });
    await writeAccount(tx, account, {
      ...(missingSince === undefined ? {} : { missing_since: missingSince }),
      ...(open === null ? {} : { open_tasks: open }),
      ...(open === 0 && account.state === 'task' ? { state: 'in-sync' } : {}),
      ...(open !== null && open > 0 && account.state === 'in-sync' ? { state: 'task' } : {}),
    });
    if (amendment.deliver === true) await deliverAgain(tx, account, now);
    return true;
  });
}

async function deliverAgain(tx: Transaction, account: Account, now: number): Promise<void> {
  await writeAccount(tx, account, {
    wanted_version: account.wantedVersion + 1,
    undo: null,
    undo_version: null,
    attempts: 0,
    state: 'due',
    looks_first: 1,
    wanted_at: now,
    request_id: null,
    ...dueNow(now),
  });
}

export interface Reconciliation {
  connectionId: ConnectionId;
  startedAt: number;
  endedAt: number;
  result: 'complete' | 'short-list' | 'failed';
  /** Accounts in the vendor's list. */
  listed: number;
  report: JsonObject;
}

/** Past comparisons kept of each connection. */
const KEPT = 50;

export async function insertReconciliation(db: Database, reconciliation: Reconciliation): Promise<void> {
  await inTransaction(db, async (tx) => {
    const { connectionId } = reconciliation;
    await tx
      .insertInto('reconciliations')
      .values({
        connection_id: connectionId,
        id: newId(),
        started_at: reconciliation.startedAt,
        ended_at: reconciliation.endedAt,
        result: reconciliation.result,
        listed: reconciliation.listed,
        report: JSON.stringify(reconciliation.report),
      })
      .execute();
    const oldest = await tx
      .selectFrom('reconciliations')
      .select('id')
      .where('connection_id', '=', connectionId)
      .orderBy('id', 'desc')
      .offset(KEPT)
      .limit(1)
      .executeTakeFirst();
    if (oldest === undefined) return;
    await tx
      .deleteFrom('reconciliations')
      .where('connection_id', '=', connectionId)
      .where('id', '<=', oldest.id)
      .execute();
  });
}

/** The newest comparison; undefined: there was none yet. */
export async function lastReconciliation(
  db: Database,
  connectionId: ConnectionId,
): Promise<Reconciliation | undefined> {
  const row = await db
    .selectFrom('reconciliations')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    connectionId,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    result: row.result as Reconciliation['result'],
    listed: row.listed,
    report: JSON.parse(row.report) as JsonObject,
  };
}

/** Accounts of people, or groups, that are known to be at the vendor, invitations left out. */
export async function countPresent(
  db: Database,
  connectionId: ConnectionId,
  kind: Account['kind'],
): Promise<number> {
  const row = await db
    .selectFrom('accounts')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('connection_id', '=', connectionId)
    .where('kind', '=', kind)
    .where('vendor_id', 'is not', null)
    .where('presence', '!=', 'pending')
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

/** The accounts of people that are known to be at the vendor, invitations left out, by id and address. */
export async function listPresent(
  db: Database,
  connectionId: ConnectionId,
): Promise<{ vendorId: string; address: string | null }[]> {
  const rows = await db
    .selectFrom('accounts')
    .select(['vendor_id', 'address'])
    .where('connection_id', '=', connectionId)
    .where('kind', '=', 'user')
    .where('vendor_id', 'is not', null)
    .where('presence', '!=', 'pending')
    .execute();
  return rows.map((row) => ({ vendorId: row.vendor_id ?? '', address: row.address }));
}
