/** A call with effects: its intent is written before it is sent (rule 1). Pure. */

import type { Call, Hold, Intent, VendorAccount } from '../../core/account.ts';
import type { Changes, Field } from '../../core/field.ts';
import { lossOf } from './loss.ts';
import { withRow } from './rows.ts';
import type { Attempt, Row, Turn } from './state.ts';

/** Sends the call of this intent, which is written first. */
export function callNow(a: Attempt, row: Row, intent: Intent, step: Hold['step']): Turn {
  const { call } = intent;
  const account = call.op === 'create' ? null : row.known.actual;
  const { loses, lastOf } = lossOf(a, row, call);
  const address = call.op === 'create' ? { address: call.address } : {};
  // What a move counts it counts once: the old account goes with it.
  const counted = row.role === 'next' && call.op === 'create' ? { counted: loses !== null } : {};
  const open = withRow(a, row.id, { ...counted, known: { ...address, intent }, lookFrom: null });
  const calling = { row: row.id, step, rows: a.rows, steps: a.steps };
  const attempt: Attempt = { ...open, calling, steps: [...a.steps, describeCall(a, call, account)] };
  return { attempt, move: { do: 'call', row: row.id, intent, account, loses, lastOf, freshUntil: null } };
}

function describeCall(a: Attempt, call: Call, account: VendorAccount | null) {
  const told = a.rules.kind === 'group' ? { title: account?.address ?? null } : {};
  switch (call.op) {
    case 'create':
      return a.rules.kind === 'group'
        ? { step: 'create', title: call.address }
        : { step: 'create', address: call.address, fields: call.fields };
    case 'update':
      if (a.rules.kind === 'group') {
        return { step: 'rename', before: account?.address ?? null, after: call.changes.set['title'] ?? null };
      }
      return { step: 'update', fields: changedFields(a.rules.fields, call.changes, account, a) };
    default:
      return { step: call.op, ...told };
  }
}

/** Each changed field as the history shows it. */
function changedFields(
  fields: readonly Field[],
  changes: Changes,
  account: VendorAccount | null,
  a: Attempt,
) {
  const { set, add, remove } = changes;
  return fields
    .filter(({ name }) => name in set || name in add || name in remove)
    .map(({ name }) => {
      const before = account?.fields[name] ?? null;
      const had = Array.isArray(before) ? before : [];
      const gone = remove[name] ?? [];
      const after = set[name] ?? [...had.filter((item) => !gone.includes(item)), ...(add[name] ?? [])];
      return { field: name, before, after, why: a.wanted.fields[name]?.from ?? 'default' };
    });
}
