import { createHash } from 'node:crypto';
import { CompiledQuery, type Kysely, sql } from 'kysely';
import { OperatorError } from '../core/errors.ts';
import type { CopiedTable } from './copy-tables.ts';
import { isPostgres } from './dialect-kind.ts';
import type { Tables } from './tables.ts';

/** A handle or a transaction of either store. */
type Store = Kysely<Tables>;
type Value = string | number | null;
type Row = Record<string, Value>;
/** The key of a row; null: before the first. */
export type Place = readonly string[] | null;

/** How many rows, and SHA-256 over them in the order of their keys, the same of the same rows on either store. */
export interface Digest {
  rows: number;
  sha256: string;
}

/** Some hundred kilobytes to some megabytes at a time. */
const CHUNK = 2_000;
/** Of one statement; SQLite takes 32,766 (sqlite.org/limits.html#max_variable_number). */
const MAX_PARAMETERS = 30_000;

/** The rows after a place in the order of their keys, as they are to be in the target. */
export async function readChunk(db: Store, table: CopiedTable, after: Place): Promise<Row[]> {
  const key = sql.join(table.key.map((column) => sql.ref(column)));
  const start = after === null ? sql`` : sql`where (${key}) > (${sql.join(after)})`;
  const { rows } = await sql<Row>`
    select * from ${sql.table(table.name)} ${start} order by ${key} limit ${sql.lit(CHUNK)}
  `.execute(db);
  // The epoch stays, so that what is claimed in the source is in doubt for whoever holds the lease next.
  return table.name === 'leases' ? rows.map((row) => ({ ...row, holder: null })) : rows;
}

/** Undefined where the chunk is empty: there are no more. */
export function lastPlace(table: CopiedTable, rows: readonly Row[]): readonly string[] | undefined {
  const last = rows.at(-1);
  return last && placeOf(table, last);
}

export async function insertRows(db: Store, table: CopiedTable, rows: readonly Row[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first);
  if (isPostgres(db)) return insertArrays(db, table, columns, rows);
  const most = Math.floor(MAX_PARAMETERS / columns.length);
  for (let from = 0; from < rows.length; from += most) {
    const part = rows.slice(from, from + most);
    const one = `(${columns.map(() => '?').join(', ')})`;
    const text = `${insertInto(table, columns)} values ${part.map(() => one).join(', ')}`;
    const values = part.flatMap((row) => columns.map((column) => stored(column, row[column] ?? null)));
    await db.executeQuery(CompiledQuery.raw(text, values));
  }
}

/** One array a column: a statement with a parameter for each value would have to be parsed and planned at length. */
async function insertArrays(
  db: Store,
  table: CopiedTable,
  columns: readonly string[],
  rows: readonly Row[],
): Promise<void> {
  for (const row of rows) refuseNul(table, row);
  const types = await columnTypes(db, table);
  const arrays = columns.map((column) => rows.map((row) => row[column] ?? null));
  const parameters = columns.map((column, index) => `$${index + 1}::${types.get(column)}[]`);
  const text = `${insertInto(table, columns)} select * from unnest(${parameters.join(', ')})`;
  await db.executeQuery(CompiledQuery.raw(text, arrays));
}

function insertInto({ name }: CopiedTable, columns: readonly string[]): string {
  return `insert into "${name}" (${columns.map((column) => `"${column}"`).join(', ')})`;
}

async function columnTypes(db: Store, { name }: CopiedTable): Promise<Map<string, string>> {
  const { rows } = await sql<{ name: string; type: string }>`
    select attname as name, format_type(atttypid, null) as type from pg_attribute
    where attrelid = cast(${`"${name}"`} as regclass) and attnum > 0 and not attisdropped
  `.execute(db);
  return new Map(rows.map((column) => [column.name, column.type]));
}

/** SQLite keeps such a text, which only a vendor can have sent; PostgreSQL does not. */
function refuseNul(table: CopiedTable, row: Row): void {
  const column = Object.keys(row).find((name) => String(row[name]).includes('\0'));
  if (column === undefined) return;
  throw new OperatorError(
    `The column ${column} of the row ${placeOf(table, row).join(' / ')} of ${table.name} holds the character U+0000, which PostgreSQL cannot store. Change it where it comes from, then copy again.`,
  );
}

export async function digestTable(db: Store, table: CopiedTable): Promise<Digest> {
  const hash = createHash('sha256');
  let rows = 0;
  for (let after: Place | undefined = null; after !== undefined; ) {
    const chunk = await readChunk(db, table, after);
    hash.update(lines(chunk));
    rows += chunk.length;
    after = lastPlace(table, chunk);
  }
  return { rows, sha256: hash.digest('hex') };
}

function lines(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {}).toSorted();
  return rows
    .map((row) => `${JSON.stringify(columns.map((column) => stored(column, row[column] ?? null)))}\n`)
    .join('');
}

/** `folded` is jsonb on PostgreSQL, which has an order of names and a spacing of its own. */
function stored(column: string, value: Value): Value {
  return column === 'folded' && typeof value === 'string' ? JSON.stringify(sorted(JSON.parse(value))) : value;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Record<string, unknown>;
  return Object.fromEntries(
    Object.keys(object)
      .sort()
      .map((name) => [name, sorted(object[name])]),
  );
}

function placeOf(table: CopiedTable, row: Row): string[] {
  return table.key.map((column) => String(row[column]));
}
