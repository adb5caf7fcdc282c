/** One claimed account from its attempt to its end in the store (rule 13). */
import type { AccountError, RowState } from '../../../core/account.ts';
import type { DeliveryResult } from '../../../core/delivery.ts';
import { LeaseLost, StoreUnavailable, type VendorError } from '../../../core/errors.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Log } from '../../../core/ports.ts';
import type { AttemptEnd } from '../../../store/delivery/attempt-end.ts';
import { endAttempt, returnClaim } from '../../../store/delivery/settle.ts';
import { UniqueViolation } from '../../../store/errors.ts';
import type { Claim } from '../../../store/worklist/claim.ts';
import { rowState } from '../../../store/worklist/row.ts';
import { backoffMs, LONGEST_PAUSE_MS } from '../../backoff.ts';
import { collectCalls } from '../../calls/call-log.ts';
import type { DeliveryTools, LiveTools } from '../../calls/open-session.ts';
import { playOut } from '../foresee.ts';
import { PLAYED } from '../look.ts';
import { mainRow } from '../rows.ts';
import type { Attempt, End } from '../state.ts';
import { beginAttempt, type Doubts } from './begin.ts';
import { confirmCredential } from './credential.ts';
import { attemptEnd } from './ending.ts';
import { ClaimLost, type Ran, run } from './run.ts';

export interface DeliverContext {
  log: Log;
  doubts: Doubts;
  /** True once the process is going down: no more waiting for the store. */
  stopped(): boolean;
  waits(isWaiting: boolean): void;
  doubt(row: string, begun: number | null): void;
}

/** What the worker does after an attempt. */
export interface Delivered {
  result: DeliveryResult;
  error: AccountError | null;
  /** The vendor asked for no call before this time (epoch ms). */
  throttledUntil: number | null;
  /** A call was made. */
  called: boolean;
}

const STORE_RETRY_MS = 1_000;
/** Of a reason, this much goes into the log; the delivery has all of it. */
const LOGGED = 300;

/** Throws only where nothing about the end could be stored: the worker then sweeps the claim. */
export async function deliver(
  context: DeliverContext,
  tools: DeliveryTools,
  claim: Claim,
): Promise<Delivered> {
  const startedAt = tools.clock.now();
  const calls: JsonObject[] = [];
  try {
    const { result: ran } = await collectCalls(async () => {
      const first = await beginAttempt(tools, claim, context.doubts);
      return tools.live === null ? planOnly(first, claim) : runLive(context, tools, tools.live, claim, first);
    }, calls);
    return await finish(context, tools, claim, ran, { startedAt, calls });
  } catch (error) {
    if (error instanceof ClaimLost || error instanceof LeaseLost) return given('retry', null, calls);
    return broken(context, tools, claim, error, calls);
  }
}

function runLive(
  context: DeliverContext,
  tools: DeliveryTools,
  live: LiveTools,
  claim: Claim,
  first: Attempt,
): Promise<Ran> {
  const confirm = (error: VendorError) => confirmCredential(context.log, tools, live, error);
  return run({ tools, live, claim, waits: context.waits, doubt: context.doubt, confirm }, first);
}

/** What the vendor is known to have is what it has; an open intent is left as it is. */
function planOnly(first: Attempt, claim: Claim): Ran {
  const end: End = {
    result: 'planned',
    state: 'planned',
    error: null,
    due: 'never',
    give: 'settle',
    swap: false,
  };
  const ran = { end, stored: storedOf(claim), retryAt: null };
  if (first.refusal !== null) {
    return { ...ran, attempt: { ...first, steps: [{ step: 'refuse', reason: first.refusal }] } };
  }
  const rows = first.rows.map((row) => {
    return { ...row, known: { ...row.known, intent: null }, told: [], hasTask: false };
  });
  const { actual } = mainRow(first).known;
  const seen = { ...PLAYED, begun: first.now };
  const played = playOut({ ...first, rows, holder: null }, ({ id }) =>
    id !== null && actual !== null
      ? { ...seen, is: 'present', account: actual, holder: null }
      : { ...seen, is: 'absent' },
  );
  const tasks = played.attempt.tasks.map(({ wish: { kind, title } }) => ({ step: 'task', kind, title }));
  const { error } = played.end;
  const refused = error === null ? [] : [{ step: 'refuse', reason: error.message }];
  const steps = [...played.attempt.steps, ...tasks, ...refused];
  return { ...ran, attempt: { ...played.attempt, steps, changes: [] } };
}

function storedOf({ account, next }: Claim): RowState[] {
  return [account, ...(next === null ? [] : [next])].map(rowState);
}

/** The end is written as soon as the store can be written: its effects are at the vendor already. */
async function finish(
  context: DeliverContext,
  tools: DeliveryTools,
  claim: Claim,
  ran: Ran,
  about: { startedAt: number; calls: JsonObject[] },
): Promise<Delivered> {
  const end = attemptEnd(tools, claim, ran, about);
  for (;;) {
    try {
      await endAttempt(tools.db, end);
      break;
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || context.stopped()) throw error;
      context.log.error(
        { ...aboutClaim(claim), err: error },
        'The end of a delivery could not be stored yet.',
      );
      await new Promise((resolve) => setTimeout(resolve, STORE_RETRY_MS));
    }
  }
  for (const { id, known } of end.after) if (known.intent === null) context.doubt(id, null);
  tell(context, claim, end);
  return { ...given(end.result, end.error, about.calls), throttledUntil: throttled(tools, ran) };
}

/** Nobody waits for longer than a day because a vendor says so. */
function throttled({ clock }: DeliveryTools, { retryAt }: Ran): number | null {
  return retryAt === null ? null : Math.min(retryAt, clock.now() + LONGEST_PAUSE_MS);
}

function given(result: DeliveryResult, error: AccountError | null, calls: readonly JsonObject[]): Delivered {
  return { result, error, throttledUntil: null, called: calls.length > 0 };
}

/** The end could not be written, or there was none: a second transaction ends the claim alone. An open intent stays open. */
async function broken(
  context: DeliverContext,
  tools: DeliveryTools,
  claim: Claim,
  cause: unknown,
  calls: readonly JsonObject[],
): Promise<Delivered> {
  const { log } = context;
  const isStore = cause instanceof StoreUnavailable;
  if (!isStore) log.error({ ...aboutClaim(claim), err: cause }, 'A delivery failed because of a defect.');
  if (isStore && context.stopped()) throw cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = isStore ? 'STORE_UNAVAILABLE' : cause instanceof UniqueViolation ? 'UNAVAILABLE' : 'DEFECT';
  const error: AccountError = { code, message, at: tools.clock.now() };
  const inMs = backoffMs(claim.account.attempts + 1);
  await returnClaim(tools.db, claim, { at: tools.clock.now() + inMs, inMs }, error);
  return given('retry', error, calls);
}

function tell({ log }: DeliverContext, claim: Claim, { result, error }: AttemptEnd): void {
  const about = aboutClaim(claim);
  if (result === 'held') log.warn({ ...about, alert: 'held', reason: error?.message }, 'A step is held.');
  const reason = error?.message.slice(0, LOGGED);
  log.info({ ...about, result, code: error?.code, reason }, 'Delivery ended');
}

export function aboutClaim({ account }: Claim) {
  return {
    connection: account.connectionId,
    account: account.id,
    requestId: account.requestId ?? undefined,
  };
}
