import type { ConnectionId } from '../../core/ids.ts';
import { type Database, inTransaction, type Transaction } from '../database.ts';
import { UNCLAIMED } from './write.ts';

/** From when on what is found claimed is in doubt, and when it is due again (epoch ms). */
export interface Recovery {
  doubtAt: number;
  dueAt: number;
}

/**
 * Claims of earlier holders of the leases that `holder` has now: what they began is not known, so each is in doubt, and due when its
 * last call can no longer take effect. Returns how many there were.
 */
export async function recoverClaims(tx: Transaction, holder: string, recovery: Recovery): Promise<number> {
  const rows = await tx
    .updateTable('accounts')
    .set({ ...UNCLAIMED, doubt_at: recovery.doubtAt, due_at: recovery.dueAt, state: 'waiting' })
    .where('claimed_version', 'is not', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('leases')
          .select('leases.connection_id')
          .whereRef('leases.connection_id', '=', 'accounts.connection_id')
          .where('leases.holder', '=', holder)
          .whereRef('leases.epoch', '>', 'accounts.claimed_epoch'),
      ),
    )
    .returning('id')
    .execute();
  return rows.length;
}

/**
 * Gives back what this holding of the lease claimed and never began: the claim's commit was not heard of. `begun`: the accounts
 * that are under way.
 */
export async function returnClaims(
  db: Database,
  connectionId: ConnectionId,
  epoch: number,
  begun: readonly string[],
): Promise<void> {
  await inTransaction(db, async (tx) => {
    let unheard = tx
      .updateTable('accounts')
      .set(UNCLAIMED)
      .where('connection_id', '=', connectionId)
      .where('claimed_epoch', '=', epoch)
      .where('claimed_version', 'is not', null);
    if (begun.length > 0) unheard = unheard.where('id', 'not in', begun);
    await unheard.execute();
  });
}
