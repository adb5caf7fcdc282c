/** Open intents: a lost answer is resolved by a look, never by a repeat (rule 3). Pure. */

import { type Call, EMPTY, type Intent, type VendorAccount } from '../../../core/account.ts';
import type { FieldValues } from '../../../core/field.ts';
import { sameJson } from '../../../core/json.ts';
import type { TaskWish } from '../../../core/task.ts';
import { hasChanges } from '../../plan/differences.ts';
import { createDifferences } from '../../plan/plan.ts';
import { writtenByCreate } from '../absorb.ts';
import { callNow } from '../call.ts';
import { addressOf, fresh, lookAt } from '../look.ts';
import { goesBy, isLeaving, leaveBehind, mainRow, sameAddress, withRow } from '../rows.ts';
import type { Attempt, Row, Turn } from '../state.ts';
import { close, resolveChange, type Shown, told } from './doubt-change.ts';
import { otherWith, unite } from './observe.ts';
import { addTask, again, conflict, endDone, errorOf } from './settle.ts';

/** Leaves an attempt alone whose rows have no open intent. */
export function resolveDoubt(a: Attempt): Turn {
  const row = a.rows.find(({ known, role }) => known.intent !== null && role !== 'gone');
  if (row === undefined || row.known.intent === null) return { attempt: a };
  if (row.role === 'left' && row !== mainRow(a)) return { attempt: a };
  const { intent } = row.known;
  // What is not wanted any more is resolved as a row of its own.
  if (row.role === 'next' && !isWantedCall(a, intent.call)) {
    return { attempt: withRow(a, row.id, { role: 'left' }), again: true };
  }
  const lookFrom = row.lookFrom ?? a.claimed;
  if (a.now < lookFrom) return waitForCall(a, lookFrom);
  const seen = fresh(a, row, lookFrom);
  if (seen === null) return { attempt: a, move: lookAt(a, row, 'doubt', lookFrom) };
  const settled = { ...a, lost: null };
  if (seen.is === 'several') return several(settled, row);
  if (seen.is === 'foreign') return close(settled, row, EMPTY);
  if (seen.is === 'present' && isElsewhere(a, row, seen.account)) {
    const text = `${a.rules.title} showed ${seen.account.address} when it was asked for ${addressOf(a, row) ?? ''}.`;
    return again(a, errorOf('UNREADABLE', text), 'backoff');
  }
  return intent.call.op === 'create'
    ? resolveCreate(settled, row, intent, intent.call, seen)
    : resolveChange(settled, row, intent, seen);
}

/** An answer about somebody else resolves nothing. */
function isElsewhere(a: Attempt, row: Row, account: VendorAccount): boolean {
  return account.id !== row.known.vendorId && !goesBy(a, account, addressOf(a, row));
}

function isWantedCall(a: Attempt, call: Call): boolean {
  return !isLeaving(a) && (call.op !== 'create' || sameAddress(a, a.wanted.address, call.address));
}

function waitForCall(a: Attempt, lookFrom: number): Turn {
  const { title } = a.rules;
  const reason = `A call to ${title} ended without an answer; it is looked up when it can no longer take effect.`;
  const retryAt = a.lost?.retryAt ?? null;
  const error = a.lost?.error ?? errorOf('UNCERTAIN', reason);
  return again(a, error, { doubtUntil: lookFrom, retryAt });
}

function several(a: Attempt, row: Row): Turn {
  const reason = `Two accounts of ${a.rules.title} have the address ${row.known.address ?? ''}: leave one of them, then retry.`;
  if (!isLeaving(a)) return conflict(a, reason);
  if (row.id !== mainRow(a).id) return { attempt: leaveBehind(a, row), again: true };
  const wish = { kind: 'several', title: reason, wanted: row.known.address };
  return endDone(addTask(a, wish, row.id));
}

type CreateCall = Extract<Call, { op: 'create' }>;

function resolveCreate(a: Attempt, row: Row, intent: Intent, call: CreateCall, seen: Shown): Turn {
  if (seen.is === 'present') {
    const { account, holder } = seen;
    const other = otherWith(a, row, account);
    if (other !== undefined) return { attempt: unite(a, row, other, seen), again: true };
    const unheld = holder === null || holder.own;
    const looked = intent.before === 'absent' || intent.before === 'hidden';
    const made = unheld && looked && account.presence !== 'suspended' && isAsSent(a, call, account);
    if (!made) return close(a, row, { ...EMPTY, address: row.known.address });
    const written = writtenByCreate(a.rules.fields, call.fields, account);
    const known = { vendorId: account.id, actual: account };
    const step = { ...a, changes: [...a.changes, 'create'] };
    return close(step, row, { ...known, origin: 'created', written, asked: null });
  }
  if (!a.rules.supports.hidesPending) return close(a, row, {});
  return resolveHidden(a, row, intent, call);
}

/** An invitation may be there, and the vendor does not show it. */
function resolveHidden(a: Attempt, row: Row, intent: Intent, call: CreateCall): Turn {
  const { onRepeatedCreate } = a.rules.supports;
  const wanted = !isLeaving(a) && sameAddress(a, a.wanted.address, call.address);
  if (row.told.length > 0) return close(told(a, row), row, EMPTY);
  if (wanted && (onRepeatedCreate === 'resends' || onRepeatedCreate === 'idempotent')) {
    // The same intent again, never closed in between.
    return callNow(a, row, { ...intent, epoch: a.rules.epoch }, 'create');
  }
  const { title } = a.rules;
  if (isLeaving(a)) {
    return endDone(addTask(a, watch(a, call.address), row.id));
  }
  if (wanted) {
    const text = `Look in ${title} whether ${call.address} has an invitation: a call to make it ended without an answer, and repeating it is not safe. Take it away if it is there, then report it done: it is made anew then.`;
    return endDone(addTask(a, { kind: 'doubt', title: text, wanted: call.address }, row.id));
  }
  const left = leaveBehind(a, row);
  const id = left.rows.at(-1)?.id ?? row.id;
  return { attempt: addTask(left, watch(a, call.address), id), again: true };
}

/** What may have been made is to be taken away by a human, as nobody else can see it. */
function watch({ rules }: Attempt, address: string): TaskWish {
  const title = `Look in ${rules.title} whether ${address} has an invitation or an account; take it away if it is there, then report it done: a call to make it ended without an answer.`;
  return { kind: 'watch', title, wanted: address };
}

function isAsSent(a: Attempt, call: CreateCall, account: VendorAccount): boolean {
  if (!goesBy(a, account, call.address)) return false;
  if (a.rules.kind === 'group') return true;
  const told = withoutGroupsLater(call.fields, account);
  return !hasChanges(createDifferences(a.rules, told, account.fields));
}

/** An invitation may carry one group of several: what is there and was sent counts as sent. */
function withoutGroupsLater(sent: FieldValues, account: VendorAccount): FieldValues {
  return Object.fromEntries(
    Object.entries(sent).map(([name, value]) => {
      const there = account.fields[name];
      if (!Array.isArray(value) || !Array.isArray(there)) return [name, value];
      return [name, value.filter((item) => there.some((other) => sameJson(other, item)))];
    }),
  );
}
