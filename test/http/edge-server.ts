import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import type { Deliveries } from '../../src/core/ports.ts';
import { listen } from '../../src/http/listener.ts';
import { createMetrics, type Metrics } from '../../src/http/metrics.ts';
import { createEdge } from '../../src/http/server.ts';
import { createLog } from '../../src/log.ts';
import { insertConnection } from '../../src/store/connections.ts';
import { closeDatabase, type Database, openDatabase } from '../../src/store/database.ts';
import { type Keyring, openKeyring } from '../../src/store/encryption.ts';
import { policiesInForce } from '../../src/vendor-kit/policies.ts';
import { vendorById } from '../../src/vendors/index.ts';

export interface EdgeServer {
  url: string;
  db: Database;
  dbFile: string;
  keyring: Keyring;
  metrics: Metrics;
  /** Log lines so far, parsed. */
  lines: Record<string, unknown>[];
  /** The line of one request; it may be written just after the answer has arrived. */
  lineOf(requestId: string): Promise<Record<string, unknown>>;
  /** Moves the server's clock. */
  passTime(ms: number): void;
  close(): Promise<void>;
}

const settled: Deliveries = {
  wake: () => {},
  outcome: () => Promise.resolve({ kind: 'settled' }),
};

/** The edge over a real store (or the one that is given), on a port of its own, delivering nothing. */
export async function startEdge(store?: Database): Promise<EdgeServer> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-edge-'));
  const dbFile = join(folder, 'causeway.db');
  const db = store ?? (await openDatabase({ file: dbFile, mode: 'real' }));
  const keyring = openKeyring(new Uint8Array(32).fill(1));
  let passed = 0;
  const clock = { now: () => systemClock.now() + passed, steady: () => systemClock.steady() + passed };
  const lines: Record<string, unknown>[] = [];
  const waiting = new Map<string, (line: Record<string, unknown>) => void>();
  const log = createLog('debug', {
    write(text) {
      const line = JSON.parse(text) as Record<string, unknown>;
      lines.push(line);
      if (typeof line['ms'] === 'number') waiting.get(String(line['requestId']))?.(line);
    },
  });
  const metrics = createMetrics(db, clock);
  const edge = createEdge({
    db,
    keyring,
    clock,
    log,
    metrics,
    deliveries: settled,
    schemaOf: (vendor) => ({
      urn: `urn:ietf:params:scim:schemas:extension:${vendor}:2.0:User`,
      vendorTitle: vendor,
      fields: vendorById(vendor)?.fields ?? [],
    }),
    publicUrl: () => 'https://scim.example.com',
    trustedProxies: ['loopback'],
  });
  const listener = await listen(edge, {
    host: '127.0.0.1',
    port: 0,
    tls: null,
    portSetting: 'CAUSEWAY_PORT',
  });
  return {
    url: listener.url,
    db,
    dbFile,
    keyring,
    metrics,
    lines,
    lineOf(requestId) {
      const line = lines.find((line) => line['requestId'] === requestId && typeof line['ms'] === 'number');
      return line === undefined
        ? new Promise((resolve) => waiting.set(requestId, resolve))
        : Promise.resolve(line);
    },
    passTime(ms) {
      passed += ms;
    },
    async close() {
      await listener.close(0);
      if (store === undefined) await closeDatabase(db);
      rmSync(folder, { recursive: true });
    },
  };
}

/** A CrankWheel connection whose vendor is never called. */
export async function addConnection({ db, keyring }: EdgeServer, id: string): Promise<void> {
  const vendor = vendorById('crankwheel');
  if (vendor === undefined) throw new Error('CrankWheel is not in the list of vendors.');
  const settings = vendor.settings.parse({ baseUrl: 'https://vendor.invalid' });
  await insertConnection(
    db,
    keyring,
    {
      id,
      vendor: vendor.id,
      title: id,
      settings,
      mapping: {},
      policies: policiesInForce(vendor, settings, {}),
      policyOverrides: {},
      dryRun: false,
    },
    {},
    1,
  );
}
