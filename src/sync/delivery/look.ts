/** Looks: where an account is looked for, and how fresh what was seen is (rule 5). Pure. */
import { isEmpty, keyOf } from './rows.ts';
import type { Attempt, LookReason, Moment, Move, Row, Seen } from './state.ts';

/**
 * Where a row's account is looked for: where it is, or may be; else at the address that is wanted or was mapped last. An address that was
 * reserved for a call that came to nothing says nothing of the one that is wanted now.
 */
export function addressOf(a: Attempt, row: Row): string | null {
  const { actual, address } = row.known;
  if (actual !== null) return actual.address;
  if (address !== null && (row.role !== 'current' || !isEmpty(row))) return address;
  if (row.role === 'left') return row.mapped;
  return a.wanted.address ?? address ?? row.mapped;
}

/** Under what an attempt remembers what it saw of a row. */
export function lookKey(a: Attempt, row: Row): string {
  const { vendorId } = row.known;
  return vendorId === null ? `at ${keyOf(a, addressOf(a, row) ?? '')}` : `id ${vendorId}`;
}

export function lookAt(a: Attempt, row: Row, why: LookReason, notBefore: Moment): Move {
  const address = addressOf(a, row);
  if (address === null) throw new Error('There is nothing to look for.');
  return { do: 'look', key: lookKey(a, row), id: row.known.vendorId, address, notBefore, why };
}

/** From when on a look counts: after the claim, and after this attempt's last call. */
export function freshFrom(a: Attempt): Moment {
  return Math.max(a.claimed, a.lastCall ?? a.claimed);
}

/** What was seen of the row's account since then; null: nothing, or too long ago. */
export function fresh(a: Attempt, row: Row, from = freshFrom(a)): Seen | null {
  const seen = latest(a, row);
  if (seen === null || seen.begun < from) return null;
  return a.now - seen.begun > seen.ageMs ? null : seen;
}

/** By its key; an account that another look showed counts too. */
function latest(a: Attempt, row: Row): Seen | null {
  const key = lookKey(a, row);
  let last = a.seen[key] ?? null;
  for (const seen of Object.values(a.seen)) {
    const shows = seen.is === 'present' && seen.account.id === row.known.vendorId;
    if (shows && (last === null || seen.begun > last.begun)) last = seen;
  }
  return last;
}

/** Of what is remembered or foreseen in place of a look. */
export const PLAYED = { ageMs: Number.POSITIVE_INFINITY, listed: true };

/** Absence from the list proves nothing of a known invitation. */
export function isHidden(a: Attempt, { known }: Row): boolean {
  if (a.rules.supports.hidesPending !== true) return false;
  return known.actual?.presence === 'pending' || known.intent?.call.op === 'create';
}
