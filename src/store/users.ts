import type { Selectable } from 'kysely';
import type { Connection } from '../core/connection.ts';
import { NotUnique } from '../core/errors.ts';
import { fold } from '../core/fold.ts';
import type { ConnectionId, UserId } from '../core/ids.ts';
import { newId } from '../core/ids.ts';
import { type JsonObject, sameJson } from '../core/json.ts';
import { emailKeys, isActive, type User } from '../core/user.ts';
import { type Database, inTransaction, type Transaction } from './database.ts';
import { UniqueViolation } from './errors.ts';
import { lockGroupsOf } from './locks.ts';
import { leaveAllGroups } from './members.ts';
import { rowToUser, type StoredUser, storedUser, USER_COLUMNS } from './rows.ts';
import { namedStatement, statement } from './statement.ts';
import type { UsersTable } from './tables.ts';
import { writeEmails } from './user-emails.ts';
import { markPushed, markUnchanged, type Wait, type WriteContext } from './worklist/mark-due.ts';

/** A User's state as one write leaves it, with what look-ups need of it. */
export interface UserWrite {
  document: JsonObject;
  /** `document` with the texts folded whose attribute is not `caseExact`. */
  folded: JsonObject;
  userName: string;
  externalId: string | null;
}

export interface WriteResult<Resource> {
  resource: Resource;
  changed: boolean;
  /** The delivery to wait for; null where there is none. */
  wait: Wait | null;
}

const userById = statement((db, connectionId: ConnectionId, id: UserId) =>
  db
    .selectFrom('users')
    .select(USER_COLUMNS)
    .where('connection_id', '=', connectionId)
    .where('id', '=', id)
    .compile(),
);

const userForWriting = statement((db, connectionId: ConnectionId, id: UserId) =>
  db
    .selectFrom('users')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .compile(),
);

type UserValues = Pick<UsersTable, keyof UsersTable>;

const insertUser = namedStatement((db, row: UserValues) => db.insertInto('users').values(row).compile());

const updateUser = namedStatement((db, { connection_id, id, ...columns }: UserValues) =>
  db
    .updateTable('users')
    .set(columns)
    .where('connection_id', '=', connection_id)
    .where('id', '=', id)
    .compile(),
);

const addToUserCount = statement((db, connectionId: ConnectionId, by: number) =>
  db
    .updateTable('connections')
    .set((eb) => ({ user_count: eb('user_count', '+', by) }))
    .where('id', '=', connectionId)
    .compile(),
);

export async function findUser(
  db: Database | Transaction,
  connectionId: ConnectionId,
  id: UserId,
): Promise<StoredUser | undefined> {
  const [row] = await userById(db, connectionId, id);
  return row === undefined ? undefined : storedUser(connectionId, row);
}

/** Stores a new User and marks its account due, in one transaction. Throws NotUnique for a taken `userName`. */
export async function createUser(
  db: Database,
  connection: Connection,
  write: UserWrite,
  context: WriteContext,
): Promise<WriteResult<StoredUser>> {
  return uniqueUserName(write.userName, () =>
    inTransaction(db, async (tx) => {
      const id = newId();
      const row: UsersTable = {
        connection_id: connection.id,
        id,
        ...writeColumns(write),
        version: 1,
        created_at: context.now,
        modified_at: context.now,
      };
      await insertUser(tx, row);
      await writeEmails(tx, row, [], emailKeys(write.document));
      const wait = await markPushed(
        tx,
        {
          connectionId: connection.id,
          kind: 'user',
          resourceId: id,
          leaving: !isActive(write.document),
          undo: { kind: 'create' },
        },
        context,
      );
      await addToUserCount(tx, connection.id, 1);
      return { resource: rowToUser(row), changed: true, wait: connection.dryRun ? null : wait };
    }),
  );
}

/**
 * Reads, changes and writes a User in one transaction, so that no update is lost. What `change` throws aborts it. A change that
 * changes nothing raises no version. Undefined: no such User.
 */
