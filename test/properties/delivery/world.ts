import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { retryAccount } from '../../../src/admin/accounts.ts';
import { decideHeld } from '../../../src/admin/holds.ts';
import { believeDrift } from '../../../src/admin/jobs.ts';
import type { Operator } from '../../../src/admin/operator.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Policies } from '../../../src/core/policy.ts';
import { vendorUrn } from '../../../src/core/vendor-urn.ts';
import { type Listener, listen } from '../../../src/http/listener.ts';
import { createMetrics, type Metrics } from '../../../src/http/metrics.ts';
import { createEdge } from '../../../src/http/server.ts';
import { createLog } from '../../../src/log.ts';
import { findConnection, insertConnection, resumeConnection } from '../../../src/store/connections.ts';
import { closeDatabase, type Database } from '../../../src/store/database.ts';
import { openKeyring } from '../../../src/store/encryption.ts';
import { issueToken } from '../../../src/store/tokens.ts';
import { leaveInstances, readBeats } from '../../../src/store/worklist/leases.ts';
import { openDeliveryTools, TIMINGS } from '../../../src/sync/calls/open-session.ts';
import { reconcile } from '../../../src/sync/compare/reconcile.ts';
import { Sync } from '../../../src/sync/engine.ts';
import type { AnyVendor } from '../../../src/vendor-kit/define.ts';
import { policiesInForce } from '../../../src/vendor-kit/policies.ts';
import { loadFake } from '../../../src/vendors/fakes.ts';
import { watchStates } from '../../e2e/delivery/state-changes.ts';
import type { TemporaryStores } from '../../unit/store/temporary-store.ts';
import { type FaultyVendor, startFaultyVendor } from './faulty-vendor.ts';
import { namedVendor } from './named-vendor.ts';
import { comeToRest, whenIdle, whenUnclaimed } from './rest.ts';
import type { Subject } from './subjects.ts';

export const ID = 'under-test';
const ADDRESS = { host: '127.0.0.1', port: 0, tls: null, portSetting: 'CAUSEWAY_PORT' };
/** A call that hangs is given up after this long; with the last process after much longer, for a slow machine. */
const SHORT_TIMEOUT_MS = 200;
const LONG_TIMEOUT_MS = 10_000;
const LONG_MS = 10_000;
const LOG_LEVEL = process.env['CAUSEWAY_TEST_LOG'] === undefined ? 'silent' : 'info';

export interface Answer {
  status: number;
  body: JsonObject;
}

interface Process {
  name: string;
  db: Database;
  sync: Sync;
  listener: Listener;
  vendor: AnyVendor;
  callTimeoutMs: number;
}

/** For every world of this process, as nobody reads them: each keeps a watch on the event loop as long as the process lives. */
let metrics: Metrics | undefined;

/** A whole Causeway on one vendor, whose process can be killed at any moment and whose clock the test turns. */
export class World {
  readonly subject: Subject;
  readonly faulty: FaultyVendor;
  readonly #stores: TemporaryStores;
  readonly #folder: string;
  readonly #file: string;
  readonly #keyring = openKeyring(randomBytes(32));
  #token = '';
  #passedMs = 0;
  #starts = 0;
  #process: Process | null = null;
  /** Requests that wait for a process. */
  readonly #waiting = new Set<() => void>();

  constructor(subject: Subject, faulty: FaultyVendor, stores: TemporaryStores) {
    this.subject = subject;
    this.faulty = faulty;
    this.#stores = stores;
    this.#folder = mkdtempSync(join(tmpdir(), 'causeway-world-'));
    this.#file = join(this.#folder, 'store.db');
  }

