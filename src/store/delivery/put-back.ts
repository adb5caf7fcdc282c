/** Takes a refused push back, so that it does not look accepted (docs/delivery, "Put back"). */
import { type Account, EMPTY, type RowState } from '../../core/account.ts';
import { fold } from '../../core/fold.ts';
import type { Transaction } from '../database.ts';
import { findUser, overwriteUser, removeUserRows } from '../users.ts';
import { RANK } from '../worklist/mark-due.ts';
import { rowToAccount } from '../worklist/row.ts';
import {
  AT_REST,
  accountKey,
  dueNow,
  errorColumns,
  knownColumns,
  removeAccount,
  UNCLAIMED,
  writeAccount,
} from '../worklist/write.ts';
import type { AttemptEnd } from './attempt-end.ts';
import { writeRows } from './attempt-rows.ts';
import { hasOpenTask, replaceTasks } from './tasks.ts';
import { wakeWaiting } from './waiting.ts';

/** Another User may have taken the name that this one had before: then the refused document has to stay. */
export async function canRestore(tx: Transaction, account: Account): Promise<boolean> {
  if (account.undo?.kind !== 'document') return true;
  const holder = await tx
    .selectFrom('users')
    .select('id')
    .where('connection_id', '=', account.connectionId)
    .where('user_name_key', '=', fold(String(account.undo.document['userName'])))
    .where('id', '!=', account.resourceId)
    .executeTakeFirst();
  return holder === undefined;
}

/**
 * Restores what was there before a refused push, as a new version. A User that the push created goes, and what was already made
 * of it at the vendor is removed. After effects a restored document is delivered again, so that nothing of the refused one stays.
 */
export async function putBack(tx: Transaction, account: Account, attempt: AttemptEnd): Promise<void> {
  const { endedAt: now } = attempt;
  const taken = takenRow(account, attempt.after);
  const source = taken === null ? null : await sourceOf(tx, account);
  // No swap: what was made for the refused address is nobody's.
  const after = withoutNext(withoutTaken(account, attempt.after, taken, source === null));
  const rows = await writeRows(tx, { account, before: attempt.before, after, now });
  if (taken !== null && source !== null) await giveBack(tx, source, taken, account, now);
  const own = rows.find(({ id }) => id === account.id);
  const isCreate = account.undo?.kind === 'create';
  if (isCreate) await removeUserRows(tx, account.connectionId, account.resourceId, now);
  else await restoreDocument(tx, account, now);
  await wakeWaiting(tx, account, attempt, rows);
  const changed = attempt.changes.length > 0 || taken !== null || own?.known.intent != null;
  const again = isCreate ? isOurs(own) : changed;
  if (isCreate && !again) {
    await replaceTasks(tx, accountKey(account), [], now);
    await removeAccount(tx, account);
    return;
  }
  const { version } = attempt.claim;
  await writeAccount(tx, account, {
    ...UNCLAIMED,
    undo: null,
    undo_version: null,
    wanted_version: version + (again ? 1 : 0),
    settled_version: version,
    ...(again ? dueNow(now) : AT_REST),
    rank: isCreate ? RANK.leaver : RANK.change,
    attempts: 0,
    returns: 0,
    // What was left to a human before the push is so still.
    state: again ? 'due' : (await hasOpenTask(tx, accountKey(account))) ? 'task' : 'in-sync',
    ...errorColumns(attempt.error),
    settled_at: now,
  });
}

/** Causeway made it, or may have: it is to be taken away again. What was there before is left alone. */
function isOurs(row: RowState | undefined): boolean {
  if (row === undefined) return false;
  const { vendorId, origin, intent } = row.known;
  return intent !== null || (vendorId !== null && origin !== 'adopted');
}

function withoutNext(rows: readonly RowState[]): RowState[] {
  return rows.map((row) => {
    if (row.role !== 'next') return row;
    const { vendorId, origin, intent, asked } = row.known;
    const mayBeOurs = intent !== null || (vendorId !== null && origin !== 'adopted') || asked !== null;
    return { ...row, role: mayBeOurs ? 'left' : 'gone' };
  });
}

/** The row that has the account which the push took over; null: it took none, or that is gone. */
function takenRow({ undo }: Account, rows: readonly RowState[]): RowState | null {
  if (undo?.taken === undefined) return null;
  const { vendorId } = undo.taken;
  return rows.find(({ known }) => known.vendorId === vendorId) ?? null;
}

/** The row that the account was taken from; null: that is gone, or has another account by now. */
async function sourceOf(tx: Transaction, account: Account): Promise<Account | null> {
  const row = await tx
    .selectFrom('accounts')
    .selectAll()
    .where('connection_id', '=', account.connectionId)
    .where('id', '=', account.undo?.taken?.from ?? '')
    .forUpdate()
    .executeTakeFirst();
  const source = row === undefined ? null : rowToAccount(row);
  return source === null || source.vendorId !== null || source.intent !== null ? null : source;
}

/** Whoever took the account has it no more. `homeless`: nobody else can have it, so that it is left to be got rid of. */
function withoutTaken(
  account: Account,
  rows: readonly RowState[],
  taken: RowState | null,
  homeless: boolean,
): RowState[] {
  if (taken === null) return [...rows];
  const emptied = rows.map((row): RowState => {
    if (row.id !== taken.id) return row;
    return row.id === account.id ? { ...row, known: EMPTY } : { ...row, known: EMPTY, role: 'gone' };
  });
  const { known } = taken;
  const rest = { mapped: known.address, held: null, told: [], counted: false };
  return homeless ? [...emptied, { id: 'new-left', role: 'left', known, ...rest }] : emptied;
}

/** What was taken from a deactivated User is that User's again. */
async function giveBack(
  tx: Transaction,
  source: Account,
  { known }: RowState,
  account: Account,
  now: number,
): Promise<void> {
  await writeAccount(tx, source, {
    ...knownColumns(account.kind, known),
    present_since: account.presentSince,
    wanted_version: source.wantedVersion + 1,
    state: 'due',
    ...dueNow(now),
  });
}

async function restoreDocument(tx: Transaction, account: Account, now: number): Promise<void> {
  const user = await findUser(tx, account.connectionId, account.resourceId);
  if (user === undefined || account.undo?.kind !== 'document') return;
  const { document, folded } = account.undo;
  await overwriteUser(
    tx,
    user,
    {
      document,
      folded,
      userName: String(document['userName']),
      externalId: typeof document['externalId'] === 'string' ? document['externalId'] : null,
    },
    now,
  );
}
