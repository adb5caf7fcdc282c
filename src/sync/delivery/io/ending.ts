/** The end of an attempt as the store writes it: what is known, and when it is due again. */
import type { Hold, RowState } from '../../../core/account.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { AttemptEnd } from '../../../store/delivery/attempt-end.ts';
import type { Claim } from '../../../store/worklist/claim.ts';
import { backoffMs, LONGEST_PAUSE_MS } from '../../backoff.ts';
import { hasEffect } from '../../calls/call-log.ts';
import type { DeliveryTools } from '../../calls/open-session.ts';
import type { Attempt } from '../state.ts';
import type { Ran } from './run.ts';
import { toStore } from './stored.ts';

/** How soon what waits for a list is looked at again. */
const WAIT_MS = 60_000;
/** Who gives an address up says so when it is done; without that word it is asked again soon. */
const HOLDER_MS = 1_000;

export function attemptEnd(
  tools: DeliveryTools,
  claim: Claim,
  ran: Ran,
  { startedAt, calls }: { startedAt: number; calls: JsonObject[] },
): AttemptEnd {
  const { attempt, end, stored } = ran;
  const now = tools.clock.now();
  const planned = tools.live === null;
  const error = end.error && { ...end.error, at: now };
  const after = planned ? stored : holding(attempt, toStore(attempt), now);
  return {
    claim,
    before: stored,
    after,
    result: end.result,
    state: end.state,
    error,
    give: end.give === 'settle' ? 'settle' : 'release',
    swap: end.swap,
    due: dueOf(tools, claim, ran, now),
    tasks: planned ? [] : attempt.tasks,
    looked: Object.keys(attempt.seen).length > 0,
    wake: attempt.wake,
    wakeUser: attempt.wakeUser,
    steps: attempt.steps,
    calls,
    changes: attempt.changes,
    quiet: !hasEffect(calls),
    planned,
    startedAt,
    endedAt: now,
  };
}

/** The step that the guard holds now; none where nothing is held any more. */
function holding(attempt: Attempt, rows: RowState[], now: number): RowState[] {
  const { heldStep } = attempt;
  return rows.map((row, index) => {
    if (index > 0) return row;
    if (heldStep === null) return row.held === null ? row : { ...row, held: null };
    const before = row.held?.step === heldStep.step ? row.held : null;
    const step = heldStep.step;
    const open: Hold = { step, state: 'open', reason: heldStep.reason, by: null, at: now };
    return { ...row, held: before ?? open };
  });
}

function dueOf(
  { clock, timings }: DeliveryTools,
  claim: Claim,
  { end: { due } }: Ran,
  now: number,
): AttemptEnd['due'] {
  const backoff = backoffMs(claim.account.attempts + 1);
  const after = (inMs: number, failed: boolean, standing = 0) => ({
    at: now + inMs,
    inMs,
    notBefore: standing > 0 ? { at: now + standing, inMs: standing } : null,
    failed,
  });
  if (due === 'never') return null;
  if (due === 'now') return after(0, false);
  if (due === 'backoff') return after(backoff, true);
  if (due === 'list') return after(Math.max(WAIT_MS, timings.listPaceMs), false);
  if (due === 'holder') return after(HOLDER_MS, false);
  const asked = due.retryAt == null ? 0 : Math.min(due.retryAt - now, LONGEST_PAUSE_MS);
  const doubt = 'doubtUntil' in due ? due.doubtUntil - clock.steady() : 0;
  const standing = Math.max(1, Math.ceil(Math.max(doubt, asked)));
  return after(Math.max(backoff, standing), true, standing);
}
