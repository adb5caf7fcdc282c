import { randomBytes } from 'node:crypto';
import type { RequestHandler } from 'express';
import { systemClock } from '../../src/core/clock.ts';
import { Secret } from '../../src/core/secret.ts';
import { vendorUrn } from '../../src/core/vendor-urn.ts';
import { listen } from '../../src/http/listener.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { createEdge } from '../../src/http/server.ts';
import { createLog } from '../../src/log.ts';
import { insertConnection, removeConnection } from '../../src/store/connections.ts';
import { closeDatabase, type Database, openDatabase } from '../../src/store/database.ts';
import { openKeyring } from '../../src/store/encryption.ts';
import { issueToken } from '../../src/store/tokens.ts';
import { TIMINGS } from '../../src/sync/calls/open-session.ts';
import { Sync } from '../../src/sync/engine.ts';
import { policiesInForce } from '../../src/vendor-kit/policies.ts';
import { loadFake } from '../../src/vendors/fakes.ts';
import { vendorById, vendors } from '../../src/vendors/index.ts';
import { type DurableFakes, startDurableFakes } from '../crash/fakes.ts';
import { createPostgresDatabase } from '../store-contract/postgres-database.ts';

const ADDRESS = { host: '127.0.0.1', port: 0, tls: null, portSetting: 'CAUSEWAY_PORT' };

/** One instance in this process, with its own connections to the database. */
export interface Instance {
  url: string;
  db: Database;
  sync: Sync;
  errors: string[];
  /** 0: as if it had died. */
  stop(graceMs: number): Promise<void>;
}

/** A database that several instances share, with a connection for each vendor's fake and one in dry-run. */
export interface SharedStore {
  connections: ReadonlyMap<string, { id: string; vendor: string; token: string }>;
  fakes: DurableFakes;
  /** Of the database, for an operator beside the instances. */
  db: Database;
  database: Awaited<ReturnType<typeof createPostgresDatabase>>;
  /** `url`: another way to the same database. */
  startInstance(url?: Secret, callTimeoutMs?: number): Promise<Instance>;
  /** Removes a connection and makes it again under the same id, with another token. */
  addAgain(id: string): Promise<void>;
  close(): Promise<void>;
}

/** `watch` is passed each call to a vendor first. */
export async function createSharedStore(watch?: RequestHandler): Promise<SharedStore> {
  const database = await createPostgresDatabase();
  const keyring = openKeyring(randomBytes(32));
  const db = await openDatabase({ url: database.url, mode: 'real' });
  const fakes = await startDurableFakes(
    vendors.map(({ id }) => ({ id, quirks: {} })),
    watch === undefined ? {} : { watch },
  );
  const connections = new Map<string, { id: string; vendor: string; token: string }>();
  const instances = new Set<Instance>();
  const plans = [...vendors.map(({ id }) => ({ id, vendor: id })), { id: 'dry-run', vendor: 'attention' }];
  for (const plan of plans) await add(plan);

  async function add({ id, vendor: name }: { id: string; vendor: string }): Promise<void> {
    const vendor = vendorById(name);
    const { sandbox } = await loadFake(name);
    if (vendor === undefined) throw new Error(`There is no vendor ${name}.`);
    const settings = vendor.settings.parse(sandbox.settings(`${fakes.origin}/${name}`));
    const policies = policiesInForce(vendor, settings, {});
    const rest = { mapping: {}, policyOverrides: {}, dryRun: id === 'dry-run' };
    const connection = { id, vendor: name, title: vendor.title, settings, policies, ...rest };
    await insertConnection(db, keyring, connection, sandbox.credentials, Date.now());
    const token = { connectionId: id, label: 'test', expiresAt: null, now: Date.now() };
    connections.set(id, { id, vendor: name, token: (await issueToken(db, keyring, token)).token });
  }

  async function startInstance(url = database.url, callTimeoutMs = TIMINGS.callTimeoutMs): Promise<Instance> {
    const own = await openDatabase({ url, mode: 'real' });
    const errors: string[] = [];
    const log = createLog('error', { write: (line) => void errors.push(line) });
    const metrics = createMetrics(own, systemClock);
    const shared = { db: own, keyring, clock: systemClock, log };
    const sync = new Sync({
      ...shared,
      vendors,
      observe: metrics,
      allowHttpLoopback: true,
      timings: { listPaceMs: 5, callTimeoutMs },
    });
    await sync.start();
    const edge = createEdge({
      ...shared,
      metrics,
      deliveries: sync,
      schemaOf: (id) => ({
        urn: vendorUrn(id),
        vendorTitle: vendorById(id)?.title ?? id,
        fields: vendorById(id)?.fields ?? [],
      }),
      publicUrl: () => instance.url,
      trustedProxies: [],
    });
    const listener = await listen(edge, ADDRESS);
    const instance: Instance = {
      url: listener.url,
      db: own,
      sync,
      errors,
      async stop(graceMs) {
        instances.delete(instance);
        await Promise.all([listener.close(graceMs), sync.stop(graceMs)]);
        await closeDatabase(own);
      },
    };
    instances.add(instance);
    return instance;
  }

  return {
    connections,
    fakes,
    db,
    database,
    startInstance,
    async addAgain(id) {
      await removeConnection(db, id);
      await add({ id, vendor: id });
    },
    async close() {
      await Promise.all([...instances].map((instance) => instance.stop(5_000)));
      await closeDatabase(db);
      await fakes.close();
      await database.drop();
    },
  };
}

/** The URL of the same database by another port of this machine. */
export function throughPort(url: Secret, port: number): Secret {
  const changed = new URL(url.reveal());
  changed.hostname = '127.0.0.1';
  changed.port = String(port);
  return new Secret(changed.href);
}
