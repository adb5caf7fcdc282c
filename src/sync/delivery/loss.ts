/** What a call takes away, and what it has to rest on (rules 5 and 15). Pure. */

import type { Call, VendorAccount } from '../../core/account.ts';
import type { Field, FieldValue } from '../../core/field.ts';
import { sameJson } from '../../core/json.ts';
import { mainRow } from './rows.ts';
import type { Attempt, LookReason, Loses, Row } from './state.ts';

type UpdateCall = Extract<Call, { op: 'update' }>;

const TAKES_ACCESS: ReadonlySet<Call['op']> = new Set(['suspend', 'remove', 'revoke']);

/** Whether the person loses access or power by it, and a role of which somebody else has to stay. */
export function lossOf(a: Attempt, row: Row, call: Call): { loses: Loses; lastOf: string | null } {
  const none = { loses: null, lastOf: null };
  const account = row.known.actual;
  if (a.rules.kind === 'group') return none;
  if (call.op === 'create') {
    // A move is counted here, where it begins.
    const moves = row.role === 'next' && mainRow(a).known.actual?.presence === 'active';
    return moves ? { loses: 'access', lastOf: null } : none;
  }
  if (account?.presence !== 'active') return none;
  if (TAKES_ACCESS.has(call.op)) {
    return { loses: row.counted ? null : 'access', lastOf: account.lastOf ?? null };
  }
  if (call.op !== 'update') return none;
  const fallen = fallenFields(a, account, call);
  const role = fallen.some((field) => field.power === 'told') ? (account.lastOf ?? null) : null;
  return { loses: fallen.length > 0 ? 'power' : null, lastOf: role };
}

/** Fields of an update whose power falls, by the field table. */
function fallenFields(a: Attempt, account: VendorAccount, { changes }: UpdateCall): Field[] {
  return a.rules.fields.filter((field) => {
    const before = account.fields[field.name];
    if (field.power === undefined || before === undefined) return false;
    if (field.power === 'list') return isEmptied(before, changes.add[field.name], changes.remove[field.name]);
    const after = changes.set[field.name];
    return after !== undefined && !sameJson(before, after) && falls(a, field, before, after);
  });
}

function isEmptied(
  before: FieldValue,
  add: readonly unknown[] = [],
  remove: readonly unknown[] = [],
): boolean {
  if (!Array.isArray(before) || before.length === 0 || remove.length === 0 || add.length > 0) return false;
  return before.every((item) => remove.some((other) => sameJson(other, item)));
}

/** A change between values that nobody ranks counts as a fall. */
function falls(a: Attempt, { power }: Field, before: FieldValue, after: FieldValue): boolean {
  const ranks = power === 'told' ? toldRanks(a) : typeof power === 'object' ? listedRanks(power.ranks) : {};
  const [from, to] = [ranks[String(before)], ranks[String(after)]];
  return from === undefined || to === undefined || to < from;
}

function listedRanks(values: readonly string[]): Record<string, number> {
  return Object.fromEntries(values.map((value, rank) => [value, rank]));
}

/** By what the accounts show that were seen, and those that are known. */
function toldRanks(a: Attempt): Record<string, number> {
  const seen = Object.values(a.seen).flatMap((one) => (one.is === 'present' ? [one.account] : []));
  const known = a.rows.flatMap(({ known: { actual } }) => (actual === null ? [] : [actual]));
  return Object.assign({}, a.rules.ranks, ...[...known, ...seen].map(({ ranks }) => ranks ?? {}));
}

/** The update without the fields that give power. */
export function withoutPower(a: Attempt, row: Row, call: UpdateCall): UpdateCall {
  const account = row.known.actual;
  const fallen = account === null ? [] : fallenFields(a, account, call).map(({ name }) => name);
  const rest = <Value>(values: Record<string, Value>) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => !fallen.includes(name)));
  const { set, add, remove } = call.changes;
  return { op: 'update', changes: { set: rest(set), add: rest(add), remove: rest(remove) } };
}

/** Why a look that began after the claim has to come first; null: what is remembered will do. */
export function needsLook(a: Attempt, row: Row, call: Call): LookReason | null {
  const { lastOf } = lossOf(a, row, call);
  if (lastOf !== null) return 'list';
  switch (call.op) {
    case 'create':
    case 'suspend':
    case 'remove':
    case 'revoke':
      return 'plan';
    case 'withdraw':
      // One that was accepted meanwhile cannot be withdrawn, and is found then.
      return null;
    case 'reactivate':
      return null;
    case 'update': {
      const { set, add, remove } = call.changes;
      const powerful = a.rules.fields.some(
        ({ name, power }) => power !== undefined && (name in set || name in add || name in remove),
      );
      // A value that falls back does so only while it is still the one that Causeway wrote.
      const fallsBack = Object.keys({ ...set, ...remove }).some((name) => {
        const from = a.wanted.fields[name]?.from;
        return from !== 'idp' && from !== 'rule';
      });
      const looks = powerful || fallsBack || row.role === 'next' || a.rules.supports.wholeRecord;
      return looks && a.rules.kind === 'user' ? 'plan' : null;
    }
  }
}
