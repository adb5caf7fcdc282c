/** Delivers one connection's due accounts: claim, observe, plan, execute, settle. */
import type { Clock } from '../core/clock.ts';
import type { Connection } from '../core/connection.ts';
import { LeaseLost } from '../core/errors.ts';
import type { AccountId } from '../core/ids.ts';
import type { Log } from '../core/ports.ts';
import { connectionReader } from '../store/connections.ts';
import type { Database } from '../store/database.ts';
import { type Claim, claimDue } from '../store/worklist/claim.ts';
import { expandFanout } from '../store/worklist/fanouts.ts';
import type { Lease } from '../store/worklist/leases.ts';
import { isMoreDue, nextDueAt } from '../store/worklist/next-due.ts';
import { returnClaims } from '../store/worklist/recover-claims.ts';
import type { DeliveryTools } from './calls/open-session.ts';
import { proveConnection } from './compare/prove.ts';
import { isNewer, openOrPause, pauseForNewer } from './connection-stop.ts';
import { aboutClaim, deliver } from './delivery/io/deliver.ts';
import { createVendorState, type VendorState } from './vendor-state.ts';

export interface WorkerOptions {
  db: Database;
  clock: Clock;
  log: Log;
  lease: Lease;
  /** Whether the lease is still this instance's, as far as it knows. */
  mayCall(): boolean;
  /** The tools to deliver with under the connection's present version, and how many accounts go at once. */
  open(connection: Connection): Promise<{ tools: DeliveryTools; slots: number }>;
  delivered(connection: Connection, result: string): void;
  /** An attempt on this account has been written. */
  notify(accountId: AccountId): void;
}

/** A connection is looked at again at least this often, whatever its timers say. */
const IDLE_MS = 60_000;
/** After a failure of the store. */
const RETRY_MS = 1_000;
const RATE_WINDOW_MS = 60_000;
/** Attempts that wait for a list stay claimed, outside the slots; no more than this. */
const MOST_WAITING = 1_000;

