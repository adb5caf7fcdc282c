import type { Selectable } from 'kysely';
import type { Account, AccountState, VendorAccount } from '../../core/account.ts';
import { addressKey } from '../../core/address.ts';
import { fold } from '../../core/fold.ts';
import type { AccountId, ConnectionId } from '../../core/ids.ts';
import { type Database, inTransaction } from '../database.ts';
import type { AccountsTable } from '../tables.ts';
import { type Claim, readWanted } from './claim.ts';
import { rowToAccount } from './row.ts';
import { vendorKey } from './write.ts';

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
        where('accounts.address_key', '=', addressKey(kind ?? 'user', match)),
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
  kind?: Account['kind'];
  mirrored: boolean;
}

/** The next accounts after `afterId` (null: the first), each with what it is wanted to be; nothing is claimed. */
export async function readWantedPage(
  db: Database,
  { connectionId, mirrored, kind = 'user' }: WantedQuery,
  afterId: string | null,
  limit: number,
): Promise<Claim[]> {
  return inTransaction(db, async (tx) => {
    const rows = await tx
      .selectFrom('accounts')
      .selectAll()
      .where('connection_id', '=', connectionId)
      .where('kind', '=', kind)
      .where('role', '!=', 'next')
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

/** Whose an account of the vendor's is, by its id or else by one of its addresses; null: nobody's but `except`'s. */
export type Owners = (kind: Account['kind'], found: VendorAccount, except?: AccountId) => Owner | null;

export interface Owner {
  id: string;
  role: Account['role'];
  by: 'id' | 'address';
  resourceId: string;
  observed: boolean;
  /** The row knows an account, accepted and with an id of its own. */
  hasAccount: boolean;
}

/** Every row's account and address, for a comparison with a whole list. */
export async function readOwners(
  db: Database,
  connectionId: ConnectionId,
  kind: Account['kind'],
): Promise<Owners> {
  const rows = await db
    .selectFrom('accounts')
    .select(['id', 'role', 'resource_id', 'state', 'vendor_key', 'address_key', 'presence'])
    .where('connection_id', '=', connectionId)
    .where('kind', '=', kind)
    .execute();
  const byId = new Map(
    rows.flatMap((row) => (row.vendor_key === null ? [] : [[row.vendor_key, row] as const])),
  );
  const byAddress = new Map(
    rows.flatMap((row) => (row.address_key === null ? [] : [[row.address_key, row] as const])),
  );
  return (_, { id, address, aliases = [] }, except) => {
    const other = (row: (typeof rows)[number] | undefined) => (row?.id === except ? undefined : row);
    const known = other(byId.get(vendorKey(kind, id)));
    const others = [address, ...aliases].map((one) => other(byAddress.get(addressKey(kind, one))));
    const row = known ?? others.find((one) => one !== undefined);
    if (row === undefined) return null;
    const by = known === undefined ? 'address' : 'id';
    const hasAccount = row.vendor_key !== null && row.presence !== 'pending';
    const { id: rowId, role, resource_id: resourceId } = row;
    return { id: rowId, role, by, resourceId, observed: row.state === 'observed', hasAccount };
  };
}
