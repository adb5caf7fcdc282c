import type { Selectable } from 'kysely';
import type { JsonObject } from '../core/json.ts';
import type { Group, User } from '../core/user.ts';
import type { GroupsTable, UsersTable } from './tables.ts';

/** What a User is made of; the other columns serve look-ups. */
export const USER_COLUMNS = [
  'connection_id',
  'id',
  'user_name',
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

export function rowToUser(row: UserRow): StoredUser {
  const text = row.document;
  let document: JsonObject | undefined;
  return {
    connectionId: row.connection_id,
    id: row.id,
    userName: row.user_name,
    text,
    get document() {
      document ??= JSON.parse(text) as JsonObject;
      return document;
    },
    version: row.version,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  };
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