export async function changeUser(
  db: Database,
  connection: Connection,
  id: UserId,
  change: (current: User) => UserWrite,
  context: WriteContext,
): Promise<WriteResult<StoredUser> | undefined> {
  let userName = '';
  return uniqueUserName(
    () => userName,
    () =>
      inTransaction(db, async (tx) => {
        const row = await lockUser(tx, connection.id, id);
        if (row === undefined) return undefined;
        const current = rowToUser(row);
        const write = change(current);
        userName = write.userName;
        const key = { connectionId: connection.id, kind: 'user' as const, resourceId: id };
        if (sameJson(write.document, current.document)) {
          const wait = await markUnchanged(tx, key, context);
          return { resource: current, changed: false, wait: connection.dryRun ? null : wait };
        }
        const user = await overwriteUser(tx, current, write, context.now);
        const undo = {
          kind: 'document' as const,
          document: current.document,
          folded: JSON.parse(row.folded),
        };
        const leaving = !isActive(write.document);
        const wait = await markPushed(tx, { ...key, leaving, undo }, context);
        return { resource: user, changed: true, wait: connection.dryRun ? null : wait };
      }),
  );
}

/** The User goes at once and its name is free; its account's row outlives it until absence is certain. False: no such User. */
export async function deleteUser(
  db: Database,
  connection: Connection,
  id: UserId,
  check: (current: User) => void,
  context: WriteContext,
): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    await lockGroupsOf(tx, connection.id, id);
    const row = await lockUser(tx, connection.id, id);
    if (row === undefined) return false;
    const user = rowToUser(row);
    check(user);
    await removeUserRows(tx, connection.id, id, context.now);
    const key = { connectionId: connection.id, kind: 'user' as const, resourceId: id };
    await markPushed(tx, { ...key, leaving: true, undo: null, deleted: user.document }, context);
    return true;
  });
}

/** Overwrites the row, the ETag raised; shared with put back. */
export async function overwriteUser(
  tx: Transaction,
  current: User,
  write: UserWrite,
  now: number,
): Promise<StoredUser> {
  const row: UsersTable = {
    connection_id: current.connectionId,
    id: current.id,
    ...writeColumns(write),
    version: current.version + 1,
    created_at: current.createdAt,
    modified_at: Math.max(now, current.modifiedAt),
  };
  await updateUser(tx, row);
  await writeEmails(tx, row, emailKeys(current.document), emailKeys(write.document));
  return rowToUser(row);
}

/** Removes a User's rows but not its account's. */
export async function removeUserRows(
  tx: Transaction,
  connectionId: ConnectionId,
  id: UserId,
  now: number,
): Promise<void> {
  await tx.deleteFrom('users').where('connection_id', '=', connectionId).where('id', '=', id).execute();
  await tx
    .deleteFrom('user_emails')
    .where('connection_id', '=', connectionId)
    .where('user_id', '=', id)
    .execute();
  await leaveAllGroups(tx, connectionId, id, now);
  await addToUserCount(tx, connectionId, -1);
}

/** Reads a User for writing it. */
export async function lockUser(
  tx: Transaction,
  connectionId: ConnectionId,
  id: UserId,
): Promise<Selectable<UsersTable> | undefined> {
  return (await userForWriting(tx, connectionId, id))[0];
}

function writeColumns(write: UserWrite) {
  return {
    user_name: write.userName,
    user_name_key: fold(write.userName),
    external_id: write.externalId,
    document: JSON.stringify(write.document),
    folded: JSON.stringify(write.folded),
  };
}

async function uniqueUserName<T>(userName: string | (() => string), write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof UniqueViolation)) throw error;
    const name = typeof userName === 'string' ? userName : userName();
    throw new NotUnique(`Another User of this connection has the userName ${JSON.stringify(name)}.`, {
      cause: error,
    });
  }
}
