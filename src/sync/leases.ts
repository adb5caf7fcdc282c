import { hostname } from 'node:os';
import type { Clock } from '../core/clock.ts';
import type { ConnectionId } from '../core/ids.ts';
import type { Log } from '../core/ports.ts';
import { type Database, sharedAt } from '../store/database.ts';
import {
  beatInstance,
  countConnections,
  freeLeases,
  joinInstances,
  type Lease,
  leaveInstances,
  readBeats,
  readEpochs,
  takeFreeLeases,
  takeOver,
} from '../store/worklist/leases.ts';
import { Beats, type Seen } from './beats.ts';

export interface LeaseOptions {
  db: Database;
  clock: Clock;
  log: Log;
  callTimeoutMs: number;
  /** These are this instance's from now on. */
  taken(leases: readonly Lease[]): void;
  /** Another instance has these by now. */
  lost(connectionIds: readonly ConnectionId[]): void;
  /** Stops delivering a connection; resolves when nothing of it is under way. */
  giveUp(connectionId: ConnectionId): Promise<void>;
  /** Leases are free: other instances may want to hear of it. */
  freed(): void;
}

const BEAT_MS = 2_000;
const WATCH_MS = 250;
/** Without a beat of its own for so long an instance starts no call. */
const STALE_MS = 6_000;
/** Given up at a time. */
const HAND_OVER = 20;

/**
 * Which connections this instance delivers. A store in a file has one server, whose leases are its own at once. In a shared store each
 * instance beats, watches the others, takes over from one that stands still, and holds no more than its share.
 */
