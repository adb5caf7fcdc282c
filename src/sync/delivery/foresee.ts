/** Plays the step machine without a vendor: the dry run, the preview and the comparison (rule 20). Pure. */

import type { Call, VendorAccount } from '../../core/account.ts';
import type { FieldValue, FieldValues } from '../../core/field.ts';
import { PLAYED } from './look.ts';
import { rowOf } from './rows.ts';
import type { Attempt, End, Event, Move, Seen } from './state.ts';
import { step } from './step.ts';

type Look = Extract<Move, { do: 'look' }>;

/** No plan has so many calls, or looks in a row: a mistake in it must not stop the process. */
const MOST = 10_000;

/** What a look would say. */
export type See = (look: Look, attempt: Attempt) => Seen;

/** The first move that is no look. */
export function firstMove(
  attempt: Attempt,
  see: See,
): { attempt: Attempt; move: Exclude<Move, { do: 'look' }> } {
  return onward(attempt, { on: 'claimed' }, see);
}

/** Played to its end, each call answered yes. A take-over is where a play ends: what the other row knows is not known here. */
export function playOut(attempt: Attempt, see: See): { attempt: Attempt; end: End } {
  let turn = onward(attempt, { on: 'claimed' }, see);
  for (let calls = 0; turn.move.do === 'call'; calls += 1) {
    if (calls === MOST) throw new Error('The plan does not end.');
    const { call } = turn.move.intent;
    const account = foresee(turn.attempt, turn.move.row, call);
    // No time goes by in a play: what was seen before the call does not count after it.
    const called = { ...turn.attempt, seen: {} };
    turn = onward(called, { on: 'answered', account }, (look, a) => foreseen(a, look) ?? see(look, a));
  }
  if (turn.move.do === 'end') return { attempt: turn.attempt, end: turn.move.end };
  const step = { step: 'rehire', address: turn.attempt.wanted.address };
  return { attempt: { ...turn.attempt, steps: [...turn.attempt.steps, step] }, end: DONE };
}

const DONE: End = {
  result: 'done',
  state: 'in-sync',
  error: null,
  due: 'never',
  give: 'settle',
  swap: false,
};

function onward(before: Attempt, event: Event, see: See) {
  let { attempt, move } = step(before, event);
  for (let looks = 0; move.do === 'look'; looks += 1) {
    if (looks === MOST) throw new Error('The plan does not end.');
    ({ attempt, move } = step(attempt, { on: 'seen', key: move.key, seen: see(move, attempt) }));
  }
  return { attempt, move };
}

/** An account that a call was made about is as it was foreseen; null: it is another one. */
function foreseen({ rows, done, now }: Attempt, { id }: Look): Seen | null {
  const row = rows.find(({ known }) => id !== null && known.vendorId === id);
  const account = row?.known.actual;
  if (row === undefined || account == null) return null;
  const isCalled = done.some((call) => call.startsWith(JSON.stringify([row.id]).slice(0, -1)));
  return isCalled ? { ...PLAYED, begun: now, is: 'present', account, holder: null } : null;
}

/** The account after a yes; null: there is none any more. */
function foresee(a: Attempt, row: string, call: Call): VendorAccount | null {
  const { actual } = rowOf(a, row).known;
  if (call.op === 'create') {
    return { id: call.address, address: call.address, presence: 'active', fields: call.fields };
  }
  if (actual === null || call.op === 'remove' || call.op === 'withdraw') return null;
  switch (call.op) {
    case 'update':
      return { ...actual, fields: changed(actual.fields, call) };
    case 'suspend':
      return { ...actual, presence: 'suspended' };
    case 'reactivate':
      return { ...actual, presence: 'active' };
    case 'revoke':
      return { ...actual, fields: revoked(a, actual.fields) };
  }
}

function changed(fields: FieldValues, { changes }: Extract<Call, { op: 'update' }>): FieldValues {
  const lists = new Set([...Object.keys(changes.add), ...Object.keys(changes.remove)]);
  const merged = [...lists].map((name) => {
    const had = fields[name];
    const gone = (changes.remove[name] ?? []).map((item) => JSON.stringify(item));
    const kept = (Array.isArray(had) ? had : []).filter((item) => !gone.includes(JSON.stringify(item)));
    const after: FieldValue = [...kept, ...(changes.add[name] ?? [])];
    return [name, after] as const;
  });
  return { ...fields, ...changes.set, ...Object.fromEntries(merged) };
}

function revoked({ rules }: Attempt, fields: FieldValues): FieldValues {
  const lists = rules.fields.filter(
    ({ type, name }) => type === 'list' && rules.supports.update.includes(name),
  );
  return { ...fields, ...Object.fromEntries(lists.map(({ name }) => [name, []])) };
}
