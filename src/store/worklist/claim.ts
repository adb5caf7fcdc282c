import type { Account } from '../../core/account.ts';
import type { AccountId, ConnectionId, GroupId, UserId } from '../../core/ids.ts';
import type { Group, User } from '../../core/user.ts';
import { type Database, inTransaction, type Transaction } from '../database.ts';
import { lockLease } from '../locks.ts';
import { GROUP_COLUMNS, rowToGroup, storedUser, USER_COLUMNS } from '../rows.ts';
import { statement } from '../statement.ts';
import type { Lease } from './leases.ts';
import { RANKS } from './mark-due.ts';
import { mirroredGroups } from './mirroring.ts';
import { rowToAccount } from './row.ts';

/** A claimed account with the wanted state it was read with, in one transaction. */
export interface Claim {
  account: Account;
  /** The row for the address that its User is moving to; a User's claim covers it. */
  next: Account | null;
  /** The version claimed: what settling it will settle. */
  version: number;
  user: User | null;
  group: Group | null;
  /** The groups the User is a direct member of. */
  groupIds: Set<GroupId>;
  /** The vendor's ids of those groups, where groups are mirrored and the vendor has made them. */
  vendorGroupIds: string[];
  /** Names of those of them that have no vendor id yet. */
  awaitedGroups: string[];
}

const accountById = statement((db, connectionId: ConnectionId, id: AccountId) =>
  db
    .selectFrom('accounts')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('id', '=', id)
    .compile(),
);

export async function findAccount(
  db: Database | Transaction,
  connectionId: ConnectionId,
  id: AccountId,
): Promise<Account | undefined> {
  const [row] = await accountById(db, connectionId, id);
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
    .orderBy(({ eb }) => eb.case().when('role', '=', 'current').then(0).else(1).end())
    .executeTakeFirst();
  return row === undefined ? undefined : rowToAccount(row);
}

const dueOfRank = statement((db, connectionId: ConnectionId, rank: number, now: number, limit: number) =>
  db
    .selectFrom('accounts')
    .select('id')
    .where('connection_id', '=', connectionId)
    .where('rank', '=', rank)
    .where('claimed_version', 'is', null)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .orderBy('id')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .compile(),
);

const claimAccounts = statement(
  (db, connectionId: ConnectionId, epoch: number, now: number, ...ids: AccountId[]) =>
    db
      .updateTable('accounts')
      .set((eb) => ({ claimed_version: eb.ref('wanted_version'), claimed_epoch: epoch, claimed_at: now }))
      .where('connection_id', '=', connectionId)
      .where('id', 'in', ids)
      .returningAll()
      .compile(),
);

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
    const ids: AccountId[] = [];
    // Rank by rank, so that what falls due later is not read through.
    for (const rank of RANKS) {
      const rest = options.limit - ids.length;
      if (rest === 0) break;
      for (const { id } of await dueOfRank(tx, connectionId, rank, options.now, rest)) ids.push(id);
    }
    if (ids.length === 0) return [];
    const rows = await claimAccounts(tx, connectionId, epoch, options.now, ...ids);
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
  const users = await rowsById(usersById, tx, connectionId, idsOf('user'));
  const groups = await rowsById(groupsById, tx, connectionId, idsOf('group'));
  const memberships = new Map<string, Set<GroupId>>();
  const userIds = idsOf('user');
  for (const row of userIds.length === 0 ? [] : await groupsOf(tx, connectionId, ...userIds)) {
    memberships.set(row.member_id, (memberships.get(row.member_id) ?? new Set()).add(row.group_id));
  }
  const groupIds = [...new Set([...memberships.values()].flatMap((ids) => [...ids]))];
  const vendorGroups = mirrored ? await mirroredGroups(tx, connectionId, groupIds) : new Map();
  const nexts = await nextRows(tx, connectionId, accounts);
  return accounts.map((account) => {
    const user = users.get(account.resourceId);
    const group = groups.get(account.resourceId);
    const joined = memberships.get(account.resourceId) ?? new Set<GroupId>();
    const mirrors = [...joined].flatMap((id) => vendorGroups.get(id) ?? []);
    return {
      account,
      next: nexts.get(account.id) ?? null,
      version: account.claimedVersion ?? account.wantedVersion,
      user: account.kind === 'user' && user !== undefined ? storedUser(connectionId, user) : null,
      group: account.kind === 'group' && group !== undefined ? rowToGroup(group) : null,
      groupIds: joined,
      vendorGroupIds: mirrors.flatMap(({ vendorId }) => vendorId ?? []),
      awaitedGroups: mirrors.flatMap(({ isAwaited, name }) => (isAwaited ? [name] : [])),
    };
  });
}

const nextOf = statement((db, connectionId: ConnectionId, ...resourceIds: string[]) =>
  db
    .selectFrom('accounts')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('kind', '=', 'user')
    .where('role', '=', 'next')
    .where('resource_id', 'in', resourceIds)
    .compile(),
);

/** By the id of the User's own row. */
async function nextRows(
  tx: Transaction,
  connectionId: ConnectionId,
  accounts: readonly Account[],
): Promise<Map<AccountId, Account>> {
  const current = accounts.filter(({ kind, role }) => kind === 'user' && role === 'current');
  if (current.length === 0) return new Map();
  const owners = new Map(current.map(({ resourceId, id }) => [resourceId, id]));
  const rows = await nextOf(tx, connectionId, ...owners.keys());
  return new Map(rows.map((row) => [owners.get(row.resource_id) ?? '', rowToAccount(row)]));
}

const usersById = statement((db, connectionId: ConnectionId, ...ids: string[]) =>
  db
    .selectFrom('users')
    .select(USER_COLUMNS)
    .where('connection_id', '=', connectionId)
    .where('id', 'in', ids)
    .compile(),
);

const groupsById = statement((db, connectionId: ConnectionId, ...ids: string[]) =>
  db
    .selectFrom('groups')
    .select(GROUP_COLUMNS)
    .where('connection_id', '=', connectionId)
    .where('id', 'in', ids)
    .compile(),
);

/** By id; nothing is asked where there are none. */
async function rowsById<Row extends { id: string }>(
  read: (tx: Transaction, connectionId: ConnectionId, ...ids: string[]) => Promise<Row[]>,
  tx: Transaction,
  connectionId: ConnectionId,
  ids: readonly string[],
): Promise<Map<string, Row>> {
  if (ids.length === 0) return new Map();
  return new Map((await read(tx, connectionId, ...ids)).map((row) => [row.id, row]));
}

const groupsOf = statement((db, connectionId: ConnectionId, ...userIds: string[]) =>
  db
    .selectFrom('members')
    .select(['member_id', 'group_id'])
    .where('connection_id', '=', connectionId)
    .where('member_id', 'in', userIds)
    .compile(),
);
