/** Everything one connection's deliveries are made with, under its present settings and credentials. */
import type { Clock } from '../../core/clock.ts';
import type { Connection } from '../../core/connection.ts';
import type { FieldValues } from '../../core/field.ts';
import type { JsonObject } from '../../core/json.ts';
import type { SyncObserver } from '../../core/ports.ts';
import { readCredentials } from '../../store/connections.ts';
import type { Database } from '../../store/database.ts';
import type { Keyring } from '../../store/encryption.ts';
import { countPresent } from '../../store/reconciliation.ts';
import type { AnyVendor } from '../../vendor-kit/define.ts';
import { createVendorHttp } from '../../vendor-kit/http-client.ts';
import type { Session, Supports } from '../../vendor-kit/vendor.ts';
import { compileExpressions } from '../plan/expressions.ts';
import { recordHttp } from './call-log.ts';
import { type Caller, createCaller } from './caller.ts';
import { createLimiter, guardHttp } from './limiter.ts';
import { createLists, type Lists } from './lists.ts';
import { createLookup, type Lookup } from './lookup.ts';

/** How long things may take, ms. */
export interface Timings {
  /** After this long a call that was begun can no longer take effect. */
  callTimeoutMs: number;
  /** Lists begin no more often than this. */
  listPaceMs: number;
  /** How old a look, or a list, may be when the call that rests on it is sent. */
  lookAgeMs: number;
  listAgeMs: number;
}

export const TIMINGS: Timings = {
  callTimeoutMs: 20_000,
  listPaceMs: 10_000,
  lookAgeMs: 10_000,
  listAgeMs: 60_000,
};

export interface DeliveryTools {
  db: Database;
  connection: Connection;
  vendor: AnyVendor;
  supports: Supports;
  clock: Clock;
  timings: Timings;
  /** What the connection's expressions give for this User document. */
  computed(document: JsonObject): Promise<FieldValues>;
  /** Null on a dry-run connection: nothing can be called. */
  live: LiveTools | null;
}

export interface LiveTools {
  session: Session;
  lookup: Lookup;
  caller: Caller;
}

export interface OpenOptions {
  db: Database;
  keyring: Keyring;
  connection: Connection;
  vendor: AnyVendor;
  clock: Clock;
  observe: SyncObserver;
  allowHttpLoopback: boolean;
  timings: Timings;
  /** Asked before each call: whether it is still this process that may make it. Left out where none other can. */
  mayCall?: () => boolean;
}

/** `slots`: how many accounts go at once. */
export async function openDeliveryTools(
  options: OpenOptions,
): Promise<{ tools: DeliveryTools; slots: number }> {
  const { connection, vendor, db, clock } = options;
  const { settings } = connection;
  const supports = vendor.supports(settings);
  const limits = vendor.limits(settings);
  const slots = limits.concurrency * Math.max(1, supports.batch);
  const roundMs = limits.perSecond === undefined ? 0 : (1000 * slots) / limits.perSecond;
  const lookAgeMs = Math.max(options.timings.lookAgeMs, roundMs);
  const tools = {
    db,
    connection,
    vendor,
    supports,
    clock,
    timings: options.timings,
    computed: compileExpressions(connection.mapping, vendor.fields),
    live: connection.dryRun ? null : await openLive(options, supports, lookAgeMs),
  };
  return { tools, slots };
}

async function openLive(options: OpenOptions, supports: Supports, lookAgeMs: number): Promise<LiveTools> {
  const { connection, vendor, clock, db } = options;
  const { settings } = connection;
  const http = createVendorHttp({
    baseUrl: String(settings['baseUrl']),
    timeoutMs: options.timings.callTimeoutMs,
    allowHttpLoopback: options.allowHttpLoopback,
    now: () => clock.now(),
    observe: (call) => options.observe.vendorCall(vendor.id, call),
  });
  const guarded = options.mayCall ? guardHttp(http, options.mayCall) : http;
  const credentials = await readCredentials(db, options.keyring, connection.id);
  const limiter = createLimiter(vendor.limits(settings));
  const session = vendor.connect(settings, credentials, recordHttp(limiter.http(guarded)));
  const { groups } = session;
  const lists = { users: listsOf('user', () => session.list(), options) };
  const lookup = createLookup(session, clock, {
    ...lists,
    lookAgeMs,
    groups: groups === undefined ? null : listsOf('group', () => groups.list(), options),
  });
  return { session, lookup, caller: createCaller({ db, session, limiter, clock, batch: supports.batch }) };
}

function listsOf(
  kind: 'user' | 'group',
  read: Parameters<typeof createLists>[0]['read'],
  options: OpenOptions,
): Lists {
  const { clock, timings } = options;
  const isShort = async (size: number) => {
    const known = await countPresent(options.db, options.connection.id, kind);
    return isImplausible(options.connection, size, known);
  };
  return createLists({ kind, read, clock, paceMs: timings.listPaceMs, ageMs: timings.listAgeMs, isShort });
}

/** Fewer accounts than this tell nothing about a list's plausibility. */
const PLAUSIBLE_FROM = 5;

/** A list with under half of the accounts known before, that no operator has confirmed. */
function isImplausible({ believed }: Connection, listed: number, known: number): boolean {
  if (known < PLAUSIBLE_FROM || listed >= known / 2) return false;
  return believed === null || listed < believed.listed || known > believed.known;
}