  static async open(
    subject: Subject,
    quirks: JsonObject,
    own: Partial<Policies>,
    stores: TemporaryStores,
  ): Promise<World> {
    const fake = await loadFake(subject.vendor.id);
    const world = new World(subject, await startFaultyVendor(fake, quirks), stores);
    const db = await stores.open(world.#file);
    const { vendor } = subject;
    const settings = vendor.settings.parse({
      ...fake.sandbox.settings(world.faulty.url),
      ...subject.settings,
    });
    const overrides = { leaverCount: 1000, leaverPercent: 100, ...subject.policies, ...own };
    const policies = policiesInForce(vendor, settings, overrides);
    const rest = { mapping: {}, policyOverrides: overrides, dryRun: false };
    const connection = { id: ID, vendor: vendor.id, title: vendor.title, settings, policies, ...rest };
    await insertConnection(db, world.#keyring, connection, fake.sandbox.credentials, 1);
    const token = { connectionId: ID, label: 'test', expiresAt: null, now: Date.now() };
    world.#token = (await issueToken(db, world.#keyring, token)).token;
    await watchStates(db);
    await closeDatabase(db);
    await world.start();
    return world;
  }

  readonly clock = {
    now: () => Date.now() + this.#passedMs,
    steady: () => performance.now() + this.#passedMs,
  };

  get db(): Database {
    return this.#running.db;
  }

  get #running(): Process {
    if (this.#process === null) throw new Error('No process runs.');
    return this.#process;
  }

  async start(callTimeoutMs = SHORT_TIMEOUT_MS): Promise<void> {
    this.#starts += 1;
    const name = `process-${this.#starts}`;
    const lives = () => this.#process?.name === name || starting;
    const vendor = namedVendor(this.subject.vendor, name, lives);
    let starting = true;
    const db = await this.#stores.open(this.#file);
    const log = createLog(LOG_LEVEL, process.stderr);
    metrics ??= createMetrics(db, this.clock);
    const shared = { db, keyring: this.#keyring, clock: this.clock, log };
    const sync = new Sync({
      ...shared,
      vendors: [vendor],
      observe: metrics,
      allowHttpLoopback: true,
      timings: { callTimeoutMs, listPaceMs: 5 },
    });
    this.faulty.admit(name);
    await sync.start();
    const { fields, id, title } = vendor;
    const schema = { urn: vendorUrn(id), vendorTitle: title, fields };
    const edge = createEdge({
      ...shared,
      metrics,
      deliveries: sync,
      schemaOf: () => schema,
      publicUrl: () => 'https://scim.example.com',
      trustedProxies: [],
    });
    const listener = await listen(edge, ADDRESS);
    this.#process = { name, db, sync, listener, vendor, callTimeoutMs };
    starting = false;
    for (const tell of this.#waiting) tell();
    this.#waiting.clear();
  }

  /** As `kill -9`: no call goes out and no answer comes in any more; requests are cut off. */
  async kill(): Promise<void> {
    const { listener, sync, db } = this.#running;
    this.#process = null;
    this.faulty.admit(null);
    await Promise.all([listener.close(0), sync.stop(0)]);
    await this.#bury(db);
  }

  /** An instance that shares the store would wait for the dead one's beat: test/instances has that. */
  async #bury(db: Database): Promise<void> {
    await closeDatabase(db);
    const next = await this.#stores.open(this.#file);
    for (const { id } of await readBeats(next)) await leaveInstances(next, id);
    await closeDatabase(next);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.startLast();
  }

  async stop(): Promise<void> {
    const { listener, sync, db } = this.#running;
    await Promise.all([listener.close(2_000), sync.stop(2_000)]);
    this.#process = null;
    await this.#bury(db);
  }

  startLast(): Promise<void> {
    return this.start(LONG_TIMEOUT_MS);
  }

  /** The operator confirms a list that shows under half of what is known. */
  async believe(): Promise<void> {
    await believeDrift(this.operator, ID);
    this.wake();
  }

  /**
   * Moves both clocks, once no call is under way: its effect would come after its time-out. An attempt may be between two calls, but for
   * so long a time that a list which it is in the middle of would hold the next one up for minutes.
   */
  async passTime(ms: number): Promise<void> {
    await this.faulty.quiet();
    if (ms >= LONG_MS) await whenUnclaimed(this);
    this.#passedMs += ms;
    this.#process?.sync.wake(ID);
  }

  wake(): void {
    this.#process?.sync.wake(ID);
  }

  /** Waits for a process that is being started. Status 0: it died before it answered. */
  async send(method: string, path: string, body?: object): Promise<Answer> {
    while (this.#process === null) await new Promise<void>((resolve) => this.#waiting.add(resolve));
    const { listener, name } = this.#running;
    try {
      const response = await fetch(`${listener.url}/scim/${ID}/v2${path}`, {
        method,
        headers: { Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/scim+json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.status >= 500 && this.#process?.name !== name) return { status: 0, body: {} };
      return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
    } catch (error) {
      if (this.#process?.name === name) throw error;
      return { status: 0, body: {} };
    }
  }

  async reconcile(): Promise<string> {
    const { db, vendor, callTimeoutMs } = this.#running;
    const connection = await findConnection(db, ID);
    if (connection === undefined || connection.paused !== null) return 'paused';
    const { tools } = await openDeliveryTools({
      db,
      keyring: this.#keyring,
      connection,
      vendor,
      clock: this.clock,
      observe: { delivered: () => {}, vendorCall: () => {} },
      allowHttpLoopback: true,
      timings: { ...TIMINGS, callTimeoutMs, listPaceMs: 5 },
    });
    if (tools.live === null) throw new Error('This connection is live.');
    const { result } = await reconcile(tools, tools.live, createLog(LOG_LEVEL, process.stderr));
    this.wake();
    return result;
  }

  async resume(): Promise<void> {
    await resumeConnection(this.db, ID, this.clock.now());
    this.wake();
  }

  comeToRest(meanwhile: () => Promise<void>): Promise<void> {
    return comeToRest(this, meanwhile);
  }

  whenIdle(): Promise<void> {
    return whenIdle(this);
  }

  /** Whoever acts for the operator here. */
  get operator(): Operator {
    return { db: this.db, keyring: this.#keyring, clock: this.clock, actor: 'test', allowHttpLoopback: true };
  }

  /** What an operator does about accounts that stand still: releases what is held and retries the rest. */
  async operate(): Promise<void> {
    const { operator } = this;
    const stuck = await this.db
      .selectFrom('accounts')
      .select(['id', 'state'])
      .where('state', 'in', ['held', 'refused', 'conflict', 'task'])
      .execute();
    for (const { id, state } of stuck) {
      if (state === 'held')
        await decideHeld(operator, ID, { match: id }, { decision: 'released', reason: '' });
      else await retryAccount(operator, ID, id);
    }
    this.wake();
  }

  async close(): Promise<void> {
    if (this.#process !== null) await this.kill();
    await this.faulty.close();
    await this.#stores.remove(this.#file);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
