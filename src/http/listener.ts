import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { OperatorError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';

/** One request, headers and body, has this long to arrive: a connection held open by drips is closed. */
const REQUEST_TIMEOUT_MS = 60_000;
const HEADERS_TIMEOUT_MS = 15_000;
/** Longer than the 60 s after which the usual load balancers drop an idle connection, so that they are the ones to do it. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const IDLE_SWEEP_MS = 50;

export interface ListenOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** PEM texts; null: plain HTTP. */
  tls: { cert: string; key: Secret } | null;
  /** The setting that the operator changes if the port is taken, such as CAUSEWAY_PORT. */
  portSetting: string;
}

export interface Listener {
  port: number;
  /** Where a client on this machine reaches it; no slash at the end. */
  url: string;
  /** Accepts nothing more; ends when the requests under way have, or after `graceMs` by cutting them off. */
  close(graceMs: number): Promise<void>;
}

/** Serves `app`; throws an OperatorError where the address cannot be had. */
export async function listen(app: RequestListener, options: ListenOptions): Promise<Listener> {
  const server = createServer(app, options.tls);
  server.listen(options.port, options.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw addressError(error, options);
  }
  const { port } = server.address() as AddressInfo;
  const scheme = options.tls === null ? 'http' : 'https';
  return {
    port,
    url: `${scheme}://${reachableHost(options.host)}:${port}`,
    close: (graceMs) => closeServer(server, graceMs),
  };
}

function createServer(app: RequestListener, tls: ListenOptions['tls']): Server {
  const timeouts = {
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  };
  if (tls === null) return http.createServer(timeouts, app);
  return https.createServer(
    { ...timeouts, cert: tls.cert, key: tls.key.reveal(), minVersion: 'TLSv1.2' },
    app,
  );
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // A connection that is busy now is kept alive when its answer is sent, and close() does not look at it again.
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}

/** All interfaces includes this one; an IPv6 address stands in brackets (RFC 3986 §3.2.2). */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function addressError(error: unknown, { host, port, portSetting }: ListenOptions): OperatorError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new OperatorError(
      `Port ${port} on ${host} is in use by another program. Stop that program, or set ${portSetting} to another port.`,
    );
  }
  if (code === 'EACCES') {
    return new OperatorError(
      `This user may not listen on port ${port}. Set ${portSetting} to a port above 1023.`,
    );
  }
  return new OperatorError(
    `Causeway cannot listen on ${host}, port ${port} (${String(code)}). Set CAUSEWAY_HOST to an address of this machine.`,
    { cause: error },
  );
}
