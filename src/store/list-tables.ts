import type { ListTable } from './resource-list.ts';
import { GROUP_COLUMNS, USER_COLUMNS } from './rows.ts';

/** By name, so that a list can be asked for on another thread. */
export const LIST_TABLES = {
  users: {
    name: 'users',
    columns: {
      userName: { name: 'user_name_key', nullable: false },
      externalId: { name: 'external_id', nullable: true },
    },
    selected: USER_COLUMNS,
    counter: 'user_count',
  },
  groups: {
    name: 'groups',
    columns: {
      displayName: { name: 'display_name_key', nullable: false },
      externalId: { name: 'external_id', nullable: true },
    },
    selected: GROUP_COLUMNS,
    counter: 'group_count',
  },
} as const satisfies Record<string, ListTable>;

export type ListTableName = keyof typeof LIST_TABLES;
