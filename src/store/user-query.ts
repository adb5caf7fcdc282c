import type { ConnectionId } from '../core/ids.ts';
import type { Page, ResourceQuery } from '../core/query.ts';
import type { User } from '../core/user.ts';
import type { Database } from './database.ts';
import { listPage } from './list-page.ts';
import { rowToUser, type UserRow } from './rows.ts';

/** One page of Users; no effect on the store, so that any handle on it will do. */
export async function listUsers(
  db: Database,
  connectionId: ConnectionId,
  query: ResourceQuery,
): Promise<Page<User>> {
  const page = await listPage<UserRow>(db, { table: 'users', connectionId, query });
  return { ...page, resources: page.resources.map(rowToUser) };
}
