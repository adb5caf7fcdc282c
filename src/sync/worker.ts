import type { Connection } from '../core/connection.ts';
import { LeaseLost, OperatorError } from '../core/errors.ts';
import type { AccountId } from '../core/ids.ts';
import { connectionReader, pauseConnection } from '../store/connections.ts';
import { type Claim, claimDue } from '../store/worklist/claim.ts';
import { expandFanout } from '../store/worklist/fanouts.ts';
import type { Lease } from '../store/worklist/leases.ts';
import { isMoreDue, nextDueAt } from '../store/worklist/next-due.ts';
import { returnClaims } from '../store/worklist/recover-claims.ts';
import { LONGEST_PAUSE_MS } from './backoff.ts';
import { type Breaker, createBreaker } from './calls/breaker.ts';
import { aboutClaim, type RunContext, runDelivery } from './delivery/run.ts';
import type { DeliveryTools } from './delivery/tools.ts';

export interface WorkerOptions extends Omit<RunContext, 'stopped'> {
  lease: Lease;
  /** No call before this (epoch ms): a silent holder's last one may still take effect. */
  callsFrom: number;
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
/** Failures that are about the vendor and not about one account. */
const VENDOR_DOWN: ReadonlySet<string> = new Set(['UNAVAILABLE', 'UNCERTAIN', 'UNREADABLE']);

/** Delivers one connection's due accounts: claim, wanted, plan, deliver, settle. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #inFlight = new Set<Promise<void>>();
  /** Accounts that were claimed under this lease and have not been settled. */
  readonly #claimed = new Set<AccountId>();
  /** The end of a claim has not been heard of. */
  #unheard = false;
  /** When deliveries of the last minute settled, for the pace. */
  readonly #settledAt: number[] = [];
  #slots = 1;
  /** Paused, or gone. */
  #standing = false;
  #throttledUntil = 0;
  readonly #breaker: Breaker;
  readonly #present: () => Promise<Connection | undefined>;
  #pumping: Promise<void> | null = null;
  #again = false;
  #stopped = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#breaker = createBreaker(options.clock);
    this.#throttledUntil = options.callsFrom;
    this.#present = connectionReader(options.db, options.lease.connectionId);
  }

  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#pumping ??= this.#pumpAll().finally(() => {
      this.#pumping = null;
      if (this.#again) this.wake();
    });
  }

  /** Whether a push that is made now may be delivered before `deadline` (epoch ms). */
  async canHelp(deadline: number): Promise<boolean> {
    const { db, lease, clock } = this.#options;
    const now = clock.now();
    if (this.#stopped || this.#standing || this.#quietUntil() > deadline) return false;
    if (this.#inFlight.size < this.#slots) return true;
    const settled = this.#settledAt;
    while (settled[0] !== undefined && settled[0] < now - RATE_WINDOW_MS) settled.shift();
    const [first] = settled;
    // Too little has been delivered to know the pace: hope.
    if (first === undefined || settled.length < 2 * this.#slots) return true;
    const perMs = settled.length / Math.max(1, now - first);
    return !(await isMoreDue(db, lease.connectionId, now, perMs * (deadline - now)));
  }

  /** Whether calls may begin now: the lease is held, and no earlier holder's call can still take effect. */
  mayCall(): boolean {
    return !this.#stopped && this.#options.mayCall() && this.#options.clock.now() >= this.#options.callsFrom;
  }

  /** Takes no new work; resolves when what is in flight has settled. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#pumping;
    await Promise.all(this.#inFlight);
  }

  async #pumpAll(): Promise<void> {
    const { lease, log, clock } = this.#options;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        await this.#pump();
      } catch (error) {
        if (error instanceof LeaseLost) return;
        log.error({ connection: lease.connectionId, err: error }, 'The worker could not take up work.');
        this.#schedule(clock.now() + RETRY_MS);
      }
    }
  }

  async #pump(): Promise<void> {
    const { db, lease, clock } = this.#options;
    const { connectionId } = lease;
    // First: whoever is marked by a change of the mapping is claimed under the mapping of after it.
    while (await expandFanout(db, connectionId, clock.now())) await new Promise(setImmediate);
    const connection = await this.#present();
    this.#standing = connection === undefined || connection.paused !== null;
    if (connection === undefined || this.#standing) return;
    const opened = await this.#open(connection);
    if (opened === null) return;
    const { tools, slots } = opened;
    this.#slots = slots;
    if (this.#quietUntil() > clock.now()) return this.#schedule(this.#quietUntil());
    const limit = this.#breaker.admits(Math.max(0, slots - this.#inFlight.size));
    if (limit === 0) return;
    const claims = await this.#claim(limit, connection.policies.groups === 'mirror');
    if (claims.length === 0) this.#breaker.unused();
    for (const claim of claims) this.#start(connection, tools, claim);
    if (claims.length === limit && this.#breaker.openUntil() === 0) return;
    const next = await nextDueAt(db, connectionId);
    if (next !== null) this.#schedule(next);
  }

  /** Null: its credentials or settings cannot be used, and the connection is paused until they are replaced. */
  async #open(connection: Connection): Promise<{ tools: DeliveryTools; slots: number } | null> {
    const { db, clock, log } = this.#options;
    try {
      return await this.#options.open(connection);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      const { id, version } = connection;
      const reason = error.message;
      await pauseConnection(db, id, reason, clock.now(), version);
      log.error({ connection: id, alert: 'credential', reason }, 'The connection is paused.');
      return null;
    }
  }

  /** A claim whose commit was not heard of may have been made: it is given back before the next. */
  async #claim(limit: number, mirrored: boolean): Promise<Claim[]> {
    const { db, lease, clock } = this.#options;
    if (this.#unheard) {
      await returnClaims(db, lease.connectionId, lease.epoch, [...this.#claimed]);
      this.#unheard = false;
    }
    this.#unheard = true;
    const claims = await claimDue(db, lease, { now: clock.now(), limit, mirrored });
    this.#unheard = false;
    return claims;
  }

  #start(connection: Connection, tools: DeliveryTools, claim: Claim): void {
    const { id } = claim.account;
    this.#claimed.add(id);
    const running = this.#run(connection, tools, claim)
      .then(() => {
        this.#claimed.delete(id);
      })
      .catch((error: unknown) => {
        // The claim stays, and is found in doubt by the next holder of the lease.
        this.#options.log.error({ ...aboutClaim(claim), err: error }, 'A delivery broke off.');
      })
      .finally(() => {
        this.#inFlight.delete(running);
        this.wake();
      });
    this.#inFlight.add(running);
  }

  async #run(connection: Connection, tools: DeliveryTools, claim: Claim): Promise<void> {
    const context: RunContext = { ...this.#options, stopped: () => this.#stopped };
    const { result, error, throttledUntil, called } = await runDelivery(context, tools, claim);
    this.#throttledUntil = Math.max(this.#throttledUntil, throttledUntil ?? 0);
    // An attempt without a call says nothing about the vendor.
    if (called) this.#judgeVendor(error?.code);
    else this.#breaker.unused();
    if (result !== 'retry') this.#settledAt.push(this.#options.clock.now());
    this.#options.delivered(connection, result);
    this.#options.notify(claim.account.id);
  }

  #quietUntil(): number {
    // A clock that was ahead must not hold the connection back.
    const latest = this.#options.clock.now() + LONGEST_PAUSE_MS;
    this.#throttledUntil = Math.min(this.#throttledUntil, latest);
    return Math.max(this.#throttledUntil, this.#breaker.openUntil());
  }

  #judgeVendor(code: string | undefined): void {
    const { lease, log } = this.#options;
    if (code === undefined || !VENDOR_DOWN.has(code)) {
      this.#breaker.succeeded();
      return;
    }
    if (!this.#breaker.failed()) return;
    log.error(
      { connection: lease.connectionId, alert: 'vendor-down', code },
      'The vendor does not answer; calls wait.',
    );
  }

  #schedule(at: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const wait = Math.min(IDLE_MS, Math.max(0, at - this.#options.clock.now()));
    this.#timer = setTimeout(() => this.wake(), wait);
    this.#timer.unref();
  }
}
