import type { Clock } from '../../core/clock.ts';
import type { Connection } from '../../core/connection.ts';
import type { SyncObserver } from '../../core/ports.ts';
import type { User } from '../../core/user.ts';
import { readCredentials } from '../../store/connections.ts';
import type { Database } from '../../store/database.ts';
import type { Keyring } from '../../store/encryption.ts';
import type { AnyVendor } from '../../vendor-kit/define.ts';
import { createVendorHttp } from '../../vendor-kit/http-client.ts';
import type { DeliveryTools, LiveTools } from '../delivery/tools.ts';
import { compileExpressions } from '../plan/expressions.ts';
import { createBatcher } from './batcher.ts';
import { recordHttp } from './call-log.ts';
import { guardHttp, limitHttp } from './limiter.ts';
import { createLookup } from './lookup.ts';

export interface OpenOptions {
  db: Database;
  keyring: Keyring;
  connection: Connection;
  vendor: AnyVendor;
  clock: Clock;
  observe: SyncObserver;
  allowHttpLoopback: boolean;
  callTimeoutMs: number;
  /** Asked before each call: whether it is still this process that may make it. Left out where none other can. */
  mayCall?: () => boolean;
}

/** Everything one connection's deliveries need, under its present settings and credentials. */
export async function openDeliveryTools(
  options: OpenOptions,
): Promise<{ tools: DeliveryTools; slots: number }> {
  const { connection, vendor } = options;
  const { settings } = connection;
  const supports = vendor.supports(settings);
  const limits = vendor.limits(settings);
  const evaluate = compileExpressions(connection.mapping, vendor.fields);
  const tools = {
    db: options.db,
    connection,
    vendor,
    supports,
    clock: options.clock,
    callTimeoutMs: options.callTimeoutMs,
    computed: (user: User) => evaluate(user.document),
    live: connection.dryRun ? null : await openLive(options),
  };
  return { tools, slots: limits.concurrency * Math.max(1, supports.batch) };
}

async function openLive(options: OpenOptions): Promise<LiveTools> {
  const { connection, vendor, clock } = options;
  const { settings } = connection;
  const http = createVendorHttp({
    baseUrl: String(settings['baseUrl']),
    timeoutMs: options.callTimeoutMs,
    allowHttpLoopback: options.allowHttpLoopback,
    now: () => clock.now(),
    observe: (call) => options.observe.vendorCall(vendor.id, call),
  });
  const guarded = options.mayCall ? guardHttp(http, options.mayCall) : http;
  const credentials = await readCredentials(options.db, options.keyring, connection.id);
  const session = vendor.connect(
    settings,
    credentials,
    recordHttp(limitHttp(guarded, vendor.limits(settings))),
  );
  return {
    session,
    lookup: createLookup(session, clock),
    fields: vendor.fields,
    clock,
    create: createBatcher(session, vendor.supports(settings).batch),
  };
}
