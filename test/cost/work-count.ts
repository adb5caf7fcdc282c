import { CompiledQuery } from 'kysely';
import pg from 'pg';
import { vi } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { SqliteConnection } from '../../src/store/sqlite-connection.ts';

/** What one request made the process do: the same on every machine, however busy. */
export interface Work {
  /** Beside what begins and ends transactions. */
  statements: number;
  commits: number;
  /** That statements answered. */
  rows: number;
  /** Characters of JSON that were parsed, the request's own body included. */
  parsed: number;
}

/** What begins and ends transactions, and what a new PostgreSQL connection is set up with. */
const FRAME = /^\s*(begin|start|commit|rollback|savepoint|release|set|listen)\b/i;

/** Counts at each store's connection and at `JSON.parse`; nothing in the product knows of it. */
export class WorkCount {
  readonly #statements: { sql: string; parameters: readonly unknown[]; rows: number }[] = [];
  #commits = 0;
  #parsed = 0;

  constructor() {
    this.#countSqlite();
    this.#countPostgres();
    const { parse } = JSON;
    vi.spyOn(JSON, 'parse').mockImplementation((text, reviver) => {
      // The edge server of these tests reads its own log lines.
      if (!String(text).startsWith('{"level"')) this.#parsed += String(text).length;
      return parse(text, reviver);
    });
  }

  #countSqlite(): void {
    const { execute, commit } = SqliteConnection.prototype;
    const statements = this.#statements;
    const countCommit = () => {
      this.#commits += 1;
    };
    vi.spyOn(SqliteConnection.prototype, 'execute').mockImplementation(function <Row>(
      this: SqliteConnection,
      sql: string,
      parameters: readonly unknown[],
    ) {
      const result = execute.call(this, sql, parameters);
      statements.push({ sql, parameters, rows: result.rows.length });
      return result as { rows: Row[]; changes: number | bigint };
    });
    vi.spyOn(SqliteConnection.prototype, 'commit').mockImplementation(function (this: SqliteConnection) {
      commit.call(this);
      countCommit();
    });
  }

  #countPostgres(): void {
    const query: (...args: unknown[]) => unknown = pg.Client.prototype.query;
    const note = (sql: string, answer: unknown) => {
      if (/^\s*commit\b/i.test(sql)) this.#commits += 1;
      if (FRAME.test(sql)) return;
      const counted = { sql, parameters: [], rows: 0 };
      this.#statements.push(counted);
      if (!(answer instanceof Promise)) return;
      answer.then(
        ({ rows }: pg.QueryResult) => {
          counted.rows = rows.length;
        },
        () => {},
      );
    };
    vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...args: unknown[]) {
      const [first] = args;
      const answer = query.apply(this, args);
      note(typeof first === 'string' ? first : (first as pg.QueryConfig).text, answer);
      return answer as never;
    } as never);
  }

  async during(request: () => Promise<unknown>): Promise<Work> {
    this.#statements.length = 0;
    this.#commits = 0;
    this.#parsed = 0;
    await request();
    return {
      statements: this.#statements.length,
      commits: this.#commits,
      rows: this.#statements.reduce((sum, { rows }) => sum + rows, 0),
      parsed: this.#parsed,
    };
  }

  /** How SQLite reads a whole table for one of the statements counted last; empty where an index serves them all. */
  async scans(db: Database): Promise<string[]> {
    const scans: string[] = [];
    for (const { sql, parameters } of [...this.#statements]) {
      if (!/^\s*(select|with|update|delete)/i.test(sql)) continue;
      const explain = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]);
      const { rows } = await db.executeQuery<{ detail: string }>(explain);
      const scanned = rows.filter(({ detail }) => readsAll(detail, sql)).map(({ detail }) => detail);
      scans.push(...scanned.map((detail) => `${detail}: ${sql}`));
    }
    return scans;
  }
}

/** An index that is read from its start to its end is a scan too. */
const WHOLE_TABLE = /^SCAN (r|users|user_emails|groups|members|accounts|deliveries|tokens|connections)( |$)/;
/** All that a connection has. */
const WHOLE_CONNECTION = /^SEARCH (users|groups|accounts|deliveries|tasks) .*\(connection_id=\?\)( |$)/;

function readsAll(detail: string, sql: string): boolean {
  return WHOLE_TABLE.test(detail) || (WHOLE_CONNECTION.test(detail) && !/ limit /i.test(sql));
}
