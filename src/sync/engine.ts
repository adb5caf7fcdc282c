import type { Clock } from '../core/clock.ts';
import type { Connection } from '../core/connection.ts';
import type { Outcome } from '../core/delivery.ts';
import { OperatorError } from '../core/errors.ts';
import type { AccountId, ConnectionId } from '../core/ids.ts';
import type { Deliveries, Log, SyncObserver } from '../core/ports.ts';
import { bringForward, recoverClaims } from '../store/accounts.ts';
import { listConnections } from '../store/connections.ts';
import { type Database, dataVersion } from '../store/database.ts';
import { pruneDeliveries } from '../store/deliveries.ts';
import type { Keyring } from '../store/encryption.ts';
import { nextEpoch } from '../store/meta.ts';
import type { AnyVendor } from '../vendor-kit/define.ts';
import { createJobRunner, type JobRunner } from './jobs.ts';
import { openDeliveryTools } from './open.ts';
import { createOutcomes, type Outcomes } from './outcomes.ts';
import { LARGEST_BACKOFF_MS } from './retry.ts';
import { Worker } from './worker.ts';

export interface SyncOptions {
  db: Database;
  keyring: Keyring;
  vendors: readonly AnyVendor[];
  clock: Clock;
  log: Log;
  observe: SyncObserver;
  /** Sandbox and tests: vendors may be plain http on loopback. */
  allowHttpLoopback: boolean;
  /** After this long a call that was begun can no longer take effect. */
  callTimeoutMs?: number;
}

const CALL_TIMEOUT_MS = 20_000;
/** How soon the work of another process (the CLI) on the same store is seen. */
const WATCH_MS = 250;
/** History is kept for 90 days and pruned in small steps. */
const HISTORY_MS = 90 * 86_400_000;
const PRUNE_STEP = 1000;
/** Also looked at without a sign: a clock that jumped, a timer that was lost. */
const SWEEP_MS = 30_000;

type Opened = ReturnType<typeof openDeliveryTools>;

/** The delivery side: one worker a connection, and the requests that wait for outcomes. */
export class Sync implements Deliveries {
  readonly #options: SyncOptions & { callTimeoutMs: number };
  readonly #workers = new Map<ConnectionId, Worker>();
  readonly #outcomes: Outcomes;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #jobs: JobRunner;
  /** Each connection's tools, for its present version. */
  readonly #opened = new Map<ConnectionId, { version: number; tools: Opened }>();
  #epoch = 0;
  #stopping = false;
  #seenVersion = '';

  constructor(options: SyncOptions) {
    this.#options = { ...options, callTimeoutMs: options.callTimeoutMs ?? CALL_TIMEOUT_MS };
    this.#outcomes = createOutcomes(options.db, options.clock, async (connectionId, deadline) => {
      return (await this.#workers.get(connectionId)?.canHelp(deadline)) ?? false;
    });
    this.#jobs = createJobRunner(
      options.db,
      options.log,
      async (connection) => (await this.#open(connection)).tools,
      (connectionId) => this.wake(connectionId),
    );
  }

  /** Takes up what was due before this process, then delivers whatever falls due. */
  async start(): Promise<void> {
    const { db, clock, log, callTimeoutMs } = this.#options;
    this.#epoch = await nextEpoch(db);
    const lost = await recoverClaims(db, this.#epoch, { now: clock.now(), callTimeoutMs });
    if (lost > 0) {
      log.warn({ accounts: lost }, 'Deliveries of an earlier process broke off; they are looked up first.');
    }
    this.#seenVersion = await dataVersion(db);
    await this.#sweep();
    this.#every(WATCH_MS, () => this.#watch());
    this.#every(SWEEP_MS, () => this.#sweep());
  }

  /** Takes up nothing new and waits for what is in flight, at most `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    const workers = [...this.#workers.values()].map((worker) => worker.stop());
    const settled = Promise.all([...workers, this.#jobs.idle()]);
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([settled, grace]);
    clearTimeout(timer);
  }

  wake(connectionId: ConnectionId): void {
    if (!this.#stopping) this.#workerOf(connectionId).wake();
  }

  outcome(
    connectionId: ConnectionId,
    accountId: AccountId,
    version: number,
    deadline: number,
  ): Promise<Outcome> {
    return this.#outcomes.wait(connectionId, accountId, version, deadline);
  }

  #workerOf(connectionId: ConnectionId): Worker {
    const known = this.#workers.get(connectionId);
    if (known !== undefined) return known;
    const { observe } = this.#options;
    const worker = new Worker({
      ...this.#options,
      connectionId,
      epoch: this.#epoch,
      open: (connection) => this.#open(connection),
      delivered: (connection, result) => observe.delivered(connection.vendor, result),
      notify: (accountId) => this.#outcomes.notify(accountId),
    });
    this.#workers.set(connectionId, worker);
    return worker;
  }

  /** Opens a connection's tools once for each of its versions. */
  #open(connection: Connection): Opened {
    const known = this.#opened.get(connection.id);
    if (known?.version === connection.version) return known.tools;
    const tools = this.#openTools(connection);
    this.#opened.set(connection.id, { version: connection.version, tools });
    tools.catch(() => this.#opened.delete(connection.id));
    return tools;
  }

  async #openTools(connection: Connection): Opened {
    const vendor = this.#options.vendors.find(({ id }) => id === connection.vendor);
    if (vendor === undefined) {
      throw new OperatorError(`Connection ${connection.id}: there is no vendor ${connection.vendor}.`);
    }
    return openDeliveryTools({ ...this.#options, connection, vendor });
  }

  /** Another process wrote to the store: there may be new work, or a changed connection. */
  async #watch(): Promise<void> {
    const version = await dataVersion(this.#options.db);
    if (version === this.#seenVersion) return;
    this.#seenVersion = version;
    await this.#wakeAll();
    await this.#jobs.run(this.#options.clock.now());
  }

  async #sweep(): Promise<void> {
    const { db, clock } = this.#options;
    await bringForward(db, clock.now() + LARGEST_BACKOFF_MS);
    await pruneDeliveries(db, clock.now() - HISTORY_MS, PRUNE_STEP);
    await this.#wakeAll();
    await this.#jobs.run(clock.now());
  }

  async #wakeAll(): Promise<void> {
    for (const { id } of await listConnections(this.#options.db)) this.wake(id);
  }

  /** Runs again and again, never twice at once; a failing store is logged and tried again. */
  #every(ms: number, job: () => Promise<void>): void {
    let running = false;
    const timer = setInterval(() => {
      if (running || this.#stopping) return;
      running = true;
      job()
        .catch((error: unknown) => this.#options.log.error({ err: error }, 'The store could not be watched.'))
        .finally(() => {
          running = false;
        });
    }, ms);
    timer.unref();
    this.#timers.push(timer);
  }
}
