/** The one end of an attempt (rule 13): history, what is known, tasks, state and next due, in one transaction. */
import type { Account, AccountError, RowState } from '../../core/account.ts';
import type { DeliveryResult } from '../../core/delivery.ts';
import { sameJson } from '../../core/json.ts';
import type { TaskWish } from '../../core/task.ts';
import { type Database, inTransaction, type Transaction } from '../database.ts';
import { lockGroupsOf } from '../locks.ts';
import { lockUser } from '../users.ts';
import type { Claim } from '../worklist/claim.ts';
import {
  AT_REST,
  accountKey,
  type Columns,
  dueColumns,
  dueNow,
  errorColumns,
  removeAccount,
  UNCLAIMED,
  writeAccount,
} from '../worklist/write.ts';
import type { AttemptEnd } from './attempt-end.ts';
import { recordAttempt } from './attempt-end.ts';
import { claimedAccount, writeRows } from './attempt-rows.ts';
import { canRestore, putBack } from './put-back.ts';
import { replaceTasks } from './tasks.ts';
import { wakeWaiting } from './waiting.ts';

/**
 * lost: the claim was no longer this process's, and nothing was written. put-back: the refused push was taken back, or deleted
 * with its User where it was a create.
 */
export type Ended = 'settled' | 'released' | 'put-back' | 'lost';

/** A change that was refused must not look accepted. */
const REFUSALS: ReadonlySet<DeliveryResult> = new Set(['refused', 'conflict', 'unsupported']);

/** Throws `UniqueViolation` where what was learned is another row's by now. */
export async function endAttempt(db: Database, attempt: AttemptEnd): Promise<Ended> {
  const { claim } = attempt;
  return inTransaction(db, async (tx) => {
    if (mayPutBack(attempt)) await lockPushed(tx, claim.account);
    const account = await claimedAccount(tx, claim);
    if (account === null) return 'lost';
    await recordAttempt(tx, account, attempt);
    if (attempt.planned) return endPlanned(tx, account, attempt);
    const undoable = account.undoVersion === claim.version && account.wantedVersion === claim.version;
    if (REFUSALS.has(attempt.result) && undoable && (await canRestore(tx, account))) {
      await putBack(tx, account, attempt);
      return 'put-back';
    }
    const after = attempt.swap ? swapped(account, attempt.after) : attempt.after;
    const rows = await writeRows(tx, { account, before: attempt.before, after, now: attempt.endedAt });
    await wakeWaiting(tx, account, attempt, rows);
    if (attempt.give === 'release') return release(tx, account, attempt);
    return settle(tx, account, attempt, rows);
  });
}

/** What was `next` is the User's own from now on; what was is a row to be got rid of. */
function swapped(account: Account, rows: readonly RowState[]): RowState[] {
  const next = rows.find(({ role }) => role === 'next');
  const own = rows.find(({ id }) => id === account.id);
  if (next === undefined || own === undefined) return [...rows];
  return rows.map((row) => {
    if (row.id === own.id) return { ...own, known: next.known };
    if (row.id !== next.id) return row;
    // The guard has counted the move where it began, if anything was made.
    return { ...next, role: 'left', mapped: own.known.address, known: own.known };
  });
}

async function settle(
  tx: Transaction,
  account: Account,
  attempt: AttemptEnd,
  rows: readonly RowState[],
): Promise<Ended> {
  const { endedAt: now, claim } = attempt;
  const wishes = wishesOf(attempt, account.id);
  const open = await replaceTasks(tx, accountKey(account), wishes, now, judging(attempt));
  const moving = await taskOthers(tx, account, attempt, rows);
  const newer = account.wantedVersion > claim.version;
  if (!rows.some(({ id }) => id === account.id) || (isGone(claim, rows, account) && !newer && open === 0)) {
    await replaceTasks(tx, accountKey(account), [], now);
    await removeAccount(tx, account);
    return 'settled';
  }
  const state = attempt.state === 'task' && open + moving === 0 ? 'in-sync' : attempt.state;
  const again = newer || attempt.due !== null;
  await writeAccount(tx, account, {
    ...UNCLAIMED,
    settled_version: claim.version,
    attempts: 0,
    returns: 0,
    ...(attempt.due !== null && !newer ? dueColumns(attempt.due) : again ? dueNow(now) : AT_REST),
    state: again ? 'due' : state,
    looks_first: newer && account.looksFirst ? 1 : 0,
    open_tasks: open,
    kept_document: null,
    // What was reported done meanwhile is still to be looked at.
    ...(account.told.length > 0 && sameJson(account.told, claim.account.told) ? { told: null } : {}),
    ...errorColumns(attempt.error),
    settled_at: now,
  });
  return 'settled';
}

