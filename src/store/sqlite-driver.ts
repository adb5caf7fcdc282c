import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import type { SqliteConnection } from './sqlite-connection.ts';

/**
 * One turn at the connection: a query, or a transaction. What it ends with is told once it is durable, and so is what it
 * read of others; the next in line goes on meanwhile and shares the commit.
 */
class SqliteLease implements DatabaseConnection {
  readonly #connection: SqliteConnection;
  #isTransaction = false;
  #isOver = false;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const result = await this.#connection.executeQuery<Row>(query);
    if (this.#isTransaction) return result;
    const committed = this.#connection.committed();
    if (committed !== undefined) await this.#leave(committed);
    return result;
  }

  /** Refused: a slow reader would hold the only connection. Page by key instead. */
  streamQuery(): never {
    throw new Error('The embedded store does not stream.');
  }

  async begin(sql: 'begin' | 'begin immediate'): Promise<void> {
    await this.#connection.begin(sql);
    this.#isTransaction = true;
  }

  async commit(): Promise<void> {
    await this.#leave(this.#connection.endTransaction());
  }

  /** Also called for a commit that failed: by then it is undone, and the connection another's. */
  rollback(): void {
    if (!this.#isOver) this.#connection.rollback();
  }

  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#connection.release();
  }

  async #leave(committed: Promise<void>): Promise<void> {
    this.release();
    await committed;
  }
}

/** `begin` of a read-only connection takes no lock for writing. */
export class SqliteDriver implements Driver {
  readonly #connection: SqliteConnection;
  readonly #begin: 'begin' | 'begin immediate';

  constructor(connection: SqliteConnection, begin: 'begin' | 'begin immediate') {
    this.#connection = connection;
    this.#begin = begin;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SqliteLease> {
    await this.#connection.acquire();
    return new SqliteLease(this.#connection);
  }

  beginTransaction(lease: SqliteLease): Promise<void> {
    return lease.begin(this.#begin);
  }

  commitTransaction(lease: SqliteLease): Promise<void> {
    return lease.commit();
  }

  async rollbackTransaction(lease: SqliteLease): Promise<void> {
    lease.rollback();
  }

  async releaseConnection(lease: SqliteLease): Promise<void> {
    lease.release();
  }

  async destroy(): Promise<void> {
    this.#connection.close();
  }
}
