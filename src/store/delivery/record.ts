/** What an attempt leaves in the history and in the audit. */
import type { Account } from '../../core/account.ts';
import { writeAudit } from '../audit.ts';
import type { Transaction } from '../database.ts';
import type { AttemptEnd } from './attempt-end.ts';
import { insertDelivery } from './history.ts';

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
