import { CompiledQuery } from 'kysely';
import { vi } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { SqliteConnection } from '../../src/store/sqlite-connection.ts';

/** What one request made the process do: the same on every machine, however busy. */
export interface Work {
  /** Beside `begin` and `commit`. */
  statements: number;
  commits: number;
  /** That statements answered. */
  rows: number;
  /** Characters of JSON that were parsed, the request's own body included. */
  parsed: number;
}

/** Counts at the store's connection and at `JSON.parse`; nothing in the product knows of it. */
export class WorkCount {
  readonly #statements: { query: CompiledQuery; rows: number }[] = [];
  #commits = 0;
  #parsed = 0;

  constructor() {
    const { executeQuery, commit } = SqliteConnection.prototype;
    const statements = this.#statements;
    vi.spyOn(SqliteConnection.prototype, 'executeQuery').mockImplementation(async function <Row>(
      this: SqliteConnection,
      query: CompiledQuery,
    ) {
      const result = await executeQuery.call<
        SqliteConnection,
        [CompiledQuery],
        ReturnType<typeof executeQuery<Row>>
      >(this, query);
      statements.push({ query, rows: result.rows.length });
      return result;
    });
    vi.spyOn(SqliteConnection.prototype, 'commit').mockImplementation(function (this: SqliteConnection) {
      commit.call(this);
      countCommit();
    });
    const countCommit = () => {
      this.#commits += 1;
    };
    const { parse } = JSON;
    vi.spyOn(JSON, 'parse').mockImplementation((text, reviver) => {
      // The edge server of these tests reads its own log lines.
      if (!String(text).startsWith('{"level"')) this.#parsed += String(text).length;
      return parse(text, reviver);
    });
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
    for (const { query } of [...this.#statements]) {
      if (!/^\s*(select|with|update|delete)/i.test(query.sql)) continue;
      const explain = CompiledQuery.raw(`explain query plan ${query.sql}`, [...query.parameters]);
      const { rows } = await db.executeQuery<{ detail: string }>(explain);
      const scanned = rows.filter(({ detail }) => WHOLE_TABLE.test(detail)).map(({ detail }) => detail);
      scans.push(...scanned.map((detail) => `${detail}: ${query.sql}`));
    }
    return scans;
  }
}

/** An index that is read from its start to its end is a scan too. */
const WHOLE_TABLE = /^SCAN (r|users|user_emails|groups|members|accounts|deliveries|tokens|connections)( |$)/;
