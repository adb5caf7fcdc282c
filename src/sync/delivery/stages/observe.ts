/** Looks: what was seen, how fresh it is, and what it makes of a row (rules 5, 6, 9). Pure. */
import { EMPTY, type VendorAccount } from '../../../core/account.ts';
import { addressOf, fresh, freshFrom, isHidden, lookAt } from '../look.ts';
import { goesBy, isLeaving, mainRow, rowOf, withRow } from '../rows.ts';
import type { Attempt, Failure, Row, Seen, Turn } from '../state.ts';
import { subjectOf } from './move.ts';
import { addTask, conflict, endDone, errorOf } from './settle.ts';
import { judgeFound } from './whose.ts';

/** What a fresh look says becomes what is known; what is not the row's own is judged. */
export function observe(a: Attempt): Turn {
  const said = a.said;
  if (said !== null) return settleSaid(a, said);
  const row = subjectOf(a);
  if (row === null || addressOf(a, row) === null) return { attempt: a };
  const seen = fresh(a, row);
  if (seen === null) return { attempt: a };
  switch (seen.is) {
    case 'present':
      return observePresent(a, row, seen);
    case 'absent':
      return observeAbsent(a, row);
    case 'several':
      return observeSeveral(a, row);
    case 'foreign':
      return row.known.vendorId === null ? observeForeign(a, seen.reason) : { attempt: a };
  }
}

function observePresent(a: Attempt, row: Row, seen: Extract<Seen, { is: 'present' }>): Turn {
  const { account } = seen;
  const main = mainRow(a);
  const isAsked = row.role === 'next' && row.known.asked !== null && row.known.vendorId === null;
  if (isAsked && main.told.length === 0 && main.known.vendorId !== null) {
    // Whether the human is done shows in the old account.
    const old = fresh(a, main);
    if (old === null) return { attempt: a, move: lookAt(a, main, 'plan', freshFrom(a)) };
    if (old.is !== 'absent' || isHidden(a, main)) return { attempt: a };
    return { attempt: withRow(a, main.id, { known: EMPTY, lookFrom: null }), again: true };
  }
  const own = row.known.vendorId === account.id && row.known.origin !== null;
  const other = otherWith(a, row, account);
  if (other !== undefined) return { attempt: unite(a, row, other, seen), again: true };
  if (!own) return judgeFound(a, row, seen);
  const attempt = refreshed(a, row, seen);
  // Renamed by hand: the address is a matter for the stages before this one.
  return hasWanted(a, row.known.actual) === hasWanted(a, account) ? { attempt } : { attempt, again: true };
}

/** Another one of the User's rows that has the account. */
export function otherWith(a: Attempt, row: Row, account: VendorAccount): Row | undefined {
  return a.rows.find(({ id, role, known }) => {
    return id !== row.id && role !== 'gone' && known.vendorId === account.id;
  });
}

/** One account, one row: what was found for one of the User's rows is the account of another. */
export function unite(a: Attempt, row: Row, other: Row, seen: Extract<Seen, { is: 'present' }>): Attempt {
  if (other.id === mainRow(a).id)
    return refreshed(withRow(a, row.id, { role: 'gone', known: EMPTY }), other, seen);
  const known = { ...other.known, address: row.known.address, actual: seen.account };
  return withRow(withRow(a, other.id, { role: 'gone', known: EMPTY }), row.id, { known });
}

function hasWanted(a: Attempt, account: VendorAccount | null): boolean {
  return account !== null && goesBy(a, account, a.wanted.address);
}

/** The account as it is now. One none of whose addresses is reserved any more moves the reservation, if that is free. */
export function refreshed(
  a: Attempt,
  row: Row,
  { account, holder }: Extract<Seen, { is: 'present' }>,
): Attempt {
  const known = { actual: account, vendorId: account.id };
  if (goesBy(a, account, row.known.address)) return withRow(a, row.id, { known });
  const other = a.rows.find(({ id, role, known: { address } }) => {
    return id !== row.id && role !== 'gone' && goesBy(a, account, address);
  });
  // What a human was asked for there, or nothing yet, gives way.
  const gives = other?.role !== 'current' && other?.known.vendorId === null && other.known.intent === null;
  if (other !== undefined && !gives) return withRow(a, row.id, { known });
  if (holder !== null) return { ...withRow(a, row.id, { known }), wake: [...a.wake, holder.id] };
  const freed = other === undefined ? a : withRow(a, other.id, { role: 'gone' });
  return withRow(freed, row.id, { known: { ...known, address: account.address } });
}

function observeAbsent(a: Attempt, row: Row): Turn {
  if (row.known.vendorId === null && row.known.asked === null) return { attempt: a };
  if (isHidden(a, row)) return { attempt: a };
  const asked = row.known.vendorId === null ? row.known.asked : null;
  // A human has not made yet what was asked for; whoever leaves needs it no more.
  if (asked !== null && !isLeaving(a) && row.told.length === 0) return { attempt: a };
  const attempt = withRow(a, row.id, { known: { ...EMPTY, address: null }, told: [], lookFrom: null });
  return { attempt, again: true };
}

function observeSeveral(a: Attempt, row: Row): Turn {
  if (row.known.vendorId !== null) return { attempt: a };
  const address = addressOf(a, row) ?? '';
  const reason = `Two accounts of ${a.rules.title} have the address ${address}: leave one of them, then retry.`;
  if (!isLeaving(a)) return conflict(a, reason);
  return endDone(addTask(a, { kind: 'several', title: reason, wanted: address }));
}

function observeForeign(a: Attempt, reason: string): Turn {
  return isLeaving(a) ? endDone(a) : conflict(a, reason);
}

/** The vendor says that the account is gone, or that one is there already: one look decides. */
function settleSaid(a: Attempt, said: NonNullable<Attempt['said']>): Turn {
  const row = rowOf(a, said.row);
  const seen = fresh(a, row, said.at);
  const why = said.code === 'GONE' ? 'list' : 'plan';
  if (seen === null || (why === 'list' && !seen.listed)) {
    return { attempt: a, move: lookAt(a, row, why, said.at) };
  }
  const settled: Attempt = { ...a, said: null };
  if (said.code === 'CONFLICT') {
    // It is there, and nobody can see it: somebody else's.
    if (seen.is === 'absent') return { attempt: { ...settled, failure: failureOf(said.error) }, again: true };
    return { attempt: settled, again: true };
  }
  if (seen.is === 'absent') {
    if (isHidden(settled, row)) return notPermitted(settled, row, said.error.message);
    return { attempt: withRow(settled, row.id, { known: EMPTY, lookFrom: null }), again: true };
  }
  // Planned anew from what the list shows: only the very same call is not made again.
  const disproved = { call: said.call, message: said.error.message };
  return { attempt: { ...settled, disproved }, again: true };
}

function notPermitted(a: Attempt, row: Row, message: string): Turn {
  const text = `${message} Its list shows it all the same.`;
  const failure = { ...failureOf(errorOf('NOT_PERMITTED', text)), row: row.id };
  return { attempt: { ...a, failure }, again: true };
}

function failureOf(error: Failure['error']): Failure {
  return { error, retryAt: null, op: null, row: null, address: null };
}
