import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import type { Connection } from '../../../src/core/connection.ts';
import type { Policies } from '../../../src/core/policy.ts';
import { insertConnection } from '../../../src/store/connections.ts';
import { closeDatabase, type Database } from '../../../src/store/database.ts';
import { openKeyring } from '../../../src/store/encryption.ts';
import { newStoreFile } from './temporary-store.ts';

const POLICIES: Policies = {
  waitMs: 4000,
  unsupported: 'task',
  deactivate: 'remove',
  delete: 'remove',
  addressChange: 'task',
  adoption: 'adopt',
  groups: 'rules',
  removeGroups: false,
  allowedDomains: [],
  protectedAddresses: [],
  leaverPercent: 20,
  leaverCount: 10,
  reconcileMinutes: 60,
  drift: 'report',
  repairCreations: 10,
  imports: 'observe',
};

/** A connection with every policy at its default but those given. */
export function insertTestConnection(
  db: Database,
  id: string,
  policies: Partial<Policies> = {},
): Promise<Connection> {
  const connection = {
    id,
    vendor: 'crankwheel',
    title: '',
    settings: {},
    mapping: {},
    policies: { ...POLICIES, ...policies },
    policyOverrides: {},
    dryRun: false,
  };
  return insertConnection(db, openKeyring(randomBytes(32)), connection, {}, 1);
}

/** One store for a whole test file, and as many connections in it as the tests ask for. */
export function storedConnection(): {
  db(): Database;
  freshConnection(policies?: Partial<Policies>): Promise<Connection>;
} {
  const store = newStoreFile();
  let db: Database;
  let made = 0;
  beforeAll(async () => {
    db = await store.open();
  });
  afterAll(async () => {
    await closeDatabase(db);
    await store.remove();
  });
  return {
    db: () => db,
    freshConnection(policies = {}) {
      made += 1;
      return insertTestConnection(db, `c${made}`, policies);
    },
  };
}