export class Leases {
  readonly #options: LeaseOptions;
  readonly #shared: boolean;
  readonly #held = new Map<ConnectionId, Lease>();
  readonly #beats = new Beats();
  /** Being given up. */
  readonly #leaving = new Set<ConnectionId>();
  #id: string | null = null;
  /** By the steady clock, and by the wall's: a machine that slept stops the first. */
  #beatAt = Number.NEGATIVE_INFINITY;
  #beatAtWall = Number.NEGATIVE_INFINITY;
  #ticking: Promise<void> | null = null;
  #again = false;
  #lookNow = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#shared = sharedAt(options.db) !== undefined;
  }

  /** Throws where the store cannot be used. */
  async start(): Promise<void> {
    const { db, clock } = this.#options;
    this.#id = await joinInstances(db, hostName(), clock.now());
    this.#beatAt = performance.now();
    this.#beatAtWall = Date.now();
    if (this.#shared) await this.#watch();
    else await this.#succeed();
    await this.#balance();
    if (!this.#shared) return;
    this.#timer = setInterval(() => this.#kick(), WATCH_MS);
    this.#timer.unref();
  }

  /** There may be leases to take: a connection is new, or another instance gave some up. */
  look(): void {
    this.#lookNow = true;
    this.#kick();
  }

  get holder(): string | null {
    return this.#id;
  }

  holds(connectionId: ConnectionId): boolean {
    return this.#held.has(connectionId);
  }

  /** Whether a call may begin under this lease: it is still held, and no other instance can have taken this one for dead. */
  mayCall({ connectionId, holder }: Lease): boolean {
    if (this.#held.get(connectionId)?.holder !== holder) return false;
    if (!this.#shared) return true;
    const steady = performance.now() - this.#beatAt;
    return steady < STALE_MS && Math.abs(Date.now() - this.#beatAtWall) < STALE_MS;
  }

  /** `clean`: nothing is under way any more, so that others need not wait. */
  async stop(clean: boolean): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#ticking;
    this.#held.clear();
    if (!clean || this.#id === null) return;
    await leaveInstances(this.#options.db, this.#id);
    this.#options.freed();
  }

  #kick(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#ticking ??= this.#tickAll().finally(() => {
      this.#ticking = null;
    });
  }

  async #tickAll(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        await this.#tick();
      } catch (error) {
        this.#options.log.error({ err: error }, 'The leases could not be looked after.');
      }
    }
  }

  async #tick(): Promise<void> {
    const due = this.#lookNow || performance.now() - this.#beatAt >= BEAT_MS;
    this.#lookNow = false;
    if (this.#shared) {
      if (due) await this.#beat();
      await this.#watch();
    }
    if (due) await this.#balance();
  }

  async #beat(): Promise<void> {
    const { db, clock, log } = this.#options;
    const at = performance.now();
    const atWall = Date.now();
    if (this.#id !== null && (await beatInstance(db, this.#id))) {
      this.#beatAt = at;
      this.#beatAtWall = atWall;
      return;
    }
    const lost = [...this.#held.keys()];
    this.#held.clear();
    log.warn({ connections: lost.length }, 'Another instance took this one for dead; it begins anew.');
    this.#options.lost(lost);
    this.#id = null;
    this.#id = await joinInstances(db, hostName(), clock.now());
    this.#beatAt = at;
    this.#beatAtWall = atWall;
  }

  /** Looks at the others' beats and takes over from those that stand still. */
  async #watch(): Promise<void> {
    const beats = await readBeats(this.#options.db);
    for (const silent of this.#beats.look(beats, performance.now())) {
      if (silent.id !== this.#id) await this.#takeOver(silent);
    }
  }

  /** A call that the silent instance began at the very end of its beat may take effect until it times out. */
  async #takeOver(silent: Seen): Promise<void> {
    const { db, clock, log, callTimeoutMs } = this.#options;
    if (this.#id === null) return;
    const silentMs = performance.now() - silent.since;
    const quietMs = Math.max(0, Math.ceil(STALE_MS + callTimeoutMs - silentMs));
    const leases = await takeOver(db, this.#id, silent, { now: clock.now(), quietMs });
    this.#beats.forget(silent.id);
    if (leases === null) return;
    log.warn(
      { alert: 'instance-silent', instance: silent.host, connections: leases.length },
      'An instance is silent; its connections are taken over.',
    );
    this.#take(leases);
  }

  /** A store in a file was locked for this process: whoever held leases before is gone. */
  async #succeed(): Promise<void> {
    const { db, clock } = this.#options;
    for (const gone of await readBeats(db)) {
      if (this.#id === null || gone.id === this.#id) continue;
      this.#take((await takeOver(db, this.#id, gone, { now: clock.now(), quietMs: 0 })) ?? []);
    }
  }

  /** Takes what is free and gives up what is more than this instance's share. */
  async #balance(): Promise<void> {
    const { db, clock } = this.#options;
    if (this.#id === null) return;
    await this.#dropGone(this.#id);
    const share = Math.ceil((await countConnections(db)) / Math.max(1, this.#beats.size));
    const wanted = share - this.#held.size;
    this.#take(await takeFreeLeases(db, this.#id, wanted, clock.now()));
    const surplus = Math.min(this.#held.size - share, HAND_OVER) - this.#leaving.size;
    if (surplus > 0) this.#handOver(surplus);
  }

  /** Connections that were removed, and perhaps made again, took their leases with them. */
  async #dropGone(id: string): Promise<void> {
    const epochs = await readEpochs(this.#options.db, id);
    const gone = [...this.#held.values()].filter(
      ({ connectionId, epoch }) => epochs.get(connectionId) !== epoch,
    );
    for (const { connectionId } of gone) this.#held.delete(connectionId);
    if (gone.length > 0) this.#options.lost(gone.map(({ connectionId }) => connectionId));
  }

  /** Goes on beside the beats: what is under way may take long. */
  #handOver(surplus: number): void {
    const given = [...this.#held.keys()].filter((id) => !this.#leaving.has(id)).slice(0, surplus);
    for (const connectionId of given) {
      this.#leaving.add(connectionId);
      this.#free(connectionId)
        .catch((err: unknown) => {
          this.#options.log.error({ connection: connectionId, err }, 'A lease could not be given up.');
        })
        .finally(() => this.#leaving.delete(connectionId));
    }
  }

  async #free(connectionId: ConnectionId): Promise<void> {
    const lease = this.#held.get(connectionId);
    await this.#options.giveUp(connectionId);
    if (lease === undefined || this.#held.get(connectionId) !== lease) return;
    this.#held.delete(connectionId);
    await freeLeases(this.#options.db, lease.holder, [connectionId]);
    this.#options.freed();
  }

  #take(leases: readonly Lease[]): void {
    if (leases.length === 0) return;
    for (const lease of leases) this.#held.set(lease.connectionId, lease);
    this.#options.taken(leases);
  }
}

function hostName(): string {
  return `${hostname()}:${process.pid}`;
}
