/** A User whose address changes (rule 11): what is wanted there is `next` until it is at the vendor. Pure. */

import { EMPTY } from '../../../core/account.ts';
import { protect } from '../../plan/plan.ts';
import { fresh, isHidden } from '../look.ts';
import { goesBy, isLeaving, mainRow, nextRow, sameAddress, withRow } from '../rows.ts';
import type { Attempt, Row, Turn } from '../state.ts';
import { addTask, errorOf, refuse } from './settle.ts';

type AddressPolicy = 'task' | 'replace' | 'refuse';

/** What is done about another address; null: the account has the wanted one. */
function policyOf(a: Attempt): AddressPolicy | null {
  const { known } = mainRow(a);
  const { rules, wanted } = a;
  if (rules.kind === 'group' || isLeaving(a) || known.actual === null) return null;
  if (goesBy(a, known.actual, wanted.address)) return null;
  const isProtected = protect(known.actual, rules.policies).protected !== undefined;
  const policy = isProtected ? 'task' : rules.policies.addressChange;
  return policy === 'replace' && !rules.supports.remove ? 'task' : policy;
}

/** The row that the next call is about. */
export function subjectOf(a: Attempt): Row {
  const next = nextRow(a);
  const main = mainRow(a);
  if (next === null || isLeaving(a)) return main;
  if (next.known.vendorId !== null || policyOf(a) === 'replace') return next;
  const seen = fresh(a, next);
  return seen === null || seen.is !== 'absent' ? (isTheirs(a, next) ? main : next) : main;
}

/** What is at the address that a human was asked to give is there beside the old account: not done yet, or a stranger's. */
function isTheirs(a: Attempt, next: Row): boolean {
  const seen = fresh(a, next);
  if (seen?.is !== 'present' || next.known.asked === null) return false;
  const main = mainRow(a);
  const old = fresh(a, main);
  // A hidden invitation may be there still.
  const isThere = old?.is === 'present' || (old?.is === 'absent' && isHidden(a, main));
  return main.told.length === 0 && isThere;
}

/** Makes the row for an address that the account does not have. */
export function moveAddress(a: Attempt): Turn {
  const policy = policyOf(a);
  if (policy === null || nextRow(a) !== null || a.wanted.address === null) return { attempt: a };
  if (policy === 'refuse' && a.holder === null) {
    const reason = `${a.rules.title} cannot change an account's address, and this connection refuses such changes (addressChange).`;
    return refuse(freed(a), 'refused', errorOf('REJECTED', reason));
  }
  const next: Row = {
    id: `new-${a.rows.length}`,
    role: 'next',
    mapped: a.wanted.address,
    known: { ...EMPTY, address: a.wanted.address },
    held: null,
    told: [],
    counted: false,
    lookFrom: null,
    hasTask: false,
  };
  const [main, ...rest] = freed(a).rows;
  return { attempt: { ...a, rows: main === undefined ? [] : [main, next, ...rest] } };
}

/** An account that was renamed by hand keeps no other account from the address that it had. */
function freed(a: Attempt): Attempt {
  const rows = a.rows.map((row) => {
    const { address, actual } = row.known;
    const isElsewhere = actual !== null && !goesBy(a, actual, a.wanted.address);
    const blocks = isElsewhere && sameAddress(a, address, a.wanted.address);
    return blocks ? { ...row, known: { ...row.known, address: null } } : row;
  });
  return { ...a, rows };
}

/** What a human is asked to do about the address, while nothing is there; the address is reserved for it. */
export function askForAddress(a: Attempt): Attempt {
  const next = nextRow(a);
  const { actual } = mainRow(a).known;
  const { address } = a.wanted;
  if (next === null || next.known.vendorId !== null || actual === null || address === null) return a;
  const title = `Change the address of ${actual.address} to ${address} in ${a.rules.title}: its API has no call for it.`;
  const wish = { kind: 'address', title, wanted: address };
  return addTask(withRow(a, next.id, { known: { address, asked: wish } }), wish);
}
