/** The claimed account as it is now, locked. */
import type { Account } from '../../core/account.ts';
import type { AccountId, ConnectionId } from '../../core/ids.ts';
import type { Transaction } from '../database.ts';
import { statement } from '../statement.ts';
import type { Claim } from '../worklist/claim.ts';
import { rowToAccount } from '../worklist/row.ts';

const claimedBy = statement(
  (db, connectionId: ConnectionId, id: AccountId, version: number, epoch: number | null) =>
    db
      .selectFrom('accounts')
      .selectAll()
      .where('connection_id', '=', connectionId)
      .where('id', '=', id)
      .where('claimed_version', '=', version)
      .where('claimed_epoch', '=', epoch)
      .forUpdate()
      .compile(),
);

/** Null: the claim is no longer this process's. */
export async function claimedAccount(tx: Transaction, claim: Claim): Promise<Account | null> {
  const { connectionId, id, claimedEpoch } = claim.account;
  const [row] = await claimedBy(tx, connectionId, id, claim.version, claimedEpoch);
  return row === undefined ? null : rowToAccount(row);
}
