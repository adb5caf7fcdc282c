import type { Selectable } from 'kysely';
import type { Account } from '../core/account.ts';
import type { AccountId, ConnectionId, GroupId, UserId } from '../core/ids.ts';
import type { Group, User } from '../core/user.ts';
import { rowToAccount } from './account-rows.ts';
import { type Database, inTransaction, type Transaction } from './database.ts';
import type { Lease } from './leases.ts';
import { lockLease } from './locks.ts';
import { rowToGroup, rowToUser } from './rows.ts';
import type { Tables } from './tables.ts';

/** A claimed account with the wanted state it was read with, in one transaction. */
export interface Claim {
  account: Account;
  /** The version claimed: what settling it will settle. */
  version: number;
  user: User | null;
  group: Group | null;
  /** The groups the User is a direct member of. */
  groupIds: Set<GroupId>;
  /** The vendor's ids of those groups, where groups are mirrored and the vendor has made them. */
  vendorGroupIds: string[];
}

export async function findAccount(
  db: Database | Transaction,
  connectionId: ConnectionId,
  id: AccountId,
): Promise<Account | undefined> {
  const row = await db
    .selectFrom('accounts')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? undefined : rowToAccount(row);
}

/**
 * The account of a User or Group.
 * @internal
 */
export async function findAccountOf(
  db: Database | Transaction,
  connectionId: ConnectionId,
  kind: Account['kind'],
  resourceId: UserId | GroupId,
): Promise<Account | undefined> {
  const row = await db
    .selectFrom('accounts')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('kind', '=', kind)
    .where('resource_id', '=', resourceId)
    .executeTakeFirst();
  return row === undefined ? undefined : rowToAccount(row);
}

/**
 * Claims up to `limit` due accounts under this lease, leavers first, oldest first, and reads what each is to become. Throws
 * `LeaseLost` where another instance has it.
 */
export async function claimDue(
  db: Database,
  lease: Lease,
  options: { now: number; limit: number; mirrored: boolean },
): Promise<Claim[]> {
  const { connectionId, epoch } = lease;
  return inTransaction(db, async (tx) => {
    await lockLease(tx, lease);
    const due = await tx
      .selectFrom('accounts')
      .select('id')
      .where('connection_id', '=', connectionId)
      .where('claimed_version', 'is', null)
      .where('due_at', '<=', options.now)
      .orderBy('rank')
      .orderBy('due_at')
      .orderBy('id')
      .limit(options.limit)
      .forUpdate()
      .skipLocked()
      .execute();
    if (due.length === 0) return [];
    const rows = await tx
      .updateTable('accounts')
      .set((eb) => ({
        claimed_version: eb.ref('wanted_version'),
        claimed_epoch: epoch,
        claimed_at: options.now,
      }))
      .where('connection_id', '=', connectionId)
      .where(
        'id',
        'in',
        due.map(({ id }) => id),
      )
      .returningAll()
      .execute();
    const accounts = rows
      .map(rowToAccount)
      .sort((a, b) => a.rank - b.rank || (a.dueAt ?? 0) - (b.dueAt ?? 0));
    return readWanted(tx, connectionId, accounts, options.mirrored);
  });
}

/** What these accounts are wanted to be, in the transaction that the answer is good for. */
export async function readWanted(
  tx: Transaction,
  connectionId: ConnectionId,
  accounts: readonly Account[],
  mirrored: boolean,
): Promise<Claim[]> {
  const idsOf = (kind: Account['kind']) =>
    accounts.filter((account) => account.kind === kind).map((account) => account.resourceId);
  const users = await rowsById(tx, 'users', connectionId, idsOf('user'));
  const groups = await rowsById(tx, 'groups', connectionId, idsOf('group'));
  const memberships = new Map<string, Set<GroupId>>();
  for (const row of await directGroups(tx, connectionId, idsOf('user'))) {
    memberships.set(row.member_id, (memberships.get(row.member_id) ?? new Set()).add(row.group_id));
  }
  const groupIds = [...new Set([...memberships.values()].flatMap((ids) => [...ids]))];
  const vendorIds = mirrored ? await vendorGroups(tx, connectionId, groupIds) : new Map<string, string>();
  return accounts.map((account) => {
    const user = users.get(account.resourceId);
    const group = groups.get(account.resourceId);
    const joined = memberships.get(account.resourceId) ?? new Set<GroupId>();
    return {
      account,
      version: account.claimedVersion ?? account.wantedVersion,
      user: account.kind === 'user' && user !== undefined ? rowToUser(user) : null,
      group: account.kind === 'group' && group !== undefined ? rowToGroup(group) : null,
      groupIds: joined,
      vendorGroupIds: [...joined].flatMap((id) => vendorIds.get(id) ?? []),
    };
  });
}

