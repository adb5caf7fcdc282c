/** Whether a planned call may be made: what only the transaction that writes its intent knows (rules 5, 10, 15). Pure. */
import type { CallMove, Holder, Refusal } from './state.ts';

export interface AdmitFacts {
  /** Another row has the address of a create. */
  holder: Holder | null;
  /** People who lost access or power within the hour, this one not counted, and how many may; null: it is not counted. */
  guard: { lost: number; limit: number } | null;
  /** Others, seen in the list, who have the role and are not about to lose it. */
  othersInRole: number;
  title: string;
  address: string;
}

export interface NotAdmitted {
  why: Extract<Refusal, 'taken' | 'held' | 'last-of-role'>;
  holder: Holder | null;
  reason: string | null;
}

/** Null: it may be made. */
export function admit(move: CallMove, facts: AdmitFacts): NotAdmitted | null {
  const { holder, guard, title, address } = facts;
  if (holder !== null) return { why: 'taken', holder, reason: null };
  if (move.lastOf !== null && facts.othersInRole === 0) {
    const reason = `${address} is the last ${move.lastOf}: give somebody else that role there, then try again.`;
    return { why: 'last-of-role', holder: null, reason };
  }
  if (move.loses !== null && guard !== null && guard.lost >= guard.limit) {
    const what = move.loses === 'access' ? 'access to' : 'power in';
    const reason = `More people would lose ${what} ${title} within an hour than this connection allows; ${address} keeps it until an operator releases the step.`;
    return { why: 'held', holder: null, reason };
  }
  return null;
}
