import { createHash } from 'node:crypto';
import {
  type CreateTableBuilder,
  type QueryExecutorProvider,
  type RawBuilder,
  type SchemaModule,
  sql,
} from 'kysely';

/** `json` is a document that is read and written as text; `search` one that filters look into. */
type BaseType = 'text' | 'integer' | 'json' | 'search';
/** `?` allows null; `=0` fills itself in. */
type ColumnType = BaseType | `${BaseType}?` | 'integer=0';

export interface TableDefinition {
  name: string;
  columns: Record<string, ColumnType>;
  /** Its columns in order; at least one. */
  key: [string, ...string[]];
  /**
   * Rows live in their primary key. Only for small rows: with documents of 700 bytes look-ups took 2.7 times as long
   * and the file twice the room (200,000 users).
   */
  clustered?: true;
}

export interface IndexDefinition {
  name: string;
  on: string;
  columns: string[];
  unique?: true;
  /** The rows in the index, as SQL. */
  where?: string;
}

/** How many rows an index has, and how many of them share its first column, its first two, and so on. */
export interface IndexStatistics {
  table: string;
  /** The table's own name: its primary key. */
  index: string;
  rows: [total: number, ...perPrefix: number[]];
}

/** The words in which databases differ when tables are made. */
export interface SchemaWords {
  types: Record<BaseType, RawBuilder<unknown>>;
  /** At the end of a table whose rows live in their primary key, where the database has such. */
  clustered: RawBuilder<unknown> | null;
  /** Fixed statistics instead of measured ones, see `fixStatistics`. */
  fixedStatistics: boolean;
  /** Run first in a migration's transaction, so that starters wait for each other; null: a transaction is enough. */
  lock: RawBuilder<unknown> | null;
}

export const sqliteWords: SchemaWords = {
  types: { text: sql`text`, integer: sql`integer`, json: sql`text`, search: sql`text` },
  clustered: sql`without rowid`,
  fixedStatistics: true,
  lock: null,
};

/** Any number will do, as long as nobody else in the database locks it. */
const MIGRATION_LOCK = 4_617_315_517_961_601;

/** Texts sort by code point, as on SQLite and in JavaScript, whatever the database's own language is. */
export const postgresWords: SchemaWords = {
  types: { text: sql`text collate "C"`, integer: sql`bigint`, json: sql`text`, search: sql`jsonb` },
  clustered: null,
  fixedStatistics: false,
  lock: sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`,
};

/** What a migration works with: its own transaction. */
export type MigrationTarget = QueryExecutorProvider & { readonly schema: SchemaModule };

/** One step forward; its name is stored, its content never changes once released. */
export interface Migration {
  name: string;
  /** Of the definitions that it makes: pre-releases have migrations of the same name that differ. */
  digest: string;
  up(target: MigrationTarget, words: SchemaWords): Promise<void>;
}

/** The migration that makes these; the statistics may change, since a store works with any. */
export function makeTables(
  name: string,
  made: { tables: TableDefinition[]; indexes: IndexDefinition[] },
  statistics: IndexStatistics[],
): Migration {
  return {
    name,
    digest: createHash('sha256').update(JSON.stringify(made)).digest('hex'),
    async up(target, words) {
      for (const table of made.tables) await createTable(target.schema, words, table);
      for (const index of made.indexes) await createIndex(target.schema, index);
      if (words.fixedStatistics) await fixStatistics(target, statistics);
    },
  };
}

async function createTable(
  schema: SchemaModule,
  words: SchemaWords,
  { name, columns, key, clustered }: TableDefinition,
): Promise<void> {
  let table: CreateTableBuilder<string, string> = schema.createTable(name);
  for (const [column, type] of Object.entries(columns)) table = addColumn(table, words, column, type);
  table = table.addPrimaryKeyConstraint(`${name}_key`, key);
  await (clustered && words.clustered ? table.modifyEnd(words.clustered) : table).execute();
}

function addColumn(
  table: CreateTableBuilder<string, string>,
  { types }: SchemaWords,
  name: string,
  type: ColumnType,
): CreateTableBuilder<string, string> {
  const base = types[type.replace(/(\?|=0)$/, '') as BaseType];
  if (type.endsWith('?')) return table.addColumn(name, base);
  return table.addColumn(name, base, (column) =>
    type === 'integer=0' ? column.notNull().defaultTo(0) : column.notNull(),
  );
}

async function createIndex(schema: SchemaModule, definition: IndexDefinition): Promise<void> {
  const { name, on, columns, unique, where } = definition;
  let index = schema.createIndex(name).on(on).columns(columns);
  if (unique) index = index.unique();
  if (where !== undefined) index = index.where(sql<boolean>`${sql.raw(where)}`);
  await index.execute();
}

/**
 * Tells SQLite's planner how the tables look when they are full (sqlite.org/optoverview.html#manual_control_of_query_plans_using_sqlite_stat_tables). Without it, it takes a whole connection for ten rows, and reads all members to find one.
 */
async function fixStatistics(target: MigrationTarget, statistics: IndexStatistics[]): Promise<void> {
  await sql`analyze`.execute(target);
  await sql`delete from sqlite_stat1`.execute(target);
  for (const { table, index, rows } of statistics) {
    const row = sql.join([table, index, rows.join(' ')]);
    await sql`insert into sqlite_stat1 (tbl, idx, stat) values (${row})`.execute(target);
  }
  await sql`analyze sqlite_schema`.execute(target);
}
