import type { Account } from '../../core/account.ts';
import { fold } from '../../core/fold.ts';
import type { Transaction } from '../database.ts';
import { namedStatement } from '../statement.ts';
import type { AccountsTable } from '../tables.ts';

/** What is known of the account at the vendor after an attempt. */
export type Knowledge = Pick<Account, 'address' | 'vendorId' | 'origin' | 'actual' | 'written' | 'doubtAt'>;

/** Nobody's claim any more. */
export const UNCLAIMED = { claimed_version: null, claimed_epoch: null, claimed_at: null };

export function knowledgeColumns(account: Account, knowledge: Knowledge, now: number) {
  return {
    address: knowledge.address,
    address_key: knowledge.address === null ? null : fold(knowledge.address),
    vendor_id: knowledge.vendorId,
    origin: knowledge.origin,
    actual: knowledge.actual === null ? null : JSON.stringify(knowledge.actual),
    written: JSON.stringify(knowledge.written),
    doubt_at: knowledge.doubtAt,
    missing_since: null,
    present_since:
      knowledge.vendorId === null
        ? null
        : (account.presentSince ?? (knowledge.origin === 'adopted' ? 0 : now)),
  };
}

type Columns = Partial<Omit<AccountsTable, 'connection_id' | 'id'>>;

/** By the names of the columns: the writers have a dozen sets of them between them. */
const updates = new Map<string, ReturnType<typeof updateOf>>();

function updateOf() {
  return namedStatement((db, { connection_id, id, ...columns }: Columns & AccountRowKey) =>
    db
      .updateTable('accounts')
      .set(columns)
      .where('connection_id', '=', connection_id)
      .where('id', '=', id)
      .compile(),
  );
}

type AccountRowKey = Pick<AccountsTable, 'connection_id' | 'id'>;

export async function writeAccount(tx: Transaction, account: Account, columns: Columns): Promise<void> {
  const names = Object.keys(columns);
  if (names.length === 0) return;
  const name = names.join();
  const update = updates.get(name) ?? updateOf();
  updates.set(name, update);
  await update(tx, { ...columns, connection_id: account.connectionId, id: account.id });
}

export async function removeAccount(tx: Transaction, account: Account): Promise<void> {
  await tx
    .deleteFrom('accounts')
    .where('connection_id', '=', account.connectionId)
    .where('id', '=', account.id)
    .execute();
}

export function accountKey(account: Account) {
  return { connectionId: account.connectionId, accountId: account.id };
}
