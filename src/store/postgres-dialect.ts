import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { StoreUnavailable } from '../core/errors.ts';
import { connectError, postgresError } from './postgres-errors.ts';
import type { TransactionScope } from './transaction-scope.ts';

const WRITES: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE']);

/** A connection of the pool, for one query or one transaction. */
class PooledConnection implements DatabaseConnection {
  readonly #client: PoolClient;
  /** Nothing more can be asked of it: it is closed instead of going back to the pool. */
  #broken = false;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { command, rowCount, rows } = await this.run(sql, [...parameters]);
    return {
      rows: rows as Row[],
      ...(WRITES.has(command) ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}),
    };
  }

  /** Refused, as on SQLite: page by key instead. */
  streamQuery(): never {
    throw new Error('The store does not stream.');
  }

  async run(text: string, values: unknown[] = []) {
    try {
      return await this.#client.query(text, values);
    } catch (error) {
      const meaning = postgresError(error);
      this.#broken ||= meaning instanceof StoreUnavailable;
      throw meaning;
    }
  }

  async commit(): Promise<void> {
    const { command } = await this.run('commit');
    // PostgreSQL answers a commit after a failed statement by rolling back.
    if (command !== 'COMMIT')
      throw new Error('A transaction went on after one of its statements had failed.');
  }

  /** A connection that broke has been rolled back by that; trying would hide why. */
  async rollback(): Promise<void> {
    try {
      await this.run('rollback');
    } catch {
      this.#broken = true;
    }
  }

  release(): void {
    this.#client.release(this.#broken);
  }
}

/** Kysely on a pool of `pg`. */
export class PooledDialect implements Dialect {
  readonly #pool: Pool;
  readonly #scope: TransactionScope;

  constructor(pool: Pool, scope: TransactionScope) {
    this.#pool = pool;
    this.#scope = scope;
  }

  createDriver(): Driver {
    return new PooledDriver(this.#pool, this.#scope);
  }

  createQueryCompiler(): PostgresQueryCompiler {
    return new PostgresQueryCompiler();
  }

  createAdapter(): PostgresAdapter {
    return new PostgresAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new PostgresIntrospector(db);
  }
}

class PooledDriver implements Driver {
  readonly #pool: Pool;
  readonly #scope: TransactionScope;

  constructor(pool: Pool, scope: TransactionScope) {
    this.#pool = pool;
    this.#scope = scope;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PooledConnection> {
    this.#scope.refuseInside();
    try {
      return new PooledConnection(await this.#pool.connect());
    } catch (error) {
      throw connectError(error);
    }
  }

  /** Each statement sees what was committed before it, and rows that are read to be written are locked. */
  async beginTransaction(connection: PooledConnection): Promise<void> {
    await connection.run('begin isolation level read committed');
  }

  commitTransaction(connection: PooledConnection): Promise<void> {
    return connection.commit();
  }

  rollbackTransaction(connection: PooledConnection): Promise<void> {
    return connection.rollback();
  }

  async releaseConnection(connection: PooledConnection): Promise<void> {
    connection.release();
  }

  async destroy(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }
}
