/** What is remembered of the row's own account is looked at before anything is planned (rules 8 and 10). Pure. */
import { EMPTY } from '../../../core/account.ts';
import { fresh, freshFrom, isHidden, lookAt } from '../look.ts';
import { mainRow, withRow } from '../rows.ts';
import type { Attempt, Turn } from '../state.ts';
import { refreshed } from './observe.ts';
import { accepted, isPendingOf } from './whose.ts';

export function lookFirst(a: Attempt): Turn {
  const main = mainRow(a);
  const asks = a.looksFirst || main.told.length > 0;
  if (!asks || a.said !== null || main.known.vendorId === null) return { attempt: a };
  const seen = fresh(a, main);
  if (seen === null) return { attempt: a, move: lookAt(a, main, 'plan', freshFrom(a)) };
  if (seen.is !== 'absent' || isHidden(a, main)) return { attempt: a };
  return { attempt: withRow(a, main.id, { known: EMPTY, lookFrom: null }), again: true };
}

/** An invitation that a list shows accepted is an account from then on, whatever the list was read for. */
export function acquaint(a: Attempt): Turn {
  const main = mainRow(a);
  const seen = fresh(a, main);
  if (seen?.is !== 'present' || seen.holder !== null || seen.account.presence === 'pending')
    return { attempt: a };
  return isPendingOf(a, main, seen.account) ? accepted(a, main, seen) : { attempt: a };
}

/** Where a look has just shown the User's own account, its address is the one that is seen, not the one remembered. */
export function relocate(a: Attempt): Turn {
  const main = mainRow(a);
  const { vendorId, origin, actual } = main.known;
  const seen = fresh(a, main);
  if (seen?.is !== 'present' || vendorId !== seen.account.id || origin === null) return { attempt: a };
  if (actual === null || actual.address === seen.account.address) return { attempt: a };
  return { attempt: refreshed(a, main, seen), again: true };
}
