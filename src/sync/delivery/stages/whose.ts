/** Whose an account is (rule 4), and who has the wanted address (rule 10). Pure. */

import { EMPTY, type VendorAccount } from '../../../core/account.ts';
import { hasChanges } from '../../plan/differences.ts';
import { createDifferences, protect } from '../../plan/plan.ts';
import { addressOf, fresh, lookAt } from '../look.ts';
import { goesBy, isEmpty, isLeaving, mainRow, withRow } from '../rows.ts';
import type { Attempt, Holder, Row, Seen, Turn } from '../state.ts';
import { subjectOf } from './move.ts';
import { again, conflict, endDone, errorOf, refuse } from './settle.ts';

type Present = Extract<Seen, { is: 'present' }>;

/** An account was found that the row does not know as its own. */
export function judgeFound(a: Attempt, row: Row, seen: Present): Turn {
  const { account, holder } = seen;
  if (account.id !== row.known.vendorId && !goesBy(a, account, addressOf(a, row)))
    return stranger(a, row, account);
  if (holder !== null && isTaken(a, holder)) return elses(a, row, account, holder);
  if (holder !== null && (holder.own || isObservedFree(a, holder)) && holder.by === 'id') {
    const into = row.id === mainRow(a).id ? 'current' : 'next';
    return { attempt: a, move: { do: 'take', holder: holder.id, into } };
  }
  // An accepted invitation is the same account; whose an answered but unseen one was is judged as after a lost create.
  if (isPendingOf(a, row, account)) return accepted(a, row, seen);
  if (isAsked(a, row, account)) return adopt(a, row, account);
  if (row.known.vendorId !== null) {
    // The known one is gone, and another has its address.
    return { attempt: withRow(a, row.id, { known: EMPTY, lookFrom: null }), again: true };
  }
  return byPolicy(a, row, account);
}

/** The vendor shows an account of another address: to it they are equal, to Causeway they are not. */
function stranger(a: Attempt, row: Row, { address }: VendorAccount): Turn {
  if (isLeaving(a)) return endDone(a);
  return conflict(
    a,
    `${a.rules.title} shows the account ${address} for ${addressOf(a, row) ?? ''}, which is not the same address.`,
  );
}

/** Another row has the account, by its vendor id or by its address alone, and keeps it. What a leaver's own row reserves is that row's. */
function isTaken(a: Attempt, holder: Holder): boolean {
  if (holder.own) return isLeaving(a) && (holder.by === 'address' || holder.role === 'current');
  return !isObservedFree(a, holder);
}

/** A User that was only imported stands for nobody's word. */
function isObservedFree({ rules: { policies } }: Attempt, { owner }: Holder): boolean {
  return owner === 'observed' && policies.adoption === 'adopt';
}

function elses(a: Attempt, row: Row, account: VendorAccount, holder: Holder): Turn {
  // A leaver has nothing more to look for there, nor what a human was asked to make.
  if (isLeaving(a)) return endDone(withRow(a, row.id, { known: EMPTY, lookFrom: null }));
  return conflict(emptied(a, row), takenBy(a, account.address, holder));
}

function takenBy({ rules }: Attempt, address: string, holder: Holder): string {
  const word = rules.kind === 'group' ? 'Group' : 'User';
  const owner = holder.name === null ? `a deleted ${word}` : `the ${word} ${holder.name}`;
  return `The address ${address} at ${rules.title} belongs to ${owner} of this connection.`;
}

export function isPendingOf(
  a: Attempt,
  { known: { actual, vendorId } }: Row,
  account: VendorAccount,
): boolean {
  if (vendorId === null || actual?.presence !== 'pending') return false;
  return goesBy(a, account, actual.address);
}

export function accepted(a: Attempt, row: Row, seen: Present): Turn {
  const { account } = seen;
  const { origin, written } = row.known;
  const known = { vendorId: account.id, actual: account };
  if (origin !== null) return { attempt: withRow(a, row.id, { known }) };
  const isAsSent = !hasChanges(createDifferences(a.rules, written, account.fields));
  if (isAsSent && account.presence !== 'suspended')
    return { attempt: withRow(a, row.id, { known: { ...known, origin: 'created' } }) };
  const open = withRow(a, row.id, { known: { ...EMPTY, address: row.known.address } });
  return byPolicy(open, { ...row, known: { ...EMPTY, address: row.known.address } }, account);
}

/** A human made it because an open task asked for it: for a change of address only once the old account is gone, or the human says so. */
function isAsked(a: Attempt, row: Row, account: VendorAccount): boolean {
  const { asked, address } = row.known;
  if (asked === null || !goesBy(a, account, address)) return false;
  if (row.role !== 'next') return true;
  return row.told.length > 0 || mainRow(a).told.length > 0 || mainRow(a).known.vendorId === null;
}

function adopt(a: Attempt, row: Row, account: VendorAccount): Turn {
  const known = { ...EMPTY, address: account.address, vendorId: account.id, actual: account };
  const attempt = withRow(a, row.id, { known: { ...known, origin: 'adopted' }, told: [], lookFrom: null });
  const step = { step: 'adopt', address: account.address };
  return { attempt: { ...attempt, steps: [...a.steps, step], changes: [...a.changes, 'adopt'] } };
}

