/** How an attempt ends: one place for every way (rule 13). Pure. */

import type { AccountError, AccountState } from '../../../core/account.ts';
import type { DeliveryResult } from '../../../core/delivery.ts';
import type { TaskWish } from '../../../core/task.ts';
import { isLeaving, mainRow, nextRow } from '../rows.ts';
import type { Attempt, End, Failure, Row, RowTask, Turn } from '../state.ts';

type Rest = Partial<Pick<End, 'error' | 'due' | 'give'>>;

/** The end of the attempt. Where `next` is at the vendor by now, its knowledge becomes the User's own. */
export function end(attempt: Attempt, result: DeliveryResult, state: AccountState, rest: Rest = {}): Turn {
  const swap = isThere(nextRow(attempt)) && !isLeaving(attempt);
  const fixed = { error: null, due: 'never' as const, give: 'settle' as const, ...rest };
  return {
    attempt: fixed.give === 'settle' ? heard(attempt) : attempt,
    move: { do: 'end', end: { result, state, swap, ...fixed } },
  };
}

/** At the vendor for all that is known: no call that takes it away is in doubt. */
function isThere(next: Row | null): boolean {
  const op = next?.known.intent?.call.op;
  return next?.known.vendorId != null && op !== 'withdraw' && op !== 'remove';
}

/** The operator's word that a task is done is used up: the plan was made anew. */
function heard(attempt: Attempt): Attempt {
  return { ...attempt, rows: attempt.rows.map((row) => (row.told.length > 0 ? { ...row, told: [] } : row)) };
}

/** Made again later; what was learned is kept. */
export function again(attempt: Attempt, error: AccountError | null, due: End['due']): Turn {
  return end(attempt, 'retry', 'waiting', { error, due, give: 'release' });
}

/** All that could be done is done. */
export function endDone(attempt: Attempt): Turn {
  const { heldStep } = attempt;
  if (heldStep !== null) {
    return end(attempt, 'held', 'held', { error: errorOf('NOT_ALLOWED', heldStep.reason) });
  }
  if (attempt.tasks.length === 0) {
    if (attempt.awaited.length > 0 && !isLeaving(attempt)) return awaitGroups(attempt);
    return end(attempt, attempt.changes.length === 0 ? 'nothing' : 'done', 'in-sync');
  }
  if (attempt.rules.policies.unsupported !== 'refuse') return end(attempt, 'task', 'task');
  const titles = attempt.tasks.map(({ wish }) => wish.title).join(' ');
  return end(attempt, 'unsupported', 'task', { error: errorOf('NOT_ALLOWED', titles) });
}

function awaitGroups(attempt: Attempt): Turn {
  const reason = `Waits for the group ${attempt.awaited.join(', ')} to be made in ${attempt.rules.title}.`;
  return again(attempt, errorOf('PENDING', reason), 'list');
}

/** The vendor, the mapping or Causeway on the vendor's behalf refuses the data; a leaver stays wanted, and a human is asked. */
export function refuse(attempt: Attempt, result: 'refused' | 'conflict', error: AccountError): Turn {
  const leaving = isLeaving(attempt);
  const asked = attempt.tasks.some(({ wish }) => wish.kind === 'deactivate');
  if (!leaving || asked || result === 'conflict') return end(attempt, result, result, { error });
  const address = mainRow(attempt).known.address ?? '';
  const title = `Take ${address} out of ${attempt.rules.title} by hand: ${error.message}`;
  return end(addTask(attempt, { kind: 'deactivate', title, wanted: address }), result, result, { error });
}

export function conflict(attempt: Attempt, reason: string): Turn {
  return refuse(attempt, 'conflict', errorOf('ADDRESS_TAKEN', reason));
}

/** What cannot be mapped is refused, once nothing is in doubt any more. */
export function endRefused(attempt: Attempt): Turn {
  const { refusal } = attempt;
  if (refusal === null || isLeaving(attempt)) return { attempt };
  return refuse(attempt, 'refused', errorOf('REJECTED', refusal));
}

/** A call or a look failed. */
export function endFailed(attempt: Attempt): Turn {
  const { failure } = attempt;
  if (failure === null) return { attempt };
  const { error } = failure;
  switch (error.code) {
    case 'REJECTED':
    case 'NOT_ALLOWED':
      return refuse(attempt, 'refused', error);
    case 'CONFLICT':
    case 'ADDRESS_TAKEN':
      return refuse(attempt, 'conflict', error);
    case 'NOT_PERMITTED':
      return endNotPermitted(attempt, failure);
    case 'SHORT_LIST':
    case 'PENDING':
      return again(attempt, error, 'list');
    case 'THROTTLED':
    case 'UNCERTAIN':
    case 'UNAUTHORISED':
    case 'GONE':
    case 'UNAVAILABLE':
    case 'UNREADABLE':
    case 'STORE_UNAVAILABLE':
    case 'DEFECT':
      return again(attempt, error, failure.retryAt === null ? 'backoff' : { retryAt: failure.retryAt });
  }
}

/** A human is asked. One who is asked to make an account reserves its address. */
function endNotPermitted(attempt: Attempt, { error, op, row, address }: Failure): Turn {
  const { title } = attempt.rules;
  const whom = address ?? mainRow(attempt).known.address ?? mainRow(attempt).mapped ?? '';
  const text = `${error.message} Do it in ${title} by hand for ${whom}, or give the credential the permission and retry.`;
  const wish: TaskWish = { kind: 'not-permitted', title: text, wanted: whom };
  const tasks = attempt.tasks.filter(({ wish: { kind } }) => kind !== wish.kind);
  const id = row ?? mainRow(attempt).id;
  const asks = op === 'create' && address !== null;
  const rows = attempt.rows.map((one) =>
    one.id === id && asks ? { ...one, known: { ...one.known, address, asked: wish } } : one,
  );
  return endDone({ ...attempt, rows, tasks: [...tasks, { row: mainRow(attempt).id, wish }], failure: null });
}

export function addTask(attempt: Attempt, wish: TaskWish, row = mainRow(attempt).id): Attempt {
  const others = attempt.tasks.filter((task) => task.row !== row || task.wish.kind !== wish.kind);
  const task: RowTask = { row, wish };
  return { ...attempt, tasks: [...others, task] };
}

/** `at` is written with the end: the machine knows no wall clock. */
export function errorOf(code: AccountError['code'], message: string): AccountError {
  return { code, message, at: 0 };
}
