/** What is known of one row becomes another's: a re-hire, an address that a move left behind (rules 4 and 10). */
import { type Account, EMPTY, type RowState } from '../../core/account.ts';
import type { JsonObject } from '../../core/json.ts';
import { isActive } from '../../core/user.ts';
import { type Database, inTransaction, type Transaction } from '../database.ts';
import { lockUser, removeUserRows } from '../users.ts';
import type { Claim } from '../worklist/claim.ts';
import { RANK } from '../worklist/mark-due.ts';
import { rowState, rowToAccount } from '../worklist/row.ts';
import { dueNow, jsonOrNull, knownColumns, removeAccount, writeAccount } from '../worklist/write.ts';
import { claimedAccount, writeRows } from './attempt-rows.ts';
import { replaceTasks } from './tasks.ts';

export interface TakeOver {
  claim: Claim;
  before: readonly RowState[];
  after: readonly RowState[];
  holder: string;
  into: 'current' | 'next';
  now: number;
}

/** The rows with what was taken, that of `into` first; null: the holder has changed since it was looked at. */
export async function takeOver(
  db: Database,
  take: TakeOver,
): Promise<{ rows: RowState[]; taken: RowState } | null | 'lost'> {
  return inTransaction(db, async (tx) => {
    const account = await claimedAccount(tx, take.claim);
    if (account === null) return 'lost';
    const holder = await lockHolder(tx, account, take.holder);
    if (holder === null || !(await freeHolder(tx, holder, account, take.now))) return null;
    const { known } = rowState(holder);
    const target = take.into === 'current' ? account.id : 'new-taken';
    const kept = take.after.filter(({ id, role }) => id === account.id || role === 'left');
    const rows =
      take.into === 'current'
        ? kept.map((row) => (row.id === target ? { ...row, known } : row))
        : [...kept, nextRow(target, known)];
    const gone = take.before.filter(({ id }) => !kept.some((row) => row.id === id));
    const after = [...rows, ...gone.map((row) => ({ ...row, role: 'gone' as const }))];
    const written = await writeRows(tx, { account, before: take.before, after, now: take.now });
    await rememberSource(tx, account, holder);
    const taken = written.find(({ id, role }) =>
      take.into === 'current' ? id === account.id : role === 'next',
    );
    return taken === undefined ? null : { rows: written, taken };
  });
}

function nextRow(id: string, known: RowState['known']): RowState {
  return { id, role: 'next', mapped: known.address, known, held: null, told: [], counted: false };
}

async function lockHolder(tx: Transaction, account: Account, id: string): Promise<Account | null> {
  const row = await tx
    .selectFrom('accounts')
    .selectAll()
    .where('connection_id', '=', account.connectionId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : rowToAccount(row);
}

/**
 * A deactivated User keeps its row, empty; an observed User goes with it, since it stood for nobody's word. False: it has been claimed,
 * or its User written, since it was looked at.
 */
async function freeHolder(tx: Transaction, holder: Account, account: Account, now: number): Promise<boolean> {
  if (holder.claimedVersion !== null) return false;
  const user = await lockUser(tx, holder.connectionId, holder.resourceId);
  const observed = holder.state === 'observed';
  const others = holder.resourceId !== account.resourceId;
  const keeps = holder.role === 'current' && user !== undefined && !observed && others;
  if (keeps && !isAtRest(holder, JSON.parse(user.document) as JsonObject)) return false;
  await replaceTasks(tx, { connectionId: holder.connectionId, accountId: holder.id }, [], now);
  if (keeps) {
    await writeAccount(tx, holder, {
      ...knownColumns(holder.kind, EMPTY),
      held: null,
      open_tasks: 0,
      present_since: null,
    });
    return true;
  }
  if (user !== undefined && observed) {
    await removeUserRows(tx, holder.connectionId, holder.resourceId, now);
  }
  if (user === undefined) await leaveNext(tx, holder, now);
  await removeAccount(tx, holder);
  return true;
}

/** What a deleted User was moving to is nobody's any more. */
async function leaveNext(tx: Transaction, holder: Account, now: number): Promise<void> {
  if (holder.role !== 'current') return;
  await tx
    .updateTable('accounts')
    .set({ role: 'left', wanted_version: 2, state: 'due', rank: RANK.leaver, ...dueNow(now) })
    .where('connection_id', '=', holder.connectionId)
    .where('kind', '=', holder.kind)
    .where('resource_id', '=', holder.resourceId)
    .where('role', '=', 'next')
    .execute();
}

/** A User that is deactivated, and whose account is as that wants it. */
function isAtRest({ dueAt, settledVersion, wantedVersion, intent }: Account, document: JsonObject): boolean {
  return dueAt === null && settledVersion === wantedVersion && intent === null && !isActive(document);
}

/** Put back returns what was taken. */
async function rememberSource(tx: Transaction, account: Account, holder: Account): Promise<void> {
  const { id: from, vendorId, state } = holder;
  if (account.undo === null || vendorId === null || state === 'observed') return;
  await writeAccount(tx, account, { undo: jsonOrNull({ ...account.undo, taken: { from, vendorId } }) });
}
