import type { Account } from '../../core/account.ts';
import type { Connection } from '../../core/connection.ts';
import { fold } from '../../core/fold.ts';
import type { AccountId, ConnectionId } from '../../core/ids.ts';
import { type Database, inTransaction, type Transaction } from '../database.ts';
import { lockClaimed } from '../locks.ts';
import { statement } from '../statement.ts';
import { removeUserRows } from '../users.ts';
import { findAccount } from '../worklist/claim.ts';
import { rowToAccount } from '../worklist/row.ts';
import { writeAccount } from '../worklist/write.ts';
import { replacedBy, replacementOf } from './move-address.ts';
import { replaceTasks } from './tasks.ts';

/**
 * reserved: the address is this account's now. taken-over: it was a deleted User's, whose account this one is from now on (a
 * re-hire). taken: a living User's, or a deleted one's that the adoption policy leaves alone. busy: ask again when its delivery
 * has settled.
 */
export type Reservation =
  | { kind: 'reserved' }
  | { kind: 'taken-over'; account: Account }
  | { kind: 'taken'; userName: string | null }
  | { kind: 'busy' };

const holderOf = statement(
  (db, connectionId: ConnectionId, kind: Account['kind'], key: string, other: AccountId) =>
    db
      .selectFrom('accounts')
      .selectAll()
      .where('connection_id', '=', connectionId)
      .where('kind', '=', kind)
      .where('address_key', '=', key)
      .where('id', '!=', other)
      .forUpdate()
      .compile(),
);

/** Reserves the folded vendor address for an account, before any call that can create or adopt. */
export async function reserveAddress(
  db: Database,
  connection: Connection,
  account: Account,
  address: string,
  now: number,
): Promise<Reservation> {
  return inTransaction(db, async (tx) => {
    await lockClaimed(tx, account);
    const [row] = await holderOf(tx, connection.id, account.kind, fold(address), account.id);
    if (row === undefined) {
      await writeAccount(tx, account, { address, address_key: fold(address) });
      return { kind: 'reserved' };
    }
    const holder = rowToAccount(row);
    const own = holder.resourceId === replacementOf(account);
    const owner = own ? null : await ownerName(tx, holder);
    const { adoption } = connection.policies;
    const observed = holder.state === 'observed' && adoption === 'adopt';
    if (owner !== null && !observed) return { kind: 'taken', userName: owner };
    if (adoption === 'refuse' && !own) return { kind: 'taken', userName: null };
    if (holder.claimedVersion !== null) return { kind: 'busy' };
    // A User that was only imported stands for nobody's word: the one that the identity provider pushed is that person.
    if (owner !== null) await removeUserRows(tx, connection.id, holder.resourceId, now);
    return { kind: 'taken-over', account: await takeOver(tx, account, holder, address, now) };
  });
}

async function takeOver(
  tx: Transaction,
  account: Account,
  holder: Account,
  address: string,
  now: number,
): Promise<Account> {
  const key = { connectionId: holder.connectionId, accountId: holder.id };
  await replaceTasks(tx, key, [], now);
  await tx
    .deleteFrom('accounts')
    .where('connection_id', '=', holder.connectionId)
    .where('id', '=', holder.id)
    .execute();
  const row = await tx
    .updateTable('accounts')
    .set({
      address: holder.address ?? address,
      address_key: fold(address),
      vendor_id: holder.vendorId,
      origin: holder.origin,
      actual: holder.actual === null ? null : JSON.stringify(holder.actual),
      written: JSON.stringify(holder.written),
      doubt_at: holder.doubtAt,
    })
    .where('connection_id', '=', account.connectionId)
    .where('id', '=', account.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return rowToAccount(row);
}

/** The name of the living User or Group that an account belongs to; null: it was deleted. */
async function ownerName(
  tx: Transaction,
  account: Pick<Account, 'connectionId' | 'kind' | 'resourceId'>,
): Promise<string | null> {
  if (account.kind === 'group') {
    const group = await tx
      .selectFrom('groups')
      .select('display_name')
      .where('connection_id', '=', account.connectionId)
      .where('id', '=', account.resourceId)
      .executeTakeFirst();
    return group?.display_name ?? null;
  }
  const moving = replacedBy(account.resourceId);
  const main = moving === null ? undefined : await findAccount(tx, account.connectionId, moving);
  const user = await tx
    .selectFrom('users')
    .select('user_name')
    .where('connection_id', '=', account.connectionId)
    .where('id', '=', main?.resourceId ?? account.resourceId)
    .executeTakeFirst();
  return user?.user_name ?? null;
}
