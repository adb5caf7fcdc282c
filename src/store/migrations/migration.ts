import {
  type CreateTableBuilder,
  type QueryExecutorProvider,
  type RawBuilder,
  type SchemaModule,
  sql,
} from 'kysely';

/** `?` allows null; `=0` fills itself in. `json` is a document that is read and written as text. */
type ColumnType = 'text' | 'integer' | 'json' | 'text?' | 'integer?' | 'json?' | 'integer=0';

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
interface SchemaWords {
  types: Record<'text' | 'integer' | 'json', 'text' | 'integer'>;
  clustered: RawBuilder<unknown>;
  /** Fixed statistics instead of measured ones, see `fixStatistics`. */
  fixedStatistics: boolean;
}

export const sqliteWords: SchemaWords = {
  types: { text: 'text', integer: 'integer', json: 'text' },
  clustered: sql`without rowid`,
  fixedStatistics: true,
};

/** What a migration works with: its own transaction. */
type MigrationTarget = QueryExecutorProvider & { readonly schema: SchemaModule };

/** One step forward; its name is stored, its content never changes once released. */
export interface Migration {
  name: string;
  up(target: MigrationTarget, words: SchemaWords): Promise<void>;
}

export async function createTable(
  schema: SchemaModule,
  words: SchemaWords,
  { name, columns, key, clustered }: TableDefinition,
): Promise<void> {
  let table: CreateTableBuilder<string, string> = schema.createTable(name);
  for (const [column, type] of Object.entries(columns)) table = addColumn(table, words, column, type);
  table = table.addPrimaryKeyConstraint(`${name}_key`, key);
  await (clustered ? table.modifyEnd(words.clustered) : table).execute();
}

function addColumn(
  table: CreateTableBuilder<string, string>,
  { types }: SchemaWords,
  name: string,
  type: ColumnType,
): CreateTableBuilder<string, string> {
  switch (type) {
    case 'text?':
      return table.addColumn(name, types.text);
    case 'integer?':
      return table.addColumn(name, types.integer);
    case 'json?':
      return table.addColumn(name, types.json);
    case 'integer=0':
      return table.addColumn(name, types.integer, (column) => column.notNull().defaultTo(0));
    default:
      return table.addColumn(name, types[type], (column) => column.notNull());
  }
}

export async function createIndex(schema: SchemaModule, definition: IndexDefinition): Promise<void> {
  const { name, on, columns, unique, where } = definition;
  let index = schema.createIndex(name).on(on).columns(columns);
  if (unique) index = index.unique();
  if (where !== undefined) index = index.where(sql<boolean>`${sql.raw(where)}`);
  await index.execute();
}

/**
 * Tells SQLite's planner how the tables look when they are full (sqlite.org/optoverview.html#manual_control_of_query_plans_using_sqlite_stat_tables). Without it, it takes a whole connection for ten rows, and reads all members to find one.
 */
export async function fixStatistics(target: MigrationTarget, statistics: IndexStatistics[]): Promise<void> {
  await sql`analyze`.execute(target);
  await sql`delete from sqlite_stat1`.execute(target);
  for (const { table, index, rows } of statistics) {
    const row = sql.join([table, index, rows.join(' ')]);
    await sql`insert into sqlite_stat1 (tbl, idx, stat) values (${row})`.execute(target);
  }
  await sql`analyze sqlite_schema`.execute(target);
}