/** Somebody else's account, by the adoption policy. */
function byPolicy(a: Attempt, row: Row, account: VendorAccount): Turn {
  const { policies, title } = a.rules;
  const leaving = isLeaving(a);
  if (policies.adoption === 'refuse') {
    if (leaving) return endDone(emptied(a, row));
    const reason = `${account.address} has an account at ${title} already, and this connection takes none over (adoption).`;
    return conflict(emptied(a, row), reason);
  }
  // A living User that moved away has no say in who is there now.
  if (row.role === 'left' && a.wanted.presence === 'active') return endDone(emptied(a, row));
  if (!leaving && row.role === 'next') {
    const reason = protect(account, policies).protected;
    if (policies.addressChange === 'task') return conflict(a, elsesAt(a, account));
    if (reason !== undefined) return refuseOnto(a, account, reason);
  }
  return adopt(a, row, account);
}

function elsesAt({ rules }: Attempt, { address }: VendorAccount): string {
  return `${address} has an account at ${rules.title} already that is somebody else’s.`;
}

/** Nothing is known of the row any more, where what it knew was an answer nobody could check. */
function emptied(a: Attempt, row: Row): Attempt {
  return row.known.vendorId === null ? a : withRow(a, row.id, { known: EMPTY, lookFrom: null });
}

/** Conflicts come before any call or task, after the holder was looked at. */
export function settleConflict(a: Attempt): Turn {
  const { holder, wanted } = a;
  const row = subjectOf(a);
  if (holder === null || isLeaving(a) || wanted.address === null) return { attempt: a };
  if (row.known.actual !== null && goesBy(a, row.known.actual, wanted.address)) return { attempt: a };
  if (isFree(a, holder, row)) return takeFree(a, row, holder);
  if (!holder.held && !holder.circle && !holder.atRest && !holder.stays) return awaitHolder(a);
  // Only what is there decides: a holder whose account has vanished gives the address up.
  const probe = probeOf(a, row);
  const seen = fresh(a, probe);
  if (seen === null) return { attempt: a, move: lookAt(a, probe, 'plan', a.claimed) };
  // Where invitations are hidden, absence proves nothing of the holder's.
  const isGone = seen.is === 'absent' && a.rules.supports.hidesPending !== true;
  if (isGone && holder.known && holder.intent === 'none' && !holder.held) {
    return awaitHolder({ ...a, wake: [...a.wake, holder.id] });
  }
  return conflict(a, takenBy(a, wanted.address, holder));
}

function awaitHolder(a: Attempt): Turn {
  const reason = `The address ${a.wanted.address ?? ''} is another account’s that is about to give it up.`;
  return again(a, errorOf('PENDING', reason), 'holder');
}

/** Whoever has an account moves, and nobody is moved onto a protected one. */
function takeFree(a: Attempt, row: Row, holder: Holder): Turn {
  const isFirst = row.id === mainRow(a).id && isEmpty(row);
  if (isFirst) return { attempt: a, move: { do: 'take', holder: holder.id, into: 'current' } };
  const probe = probeOf(a, row);
  const seen = fresh(a, probe);
  if (seen === null) return { attempt: a, move: lookAt(a, probe, 'plan', a.claimed) };
  const reason = seen.is === 'present' ? protect(seen.account, a.rules.policies).protected : undefined;
  if (seen.is === 'present' && reason !== undefined && !holder.own)
    return refuseOnto(a, seen.account, reason);
  return { attempt: a, move: { do: 'take', holder: holder.id, into: 'next' } };
}

/** The wanted address, whatever the row knows. */
function probeOf({ wanted }: Attempt, row: Row): Row {
  return { ...row, known: { ...EMPTY, address: wanted.address } };
}

function refuseOnto(a: Attempt, { address }: VendorAccount, reason: string): Turn {
  const text = `${address} is ${reason} at ${a.rules.title}: nobody is moved onto that account.`;
  return refuse(a, 'refused', errorOf('REJECTED', text));
}

/** Whether the address, and the account that goes with it, can be taken over. */
function isFree(a: Attempt, holder: Holder, row: Row): boolean {
  const { adoption, addressChange } = a.rules.policies;
  if (holder.claimed) return false;
  // What a human has to look for there goes with it.
  if (holder.own) return holder.role === 'left' && holder.intent !== 'open';
  // Whoever has an account keeps it, unless it is replaced.
  const moves = row.role === 'next' || row.known.vendorId !== null;
  if (moves && (a.rules.kind === 'group' || addressChange !== 'replace')) return false;
  if (holder.owner === 'observed') return adoption === 'adopt';
  if (holder.owner === 'deleted') {
    return adoption !== 'refuse' && holder.intent !== 'open';
  }
  if (holder.role !== 'current' || holder.owner !== 'inactive') return false;
  return adoption === 'adopt' && holder.intent === 'none' && holder.atRest;
}
