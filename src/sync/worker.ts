import type { Clock } from '../core/clock.ts';
import type { Connection } from '../core/connection.ts';
import { StoreUnavailable, VendorError } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import type { Log } from '../core/ports.ts';
import { type Claim, claimDue, countDue, nextDueAt } from '../store/accounts.ts';
import { findConnection, pauseConnection } from '../store/connections.ts';
import type { Database } from '../store/database.ts';
import { expandFanout } from '../store/fanouts.ts';
import type { Progress } from './attempt.ts';
import { type DeliveryTools, deliver, type Ending } from './deliver.ts';
import { type Finished, finish } from './finish.ts';

/** What a worker needs beside the connection itself. */
export interface WorkerOptions {
  db: Database;
  connectionId: ConnectionId;
  epoch: number;
  clock: Clock;
  log: Log;
  /** The tools to deliver with under the connection's present version, and how many accounts go at once. */
  open(connection: Connection): Promise<{ tools: DeliveryTools; slots: number }>;
  delivered(connection: Connection, result: string): void;
  /** An attempt on this account has been written. */
  notify(accountId: string): void;
}

export interface Worker {
  wake(): void;
  /** Whether a push that is made now may be delivered before `deadline` (epoch ms). */
  canHelp(deadline: number): Promise<boolean>;
  /** Takes no new work; resolves when what is in flight has settled. */
  stop(): Promise<void>;
}

/** A paused or broken connection is looked at again this often without being woken. */
const IDLE_MS = 60_000;
const RATE_WINDOW_MS = 60_000;
const STORE_RETRY_MS = 1_000;

/** Delivers one connection's due accounts: claim, wanted, plan, deliver, settle. */
export function createWorker(options: WorkerOptions): Worker {
  const { db, connectionId, clock, log } = options;
  const inFlight = new Set<Promise<void>>();
  const settledAt: number[] = [];
  let slots = 1;
  let standing = false;
  let throttledUntil = 0;
  let pumping: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;

  function wake(): void {
    if (stopped) return;
    again = true;
    pumping ??= pumpAll().finally(() => {
      pumping = null;
      if (again) wake();
    });
  }

  async function pumpAll(): Promise<void> {
    while (again && !stopped) {
      again = false;
      try {
        await pump();
      } catch (error) {
        log.error({ connection: connectionId, err: error }, 'The worker could not take up work.');
        schedule(clock.now() + IDLE_MS);
      }
    }
  }

  async function pump(): Promise<void> {
    const connection = await findConnection(db, connectionId);
    standing = connection === undefined || connection.paused !== null;
    if (connection === undefined || standing) return;
    const { tools, slots: wantedSlots } = await options.open(connection);
    slots = wantedSlots;
    while (await expandFanout(db, connectionId, clock.now())) await new Promise(setImmediate);
    if (throttledUntil > clock.now()) return schedule(throttledUntil);
    const free = slots - inFlight.size;
    if (free <= 0) return;
    const { epoch } = options;
    const claims = await claimDue(db, connectionId, { epoch, now: clock.now(), limit: free });
    for (const claim of claims) start(connection, tools, claim);
    if (claims.length === free) return;
    const next = await nextDueAt(db, connectionId);
    if (next !== null) schedule(next);
  }

  function start(connection: Connection, tools: DeliveryTools, claim: Claim): void {
    const running = run(connection, tools, claim)
      .catch((error: unknown) => {
        // The claim stays, and is found in doubt at the next start.
        log.error({ ...about(claim), err: error }, 'A delivery broke off.');
      })
      .finally(() => {
        inFlight.delete(running);
        wake();
      });
    inFlight.add(running);
  }

  async function run(connection: Connection, tools: DeliveryTools, claim: Claim): Promise<void> {
    const { progress, ending: first } = await deliver(tools, claim);
    const ending = await confirmCredential(tools, first);
    if (ending.kind === 'failed' && !(ending.error instanceof VendorError)) {
      log.error({ ...about(claim), err: ending.error }, 'A delivery failed.');
    }
    const finished = await finishSurely(tools, progress, ending);
    throttledUntil = Math.max(throttledUntil, finished.throttledUntil ?? 0);
    if (finished.result !== 'retry') settledAt.push(clock.now());
    options.delivered(connection, finished.result);
    options.notify(claim.account.id);
    const { error } = finished;
    log.info(
      { ...about(claim), result: finished.result, code: error?.code, reason: error?.message },
      'delivery',
    );
  }

  /** The end of an attempt is written as soon as the store can be written: its effects are at the vendor already. */
  async function finishSurely(
    tools: DeliveryTools,
    progress: Progress,
    ending: Ending,
  ): Promise<Finished> {
    for (;;) {
      try {
        return await finish(tools, progress, ending);
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || stopped) throw error;
        log.error({ ...about(progress.claim), err: error }, 'The end of a delivery could not be stored yet.');
        await new Promise((resolve) => setTimeout(resolve, STORE_RETRY_MS));
      }
    }
  }

  /** One call's bad-key answer may be about that call alone: `verify` tells, and pauses the connection if the key is dead. */
  async function confirmCredential(tools: DeliveryTools, ending: Ending): Promise<Ending> {
    if (ending.kind !== 'failed' || !(ending.error instanceof VendorError)) return ending;
    if (ending.error.code !== 'UNAUTHORISED') return ending;
    try {
      await tools.live?.session.verify();
    } catch (error) {
      if (!(error instanceof VendorError) || error.code !== 'UNAUTHORISED') return { kind: 'failed', error };
      const reason = `${tools.vendor.title} does not accept the credential: ${error.message}`;
      await pauseConnection(db, connectionId, reason, clock.now());
      log.error({ connection: connectionId, alert: 'credential', reason }, 'The connection is paused.');
      return ending;
    }
    const { message, status } = ending.error;
    return { kind: 'failed', error: new VendorError('NOT_PERMITTED', message, { status, cause: ending.error }) };
  }

  function about(claim: Claim) {
    return { connection: connectionId, account: claim.account.id, requestId: claim.account.requestId ?? undefined };
  }

  function schedule(at: number): void {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(wake, Math.min(IDLE_MS, Math.max(0, at - clock.now())));
    timer.unref();
  }

  return {
    wake,
    async canHelp(deadline) {
      const now = clock.now();
      if (stopped || standing || throttledUntil > deadline) return false;
      if (inFlight.size < slots) return true;
      while (settledAt[0] !== undefined && settledAt[0] < now - RATE_WINDOW_MS) settledAt.shift();
      const [first] = settledAt;
      // Too little has been delivered to know the pace: hope.
      if (first === undefined || settledAt.length < 2 * slots) return true;
      const perMs = settledAt.length / Math.max(1, now - first);
      return (await countDue(db, connectionId, now)) / perMs <= deadline - now;
    },
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      await pumping;
      await Promise.all(inFlight);
    },
  };
}
