/** How one attempt ended, with all that it learned and did. */
import type { Account, AccountError, AccountState, RowState } from '../../core/account.ts';
import type { DeliveryResult } from '../../core/delivery.ts';
import type { JsonObject } from '../../core/json.ts';
import type { TaskWish } from '../../core/task.ts';
import { writeAudit } from '../audit.ts';
import type { Transaction } from '../database.ts';
import type { Claim } from '../worklist/claim.ts';
import type { Due } from '../worklist/write.ts';
import { insertDelivery } from './history.ts';

export interface AttemptEnd {
  claim: Claim;
  before: readonly RowState[];
  after: readonly RowState[];
  result: DeliveryResult;
  state: AccountState;
  error: AccountError | null;
  /** settle: the version has its outcome. release: the same again at `due`. */
  give: 'settle' | 'release';
  /** What is known of the User's account changes places with `next`. */
  swap: boolean;
  due: (Due & { failed: boolean }) | null;
  tasks: readonly { row: string; wish: TaskWish }[];
  /** The vendor was looked at, so that tasks reported done can be judged. */
  looked: boolean;
  /** Other rows that have to be delivered again. */
  wake: readonly string[];
  /** The row's living User is to look again. */
  wakeUser: boolean;
  /** `{step, …}` in order. */
  steps: JsonObject[];
  calls: JsonObject[];
  /** Names of the changes made at the vendor, for the audit: `create`, `remove` … */
  changes: readonly string[];
  /** No call with effects was made. */
  quiet: boolean;
  /** A dry-run connection's: nothing that is known is written. */
  planned: boolean;
  startedAt: number;
  endedAt: number;
}

export async function recordAttempt(tx: Transaction, account: Account, attempt: AttemptEnd): Promise<void> {
  await insertDelivery(tx, {
    connectionId: account.connectionId,
    accountId: account.id,
    fromVersion: account.settledVersion,
    toVersion: attempt.claim.version,
    result: attempt.result,
    state: attempt.state,
    steps: attempt.steps,
    calls: attempt.calls,
    error: attempt.error,
    quiet: attempt.quiet && attempt.changes.length === 0,
    attempt: account.attempts + 1,
    requestId: attempt.claim.account.requestId,
    startedAt: attempt.startedAt,
    endedAt: attempt.endedAt,
  });
  const address = attempt.after[0]?.known.address ?? account.address;
  for (const change of attempt.changes) {
    await writeAudit(tx, {
      at: attempt.endedAt,
      actor: 'worker',
      action: `account.${change}`,
      connectionId: account.connectionId,
      target: `account ${account.id}`,
      detail: { address, requestId: account.requestId },
    });
  }
}
