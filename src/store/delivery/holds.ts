import type { Account, GuardDecision } from '../../core/account.ts';
import type { ConnectionId } from '../../core/ids.ts';
import type { Database, Transaction } from '../database.ts';
import { listAccounts, type NamedAccount } from '../worklist/list.ts';
import type { WriteContext } from '../worklist/mark-due.ts';
import { retryAccount } from '../worklist/retry.ts';
import { writeAccount } from '../worklist/write.ts';

const ALL = 100_000;

/** Accounts with a step that a guard stopped, rejected ones too. */
export function listHeld(db: Database, connectionId: ConnectionId): Promise<NamedAccount[]> {
  return listAccounts(db, connectionId, { state: 'held', limit: ALL });
}

/** A released step is delivered now; a rejected one stays undone until the identity provider changes that User. */
export async function decideHold(
  tx: Transaction,
  account: Account,
  decision: GuardDecision,
  context: WriteContext,
): Promise<void> {
  await writeAccount(tx, account, { guard: JSON.stringify(decision) });
  if (decision.decision === 'released') await retryAccount(tx, account.connectionId, account.id, context);
}
