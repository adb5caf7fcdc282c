import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Connection } from '../../../src/core/connection.ts';
import type { Policies } from '../../../src/core/policy.ts';
import { insertConnection } from '../../../src/store/connections.ts';
import { closeDatabase, type Database, openDatabase } from '../../../src/store/database.ts';
import { openKeyring } from '../../../src/store/encryption.ts';

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

/** One store for a whole test file, and as many connections in it as the tests ask for. */
export function storedConnection(): {
  db(): Database;
  freshConnection(policies?: Partial<Policies>): Promise<Connection>;
} {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-store-'));
  const keyring = openKeyring(randomBytes(32));
  let db: Database;
  let made = 0;
  beforeAll(async () => {
    db = await openDatabase({ file: join(folder, 'store.db'), mode: 'sandbox' });
  });
  afterAll(async () => {
    await closeDatabase(db);
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    db: () => db,
    freshConnection(policies = {}) {
      made += 1;
      const connection = {
        id: `c${made}`,
        vendor: 'crankwheel',
        title: '',
        settings: {},
        mapping: {},
        policies: { ...POLICIES, ...policies },
        policyOverrides: {},
        dryRun: false,
      };
      return insertConnection(db, keyring, connection, {}, 1);
    },
  };
}
