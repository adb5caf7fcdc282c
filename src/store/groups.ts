import type { Connection } from '../core/connection.ts';
import { NotUnique, StoreUnavailable } from '../core/errors.ts';
import { fold } from '../core/fold.ts';
import type { ConnectionId, GroupId } from '../core/ids.ts';
import { newId } from '../core/ids.ts';
import { type JsonObject, sameJson } from '../core/json.ts';
import type { Group, Member } from '../core/user.ts';
import { type Database, inTransaction, type Transaction } from './database.ts';
import { UniqueViolation } from './errors.ts';
import { connectionInForce, inEdition, markGroup, markMembers } from './group-marks.ts';
import { lockGroupsOf } from './locks.ts';
import { addMembers, type MembersWrite, removeAllMembers, writeMembers } from './member-writes.ts';
import { leaveAllGroups } from './members.ts';
import { GROUP_COLUMNS, rowToGroup } from './rows.ts';
import { namedStatement, statement } from './statement.ts';
import type { GroupsTable } from './tables.ts';
import type { WriteResult } from './users.ts';
import type { WriteContext } from './worklist/mark-due.ts';

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

/** With the edition of what decides whom a write marks, locked with it and before it. */
const groupForWriting = statement((db, connectionId: ConnectionId, id: GroupId) =>
  db
    .selectFrom('groups')
    .innerJoin('connections', 'connections.id', 'groups.connection_id')
    .selectAll('groups')
    .select(['connections.version as connection_version', 'connections.created_at as connection_created_at'])
    .where('groups.connection_id', '=', connectionId)
    .where('groups.id', '=', id)
    .forKeyShare('connections')
    .forNoKeyUpdate('groups')
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
      const inForce = await connectionInForce(tx, connection);
      if (inForce === undefined) throw new StoreUnavailable('The connection was removed meanwhile.');
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
      await markGroup(tx, inForce, id, false, context);
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
        const found = await lockGroup(tx, connection, id);
        if (found === undefined) return undefined;
        const { inForce } = found;
        const current = rowToGroup(found.row);
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
        if (!sameDocument) await markGroup(tx, inForce, id, false, context);
        await markMembers(tx, inForce, id, moved.userIds, context);
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
    // Before the Groups, in the order of `locks`.
    await connectionInForce(tx, connection);
    await lockGroupsOf(tx, connection.id, id);
    const found = await lockGroup(tx, connection, id);
    if (found === undefined) return false;
    check(rowToGroup(found.row));
    const users = await removeAllMembers(tx, connection.id, id);
    await tx.deleteFrom('groups').where('connection_id', '=', connection.id).where('id', '=', id).execute();
    await leaveAllGroups(tx, connection.id, id, context.now);
    await countGroups(tx, connection.id, -1);
    await markGroup(tx, found.inForce, id, true, context);
    await markMembers(tx, found.inForce, id, users, context);
    return true;
  });
}

/** The Group, which nobody else changes until the transaction ends, under the connection that is in force as long. */
async function lockGroup(tx: Transaction, connection: Connection, id: GroupId) {
  const [found] = await groupForWriting(tx, connection.id, id);
  if (found === undefined) return undefined;
  const { connection_version: version, connection_created_at: created_at, ...row } = found;
  const inForce = await inEdition(tx, connection, { version, created_at });
  return inForce && { row, inForce };
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
