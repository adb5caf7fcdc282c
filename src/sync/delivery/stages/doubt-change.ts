/** Open intents of calls other than creates (rule 3). Pure. */
import { type Call, EMPTY, type Intent, type VendorAccount } from '../../../core/account.ts';
import type { FieldValues } from '../../../core/field.ts';
import { type Json, sameJson } from '../../../core/json.ts';
import { mergeWritten } from '../../plan/differences.ts';
import { isHidden } from '../look.ts';
import { goesBy, isLeaving, leaveBehind, sameAddress, withRow } from '../rows.ts';
import type { Attempt, Row, Seen, Turn } from '../state.ts';
import { refreshed } from './observe.ts';
import { addTask, endDone } from './settle.ts';

/** A look that decides. */
export type Shown = Exclude<Seen, { is: 'several' } | { is: 'foreign' }>;

/** The intent is closed, with what is known then. */
export function close(a: Attempt, row: Row, known: Partial<Row['known']>): Turn {
  const attempt = withRow(a, row.id, { known: { ...known, intent: null }, lookFrom: null });
  return { attempt, again: true };
}

/** The operator's word is used up. */
export function told(a: Attempt, row: Row): Attempt {
  return withRow(a, row.id, { told: [] });
}

export function resolveChange(a: Attempt, row: Row, intent: Intent, seen: Shown): Turn {
  const { op } = intent.call;
  const takes = op === 'remove' || op === 'withdraw';
  if (seen.is === 'absent') {
    if (!isHidden(a, row)) return close(takes ? changed(a, op) : a, row, EMPTY);
    if (row.told.length > 0) return close(told(a, row), row, EMPTY);
    const address = row.known.address ?? '';
    const text = `Look in ${a.rules.title} whether ${address} still has an invitation; take it away if it is there, then report it done: a call about it ended without an answer.`;
    const wish = { kind: 'watch', title: text, wanted: address };
    const isElsewhere = !isLeaving(a) && !sameAddress(a, a.wanted.address, address);
    if (!isElsewhere) return endDone(addTask(a, wish, row.id));
    // The User goes on at another address; what may be left here is a row of its own.
    const left = leaveBehind(a, row);
    return { attempt: addTask(left, wish, left.rows.at(-1)?.id ?? row.id), again: true };
  }
  const before = intent.before ?? row.known.actual;
  if (before === null || typeof before === 'string' || !isSame(a, before, intent.call, seen)) {
    return anotherOne(a, row, seen.account);
  }
  const { account } = seen;
  const written = intent.call.op === 'update' ? arrived(a, row, before, intent.call, account) : null;
  const closed = close(refreshed(a, row, seen), row, written === null ? {} : { written });
  const { refusal } = intent;
  if (!isUndone(intent.call, account)) return { ...closed, attempt: changed(closed.attempt, op) };
  if (refusal === undefined) return closed;
  // It was answered yes and not carried out: no look makes it again.
  const failure = { error: refusal, retryAt: null, op, row: row.id, address: null };
  return { attempt: { ...closed.attempt, failure }, again: true };
}

function changed(a: Attempt, op: string): Attempt {
  return { ...a, changes: [...a.changes, op] };
}

/** Somebody made an account anew where the known one was: it is not Causeway's to touch. */
function anotherOne(a: Attempt, row: Row, account: VendorAccount): Turn {
  const { title } = a.rules;
  const text = `Look at ${account.address} in ${title}: a call about the account ended without an answer, and another account is there now. It is left as it is; report this done when it is right.`;
  const asked = addTask(a, { kind: 'look', title: text, wanted: account.address }, row.id);
  const emptied = withRow(asked, row.id, { known: EMPTY, lookFrom: null });
  return endDone(emptied);
}

/** The account seen before the call: by id; where the address is the id, by what else is known of it; an accepted invitation too. */
function isSame(
  a: Attempt,
  before: VendorAccount,
  call: Call,
  seen: Extract<Seen, { is: 'present' }>,
): boolean {
  const { account } = seen;
  if (before.presence === 'pending') return account.id === before.id || goesBy(a, account, before.address);
  if (account.id !== before.id) return false;
  // Another row has it: then it is not this one's.
  if (seen.holder !== null && !seen.holder.own && seen.holder.by === 'id') return false;
  if (!sameAddress(a, account.id, account.address)) return true;
  if (call.op === 'remove' || call.op === 'withdraw') return sameJson(account.fields, before.fields);
  const touched =
    call.op === 'update'
      ? Object.keys({ ...call.changes.set, ...call.changes.add, ...call.changes.remove })
      : [];
  return Object.entries(before.fields).every(([name, value]) => {
    return (
      touched.includes(name) || account.fields[name] === undefined || sameJson(account.fields[name], value)
    );
  });
}

type UpdateCall = Extract<Call, { op: 'update' }>;

/**
 * A value that is there, is the call's and was not there before was written by it; what was written before stays so while it is there.
 * What the vendor does not tell is sent again if it is still wanted, and else counts as written, so that it is taken back.
 */
function arrived(
  a: Attempt,
  row: Row,
  before: VendorAccount,
  { changes }: UpdateCall,
  account: VendorAccount,
): FieldValues {
  const isWanted = (name: string) => !isLeaving(a) && a.wanted.fields[name] !== undefined;
  const there = (name: string, item: Json) => {
    const now = account.fields[name];
    if (now === undefined) return !isWanted(name);
    return Array.isArray(now) && now.some((other) => sameJson(other, item));
  };
  const set = Object.entries(changes.set).filter(([name, value]) => {
    const now = account.fields[name];
    if (now === undefined) return !isWanted(name);
    return sameJson(now, value) && !sameJson(before.fields[name], value);
  });
  const add = Object.entries(changes.add).map(([name, items]) => {
    const had = before.fields[name];
    const fresh = items.filter((item) => !(Array.isArray(had) && had.some((other) => sameJson(other, item))));
    return [name, fresh.filter((item) => there(name, item))] as const;
  });
  const removed = Object.entries(changes.remove).map(([name, items]) => {
    return [name, items.filter((item) => account.fields[name] !== undefined && !there(name, item))] as const;
  });
  const merged = mergeWritten(a.rules.fields, row.known.written, {
    set: Object.fromEntries(set),
    add: Object.fromEntries(add),
    remove: Object.fromEntries(removed),
  });
  return stillThere(merged, account);
}

function stillThere(written: FieldValues, account: VendorAccount): FieldValues {
  const kept = Object.entries(written).filter(([name, value]) => {
    const now = account.fields[name];
    return now === undefined || Array.isArray(value) || sameJson(now, value);
  });
  return Object.fromEntries(kept);
}

/** Nothing of what the call asked for can be seen. */
function isUndone(call: Call, account: VendorAccount): boolean {
  switch (call.op) {
    case 'update': {
      const { set, add, remove } = call.changes;
      const has = (name: string, item: Json) => {
        const now = account.fields[name];
        return Array.isArray(now) && now.some((other) => sameJson(other, item));
      };
      return (
        Object.entries(set).some(([name, value]) => !sameJson(account.fields[name], value)) ||
        Object.entries(add).some(([name, items]) => items.some((item) => !has(name, item))) ||
        Object.entries(remove).some(([name, items]) => items.some((item) => has(name, item)))
      );
    }
    case 'suspend':
      return account.presence !== 'suspended';
    case 'reactivate':
      return account.presence !== 'active';
    default:
      return true;
  }
}
