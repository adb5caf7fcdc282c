import type { Account, VendorAccount } from '../core/account.ts';
import { fold } from '../core/fold.ts';
import type { ConnectionId } from '../core/ids.ts';
import { newId } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { TaskWish } from '../core/task.ts';
import { type Database, inTransaction, type Transaction } from './database.ts';
import { judgeTasks } from './delivery/tasks.ts';
import { accountKey, writeAccount } from './worklist/write.ts';

/** What a list's judgement changes of an account. */
export interface Amendment {
  /** As the list shows it; null: it is gone, for certain. Absent: nothing new. */
  actual?: VendorAccount | null;
  /** When a list first lacked it; null: it is there. */
  missingSince?: number | null;
  /** What is left to a human; absent: the tasks cannot be judged. */
  tasks?: readonly TaskWish[];
  /** Deliver again: what the list shows is not what is wanted. `lookAt`: at this address, if it is nobody else's here. */
  deliver?: 'now' | { lookAt: string };
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
    if (!same || (await isOthers(tx, account, amendment.deliver))) return false;
    const { actual, missingSince, tasks } = amendment;
    const open = tasks === undefined ? null : await judgeTasks(tx, accountKey(account), tasks, now);
    await writeAccount(tx, account, {
      ...(actual === undefined ? {} : actualColumns(actual)),
      ...(missingSince === undefined ? {} : { missing_since: missingSince }),
      ...(open === 0 && account.state === 'task' ? { state: 'in-sync' } : {}),
      ...(open !== null && open > 0 && account.state === 'in-sync' ? { state: 'task' } : {}),
    });
    if (amendment.deliver !== undefined) await deliverAgain(tx, account, amendment.deliver, now);
    return true;
  });
}

function actualColumns(actual: VendorAccount | null) {
  if (actual !== null) return { actual: JSON.stringify(actual), vendor_id: actual.id };
  return { actual: null, vendor_id: null, origin: null, written: '{}', present_since: null };
}

type Again = NonNullable<Amendment['deliver']>;

async function isOthers(tx: Transaction, account: Account, how: Again | undefined): Promise<boolean> {
  if (how === undefined || how === 'now') return false;
  const holder = await tx
    .selectFrom('accounts')
    .select('id')
    .where('connection_id', '=', account.connectionId)
    .where('kind', '=', account.kind)
    .where('address_key', '=', fold(how.lookAt))
    .where('id', '!=', account.id)
    .executeTakeFirst();
  return holder !== undefined;
}

async function deliverAgain(tx: Transaction, account: Account, how: Again, now: number): Promise<void> {
  await writeAccount(tx, account, {
    wanted_version: account.wantedVersion + 1,
    undo: null,
    undo_version: null,
    due_at: now,
    attempts: 0,
    state: 'due',
    wanted_at: now,
    request_id: null,
    // Doubt makes the delivery look before it plans.
    ...(how === 'now' ? {} : { doubt_at: 0, address: how.lookAt, address_key: fold(how.lookAt) }),
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

/** Accounts of people that are known to be at the vendor, invitations left out. */
export async function countPresent(db: Database, connectionId: ConnectionId): Promise<number> {
  const row = await db
    .selectFrom('accounts')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('connection_id', '=', connectionId)
    .where('kind', '=', 'user')
    .where('vendor_id', 'is not', null)
    .where('actual', 'not like', '%"presence":"pending"%')
    .executeTakeFirstOrThrow();
  return Number(row.n);
}
