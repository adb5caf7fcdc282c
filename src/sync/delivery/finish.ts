import type { AccountError, AccountState } from '../../core/account.ts';
import type { DeliveryResult } from '../../core/delivery.ts';
import { LeaseLost, StoreUnavailable, VendorError } from '../../core/errors.ts';
import type { TaskWish } from '../../core/task.ts';
import { release, type Settlement, settle, unclaim } from '../../store/delivery/settle.ts';
import { backoffMs, LONGEST_PAUSE_MS } from '../backoff.ts';
import { endAttempt, type Progress } from './attempt.ts';
import type { DeliveryTools, Ending } from './tools.ts';

/** What the worker does after an attempt. */
export interface Finished {
  result: DeliveryResult;
  error: AccountError | null;
  /** The vendor asked for no call before this time (epoch ms). */
  throttledUntil: number | null;
}

/** How soon a delivery that waits for another one's settling looks again. */
const BUSY_MS = 250;
/** Invitations are looked up no more often than a list may be read. */
const LIST_PACE_MS = 60_000;

/** Writes how an attempt ended: settled, or due again. */
export async function finish(tools: DeliveryTools, progress: Progress, ending: Ending): Promise<Finished> {
  switch (ending.kind) {
    case 'busy':
      await unclaim(tools.db, progress.claim, tools.clock.now() + BUSY_MS);
      return { result: 'retry', error: null, throttledUntil: null };
    case 'failed':
      return finishFailed(tools, progress, ending.error);
    case 'later':
      return finishLater(tools, progress, ending);
    case 'held':
      return settleAs(tools, progress, {
        result: 'held',
        state: 'held',
        error: errorOf('NOT_ALLOWED', ending.reason, tools),
      });
    case 'planned':
      return settleAs(tools, progress, { result: 'planned', state: 'planned', error: null });
    case 'refused':
      return settleRefused(tools, progress, 'refused', errorOf('REJECTED', ending.reason, tools));
    case 'conflict':
      return settleRefused(tools, progress, 'conflict', errorOf('ADDRESS_TAKEN', ending.reason, tools));
    case 'done':
      return settleDone(tools, progress);
  }
}

function settleDone(tools: DeliveryTools, progress: Progress): Promise<Finished> {
  const { tasks, changes } = progress;
  if (tasks.length === 0) {
    const result = changes.length === 0 ? 'nothing' : 'done';
    return settleAs(tools, progress, { result, state: 'in-sync', error: null });
  }
  const refuse = tools.connection.policies.unsupported === 'refuse';
  const error = refuse ? errorOf('NOT_ALLOWED', tasks.map((task) => task.title).join(' '), tools) : null;
  return settleAs(tools, progress, { result: refuse ? 'unsupported' : 'task', state: 'task', error });
}

/** A refused deprovision stays wanted: a task says that a human has to do it. */
function settleRefused(
  tools: DeliveryTools,
  progress: Progress,
  result: 'refused' | 'conflict',
  error: AccountError,
): Promise<Finished> {
  const { user } = progress.claim;
  const leaving = user === null || user.document['active'] === false;
  if (leaving && !progress.tasks.some((task) => task.kind === 'deactivate')) {
    const address = progress.knowledge.address ?? user?.userName ?? '';
    const title = `Take ${address} out of ${tools.vendor.title} by hand: ${error.message}`;
    progress.tasks.push({ kind: 'deactivate', title, wanted: address });
  }
  return settleAs(tools, progress, { result, state: result, error });
}

async function settleAs(
  tools: DeliveryTools,
  progress: Progress,
  end: { result: Settlement['result']; state: AccountState; error: AccountError | null },
): Promise<Finished> {
  const { knowledge } = progress;
  const absent = knowledge.vendorId === null && knowledge.doubtAt === null;
  // An address is reserved only while something may be there under it.
  if (absent) progress.knowledge = { ...knowledge, address: null };
  await settle(tools.db, {
    ...endAttempt(progress, end.error, tools.clock.now()),
    result: end.result,
    state: end.state,
    tasks: progress.tasks,
    absent,
    awaited: progress.claim.account.kind === 'group' && progress.claim.account.vendorId === null && !absent,
  });
  return { result: end.result, error: end.error, throttledUntil: null };
}

async function finishFailed(tools: DeliveryTools, progress: Progress, error: unknown): Promise<Finished> {
  const now = tools.clock.now();
  if (error instanceof StoreUnavailable || error instanceof LeaseLost) {
    return releaseLater(tools, progress, errorOf('STORE_UNAVAILABLE', error.message, tools), 0);
  }
  if (!(error instanceof VendorError)) {
    return releaseLater(tools, progress, errorOf('DEFECT', messageOf(error), tools), 0);
  }
  const failure = errorOf(error.code, error.message, tools);
  const retryAt = error.retryAt && Math.min(error.retryAt, now + LONGEST_PAUSE_MS);
  switch (error.code) {
    case 'REJECTED':
      return settleRefused(tools, progress, 'refused', failure);
    case 'CONFLICT':
      return settleRefused(tools, progress, 'conflict', failure);
    case 'NOT_PERMITTED':
      progress.tasks.push(notPermittedTask(progress, tools, error));
      return settleDone(tools, progress);
    case 'THROTTLED': {
      const until = retryAt ?? now + backoffMs(progress.claim.account.attempts + 1);
      return releaseLater(tools, progress, failure, until, until);
    }
    case 'UNCERTAIN': {
      const certainAt = (progress.knowledge.doubtAt ?? now) + tools.callTimeoutMs;
      return releaseLater(tools, progress, failure, Math.max(certainAt, retryAt ?? 0), retryAt);
    }
    case 'UNAUTHORISED':
    case 'GONE':
    case 'UNAVAILABLE':
    case 'UNREADABLE':
      return releaseLater(tools, progress, failure, retryAt ?? 0, retryAt);
  }
}

/** Waiting for a known time is no failure: however often it is pushed meanwhile, it is due then and no later. */
async function finishLater(
  tools: DeliveryTools,
  progress: Progress,
  { reason, until }: Extract<Ending, { kind: 'later' }>,
): Promise<Finished> {
  const now = tools.clock.now();
  const error = errorOf('PENDING', reason, tools);
  if (until === undefined) return releaseLater(tools, progress, error, now + LIST_PACE_MS);
  await release(tools.db, endAttempt(progress, error, now), until, {
    tasks: progress.tasks,
    failed: false,
  });
  return { result: 'retry', error, throttledUntil: null };
}

async function releaseLater(
  tools: DeliveryTools,
  progress: Progress,
  error: AccountError,
  notBefore: number,
  throttledUntil: number | null = null,
): Promise<Finished> {
  const now = tools.clock.now();
  const dueAt = Math.max(now + backoffMs(progress.claim.account.attempts + 1), notBefore);
  await release(tools.db, endAttempt(progress, error, now), dueAt, { tasks: progress.tasks, failed: true });
  return { result: 'retry', error, throttledUntil };
}

function notPermittedTask(progress: Progress, tools: DeliveryTools, error: VendorError): TaskWish {
  const address = progress.knowledge.address ?? progress.claim.user?.userName ?? '';
  const title = `${error.message} Do it in ${tools.vendor.title} by hand for ${address}, or give the credential the permission and retry.`;
  return { kind: 'not-permitted', title, wanted: address };
}

function errorOf(code: AccountError['code'], message: string, tools: DeliveryTools): AccountError {
  return { code, message, at: tools.clock.now() };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
