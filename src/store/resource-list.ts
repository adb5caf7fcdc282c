import { type RawBuilder, sql } from 'kysely';
import { encodeCursor } from '../core/cursor.ts';
import type { ConnectionId } from '../core/ids.ts';
import type { CursorTarget, Page, Position, ResourceQuery } from '../core/query.ts';
import type { Database } from './database.ts';
import { filterSql, type Search, type SearchTable } from './filter-sql.ts';
import { jsonWordsOf } from './json-sql.ts';
import { beyond, type Order, orderOf, orderTerms } from './list-order.ts';
import { pagesOf } from './page-memory.ts';
import { statement } from './statement.ts';

type Expression = RawBuilder<unknown>;

export interface ListTable extends SearchTable {
  /** Selected of each row. */
  selected: readonly string[];
  /** The column of `connections` that counts all rows. */
  counter: 'user_count' | 'group_count';
}

type Listed<Row> = Row & { id: string; sort_key?: string | number | null };

/**
 * One page of rows of one connection, in the query's order and by id where that leaves a choice. `guard` names a function
 * that is called for every row that is looked at, so that it can end the reading by throwing.
 */
export async function listRows<Row>(
  db: Database,
  table: ListTable,
  connectionId: ConnectionId,
  query: ResourceQuery,
  guard?: string,
): Promise<Page<Row>> {
  const search: Search = { table, connectionId, json: jsonWordsOf(db) };
  const conditions = [sql`r.connection_id = ${connectionId}`];
  if (guard !== undefined) conditions.push(sql`${sql.raw(guard)}()`);
  if (query.filter !== null) conditions.push(filterSql(search, query.filter));
  const request: ListRequest = {
    db,
    table,
    connectionId,
    query,
    conditions,
    order: orderOf(search, query.sort),
    isPlain: query.filter === null && query.sort === null && guard === undefined,
  };
  const { page } = query;
  return page.kind === 'index'
    ? indexPage<Row>(request, page.startIndex)
    : cursorPage<Row>(request, page.target);
}

interface ListRequest {
  db: Database;
  table: ListTable;
  connectionId: ConnectionId;
  query: ResourceQuery;
  conditions: Expression[];
  order: Order;
  /** All rows by id, with no guard. */
  isPlain: boolean;
}

/** What identity providers read page by page: statements that are compiled once. */
interface PlainReads {
  from(db: Database, connectionId: ConnectionId, limit: number, offset: number): Promise<{ id: string }[]>;
  after(db: Database, connectionId: ConnectionId, id: string, limit: number): Promise<{ id: string }[]>;
  count(db: Database, connectionId: ConnectionId): Promise<{ total: number }[]>;
}

const readsOf = new Map<string, PlainReads>();

function plainReads({ name, selected, counter }: ListTable): PlainReads {
  const known = readsOf.get(name);
  if (known !== undefined) return known;
  const rows = sql`select ${sql.join(selected.map((column) => sql.ref(column)))} from ${sql.table(name)}`;
  const reads: PlainReads = {
    from: statement((db, connectionId: ConnectionId, limit: number, offset: number) =>
      sql<{
        id: string;
      }>`${rows} where connection_id = ${connectionId} order by id limit ${limit} offset ${offset}`.compile(
        db,
      ),
    ),
    after: statement((db, connectionId: ConnectionId, id: string, limit: number) =>
      sql<{
        id: string;
      }>`${rows} where connection_id = ${connectionId} and id > ${id} order by id limit ${limit}`.compile(db),
    ),
    count: statement((db, connectionId: ConnectionId) =>
      db.selectFrom('connections').select(`${counter} as total`).where('id', '=', connectionId).compile(),
    ),
  };
  readsOf.set(name, reads);
  return reads;
}

async function indexPage<Row>(request: ListRequest, startIndex: number): Promise<Page<Row>> {
  const { db, table, connectionId, query } = request;
  const pages = pagesOf(db, [connectionId, table.name, query.fingerprint]);
  const position = pages.recall(startIndex);
  const target = position === undefined ? null : ({ direction: 'after', position } as const);
  const { rows, more } = await readRows<Row>(request, target, target === null ? startIndex - 1 : 0);
  // A last page tells the total itself, so that a look-up is one query.
  const isCounted = target === null && !more && query.count > 0 && (rows.length > 0 || startIndex === 1);
  const totalResults = isCounted ? startIndex - 1 + rows.length : await countRows(request);
  const resources = startIndex > totalResults ? [] : rows;
  const last = resources.at(-1);
  if (more && last !== undefined) pages.remember(startIndex + resources.length, positionOf(last));
  return { totalResults, resources, startIndex };
}

async function cursorPage<Row>(request: ListRequest, target: CursorTarget | null): Promise<Page<Row>> {
  const { rows, more } = await readRows<Row>(request, target, 0);
  const totalResults = await countRows(request);
  const first = rows.at(0);
  const last = rows.at(-1);
  const page: Page<Row> = { totalResults, resources: rows };
  if (first === undefined || last === undefined) return page;
  const isBackwards = target?.direction === 'before';
  const cursor = (direction: CursorTarget['direction'], row: Listed<Row>): string =>
    encodeCursor(request.query.fingerprint, { direction, position: positionOf(row) });
  if (isBackwards || more) page.nextCursor = cursor('after', last);
  if (isBackwards ? more : target !== null) page.previousCursor = cursor('before', first);
  return page;
}

/** `more`: there are rows beyond these, in the direction of reading. */
async function readRows<Row>(
  { db, table, connectionId, query, conditions, order, isPlain }: ListRequest,
  target: CursorTarget | null,
  offset: number,
): Promise<{ rows: Listed<Row>[]; more: boolean }> {
  const { count } = query;
  if (count === 0) return { rows: [], more: false };
  const isBackwards = target?.direction === 'before';
  if (isPlain && !isBackwards) {
    const { from, after } = plainReads(table);
    const found =
      target === null
        ? await from(db, connectionId, count + 1, offset)
        : await after(db, connectionId, target.position.id, count + 1);
    return { rows: found.slice(0, count) as Listed<Row>[], more: found.length > count };
  }
  const direction = isBackwards ? !order.descending : order.descending;
  const columns = table.selected.map((name) => sql.ref(`r.${name}`));
  if (order.key !== null) columns.push(sql`${order.key} as sort_key`);
  const where = target === null ? conditions : [...conditions, beyond(order, target.position, direction)];
  const { rows } = await sql<Listed<Row>>`
    select ${sql.join(columns)} from ${sql.table(table.name)} as r
    where ${sql.join(where, sql` and `)}
    order by ${orderTerms(order, direction)}
    limit ${count + 1} offset ${offset}`.execute(db);
  const page = rows.slice(0, count);
  return { rows: isBackwards ? page.reverse() : page, more: rows.length > count };
}

async function countRows({ db, table, connectionId, query, conditions }: ListRequest): Promise<number> {
  if (query.filter === null) return (await plainReads(table).count(db, connectionId))[0]?.total ?? 0;
  const { rows } = await sql<{ total: number }>`
    select count(*) as total from ${sql.table(table.name)} as r
    where ${sql.join(conditions, sql` and `)}`.execute(db);
  return Number(rows[0]?.total ?? 0);
}

function positionOf(row: Listed<unknown>): Position {
  return { sort: row.sort_key ?? null, id: row.id };
}
