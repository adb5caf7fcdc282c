import type { ConnectionId } from '../core/ids.ts';
import type { Page, ResourceQuery } from '../core/query.ts';
import type { User } from '../core/user.ts';
import type { Database } from './database.ts';
import { type ListTable, listRows } from './resource-list.ts';
import { rowToUser, USER_COLUMNS, type UserRow } from './rows.ts';

const USERS: ListTable = {
  name: 'users',
  columns: {
    userName: { name: 'user_name_key', nullable: false },
    externalId: { name: 'external_id', nullable: true },
  },
  selected: USER_COLUMNS,
  counter: 'user_count',
};

/** One page of Users; no effect on the store, so that any handle on it will do. */
export async function listUsers(
  db: Database,
  connectionId: ConnectionId,
  query: ResourceQuery,
): Promise<Page<User>> {
  const page = await listRows<UserRow>(db, USERS, connectionId, query);
  return { ...page, resources: page.resources.map(rowToUser) };
}
