import type { Clock } from '../core/clock.ts';
import type { Outcome } from '../core/delivery.ts';
import { LeaseLost } from '../core/errors.ts';
import type { AccountId, ConnectionId } from '../core/ids.ts';
import type { Deliveries, Log, SyncObserver } from '../core/ports.ts';
import { type Database, dataVersion, sharedAt } from '../store/database.ts';
import { pruneDeliveries } from '../store/delivery/history.ts';
import type { Keyring } from '../store/encryption.ts';
import type { Lease } from '../store/worklist/leases.ts';
import { bringForward, connectionsWithWork } from '../store/worklist/next-due.ts';
import type { AnyVendor } from '../vendor-kit/define.ts';
import { TIMINGS, type Timings } from './calls/open-session.ts';
import { createJobRunner, type JobRunner } from './compare/jobs.ts';
import { createDelivering, type Delivering } from './delivering.ts';
import { Leases } from './leases.ts';
import { createOutcomes, type Outcomes } from './outcomes.ts';
import { openSignals, type Signal, type Signals } from './signals.ts';
import { repeat } from './timer.ts';

export interface SyncOptions {
  db: Database;
  keyring: Keyring;
  vendors: readonly AnyVendor[];
  clock: Clock;
  log: Log;
  observe: SyncObserver;
  /** Sandbox and tests: vendors may be plain http on loopback. */
  allowHttpLoopback: boolean;
  /** Those of `TIMINGS` that are otherwise. */
  timings?: Partial<Timings>;
}

/** How soon the work of another process (the CLI) on the same store is seen. */
const WATCH_MS = 250;
/** A shared store is looked at this often while notifications arrive. */
const LOOK_MS = 1_000;
/** History is kept for 90 days and pruned in small steps. */
const HISTORY_MS = 90 * 86_400_000;
const PRUNE_STEP = 1000;
/** A wall clock that is set back by less prolongs no wait that matters. */
const JUMP_MS = 1_000;
/** Also looked at without a sign: a clock that jumped, a timer that was lost. */
const SWEEP_MS = 30_000;

/** The delivery side: one worker for each connection whose lease is held, and the requests that wait for outcomes. */
export class Sync implements Deliveries {
  readonly #options: SyncOptions & { timings: Timings };
  readonly #delivering = new Map<ConnectionId, Delivering>();
  readonly #outcomes: Outcomes;
  readonly #jobs: JobRunner;
  readonly #leases: Leases;
  readonly #signals: Signals;
  readonly #shared: boolean;
  /** Other instances' requests wait for these accounts, until then (epoch ms). */
  readonly #awaited = new Map<AccountId, number>();
  /** Ends of what is being given up. */
  readonly #givenUp = new Set<Promise<unknown>>();
  readonly #stops: (() => void)[] = [];
  #stopping = false;
  #seenVersion = '';
  #lookedAt = 0;
  /** By how much the wall clock was ahead of the steady one. */
  #ahead = 0;