async function rowsById<Name extends 'users' | 'groups'>(
  tx: Transaction,
  table: Name,
  connectionId: ConnectionId,
  ids: readonly string[],
): Promise<Map<string, Selectable<Tables[Name]>>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .selectFrom<'users' | 'groups'>(table)
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.id, row as Selectable<Tables[Name]>]));
}

async function vendorGroups(
  tx: Transaction,
  connectionId: ConnectionId,
  groupIds: readonly GroupId[],
): Promise<Map<GroupId, string>> {
  if (groupIds.length === 0) return new Map();
  const rows = await tx
    .selectFrom('accounts')
    .select(['resource_id', 'vendor_id'])
    .where('connection_id', '=', connectionId)
    .where('kind', '=', 'group')
    .where('resource_id', 'in', groupIds)
    .execute();
  return new Map(rows.flatMap((row) => (row.vendor_id === null ? [] : [[row.resource_id, row.vendor_id]])));
}

async function directGroups(tx: Transaction, connectionId: ConnectionId, userIds: readonly string[]) {
  if (userIds.length === 0) return [];
  return tx
    .selectFrom('members')
    .select(['member_id', 'group_id'])
    .where('connection_id', '=', connectionId)
    .where('member_id', 'in', userIds)
    .execute();
}

/** When the next unclaimed account of a connection falls due (epoch ms); null: none waits. */
export async function nextDueAt(db: Database, connectionId: ConnectionId): Promise<number | null> {
  const row = await db
    .selectFrom('accounts')
    .select(({ fn }) => fn.min('due_at').as('next'))
    .where('connection_id', '=', connectionId)
    .where('claimed_version', 'is', null)
    .where('due_at', 'is not', null)
    .executeTakeFirst();
  return row?.next ?? null;
}

/** Which connections of this holder have work that nobody has taken up. */
export async function connectionsWithWork(
  db: Database,
  holder: string,
  now: number,
): Promise<ConnectionId[]> {
  const rows = await db
    .selectFrom('leases')
    .select('connection_id')
    .where('holder', '=', holder)
    .where(({ or, exists, selectFrom }) =>
      or([
        exists(
          selectFrom('accounts')
            .select('accounts.id')
            .whereRef('accounts.connection_id', '=', 'leases.connection_id')
            .where('claimed_version', 'is', null)
            .where('due_at', '<=', now),
        ),
        exists(
          selectFrom('fanouts')
            .select('fanouts.id')
            .whereRef('fanouts.connection_id', '=', 'leases.connection_id'),
        ),
      ]),
    )
    .execute();
  return rows.map((row) => row.connection_id);
}

/** How many accounts of a connection are due by `now`, claimed ones too. */
export async function countDue(db: Database, connectionId: ConnectionId, now: number): Promise<number> {
  const row = await db
    .selectFrom('accounts')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('connection_id', '=', connectionId)
    .where('due_at', '<=', now)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

/** A clock that was ahead when `due_at` was written must not hold accounts back: no later than the largest backoff. */
export async function bringForward(db: Database, latest: number): Promise<void> {
  await db
    .updateTable('accounts')
    .set({ due_at: latest })
    .where('due_at', '>', latest)
    .where('claimed_version', 'is', null)
    .execute();
}
