import type { Selectable } from 'kysely';
import type { Connection } from '../core/connection.ts';
import { NotUnique } from '../core/errors.ts';
import { fold } from '../core/fold.ts';
import type { ConnectionId, GroupId, UserId } from '../core/ids.ts';
import { newId } from '../core/ids.ts';
import { type JsonObject, sameJson } from '../core/json.ts';
import { mappedGroupIds } from '../core/mapping.ts';
import type { Group, Member } from '../core/user.ts';
import { type Database, inTransaction, type Transaction } from './database.ts';
import { UniqueViolation } from './errors.ts';
import { lockGroupsOf } from './locks.ts';
import { addMembers, type MembersWrite, removeAllMembers, writeMembers } from './member-writes.ts';
import { leaveAllGroups } from './members.ts';
import { GROUP_COLUMNS, rowToGroup } from './rows.ts';
import { namedStatement, statement } from './statement.ts';
import type { GroupsTable } from './tables.ts';
import type { WriteResult } from './users.ts';
import { markAffected, markPushed, type WriteContext } from './worklist/mark-due.ts';

export interface GroupWrite {
  document: JsonObject;
  folded: JsonObject;
  displayName: string;
  externalId: string | null;
}

export interface GroupChange {
  write: GroupWrite;
  /** Null: the members stay. */
  members: MembersWrite | null;
}

const NO_CHANGE: MembersWrite = { kind: 'delta', add: [], remove: [] };

const groupById = statement((db, connectionId: ConnectionId, id: GroupId) =>
  db
    .selectFrom('groups')
    .select(GROUP_COLUMNS)
    .where('connection_id', '=', connectionId)
    .where('id', '=', id)
    .compile(),
);

const groupForWriting = statement((db, connectionId: ConnectionId, id: GroupId) =>
  db
    .selectFrom('groups')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .compile(),
);

const updateGroup = namedStatement(
  (db, { connection_id, id, ...columns }: Pick<GroupsTable, keyof GroupsTable>) =>
    db
      .updateTable('groups')
      .set(columns)
      .where('connection_id', '=', connection_id)
      .where('id', '=', id)
      .compile(),
);

export async function findGroup(
  db: Database | Transaction,
  connectionId: ConnectionId,
  id: GroupId,
): Promise<Group | undefined> {
  const [row] = await groupById(db, connectionId, id);
  return row === undefined ? undefined : rowToGroup(row);
}

/** Throws NotUnique for a taken `displayName` and UnknownMembers. */
export async function createGroup(
  db: Database,
  connection: Connection,
  write: GroupWrite,
  members: readonly Member[],
  context: WriteContext,
): Promise<WriteResult<Group>> {
  return uniqueDisplayName(write.displayName, () =>
    inTransaction(db, async (tx) => {
      const id = newId();
      const added = await addMembers(tx, connection.id, id, members);
      const row: GroupsTable = {
        connection_id: connection.id,
        id,
        ...writeColumns(write),
        member_count: added.length,
        version: 1,
        created_at: context.now,
        modified_at: context.now,
      };
      await tx.insertInto('groups').values(row).execute();
      await markGroup(tx, connection, id, false, context);
      await countGroups(tx, connection.id, 1);
      return { resource: rowToGroup(row), changed: true, wait: null };
    }),
  );
}

/**
 * Reads, changes and writes a Group in one transaction. Adding or removing k members costs O(k) statements' work, whatever the
 * group's size. Undefined: no such Group.
 */
export async function changeGroup(
  db: Database,
  connection: Connection,
  id: GroupId,
  change: (current: Group) => GroupChange,
  context: WriteContext,
): Promise<WriteResult<Group> | undefined> {
  let displayName = '';
  return uniqueDisplayName(
    () => displayName,
    () =>
      inTransaction(db, async (tx) => {
        const found = await lockGroup(tx, connection.id, id);
        if (found === undefined) return undefined;
        const current = rowToGroup(found);
        const { write, members } = change(current);
        displayName = write.displayName;
        const moved = await writeMembers(tx, connection.id, id, members ?? NO_CHANGE);
        const sameDocument = sameJson(write.document, current.document);
        if (sameDocument && moved.added + moved.removed === 0) {
          return { resource: current, changed: false, wait: null };
        }
        const row: GroupsTable = {
          connection_id: connection.id,
          id,
          ...writeColumns(write),
          member_count: current.memberCount + moved.added - moved.removed,
          version: current.version + 1,
          created_at: current.createdAt,
          modified_at: Math.max(context.now, current.modifiedAt),
        };
        await updateGroup(tx, row);
        if (!sameDocument) await markGroup(tx, connection, id, false, context);
        await markMembers(tx, connection, id, moved.userIds, context);
        return { resource: rowToGroup(row), changed: true, wait: null };
      }),
  );
}

/** The Group and its memberships go; what they gave its members is taken back by later deliveries. False: no such Group. */
export async function deleteGroup(
  db: Database,
  connection: Connection,
  id: GroupId,
  check: (current: Group) => void,
  context: WriteContext,
): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    await lockGroupsOf(tx, connection.id, id);
    const row = await lockGroup(tx, connection.id, id);
    if (row === undefined) return false;
    check(rowToGroup(row));
    const users = await removeAllMembers(tx, connection.id, id);
    await tx.deleteFrom('groups').where('connection_id', '=', connection.id).where('id', '=', id).execute();
    await leaveAllGroups(tx, connection.id, id, context.now);
    await countGroups(tx, connection.id, -1);
    await markGroup(tx, connection, id, true, context);
    await markMembers(tx, connection, id, users, context);
    return true;
  });
}

/** Only a mirrored Group has an account of its own at the vendor. */
async function markGroup(
  tx: Transaction,
  connection: Connection,
  id: GroupId,
  leaving: boolean,
  context: WriteContext,
): Promise<void> {
  if (connection.policies.groups !== 'mirror') return;
  const mark = { connectionId: connection.id, kind: 'group' as const, resourceId: id, leaving };
  await markPushed(tx, { ...mark, undo: null }, context);
}

/** Members' accounts are affected only by groups that a rule names or that are mirrored. */
async function markMembers(
  tx: Transaction,
  connection: Connection,
  groupId: GroupId,
  userIds: readonly UserId[],
  context: WriteContext,
): Promise<void> {
  if (connection.policies.groups !== 'mirror' && !mappedGroupIds(connection.mapping).has(groupId)) return;
  await markAffected(tx, connection.id, userIds, `group ${groupId}`, context);
}

async function lockGroup(
  tx: Transaction,
  connectionId: ConnectionId,
  id: GroupId,
): Promise<Selectable<GroupsTable> | undefined> {
  return (await groupForWriting(tx, connectionId, id))[0];
}

function writeColumns(write: GroupWrite) {
  return {
    display_name: write.displayName,
    display_name_key: fold(write.displayName),
    external_id: write.externalId,
    document: JSON.stringify(write.document),
    folded: JSON.stringify(write.folded),
  };
}

async function countGroups(tx: Transaction, connectionId: ConnectionId, by: 1 | -1): Promise<void> {
  await tx
    .updateTable('connections')
    .set((eb) => ({ group_count: eb('group_count', '+', by) }))
    .where('id', '=', connectionId)
    .execute();
}

async function uniqueDisplayName<T>(
  displayName: string | (() => string),
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof UniqueViolation)) throw error;
    const name = typeof displayName === 'string' ? displayName : displayName();
    throw new NotUnique(`Another Group of this connection has the displayName ${JSON.stringify(name)}.`, {
      cause: error,
    });
  }
}
