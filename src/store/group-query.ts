import type { ConnectionId } from '../core/ids.ts';
import type { Page, ResourceQuery } from '../core/query.ts';
import type { Group } from '../core/user.ts';
import type { Database } from './database.ts';
import { type ListTable, listRows } from './resource-list.ts';
import { GROUP_COLUMNS, type GroupRow, rowToGroup } from './rows.ts';

const GROUPS: ListTable = {
  name: 'groups',
  columns: {
    displayName: { name: 'display_name_key', nullable: false },
    externalId: { name: 'external_id', nullable: true },
  },
  selected: GROUP_COLUMNS,
  counter: 'group_count',
};

/** One page of Groups without their members. */
export async function listGroups(
  db: Database,
  connectionId: ConnectionId,
  query: ResourceQuery,
): Promise<Page<Group>> {
  const page = await listRows<GroupRow>(db, GROUPS, connectionId, query);
  return { ...page, resources: page.resources.map(rowToGroup) };
}
