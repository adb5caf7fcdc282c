/** Takes in what happened. Pure. */

import { EMPTY, type Intent, type Known, type VendorAccount } from '../../core/account.ts';
import type { FieldTable, FieldValues } from '../../core/field.ts';
import { sameJson } from '../../core/json.ts';
import { mergeWritten } from '../plan/differences.ts';
import { mainRow, rowOf, withRow } from './rows.ts';
import { addTask, errorOf } from './stages/settle.ts';
import type { Attempt, Event, Failure } from './state.ts';

export function absorb(a: Attempt, event: Event): Attempt {
  switch (event.on) {
    case 'claimed':
      return a;
    case 'seen':
      return {
        ...a,
        seen: { ...a.seen, ...event.also, [event.key]: event.seen },
        ...(event.holder !== undefined && { holder: event.holder }),
      };
    case 'not-seen':
      return { ...a, failure: event.failure };
    case 'taken-over':
      return takenOver(a, event.row);
    case 'not-admitted':
      return notAdmitted(a, event);
    case 'answered':
      return answered(a, event.account);
    case 'refused':
      return refused(a, event.failure, event);
    case 'lost':
      return lost(a, event);
  }
}

function takenOver(a: Attempt, row: Attempt['rows'][number]): Attempt {
  const others = a.rows.filter(({ id }) => id !== row.id);
  const [main, ...rest] = others;
  // The own row of before may come back as `next`; another one's account becomes the claimed row's.
  const rows = main === undefined || row.id === mainRow(a).id ? [row, ...others] : [main, row, ...rest];
  const step = { step: 'rehire', address: row.known.address };
  return { ...a, rows, holder: null, seen: {}, looksFirst: true, steps: [...a.steps, step] };
}

function notAdmitted(a: Attempt, event: Extract<Event, { on: 'not-admitted' }>): Attempt {
  const { calling } = a;
  // Nothing of the call was written.
  const back: Attempt =
    calling === null ? a : { ...a, rows: calling.rows, steps: calling.steps, calling: null };
  const error = (code: 'REJECTED' | 'STORE_UNAVAILABLE') => errorOf(code, event.reason ?? '');
  switch (event.why) {
    case 'stale':
      return { ...back, seen: {} };
    case 'taken':
      return { ...back, seen: {}, holder: event.holder };
    case 'held':
      return { ...back, heldStep: calling && { step: calling.step, reason: event.reason ?? '' } };
    case 'last-of-role':
      return { ...back, failure: failureOf(error('REJECTED')), lastOfRole: true };
    case 'not-called':
      return { ...back, failure: failureOf(error('STORE_UNAVAILABLE')) };
  }
}

function failureOf(error: Failure['error']): Failure {
  return { error, retryAt: null, op: null, row: null, address: null };
}

/** The vendor said yes: what is known of the account from now on. */
function answered(a: Attempt, account: VendorAccount | null): Attempt {
  const { calling, intent } = callOf(a);
  const row = rowOf(a, calling.row);
  const known = afterCall(a.rules, row.known, intent, account);
  return {
    ...withRow(a, row.id, { known: { ...known, intent: null }, lookFrom: null }),
    ...ended(a, intent.call.op),
    changes: [...a.changes, calling.step],
    done: [...a.done, JSON.stringify([row.id, intent.call])],
    alone: false,
  };
}

/** What is known after a call that was answered yes; `account` null: there is none any more. */
function afterCall(
  { kind, fields, supports }: Pick<Attempt['rules'], 'kind' | 'fields' | 'supports'>,
  before: Known,
  { call }: Intent,
  account: VendorAccount | null,
): Known {
  if (account === null) return EMPTY;
  // A renamed group reserves its new title.
  const address = kind === 'group' ? account.address : before.address;
  const known = { ...before, address, vendorId: account.id, actual: account, asked: null };
  switch (call.op) {
    case 'create': {
      const written = writtenByCreate(fields, call.fields, account);
      // Where a repeated create is answered yes too, the invitation may be somebody else's until the account is seen.
      const { onRepeatedCreate: repeated } = supports;
      const isProof = repeated !== 'resends' && repeated !== 'idempotent';
      return { ...known, origin: isProof || account.presence !== 'pending' ? 'created' : null, written };
    }
    case 'update':
      return { ...known, written: mergeWritten(fields, before.written, call.changes) };
    default:
      return known;
  }
}

/** What a create wrote; of a list that the vendor tells, only the elements that are there. */
export function writtenByCreate(table: FieldTable, fields: FieldValues, account: VendorAccount): FieldValues {
  const written: FieldValues = {};
  for (const { name, set, compared } of table) {
    const value = fields[name];
    if (set === 'key' || compared === false || value === undefined) continue;
    const told = account.fields[name];
    const taken = Array.isArray(value) && Array.isArray(told);
    written[name] = taken ? value.filter((item) => told.some((other) => sameJson(other, item))) : value;
  }
  return written;
}

/** The call did not take effect. What the vendor says of the account itself is looked at; what can be tried otherwise is. */
function refused(a: Attempt, failure: Failure, how: { together: boolean; without: string[] }): Attempt {
  const { calling, intent } = callOf(a);
  const { error } = failure;
  // A create that was refused reserves nothing, and changed nothing.
  const closed = { ...a, rows: calling.rows };
  const after: Attempt = { ...renewalRefused(closed, calling.row), ...ended(a, intent.call.op) };
  if (how.together) return { ...after, alone: true };
  if (how.without.length > 0) return { ...after, without: [...a.without, ...how.without] };
  const said = { error, row: calling.row, call: JSON.stringify([calling.row, intent.call]), at: a.now };
  if (error.code === 'GONE') return { ...after, said: { ...said, code: 'GONE' } };
  if (error.code === 'CONFLICT' && intent.call.op === 'create') {
    return { ...after, said: { ...said, code: 'CONFLICT' } };
  }
  return { ...after, failure };
}

/** Of a renewed call the first one stays open: a human has to look whether it took effect. */
function renewalRefused(a: Attempt, id: string): Attempt {
  const call = rowOf(a, id).known.intent?.call;
  if (call?.op !== 'create') return a;
  const title = `Look in ${a.rules.title} whether ${call.address} has an invitation; take it away if it is there, then report it done: a call to make it ended without an answer, and another one was refused.`;
  return addTask(a, { kind: 'doubt', title, wanted: call.address }, id);
}

/** Nobody knows whether the call took effect: its intent stays open. */
function lost(a: Attempt, event: Extract<Event, { on: 'lost' }>): Attempt {
  const { calling, intent } = callOf(a);
  const { failure, answered: yes } = event;
  const open: Intent = yes ? { ...intent, refusal: failure.error } : intent;
  const lookFrom = yes ? a.now : event.begun + a.rules.callTimeoutMs;
  return {
    ...withRow(a, calling.row, { known: { intent: open }, lookFrom }),
    ...ended(a, intent.call.op),
    lost: yes ? null : failure,
  };
}

function ended(a: Attempt, op: Attempt['sent'][number]) {
  return { lastCall: a.now, looks: 0, sent: [...a.sent, op], calling: null };
}

function callOf(a: Attempt): { calling: NonNullable<Attempt['calling']>; intent: Intent } {
  const { calling } = a;
  const intent = calling === null ? null : rowOf(a, calling.row).known.intent;
  if (calling === null || intent === null) throw new Error('An answer came to no call.');
  return { calling, intent };
}