export class Worker {
  readonly #options: WorkerOptions;
  readonly #inFlight = new Set<Promise<void>>();
  /** Accounts whose attempts run. */
  readonly #running = new Set<AccountId>();
  /** Attempts that wait for a list. */
  #waiting = 0;
  /** There may be claims that no attempt has. */
  #sweep = false;
  /** When calls of this process began whose outcome nobody knows, by row and steady clock. */
  readonly #doubts = new Map<string, number>();
  /** When deliveries of the last minute settled, for the pace. */
  readonly #settledAt: number[] = [];
  /** Since when the lease is held, by the steady clock. */
  readonly #since: number;
  #slots = 1;
  /** Paused, or gone. */
  #standing = false;
  #tools: DeliveryTools | null = null;
  readonly #vendor: VendorState;
  readonly #present: () => Promise<Connection | undefined>;
  #pumping: Promise<void> | null = null;
  #again = false;
  #stopped = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#since = options.clock.steady();
    this.#vendor = createVendorState(options);
    this.#present = connectionReader(options.db, options.lease.connectionId);
  }

  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#tools?.live?.lookup.users.look();
    this.#tools?.live?.lookup.groups?.look();
    this.#pumping ??= this.#pumpAll().finally(() => {
      this.#pumping = null;
      if (this.#again) this.wake();
    });
  }

  /** Whether a push that is made now may be delivered before `deadline` (epoch ms). */
  async canHelp(deadline: number): Promise<boolean> {
    const { db, lease, clock } = this.#options;
    const now = clock.now();
    if (this.#stopped || this.#standing || this.#vendor.quietMs() > deadline - now) return false;
    if (this.#free() > 0) return true;
    const settled = this.#settledAt;
    while (settled[0] !== undefined && settled[0] < now - RATE_WINDOW_MS) settled.shift();
    const [first] = settled;
    // Too little has been delivered to know the pace: hope.
    if (first === undefined || settled.length < 2 * this.#slots) return true;
    const perMs = settled.length / Math.max(1, now - first);
    return !(await isMoreDue(db, lease.connectionId, now, perMs * (deadline - now)));
  }

  /** Whether calls may begin now: the lease is held, and no pause stands against it. */
  mayCall(): boolean {
    return !this.#stopped && this.#options.mayCall() && this.#vendor.quietMs() === 0;
  }

  /** Takes no new work; resolves when what is in flight has settled. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#pumping;
    await Promise.all(this.#inFlight);
  }

  async #pumpAll(): Promise<void> {
    const { lease, log } = this.#options;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        await this.#pump();
      } catch (error) {
        if (error instanceof LeaseLost) return;
        log.error({ connection: lease.connectionId, err: error }, 'The worker could not take up work.');
        this.#sweep = true;
        this.#schedule(RETRY_MS);
      }
    }
  }

  async #pump(): Promise<void> {
    const { db, lease, clock } = this.#options;
    const { connectionId } = lease;
    await this.#sweepClaims();
    // First: whoever is marked by a change of the mapping is claimed under the mapping of after it.
    while (await expandFanout(db, connectionId, clock.now())) await new Promise(setImmediate);
    const connection = await this.#present();
    this.#standing = connection === undefined || connection.paused !== null;
    if (connection === undefined || this.#standing) return;
    const opened = await openOrPause(this.#options, connection);
    if (opened === null) return;
    const { tools, slots } = opened;
    this.#tools = tools;
    this.#slots = slots;
    const quietMs = this.#vendor.quietMs();
    if (quietMs > 0) return this.#schedule(quietMs);
    if (!(await this.#prove(tools))) return;
    const limit = this.#vendor.breaker.admits(this.#free());
    if (limit === 0) return;
    const claims = await this.#claim(limit, connection.policies.groups === 'mirror');
    if (claims.length === 0) this.#vendor.breaker.unused();
    if (claims.some(isNewer)) {
      this.#sweep = true;
      this.#again = true;
      return pauseForNewer(this.#options, connection);
    }
    for (const claim of claims) this.#start(connection, tools, claim);
    if (claims.length === limit && this.#vendor.breaker.openUntil() === 0) return;
    const next = await nextDueAt(db, connectionId);
    if (next !== null) this.#schedule(next - clock.now());
  }

  /** Attempts that wait for a list leave their slots to others. */
  #free(): number {
    const waiting = Math.min(this.#waiting, MOST_WAITING);
    return Math.max(0, this.#slots - (this.#inFlight.size - waiting));
  }

  /** False: a new credential may be another company's, and the vendor's list has not shown the known accounts yet. */
  async #prove(tools: DeliveryTools): Promise<boolean> {
    if (!tools.connection.unproven || tools.live === null) return true;
    const proved = await proveConnection(tools, tools.live, this.#options.log);
    if (proved === 'later') this.#schedule(RETRY_MS);
    else this.#again = true;
    return false;
  }

  /** A claim that no running attempt has is given back. */
  async #sweepClaims(): Promise<void> {
    if (!this.#sweep) return;
    const { db, lease, clock } = this.#options;
    await returnClaims(db, lease.connectionId, lease.epoch, [...this.#running], clock.now());
    this.#sweep = false;
  }

  async #claim(limit: number, mirrored: boolean): Promise<Claim[]> {
    const { db, lease, clock } = this.#options;
    // Until its commit has been heard of.
    this.#sweep = true;
    const claims = await claimDue(db, lease, { now: clock.now(), limit, mirrored });
    this.#sweep = false;
    return claims;
  }

  #start(connection: Connection, tools: DeliveryTools, claim: Claim): void {
    const { id } = claim.account;
    this.#running.add(id);
    const running = this.#run(connection, tools, claim)
      .catch((error: unknown) => {
        this.#sweep = true;
        this.#options.log.error({ ...aboutClaim(claim), err: error }, 'A delivery broke off.');
      })
      .finally(() => {
        this.#running.delete(id);
        this.#inFlight.delete(running);
        this.wake();
      });
    this.#inFlight.add(running);
  }

  async #run(connection: Connection, tools: DeliveryTools, claim: Claim): Promise<void> {
    const { log, lease } = this.#options;
    const context = {
      log,
      doubts: { epoch: lease.epoch, earlierFrom: this.#since, begun: this.#doubts },
      stopped: () => this.#stopped,
      waits: (isWaiting: boolean) => this.#wait(isWaiting),
      doubt: (row: string, begun: number | null) => {
        if (begun === null) this.#doubts.delete(row);
        else this.#doubts.set(row, begun);
      },
    };
    const { result, error, throttledUntil, called } = await deliver(context, tools, claim);
    if (throttledUntil !== null) await this.#vendor.throttle(throttledUntil);
    // An attempt without a call says nothing about the vendor.
    if (called) this.#vendor.judge(error?.code);
    else this.#vendor.breaker.unused();
    if (result !== 'retry') this.#settledAt.push(this.#options.clock.now());
    this.#options.delivered(connection, result);
    this.#options.notify(claim.account.id);
  }

  #wait(isWaiting: boolean): void {
    this.#waiting += isWaiting ? 1 : -1;
    if (isWaiting) this.wake();
  }

  #schedule(inMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.wake(), Math.min(IDLE_MS, Math.max(0, inMs)));
    this.#timer.unref();
  }
}
