import type { Selectable } from 'kysely';
import type { ConnectionId } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { Group, User } from '../core/user.ts';
import type { GroupsTable, UsersTable } from './tables.ts';

/** What a User is made of; the other columns serve look-ups. */
export const USER_COLUMNS = [
  'id',
  'document',
  'version',
  'created_at',
  'modified_at',
] as const satisfies (keyof UsersTable)[];

export const GROUP_COLUMNS = [
  'connection_id',
  'id',
  'display_name',
  'document',
  'member_count',
  'version',
  'created_at',
  'modified_at',
] as const satisfies (keyof GroupsTable)[];

export type UserRow = Pick<Selectable<UsersTable>, (typeof USER_COLUMNS)[number]>;
export type GroupRow = Pick<Selectable<GroupsTable>, (typeof GROUP_COLUMNS)[number]>;

/** A User whose document is parsed when it is asked for: answers are made of its text. */
export interface StoredUser extends User {
  /** The document as JSON. */
  readonly text: string;
}

export function storedUser(connectionId: ConnectionId, row: UserRow): StoredUser {
  const text = row.document;
  let parsed: JsonObject | undefined;
  return {
    connectionId,
    id: row.id,
    get userName() {
      return String(this.document['userName']);
    },
    text,
    get document() {
      parsed ??= JSON.parse(text) as JsonObject;
      return parsed;
    },
    version: row.version,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  };
}

export function rowToUser(row: UserRow & { connection_id: ConnectionId }): StoredUser {
  return storedUser(row.connection_id, row);
}

export function rowToGroup(row: GroupRow): Group {
  return {
    connectionId: row.connection_id,
    id: row.id,
    displayName: row.display_name,
    document: JSON.parse(row.document) as JsonObject,
    memberCount: row.member_count,
    version: row.version,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  };
}
