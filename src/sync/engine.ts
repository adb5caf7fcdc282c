import type { Clock } from '../core/clock.ts';
import type { Connection } from '../core/connection.ts';
import { OperatorError } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import type { Deliveries, Log, SyncObserver } from '../core/ports.ts';
import { bringForward, recoverClaims } from '../store/accounts.ts';
import { listConnections } from '../store/connections.ts';
import { type Database, dataVersion } from '../store/database.ts';
import type { Keyring } from '../store/encryption.ts';
import { nextEpoch } from '../store/meta.ts';
import type { AnyVendor } from '../vendor-kit/define.ts';
import { openDeliveryTools } from './open.ts';
import { createOutcomes } from './outcomes.ts';
import { LARGEST_BACKOFF_MS } from './retry.ts';
import { createWorker, type Worker } from './worker.ts';

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

export interface Sync extends Deliveries {
  /** Takes up what was due before this process, then delivers whatever falls due. */
  start(): Promise<void>;
  /** Takes up nothing new and waits for what is in flight, at most `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

const CALL_TIMEOUT_MS = 20_000;
/** How soon the work of another process (the CLI) on the same store is seen. */
const WATCH_MS = 250;
/** Also looked at without a sign: a clock that jumped, a timer that was lost. */
const SWEEP_MS = 30_000;

/** The delivery side: one worker a connection, and the requests that wait for outcomes. */
export function createSync(options: SyncOptions): Sync {
  const { db, clock, log } = options;
  const callTimeoutMs = options.callTimeoutMs ?? CALL_TIMEOUT_MS;
  const workers = new Map<ConnectionId, Worker>();
  const timers: NodeJS.Timeout[] = [];
  let epoch = 0;
  let stopping = false;
  let seenVersion = -1;

  const outcomes = createOutcomes(db, clock, async (connectionId, deadline) => {
    return (await workers.get(connectionId)?.canHelp(deadline)) ?? false;
  });

  function workerOf(connectionId: ConnectionId): Worker {
    const known = workers.get(connectionId);
    if (known !== undefined) return known;
    let opened: { version: number; tools: ReturnType<typeof openDeliveryTools> } | null = null;
    const worker = createWorker({
      db,
      connectionId,
      epoch,
      clock,
      log,
      open(connection) {
        if (opened?.version !== connection.version) {
          opened = { version: connection.version, tools: openDeliveryTools(toolsOptions(connection)) };
          opened.tools.catch(() => {
            opened = null;
          });
        }
        return opened.tools;
      },
      delivered: (connection, result) => options.observe.delivered(connection.vendor, result),
      notify: outcomes.notify,
    });
    workers.set(connectionId, worker);
    return worker;
  }

  function toolsOptions(connection: Connection) {
    const vendor = options.vendors.find(({ id }) => id === connection.vendor);
    if (vendor === undefined) {
      throw new OperatorError(`Connection ${connection.id}: there is no vendor ${connection.vendor}.`);
    }
    return { ...options, connection, vendor, callTimeoutMs };
  }

  async function wakeAll(): Promise<void> {
    if (stopping) return;
    const connections = await listConnections(db);
    for (const { id } of connections) workerOf(id).wake();
  }

  /** Runs again and again, never twice at once; a failing store is logged and tried again. */
  function every(ms: number, job: () => Promise<void>): void {
    let running = false;
    const timer = setInterval(() => {
      if (running || stopping) return;
      running = true;
      job()
        .catch((error: unknown) => log.error({ err: error }, 'The store could not be watched.'))
        .finally(() => {
          running = false;
        });
    }, ms);
    timer.unref();
    timers.push(timer);
  }

  async function watch(): Promise<void> {
    const version = await dataVersion(db);
    if (version === seenVersion) return;
    seenVersion = version;
    await wakeAll();
  }

  async function sweep(): Promise<void> {
    await bringForward(db, clock.now() + LARGEST_BACKOFF_MS);
    await wakeAll();
  }

  return {
    async start() {
      epoch = await nextEpoch(db);
      const lost = await recoverClaims(db, epoch, { now: clock.now(), callTimeoutMs });
      if (lost > 0) log.warn({ accounts: lost }, 'Deliveries of an earlier process broke off; they are looked up first.');
      seenVersion = await dataVersion(db);
      await sweep();
      every(WATCH_MS, watch);
      every(SWEEP_MS, sweep);
    },
    async stop(graceMs) {
      stopping = true;
      for (const timer of timers) clearInterval(timer);
      const settled = Promise.all([...workers.values()].map((worker) => worker.stop()));
      let timer: NodeJS.Timeout | undefined;
      const grace = new Promise((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([settled, grace]);
      clearTimeout(timer);
    },
    wake(connectionId) {
      if (!stopping) workerOf(connectionId).wake();
    },
    outcome: outcomes.wait,
  };
}
