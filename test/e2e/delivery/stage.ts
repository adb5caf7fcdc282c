import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import type { Account } from '../../../src/core/account.ts';
import type { Delivery } from '../../../src/core/delivery.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Mapping } from '../../../src/core/mapping.ts';
import type { Policies } from '../../../src/core/policy.ts';
import type { Log } from '../../../src/core/ports.ts';
import type { Task } from '../../../src/core/task.ts';
import { vendorUrn } from '../../../src/core/vendor-urn.ts';
import { type Listener, listen } from '../../../src/http/listener.ts';
import { createMetrics, type Metrics } from '../../../src/http/metrics.ts';
import { createEdge } from '../../../src/http/server.ts';
import { createLog } from '../../../src/log.ts';
import { findConnection, insertConnection, updateConnection } from '../../../src/store/connections.ts';
import { closeDatabase, type Database, inTransaction, openDatabase } from '../../../src/store/database.ts';
import { listDeliveries } from '../../../src/store/delivery/history.ts';
import { listTasks } from '../../../src/store/delivery/tasks.ts';
import { type Keyring, openKeyring } from '../../../src/store/encryption.ts';
import { issueToken } from '../../../src/store/tokens.ts';
import { findAccountOf } from '../../../src/store/worklist/claim.ts';
import { markAll } from '../../../src/store/worklist/mark-due.ts';
import { TIMINGS } from '../../../src/sync/calls/open-session.ts';
import { Sync } from '../../../src/sync/engine.ts';
import { policiesInForce } from '../../../src/vendor-kit/policies.ts';
import { loadFake } from '../../../src/vendors/fakes.ts';
import { vendorById, vendors } from '../../../src/vendors/index.ts';
import { memoryRecords } from '../../contract/vendors-setup.ts';
import { FakeVendor } from './fake-vendor.ts';
import { impossibleChanges, watchStates } from './state-changes.ts';

const CORE_USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const CORE_GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const ID = 'under-test';
const ADDRESS = { host: '127.0.0.1', port: 0, tls: null, portSetting: 'CAUSEWAY_PORT' };
/** What a poll may take: two backoffs, on a machine that does other things too. */
const PATIENCE = { timeout: 10_000, interval: 20 };

interface StageOptions {
  settings?: JsonObject;
  policies?: Partial<Policies>;
  quirks?: JsonObject;
  dryRun?: boolean;
  /** A call to the vendor is given up after this long. */
  callTimeoutMs?: number;
  /** Two lists of the vendor's begin at least this far apart. */
  listPaceMs?: number;
}

interface Answer {
  status: number;
  headers: Headers;
  /** `{}` where the answer has none. */
  body: JsonObject;
}

/** Everything but the process: identity provider → HTTP → store → worker → HTTP → one fake vendor. */
export class Stage extends FakeVendor {
  readonly id = ID;
  db: Database;
  #sync: Sync;
  #listener: Listener;
  #passedMs = 0;
  #turnedMs = 0;
  #token = '';
  readonly keyring: Keyring;
  readonly #lines: string[] = [];
  #metrics: Metrics;
  readonly #file: string;
  readonly #callTimeoutMs: number;
  readonly listPaceMs: number;

  constructor(parts: {
    file: string;
    db: Database;
    keyring: Keyring;
    fake: Listener;
    callTimeoutMs: number;
    listPaceMs: number;
  }) {
    super(parts.fake.url);
    this.#file = parts.file;
    this.db = parts.db;
    this.keyring = parts.keyring;
    this.#callTimeoutMs = parts.callTimeoutMs;
    this.listPaceMs = parts.listPaceMs;
    this.#metrics = createMetrics(this.db, this.#clock);
    this.#sync = this.#newSync();
    this.#listener = parts.fake;
  }

  get timings() {
    return { ...TIMINGS, callTimeoutMs: this.#callTimeoutMs, listPaceMs: this.listPaceMs };
  }

  now(): number {
    return this.#clock.now();
  }

  get #clock() {
    return {
      now: () => Date.now() + this.#passedMs + this.#turnedMs,
      steady: () => performance.now() + this.#passedMs,
    };
  }

