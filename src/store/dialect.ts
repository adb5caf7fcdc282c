import {
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  type Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { SqliteConnection } from './sqlite-connection.ts';
import { SqliteDriver } from './sqlite-driver.ts';

/** Row locks are left out: the transaction has locked the whole file for writing. */
class SqliteCompiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(): void {}
}

/** Kysely's adapter, of which a database and its transactions share one: it leads past Kysely to the connection beneath. */
export class NodeSqliteAdapter extends SqliteAdapter {
  readonly connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    super();
    this.connection = connection;
  }
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
    return new SqliteDriver(connection, this.#readOnly ? 'begin' : 'begin immediate');
  }

  createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteCompiler();
  }

  createAdapter(): NodeSqliteAdapter {
    return new NodeSqliteAdapter(this.#connection);
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}
