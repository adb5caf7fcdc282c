import type { Selectable } from 'kysely';
import type { Account, AccountState } from '../../core/account.ts';
import { fold } from '../../core/fold.ts';
import type { ConnectionId } from '../../core/ids.ts';
import { type Database, inTransaction } from '../database.ts';
import type { AccountsTable } from '../tables.ts';
import { type Claim, readWanted } from './claim.ts';
import { rowToAccount } from './row.ts';

export interface NamedAccount {
  account: Account;
  /** Its User's userName or its Group's displayName; null: that is deleted. */
  name: string | null;
}

/** Oldest first. `match`: the account's id, its User's or Group's id or name, or its address; case does not matter. */
export async function listAccounts(
  db: Database,
  connectionId: ConnectionId,
  filter: { state?: AccountState; kind?: Account['kind']; match?: string; limit: number },
): Promise<NamedAccount[]> {
  const { state, kind, match, limit } = filter;
  let query = db
    .selectFrom('accounts')
    .leftJoin('users', (join) =>
      join
        .onRef('users.connection_id', '=', 'accounts.connection_id')
        .onRef('users.id', '=', 'accounts.resource_id'),
    )
    .leftJoin('groups', (join) =>
      join
        .onRef('groups.connection_id', '=', 'accounts.connection_id')
        .onRef('groups.id', '=', 'accounts.resource_id'),
    )
    .selectAll('accounts')
    .select(['users.user_name as name_of_user', 'groups.display_name as name_of_group'])
    .where('accounts.connection_id', '=', connectionId);
  if (kind !== undefined) query = query.where('accounts.kind', '=', kind);
  if (state !== undefined) query = query.where('accounts.state', '=', state);
  if (match !== undefined) {
    const key = fold(match);
    query = query.where((where) =>
      where.or([
        where('accounts.id', '=', match),
        where('accounts.resource_id', '=', match),
        where('accounts.address_key', '=', key),
        where('users.user_name_key', '=', key),
        where('groups.display_name_key', '=', key),
      ]),
    );
  }
  const rows = await query.orderBy('accounts.id').limit(limit).execute();
  return rows.map(({ name_of_user, name_of_group, ...row }) => ({
    account: rowToAccount(row as Selectable<AccountsTable>),
    name: name_of_user ?? name_of_group,
  }));
}

/** Which accounts to read: `mirrored` as in `claimDue`. */
interface WantedQuery {
  connectionId: ConnectionId;
  mirrored: boolean;
}

/** The next accounts of Users after `afterId` (null: the first), each with what it is wanted to be; nothing is claimed. */
export async function readWantedPage(
  db: Database,
  { connectionId, mirrored }: WantedQuery,
  afterId: string | null,
  limit: number,
): Promise<Claim[]> {
  return inTransaction(db, async (tx) => {
    const rows = await tx
      .selectFrom('accounts')
      .selectAll()
      .where('connection_id', '=', connectionId)
      .where('kind', '=', 'user')
      .where('id', '>', afterId ?? '')
      .orderBy('id')
      .limit(limit)
      .execute();
    return readWanted(tx, connectionId, rows.map(rowToAccount), mirrored);
  });
}

/** One account with what it is wanted to be. */
export async function readWantedOf(
  db: Database,
  { connectionId, mirrored }: WantedQuery,
  id: string,
): Promise<Claim[]> {
  return inTransaction(db, async (tx) => {
    const rows = await tx
      .selectFrom('accounts')
      .selectAll()
      .where('connection_id', '=', connectionId)
      .where('id', '=', id)
      .execute();
    return readWanted(tx, connectionId, rows.map(rowToAccount), mirrored);
  });
}
