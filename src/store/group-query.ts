import type { ConnectionId } from '../core/ids.ts';
import type { Page, ResourceQuery } from '../core/query.ts';
import type { Group } from '../core/user.ts';
import type { Database } from './database.ts';
import { listPage } from './list-page.ts';
import { type GroupRow, rowToGroup } from './rows.ts';

/** One page of Groups without their members. */
export async function listGroups(
  db: Database,
  connectionId: ConnectionId,
  query: ResourceQuery,
): Promise<Page<Group>> {
  const page = await listPage<GroupRow>(db, { table: 'groups', connectionId, query });
  return { ...page, resources: page.resources.map(rowToGroup) };
}