/**
 * What is left to a human about the attempt's other rows; those that were stored just now have other ids. How much of it concerns
 * the address that the User moves to.
 */
async function taskOthers(
  tx: Transaction,
  account: Account,
  attempt: AttemptEnd,
  rows: readonly RowState[],
): Promise<number> {
  let moving = 0;
  const kept = attempt.after.filter(({ role }) => role !== 'gone');
  for (const [index, { id, role }] of rows.entries()) {
    if (id === account.id) continue;
    const key = { connectionId: account.connectionId, accountId: id };
    const wishes = wishesOf(attempt, kept[index]?.id ?? id);
    const open = await replaceTasks(tx, key, wishes, attempt.endedAt, judging(attempt));
    if (open > 0) await writeAccount(tx, { ...account, id }, { open_tasks: open });
    if (role === 'next') moving += open;
  }
  return moving;
}

/** Nothing is left of a deleted User's or Group's account, or of a row that was left. */
function isGone({ user, group }: Claim, rows: readonly RowState[], account: Account): boolean {
  const known = rows.find(({ id }) => id === account.id)?.known;
  const empty =
    known !== undefined && known.vendorId === null && known.intent === null && known.asked === null;
  return empty && (account.role === 'left' || (user === null && group === null));
}

async function release(tx: Transaction, account: Account, attempt: AttemptEnd): Promise<Ended> {
  const { endedAt: now, claim, due } = attempt;
  if (attempt.tasks.length > 0) {
    await replaceTasks(tx, accountKey(account), wishesOf(attempt, account.id), now, judging(attempt));
  }
  const pushed = account.wantedVersion > claim.version;
  const { notBefore } = due ?? { notBefore: null };
  const soon = notBefore === null ? dueNow(now) : dueColumns({ ...notBefore, notBefore });
  const columns: Columns = due === null || pushed ? soon : dueColumns(due);
  await writeAccount(tx, account, {
    ...UNCLAIMED,
    ...columns,
    attempts: account.attempts + (due?.failed === true ? 1 : 0),
    returns: 0,
    state: pushed && notBefore === null ? 'due' : 'waiting',
    ...errorColumns(attempt.error),
  });
  return 'released';
}

/** The plan is made, and nothing that is known changes. A deleted User of whom nothing is known is done with. */
async function endPlanned(tx: Transaction, account: Account, attempt: AttemptEnd): Promise<Ended> {
  const { endedAt: now, claim } = attempt;
  const newer = account.wantedVersion > claim.version;
  if (isGone(claim, attempt.before, account) && account.mapped === null && !newer) {
    await removeAccount(tx, account);
    return 'settled';
  }
  await writeAccount(tx, account, {
    ...UNCLAIMED,
    settled_version: claim.version,
    attempts: 0,
    returns: 0,
    ...(newer ? dueNow(now) : AT_REST),
    state: newer ? 'due' : 'planned',
    ...errorColumns(attempt.error),
    settled_at: now,
  });
  return 'settled';
}

/** A push may want something else than before; whatever else makes an account due does not. */
function judging({ looked, claim }: AttemptEnd) {
  return { looked, sameWish: claim.account.looksFirst };
}

function wishesOf({ tasks }: AttemptEnd, row: string): TaskWish[] {
  return tasks.filter((task) => task.row === row).map(({ wish }) => wish);
}

/** Nothing was tried, or its end cannot be written: only the claim ends, and what is due. */
export async function returnClaim(
  db: Database,
  claim: Claim,
  due: { at: number; inMs: number },
  error: AccountError | null,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const account = await claimedAccount(tx, claim);
    if (account === null) return;
    await writeAccount(tx, account, {
      ...UNCLAIMED,
      ...dueColumns({ ...due, notBefore: null }),
      ...(error === null ? {} : errorColumns(error)),
    });
  });
}

function mayPutBack({ result, claim }: AttemptEnd): boolean {
  return REFUSALS.has(result) && claim.account.undoVersion === claim.version;
}

/** What put back may write, locked before the account is. */
async function lockPushed(tx: Transaction, { connectionId, resourceId }: Account): Promise<void> {
  await lockGroupsOf(tx, connectionId, resourceId);
  await lockUser(tx, connectionId, resourceId);
}
