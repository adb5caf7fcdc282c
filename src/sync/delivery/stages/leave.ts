/** Rows that are nobody's any more, and those that are given up (rules 7, 8, 11). Pure. */
import { EMPTY } from '../../../core/account.ts';
import { fresh, freshFrom, isHidden, lookAt } from '../look.ts';
import { goesBy, isEmpty, isLeaving, leaveBehind, mainRow, nextRow, sameAddress, withRow } from '../rows.ts';
import type { Attempt, Row, Turn } from '../state.ts';
import { end } from './settle.ts';

/** A `left` row at the address that its living User wants again is given back for the User to take. */
export function giveBack(a: Attempt): Turn {
  const row = mainRow(a);
  if (row.role !== 'left' || row.known.intent !== null) return { attempt: a };
  if (a.wanted.presence !== 'active') return { attempt: a };
  const woken = { ...a, wakeUser: true };
  const seen = fresh(a, row);
  // Renamed by hand to what its User wants.
  const isThere = seen?.is === 'present' && goesBy(a, seen.account, a.wanted.address);
  if (!isThere && !sameAddress(a, a.wanted.address, row.known.address)) return { attempt: a };
  // Its User may be deleted, or move on, before it takes it.
  return end(woken, 'retry', 'waiting', { give: 'release', due: 'list' });
}

/** What was asked for, or held for a move, and is not wanted any more. */
export function giveUpSuperseded(a: Attempt): Turn {
  const main = mainRow(a);
  const { wanted } = a;
  const next = nextRow(a);
  const isMoving = main.known.vendorId !== null && !isLeaving(a);
  if (next !== null && (!isMoving || isElsewhere(a, next))) {
    return giveUpNext(a, next);
  }
  const asksElsewhere = main.known.asked !== null && main.known.vendorId === null && !isLeaving(a);
  if (asksElsewhere && !sameAddress(a, main.known.address, wanted.address)) {
    return { attempt: leaveBehind(a, main), again: true };
  }
  return { attempt: a };
}

function isElsewhere(a: Attempt, { known: { address, actual } }: Row): boolean {
  if (!sameAddress(a, address, a.wanted.address)) return true;
  // Renamed by hand.
  return actual !== null && !goesBy(a, actual, a.wanted.address);
}

function giveUpNext(a: Attempt, next: Row): Turn {
  const main = mainRow(a);
  // The account is gone, and `next` is where it is wanted.
  if (main.known.vendorId === null && !isLeaving(a) && sameAddress(a, next.known.address, a.wanted.address)) {
    return takeNext(a, next);
  }
  const neverOwn = next.known.origin === 'adopted' && next.known.asked === null;
  if (isEmpty(next) || neverOwn) return { attempt: withRow(a, next.id, { role: 'gone' }), again: true };
  if (next.known.asked !== null && next.known.vendorId === null && main.known.vendorId !== null) {
    return giveUpAsked(a, next);
  }
  return { attempt: withRow(a, next.id, { role: 'left' }), again: true };
}

function takeNext(a: Attempt, next: Row): Turn {
  const gone = withRow(a, next.id, { role: 'gone', known: EMPTY });
  const taken = withRow(gone, mainRow(a).id, { known: next.known, lookFrom: next.lookFrom });
  return { attempt: { ...taken, seen: {} }, again: true };
}

/** What a human was asked to make in place of the old account is ours only if that is gone, or the human says that it is done. */
function giveUpAsked(a: Attempt, next: Row): Turn {
  const main = mainRow(a);
  if (main.told.length > 0) return { attempt: withRow(a, next.id, { role: 'left' }), again: true };
  const seen = fresh(a, main);
  if (seen === null) return { attempt: a, move: lookAt(a, main, 'plan', freshFrom(a)) };
  if (seen.is !== 'absent' || isHidden(a, main)) {
    return { attempt: withRow(a, next.id, { role: 'gone' }), again: true };
  }
  const emptied = withRow(a, main.id, { known: EMPTY, lookFrom: null });
  return { attempt: withRow(emptied, next.id, { role: 'left' }), again: true };
}
