import { type Config, readConfig } from './config.ts';
import { systemClock } from './core/clock.ts';
import { OperatorError } from './core/errors.ts';
import type { ConnectionSchema, Log } from './core/ports.ts';
import { vendorUrn } from './core/vendor-urn.ts';
import { type Listener, listen } from './http/listener.ts';
import { createMetrics } from './http/metrics.ts';
import { createEdge } from './http/server.ts';
import { createLog, inOneWrite } from './log.ts';
import { describeSandbox } from './sandbox/banner.ts';
import type { SandboxConnection } from './sandbox/file.ts';
import { openSandbox } from './sandbox/sandbox.ts';
import { listConnections } from './store/connections.ts';
import { dataFile, makeDataFolder, openDataFolder } from './store/data-folder.ts';
import { closeDatabase, type Database } from './store/database.ts';
import { lockForServer } from './store/server-lock.ts';
import { Sync } from './sync/engine.ts';
import { vendors } from './vendors/index.ts';

/** Requests and deliveries under way have this long to end after SIGTERM. */
const GRACE_MS = 10_000;

export interface RunningServer {
  /** Where a client on this machine reaches it; no slash at the end. */
  url: string;
  /** Of the sandbox, as its `sandbox.json` says; null in a real start. */
  sandbox: { connections: readonly SandboxConnection[]; file: string } | null;
  /** Accepts nothing more, lets what is under way end (10 s at most), closes the store. */
  stop(): Promise<void>;
}

/** Builds the program and starts it; throws an OperatorError where the operator has to mend something, and leaves nothing open. */
export async function startServer(config: Config, log: Log): Promise<RunningServer> {
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return await build(config, log, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  config: Config,
  lines: Log,
  closers: (() => unknown)[],
  close: () => Promise<void>,
): Promise<RunningServer> {
  const { mode, dataDir, databaseUrl } = config;
  const clock = systemClock;
  if (databaseUrl === null) {
    makeDataFolder(dataDir);
    const lock = lockForServer(dataFile(dataDir, mode, 'lock'));
    closers.push(() => lock.release());
  }
  const secretKey = config.secretKey && Buffer.from(config.secretKey.reveal(), 'base64');
  const folder = await openDataFolder({ dir: dataDir, mode, secretKey, databaseUrl });
  const { db, keyring } = folder;
  closers.push(() => closeDatabase(db));
  const sandbox = mode === 'sandbox' ? await openSandbox(dataDir, folder, clock.now()) : null;
  closers.push(() => sandbox?.close());

  const metrics = createMetrics(db, clock);
  const log = metrics.countAlerts(lines);
  const shared = { db, keyring, clock, log };
  // A fake's list needs no sparing; who tries Causeway is not to wait for it.
  const timings = sandbox === null ? {} : { listPaceMs: 100 };
  const allowHttpLoopback = sandbox !== null;
  const sync = new Sync({ ...shared, vendors, observe: metrics, allowHttpLoopback, timings });
  let listener: Listener | undefined;
  closers.push(() => Promise.all([listener?.close(GRACE_MS), sync.stop(GRACE_MS)]));
  await sync.start();
  let publicUrl = config.publicUrl ?? '';
  const edge = createEdge({
    ...shared,
    metrics,
    schemaOf,
    deliveries: sync,
    publicUrl: () => publicUrl,
    trustedProxies: config.trustedProxies,
  });
  listener = await listen(edge, { ...config, portSetting: 'CAUSEWAY_PORT' });
  publicUrl ||= listener.url;

  log.info({ url: listener.url, publicUrl, mode, dataDir }, 'Causeway accepts requests');
  if (mode === 'real') await warnOperator(config, db, log);
  const connections = sandbox?.publish(publicUrl);
  return {
    url: listener.url,
    sandbox: sandbox && connections ? { connections, file: sandbox.file } : null,
    stop: close,
  };
}

/** The same object every time, so that what is compiled from it is compiled once. */
const schemas = new Map<string, ConnectionSchema>(
  vendors.map(({ id, title, fields }) => [id, { urn: vendorUrn(id), vendorTitle: title, fields }]),
);

function schemaOf(vendorId: string): ConnectionSchema {
  const schema = schemas.get(vendorId);
  if (schema === undefined)
    throw new Error(`This version of Causeway does not know the vendor "${vendorId}".`);
  return schema;
}

async function warnOperator(config: Config, db: Database, log: Log): Promise<void> {
  const connections = await listConnections(db);
  if (connections.length === 0) {
    log.warn(
      {},
      'There is no connection yet. Add one with "causeway connection add"; its --help has examples.',
    );
  }
  const exposed = !['127.0.0.1', '::1', 'localhost'].includes(config.host);
  if (exposed && config.tls === null && config.trustedProxies.length === 0) {
    log.warn(
      { host: config.host },
      'Tokens travel unencrypted to this port. Set CAUSEWAY_TLS_CERT and CAUSEWAY_TLS_KEY, or put a proxy in front and name it in CAUSEWAY_TRUSTED_PROXIES (docs/tls.md).',
    );
  }
}

/** Runs until SIGTERM or SIGINT and then ends the process: 0 after an orderly stop, 1 after a defect or a second signal. */
export async function serve(config: Config): Promise<void> {
  // A sandbox's standard output is for the person who started it.
  const stream = config.mode === 'sandbox' ? process.stderr : process.stdout;
  const log = createLog(config.logLevel, inOneWrite(stream));
  const die = (err: unknown) => {
    log.error({ err }, 'Causeway ends because of a defect');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  const server = await startServer(config, log);
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'Causeway stops');
    server.stop().then(() => process.exit(0), die);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (server.sandbox)
    process.stdout.write(`${describeSandbox(server.sandbox.connections, server.sandbox.file)}\n`);
}

if (import.meta.main) {
  try {
    await serve(readConfig(process.env));
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
