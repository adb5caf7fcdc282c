import { sql } from 'kysely';
import { ReadTooLong } from '../core/errors.ts';
import type { AttributeRef, Filter, Page } from '../core/query.ts';
import { type Database, searchOf } from './database.ts';
import { LIST_TABLES } from './list-tables.ts';
import { pagesOf } from './page-memory.ts';
import { StatementTimeout } from './postgres-errors.ts';
import { type ListRequest, readerOf } from './reader.ts';
import { listRows } from './resource-list.ts';

/** Rows that may be counted up to before a page: some 0.2 ms. */
const MAX_SKIPPED = 10_000;
/** What a search on this thread may look at: rows, and bytes of documents times comparisons; some 20 ms. */
const MAX_ROWS = 1000;
const MAX_WORK = 1_000_000;

/** Attributes of which few resources share a value, each with an index that finds it. */
const KEYS: ReadonlySet<string> = new Set(['userName', 'displayName', 'externalId', 'emails']);

/** One page; what may take long is read where nothing waits for it, and ends after 10 s with ReadTooLong. */
export async function listPage<Row>(db: Database, request: ListRequest): Promise<Page<Row>> {
  if (mayScan(db, request)) {
    const search = searchOf(db);
    if (search !== undefined) return searchPage<Row>(search, request);
    const reader = readerOf(db);
    if (reader !== undefined && !(await isSmall(db, request))) return reader.list<Row>(request);
  }
  return readPage<Row>(db, request);
}

function readPage<Row>(db: Database, { table, connectionId, query }: ListRequest): Promise<Page<Row>> {
  return listRows<Row>(db, LIST_TABLES[table], connectionId, query);
}

async function searchPage<Row>(search: Database, request: ListRequest): Promise<Page<Row>> {
  try {
    return await readPage<Row>(search, request);
  } catch (error) {
    if (error instanceof StatementTimeout) throw new ReadTooLong({ cause: error });
    throw error;
  }
}

function mayScan(db: Database, { table, connectionId, query }: ListRequest): boolean {
  const { filter, sort, page, fingerprint } = query;
  if (filter !== null) return !findsFew(filter);
  if (sort !== null) return true;
  if (page.kind === 'cursor' || page.startIndex <= MAX_SKIPPED) return false;
  return pagesOf(db, [connectionId, table, fingerprint]).recall(page.startIndex) === undefined;
}

/** Whether an index answers the filter, or a part of it that all results fulfil. */
function findsFew(filter: Filter): boolean {
  if (filter.kind === 'and') return filter.terms.some(findsFew);
  if (filter.kind === 'element') return isKey(filter.ref) && namesValue(filter.filter);
  return filter.kind === 'compare' && filter.operator === 'eq' && filter.value !== null && isKey(filter.ref);
}

/** A group may have any number of members, so `groups` is none; a member is in few groups. */
function isKey({ source, keys, sub }: AttributeRef): boolean {
  if (source === 'id' || source === 'members') return sub === null || sub === 'value';
  return (
    source === 'document' && keys.length === 1 && KEYS.has(keys[0] ?? '') && (sub ?? 'value') === 'value'
  );
}

function namesValue(filter: Filter): boolean {
  if (filter.kind === 'and') return filter.terms.some(namesValue);
  return filter.kind === 'compare' && filter.operator === 'eq' && filter.ref.keys[0] === 'value';
}

/** A directory so small that even all of it is looked at in no time. */
async function isSmall(db: Database, { table, connectionId, query }: ListRequest): Promise<boolean> {
  const { filter, sort } = query;
  const refs = [...(filter === null ? [] : refsOf(filter)), ...(sort === null ? [] : [sort.ref])];
  // The cost of these is in the memberships, not in the documents.
  if (refs.some(({ source }) => source === 'members' || source === 'groups')) return false;
  const { counter } = LIST_TABLES[table];
  const { rows } = await sql<{ bytes: number }>`
    select case when c.${sql.ref(counter)} > ${MAX_ROWS} then null else
      (select coalesce(sum(octet_length(folded)), 0) from ${sql.table(table)} where connection_id = c.id) end as bytes
    from connections as c where c.id = ${connectionId}`.execute(db);
  const bytes = rows[0]?.bytes ?? null;
  return bytes !== null && Number(bytes) * (refs.length + 1) <= MAX_WORK;
}

function refsOf(filter: Filter): AttributeRef[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.terms.flatMap(refsOf);
    case 'not':
      return refsOf(filter.term);
    case 'element':
      return [filter.ref, ...refsOf(filter.filter)];
    case 'constant':
      return [];
    default:
      return [filter.ref];
  }
}
