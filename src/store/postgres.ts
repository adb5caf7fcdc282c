import { randomUUID } from 'node:crypto';
import { Kysely } from 'kysely';
import { Pool, type PoolConfig, types } from 'pg';
import type { Secret } from '../core/secret.ts';
import { PooledDialect } from './postgres-dialect.ts';
import type { Tables } from './tables.ts';
import { TransactionScope } from './transaction-scope.ts';

/** Who shares the server's connections: the server's own work, searches that may take long, or a migration. */
type Use = 'work' | 'search' | 'migration';

/** A search gives up in time for an answer; a statement of any other work is in no doubt lost after half a minute. */
const LIMITS: Readonly<Record<Use, { max: number; waitMs: number; statementMs: number | null }>> = {
  work: { max: 10, waitMs: 5_000, statementMs: 30_000 },
  search: { max: 2, waitMs: 10_000, statementMs: 10_000 },
  migration: { max: 1, waitMs: 5_000, statementMs: null },
};
/** How much later than the database this process gives a statement up: the network may be gone. */
const NETWORK_MS = 5_000;
const LOCK_MS = 10_000;
/** A process that stands still in a transaction must not keep its rows from those that take its work over (after 8 s). */
const IDLE_MS = 5_000;

/** OIDs of pg_type whose texts `pg` would parse, or not parse, other than the store wants them. */
const BIGINT = 20;
const NUMERIC = 1700;
const JSONB = 3802;

/** A pool of connections to a PostgreSQL database. The URL's `sslmode` decides on TLS (libpq's meaning of `verify-full` is best). */
export function openPool(
  url: Secret,
  use: Use,
): { db: Kysely<Tables>; scope: TransactionScope; close(): Promise<void> } {
  const { max, waitMs, statementMs } = LIMITS[use];
  const pool = new Pool({
    connectionString: url.reveal(),
    // Its own: by it another instance ends the connections of one that stands still.
    application_name: `causeway ${randomUUID()}`,
    max,
    connectionTimeoutMillis: waitMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    types: { getTypeParser },
    ...(statementMs !== null && {
      statement_timeout: statementMs,
      query_timeout: statementMs + NETWORK_MS,
      lock_timeout: Math.min(LOCK_MS, statementMs),
      idle_in_transaction_session_timeout: IDLE_MS,
    }),
  } satisfies PoolConfig);
  // A connection that ends in the pool is replaced at the next use; one that ends in use fails that use.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const scope = new TransactionScope();
  const db = new Kysely<Tables>({ dialect: new PooledDialect(pool, scope) });
  return { db, scope, close: () => (pool.ending ? Promise.resolve() : pool.end()) };
}

const getTypeParser: typeof types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  if (oid === BIGINT || oid === NUMERIC) return Number;
  if (oid === JSONB) return (text: string) => text;
  return types.getTypeParser(oid, format as 'text');
};

/** What may be shown of a database's URL. */
export function describeUrl(url: Secret): string {
  const { hostname, port, pathname } = new URL(url.reveal());
  return `PostgreSQL database ${pathname.slice(1)}${hostname === '' ? '' : ` on ${hostname}${port && `:${port}`}`}`;
}
