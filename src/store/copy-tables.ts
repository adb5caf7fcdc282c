import type { Tables } from './tables.ts';

/**
 * What goes from one store to another, each with its primary key, all of texts. `meta` is written at the end; `instances` are
 * the servers of one store and no other's.
 */
const KEYS = {
  connections: ['id'],
  tokens: ['id'],
  users: ['connection_id', 'id'],
  user_emails: ['connection_id', 'email_key', 'user_id'],
  groups: ['connection_id', 'id'],
  members: ['connection_id', 'group_id', 'member_id'],
  accounts: ['connection_id', 'id'],
  leavers: ['connection_id', 'account_id'],
  jobs: ['connection_id', 'kind'],
  reconciliations: ['connection_id', 'id'],
  deliveries: ['connection_id', 'id'],
  tasks: ['connection_id', 'id'],
  fanouts: ['connection_id', 'id'],
  audit: ['id'],
  fake_records: ['fake', 'kind', 'key'],
  leases: ['connection_id'],
} as const satisfies Record<Exclude<keyof Tables, 'meta' | 'instances'>, readonly [string, ...string[]]>;

export interface CopiedTable {
  name: keyof typeof KEYS;
  key: readonly [string, ...string[]];
}

export const COPIED_TABLES: readonly CopiedTable[] = Object.entries(KEYS).map(([name, key]) => ({
  name: name as keyof typeof KEYS,
  key,
}));