  constructor(options: SyncOptions) {
    const { db, clock, log } = options;
    this.#options = { ...options, timings: { ...TIMINGS, ...options.timings } };
    this.#shared = sharedAt(db) !== undefined;
    this.#signals = openSignals(db, (signal) => this.#hear(signal));
    this.#outcomes = createOutcomes(db, clock, {
      canHelp: async (connectionId, deadline) =>
        (await this.#delivering.get(connectionId)?.worker.canHelp(deadline)) ?? true,
      announce: (connectionId, accountId, deadline) => {
        if (this.#leases.holds(connectionId)) return;
        this.#signals.say({ word: 'wait', connectionId, accountId, deadline });
      },
      lookEveryMs: () => (!this.#shared ? SWEEP_MS : this.#signals.heard() ? LOOK_MS : WATCH_MS),
    });
    this.#leases = new Leases({
      ...this.#options,
      callTimeoutMs: this.#options.timings.callTimeoutMs,
      taken: (leases) => this.#deliver(leases),
      lost: (connectionIds) => this.#drop(connectionIds),
      giveUp: (connectionId) => this.#giveUp(connectionId),
      freed: () => this.#signals.say({ word: 'free' }),
    });
    this.#jobs = createJobRunner(db, log, {
      open: (connection) => this.#deliveringOf(connection.id).tools(connection),
      mine: (connectionId) => this.#delivering.get(connectionId)?.worker.mayCall() ?? false,
      ended: (connectionId) => this.wake(connectionId),
    });
  }

  /** Takes up what was due before this process, then delivers whatever falls due. */
  async start(): Promise<void> {
    const { db, log, clock } = this.#options;
    this.#ahead = clock.now() - clock.steady();
    this.#seenVersion = dataVersion(db);
    await this.#leases.start();
    await this.#sweep();
    const failed = (err: unknown) => log.error({ err }, 'The store could not be watched.');
    this.#stops.push(repeat(WATCH_MS, () => this.#watch(), failed));
    this.#stops.push(repeat(SWEEP_MS, () => this.#sweep(), failed));
  }

  /** Takes up nothing new and waits for what is in flight, at most `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    for (const stop of this.#stops) stop();
    const workers = [...this.#delivering.values()].map(({ worker }) => worker.stop());
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, graceMs, false);
    });
    const clean = Promise.all([...workers, ...this.#givenUp, this.#jobs.idle()]).then(() => true);
    const drained = await Promise.race([clean, grace]);
    clearTimeout(timer);
    try {
      await this.#leases.stop(drained && graceMs > 0);
    } catch (err) {
      this.#options.log.error({ err }, 'The leases could not be given back; others take them over in time.');
    }
    await this.#signals.close();
  }

  wake(connectionId: ConnectionId): void {
    if (this.#stopping) return;
    const delivering = this.#delivering.get(connectionId);
    if (delivering !== undefined) delivering.worker.wake();
    else if (this.#shared) this.#signals.say({ word: 'work', connectionId });
    else this.#leases.look();
  }

  outcome(
    connectionId: ConnectionId,
    accountId: AccountId,
    version: number,
    deadline: number,
  ): Promise<Outcome> {
    return this.#outcomes.wait(connectionId, accountId, version, deadline);
  }

  #deliver(leases: readonly Lease[]): void {
    for (const lease of leases) {
      const { connectionId } = lease;
      const delivering = createDelivering({
        ...this.#options,
        lease,
        mayCall: () => this.#leases.mayCall(lease),
        notify: (accountId) => this.#settled(accountId),
      });
      this.#delivering.set(connectionId, delivering);
      delivering.worker.wake();
    }
  }

  #deliveringOf(connectionId: ConnectionId): Delivering {
    const delivering = this.#delivering.get(connectionId);
    if (delivering === undefined) throw new LeaseLost();
    return delivering;
  }

  #drop(connectionIds: readonly ConnectionId[]): void {
    for (const connectionId of connectionIds) {
      void this.#delivering.get(connectionId)?.worker.stop();
      this.#delivering.delete(connectionId);
    }
  }

  /** A push that comes meanwhile waits for whoever takes the connection over. */
  async #giveUp(connectionId: ConnectionId): Promise<void> {
    const delivering = this.#delivering.get(connectionId);
    this.#delivering.delete(connectionId);
    const ended = Promise.all([this.#jobs.idle(connectionId), delivering?.worker.stop()]);
    this.#givenUp.add(ended);
    await ended.finally(() => this.#givenUp.delete(ended));
  }

  #settled(accountId: AccountId): void {
    this.#outcomes.notify(accountId);
    if (this.#awaited.delete(accountId)) this.#signals.say({ word: 'settled', accountId });
  }

  #hear(signal: Signal): void {
    if (this.#stopping) return;
    if (signal.word === 'free') this.#leases.look();
    else if (signal.word === 'settled') this.#outcomes.notify(signal.accountId);
    else if (signal.word === 'hopeless') this.#outcomes.giveUp(signal.accountId);
    else this.#attend(signal);
  }

  /** Another instance has work for a connection that may be this one's. */
  #attend(signal: Extract<Signal, { word: 'work' | 'wait' }>): void {
    const worker = this.#delivering.get(signal.connectionId)?.worker;
    if (worker === undefined) return;
    worker.wake();
    if (signal.word === 'work') return;
    const { accountId, deadline } = signal;
    this.#awaited.set(accountId, deadline);
    worker
      .canHelp(deadline)
      .then((canHelp) => {
        if (!canHelp) this.#signals.say({ word: 'hopeless', accountId });
      })
      .catch(() => {});
  }

  /** What waits, waits as long as was meant, whatever the wall clock says by now. */
  async #keepWaits(): Promise<void> {
    const { db, clock } = this.#options;
    if (this.#leases.holder !== null) await bringForward(db, this.#leases.holder, clock.now());
  }

  /** Another process wrote to the store, or may have: there may be new work, or a changed connection. */
  async #watch(): Promise<void> {
    const { clock } = this.#options;
    const ahead = clock.now() - clock.steady();
    const isBack = ahead < this.#ahead - JUMP_MS;
    this.#ahead = ahead;
    if (isBack) await this.#keepWaits();
    if (this.#shared) {
      const now = performance.now();
      if (this.#signals.heard() && now - this.#lookedAt < LOOK_MS) return;
      this.#lookedAt = now;
    } else {
      const version = dataVersion(this.#options.db);
      if (version === this.#seenVersion) return;
      this.#seenVersion = version;
      this.#leases.look();
    }
    await this.#look();
  }

  async #sweep(): Promise<void> {
    const { db, clock } = this.#options;
    await this.#keepWaits();
    await pruneDeliveries(db, clock.now() - HISTORY_MS, PRUNE_STEP);
    await this.#jobs.askFor(clock.now());
    for (const [id, until] of this.#awaited) if (until < clock.now()) this.#awaited.delete(id);
    await this.#look();
  }

  async #look(): Promise<void> {
    const { db, clock } = this.#options;
    const { holder } = this.#leases;
    if (holder === null) return;
    for (const connectionId of await connectionsWithWork(db, holder, clock.now())) this.wake(connectionId);
    await this.#jobs.run();
  }
}
