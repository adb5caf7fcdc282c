/** Steps that the guard holds (rule 15). */
import type { Account } from '../../core/account.ts';
import type { ConnectionId } from '../../core/ids.ts';
import type { Database, Transaction } from '../database.ts';
import { listAccounts, type NamedAccount } from '../worklist/list.ts';
import type { WriteContext } from '../worklist/mark-due.ts';
import { retryAccount } from '../worklist/retry.ts';
import { writeAccount } from '../worklist/write.ts';

const ALL = 100_000;

/** Accounts with a step that the guard stopped, rejected ones too. */
export function listHeld(db: Database, connectionId: ConnectionId): Promise<NamedAccount[]> {
  return listAccounts(db, connectionId, { state: 'held', limit: ALL });
}

/** What the operator decided of a held step. */
export interface HoldDecision {
  decision: 'released' | 'rejected';
  by: string;
  reason: string;
  at: number;
}

/** A released step is delivered now; a rejected one stays undone until the identity provider changes that User. */
export async function decideHold(
  tx: Transaction,
  account: Account,
  { decision, by, reason, at }: HoldDecision,
  context: WriteContext,
): Promise<void> {
  if (account.held === null) return;
  const held = { ...account.held, state: decision, by, reason, at };
  await writeAccount(tx, account, { held: JSON.stringify(held) });
  if (decision === 'released') await retryAccount(tx, account.connectionId, account.id, context);
}
