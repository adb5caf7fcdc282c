/** Claims that no running attempt has (rules 2 and 13). */
import { sql } from 'kysely';
import type { ConnectionId } from '../../core/ids.ts';
import { type Database, inTransaction, type Transaction } from '../database.ts';
import { UNCLAIMED } from './write.ts';

/** From the third return in a row on a claim waits, ms: what it is about may be what ends the process. */
const BACK_OFF_MS = 60_000;

/** Given back, and due now. A claim without an open intent has done nothing; one with an intent is looked at when it is claimed again. */
function givenBack(now: number) {
  return {
    ...UNCLAIMED,
    returns: sql<number>`returns + 1`,
    // The types of parameters alone would not be known to PostgreSQL.
    due_at: sql<number>`case when returns >= 2 then cast(${now + BACK_OFF_MS} as bigint) else ${now} end`,
    due_in: sql<number>`case when returns >= 2 then ${sql.lit(BACK_OFF_MS)} else 0 end`,
    not_before: null,
    not_before_in: null,
  };
}

/** Gives back the claims of earlier holders of the leases that `holder` has now. Returns how many there were. */
export async function recoverClaims(tx: Transaction, holder: string, now: number): Promise<number> {
  const rows = await tx
    .updateTable('accounts')
    .set(givenBack(now))
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

/** Gives back what this holding of the lease claimed and nothing carries on. `running`: the accounts that are under way. */
export async function returnClaims(
  db: Database,
  connectionId: ConnectionId,
  epoch: number,
  running: readonly string[],
  now: number,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    let lost = tx
      .updateTable('accounts')
      .set(givenBack(now))
      .where('connection_id', '=', connectionId)
      .where('claimed_epoch', '=', epoch)
      .where('claimed_version', 'is not', null);
    if (running.length > 0) lost = lost.where('id', 'not in', running);
    await lost.execute();
  });
}
