import type { Selectable, Updateable } from 'kysely';
import type { Connection } from '../core/connection.ts';
import type { ConnectionsTable } from './tables.ts';

export type ConnectionChanges = Partial<
  Pick<Connection, 'title' | 'settings' | 'mapping' | 'policies' | 'policyOverrides' | 'dryRun'>
>;

/** All that makes a `Connection`: not the credentials, not the counters. */
export const CONNECTION_COLUMNS = [
  'id',
  'vendor',
  'title',
  'settings',
  'mapping',
  'policies',
  'policy_overrides',
  'dry_run',
  'paused_reason',
  'paused_at',
  'unproven',
  'believed',
  'created_at',
  'modified_at',
  'version',
] as const;

type ConnectionRow = Pick<Selectable<ConnectionsTable>, (typeof CONNECTION_COLUMNS)[number]>;

export function rowToConnection(row: ConnectionRow): Connection {
  return {
    id: row.id,
    vendor: row.vendor,
    title: row.title,
    settings: JSON.parse(row.settings),
    mapping: JSON.parse(row.mapping),
    policies: JSON.parse(row.policies),
    policyOverrides: JSON.parse(row.policy_overrides),
    dryRun: row.dry_run === 1,
    paused: row.paused_at === null ? null : { reason: row.paused_reason ?? '', at: row.paused_at },
    unproven: row.unproven === 1,
    believed: row.believed === null ? null : JSON.parse(row.believed),
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    version: row.version,
  };
}

export function connectionColumns(fields: Required<ConnectionChanges>) {
  const { title, settings, mapping, policies, policyOverrides, dryRun } = fields;
  return {
    title,
    settings: JSON.stringify(settings),
    mapping: JSON.stringify(mapping),
    policies: JSON.stringify(policies),
    policy_overrides: JSON.stringify(policyOverrides),
    dry_run: dryRun ? 1 : 0,
  };
}

/** The columns of those fields that are given. */
export function changedColumns(changes: ConnectionChanges): Updateable<ConnectionsTable> {
  const { title, settings, mapping, policies, policyOverrides, dryRun } = changes;
  return {
    ...(title !== undefined && { title }),
    ...(settings && { settings: JSON.stringify(settings) }),
    ...(mapping && { mapping: JSON.stringify(mapping) }),
    ...(policies && { policies: JSON.stringify(policies) }),
    ...(policyOverrides && { policy_overrides: JSON.stringify(policyOverrides) }),
    ...(dryRun !== undefined && { dry_run: dryRun ? 1 : 0 }),
  };
}
