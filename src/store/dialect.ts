import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { isBusy, storeError } from './errors.ts';
import { TransactionScope } from './transaction-scope.ts';

const MAX_STATEMENTS = 500;
const MAX_LOCK_WAIT_MS = 5000;
const MAX_LOCK_PAUSE_MS = 50;

interface Statement {
  statement: StatementSync;
  /** Answers rows: a select, or a write with `returning`. */
  reads: boolean;
}

/** The one connection of an embedded store: one user at a time, in the order of asking. */
export class SqliteConnection implements DatabaseConnection {
  readonly #handle: DatabaseSync;
  /** By SQL text, the least recently used first. */
  readonly #statements = new Map<string, Statement>();
  readonly #scope = new TransactionScope();
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  constructor(handle: DatabaseSync) {
    this.#handle = handle;
  }

  /** Waits for its turn; `release` must follow. */
  async acquire(): Promise<void> {
    this.#scope.refuseInside();
    if (this.#taken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#taken = true;
  }

  /** Hands the connection straight to the next in line, so that nobody can overtake. */
  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken = false;
    else next();
  }

  /** Runs the body of a transaction so that a query past the transaction fails instead of waiting forever. */
  inTransaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#scope.run(work);
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#patiently(() => {
      const { statement, reads } = this.#prepare(sql);
      const values = parameters as SQLInputValue[];
      if (reads) {
        const rows = statement.all(...values) as Row[];
        return { rows, numAffectedRows: BigInt(rows.length) };
      }
      return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) };
    });
  }

  /** Refused: a slow reader would hold the only connection. Page by key instead. */
  streamQuery(): never {
    throw new Error('The embedded store does not stream.');
  }

  async begin(sql: 'begin' | 'begin immediate'): Promise<void> {
    await this.#patiently(() => this.#prepare(sql).statement.run());
  }

  commit(): void {
    this.#guard(() => this.#prepare('commit').statement.run());
  }

  /** SQLite ends a transaction itself when a disk fails; rolling back then would hide that failure. */
  rollback(): void {
    if (!this.#handle.isOpen || !this.#handle.isTransaction) return;
    this.#guard(() => this.#prepare('rollback').statement.run());
  }

  /** Changes when another connection has committed to the file (sqlite.org/pragma.html#pragma_data_version). */
  dataVersion(): number {
    return this.#guard(() => Number(this.#prepare('pragma data_version').statement.get()?.['data_version']));
  }

  close(): void {
    this.#statements.clear();
    if (this.#handle.isOpen) this.#handle.close();
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) this.#statements.delete(sql);
    const prepared = known ?? this.#compile(sql);
    this.#statements.set(sql, prepared);
    if (this.#statements.size > MAX_STATEMENTS) {
      for (const oldest of this.#statements.keys()) {
        this.#statements.delete(oldest);
        break;
      }
    }
    return prepared;
  }

  #compile(sql: string): Statement {
    const statement = this.#handle.prepare(sql);
    return { statement, reads: statement.columns().length > 0 };
  }

  /** Waits for another process's lock without stopping this one, which may be about to release it elsewhere. */
  async #patiently<T>(work: () => T): Promise<T> {
    const until = performance.now() + MAX_LOCK_WAIT_MS;
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, MAX_LOCK_PAUSE_MS)) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || this.#handle.isTransaction || performance.now() > until)
          throw storeError(error);
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storeError(error);
    }
  }
}

/** Row locks are left out: the transaction has locked the whole file for writing. */
class SqliteCompiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(): void {}
}

/** Kysely on `node:sqlite`. Transactions take the write lock when they begin, so that none fails half-way for want of it. */
export class NodeSqliteDialect implements Dialect {
  readonly #connection: SqliteConnection;
  readonly #readOnly: boolean;

  constructor(connection: SqliteConnection, readOnly: boolean) {
    this.#connection = connection;
    this.#readOnly = readOnly;
  }

  createDriver(): Driver {
    const connection = this.#connection;
    const begin = this.#readOnly ? 'begin' : 'begin immediate';
    return {
      init: async () => {},
      acquireConnection: async () => {
        await connection.acquire();
        return connection;
      },
      beginTransaction: () => connection.begin(begin),
      commitTransaction: async () => connection.commit(),
      rollbackTransaction: async () => connection.rollback(),
      releaseConnection: async () => connection.release(),
      destroy: async () => connection.close(),
    };
  }

  createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteCompiler();
  }

  createAdapter(): SqliteAdapter {
    return new SqliteAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}