  /** As the process has it: warnings and errors are kept, alerts counted. */
  get log(): Log {
    return this.#metrics.countAlerts(createLog('warn', { write: (line) => void this.#lines.push(line) }));
  }

  /** Each alert of the log, in order. */
  alerts(): JsonObject[] {
    const lines = this.#lines.map((line) => JSON.parse(line) as JsonObject);
    return lines.filter(({ alert }) => alert !== undefined);
  }

  /** What `/metrics` tells of one name, its labels as they are there. */
  async counted(nameWithLabels: string): Promise<number> {
    const lines = (await this.#metrics.text()).split('\n');
    const line = lines.find((one) => one.startsWith(`${nameWithLabels} `));
    return Number(line?.slice(nameWithLabels.length));
  }

  #newSync(): Sync {
    return new Sync({
      db: this.db,
      keyring: this.keyring,
      vendors,
      clock: this.#clock,
      log: this.log,
      observe: this.#metrics,
      allowHttpLoopback: true,
      timings: this.timings,
    });
  }

  async start(): Promise<void> {
    await this.#sync.start();
    const edge = createEdge({
      db: this.db,
      keyring: this.keyring,
      deliveries: this.#sync,
      schemaOf,
      publicUrl: () => 'https://scim.example.com',
      trustedProxies: [],
      metrics: this.#metrics,
      clock: this.#clock,
      log: createLog('silent', process.stderr),
    });
    this.#listener = await listen(edge, ADDRESS);
    if (this.#token !== '') return;
    const token = { connectionId: ID, label: 'test', expiresAt: null, now: this.#clock.now() };
    this.#token = (await issueToken(this.db, this.keyring, token)).token;
  }

  /** `graceMs` 0: as if the process had died with its calls under way. */
  async stop(graceMs: number): Promise<void> {
    await this.#listener.close(0);
    await this.#sync.stop(graceMs);
    await closeDatabase(this.db);
  }

  /** Another process on the same data. */
  async startAgain(): Promise<void> {
    this.db = await openDatabase({ file: this.#file, mode: 'sandbox' });
    this.#metrics = createMetrics(this.db, this.#clock);
    this.#sync = this.#newSync();
    await this.start();
  }

  /** The wall clock is set to another time; how long things take is not touched. */
  turnClock(ms: number): void {
    this.#turnedMs += ms;
    this.wake();
  }

  steady(): number {
    return this.#clock.steady();
  }

  /** Lets time pass for all clocks, and the worker look at them. */
  passTime(ms: number): void {
    this.#passedMs += ms;
    this.wake();
  }

  wake(): void {
    this.#sync.wake(ID);
  }

  /** `body` may be a stream of JSON text: a request that takes its time. */
  async send(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${this.#listener.url}/scim/${ID}/v2${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/scim+json' },
      ...(body && carry(body)),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
  }

  postUser(user: JsonObject): Promise<Answer> {
    return this.send('POST', '/Users', user);
  }

  patchUser(id: string, ...operations: JsonObject[]): Promise<Answer> {
    return this.send('PATCH', `/Users/${id}`, { schemas: [PATCH_OP], Operations: operations });
  }

  setActive(id: string, active: boolean): Promise<Answer> {
    return this.patchUser(id, { op: 'replace', path: 'active', value: active });
  }

  /** Its id, once the push is answered 201. */
  async addUser(user: JsonObject): Promise<string> {
    const { status, body } = await this.postUser(user);
    expect(body).toMatchObject({ id: expect.any(String) });
    expect(status).toBe(201);
    return String(body['id']);
  }

  async addGroup(displayName: string, ...memberIds: string[]): Promise<string> {
    const members = memberIds.map((value) => ({ value }));
    const { status, body } = await this.send('POST', '/Groups', {
      schemas: [CORE_GROUP],
      displayName,
      members,
    });
    expect(status).toBe(201);
    return String(body['id']);
  }

  patchGroup(id: string, ...operations: JsonObject[]): Promise<Answer> {
    return this.send('PATCH', `/Groups/${id}`, { schemas: [PATCH_OP], Operations: operations });
  }

  account(userId: string): Promise<Account | undefined> {
    return findAccountOf(this.db, ID, 'user', userId);
  }

  async state(userId: string): Promise<string | undefined> {
    return (await this.account(userId))?.state;
  }

  /** Newest first. */
  async deliveries(userId: string): Promise<Delivery[]> {
    const account = await this.account(userId);
    return account === undefined ? [] : listDeliveries(this.db, ID, { accountId: account.id, limit: 100 });
  }

  openTasks(): Promise<Task[]> {
    return listTasks(this.db, ID, { state: 'open' });
  }

  async pauseReason(): Promise<string | null> {
    return (await findConnection(this.db, ID))?.paused?.reason ?? null;
  }

  /** As the operator's commands do: saved, and every account due again. */
  async setMapping(mapping: Mapping): Promise<void> {
    const now = this.#clock.now();
    await inTransaction(this.db, async (tx) => {
      await updateConnection(tx, ID, { mapping }, now);
      await markAll(tx, ID, 'mapping changed', now);
    });
    this.wake();
  }
}

function carry(body: object): Pick<RequestInit, 'body' | 'duplex'> {
  return body instanceof ReadableStream ? { body, duplex: 'half' } : { body: JSON.stringify(body) };
}

function schemaOf(id: string) {
  const vendor = vendorById(id);
  return { urn: vendorUrn(id), vendorTitle: vendor?.title ?? id, fields: vendor?.fields ?? [] };
}

/** A connection to a fake of its own, that ends with the test. */
export async function startStage(vendorId: string, options: StageOptions = {}): Promise<Stage> {
  const vendor = vendorById(vendorId);
  if (vendor === undefined) throw new Error(`There is no vendor ${vendorId}.`);
  const folder = mkdtempSync(join(tmpdir(), 'causeway-delivery-'));
  const fakeApp = await loadFake(vendorId);
  const fake = await listen(await fakeApp.create(memoryRecords(), options.quirks), ADDRESS);
  const file = join(folder, 'store.db');
  const db = await openDatabase({ file, mode: 'sandbox' });
  const keyring = openKeyring(randomBytes(32));
  const settings = vendor.settings.parse({ ...fakeApp.sandbox.settings(fake.url), ...options.settings });
  const policies = policiesInForce(vendor, settings, options.policies ?? {});
  const rest = { mapping: {}, policyOverrides: options.policies ?? {}, dryRun: options.dryRun ?? false };
  const connection = { id: ID, vendor: vendor.id, title: vendor.title, settings, policies, ...rest };
  await insertConnection(db, keyring, connection, fakeApp.sandbox.credentials, Date.now());
  await watchStates(db);
  const { callTimeoutMs = 20_000, listPaceMs = 20 } = options;
  const stage = new Stage({ file, db, keyring, fake, callTimeoutMs, listPaceMs });
  await stage.start();
  onTestFinished(async () => {
    await fake.close(0);
    const impossible = await impossibleChanges(stage.db);
    await stage.stop(0);
    rmSync(folder, { recursive: true, force: true });
    expect(impossible, 'changes of state that core/account-state does not have').toEqual([]);
  });
  return stage;
}

/** Waits until `read` gives `expected` (asymmetric matchers too). */
export async function eventually(read: () => Promise<unknown>, expected: unknown): Promise<void> {
  await vi.waitFor(async () => expect(await read()).toEqual(expected), PATIENCE);
}

/** A User as an identity provider pushes it. */
export function person(userName: string, more: JsonObject = {}): JsonObject {
  return {
    schemas: [CORE_USER],
    userName,
    name: { givenName: 'Ana', familyName: 'Díaz' },
    displayName: 'Ana Díaz',
    emails: [{ value: userName, type: 'work', primary: true }],
    active: true,
    ...more,
  };
}
