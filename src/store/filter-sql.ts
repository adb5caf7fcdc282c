import { type RawBuilder, sql } from 'kysely';
import { fold } from '../core/fold.ts';
import type { ConnectionId } from '../core/ids.ts';
import type { AttributeRef, CompareOperator, Filter, FilterValue } from '../core/query.ts';
import type { JsonWords } from './json-words.ts';

type Expression = RawBuilder<unknown>;

/** Rows of `users` or `groups` under the name `r`. */
export interface SearchTable {
  name: 'users' | 'groups';
  /** Columns that hold a document's text as `folded` does, most of them indexed. */
  columns: Readonly<Record<string, { name: string; nullable: boolean }>>;
}

/** Where a filter or an order is asked for, and in whose words. */
export interface Search {
  table: SearchTable;
  connectionId: ConnectionId;
  json: JsonWords;
}

/** Several values of one resource: rows under the name `e` or `m`. */
export interface ValueRows {
  from: Expression;
  where: Expression;
  value(ref: AttributeRef, sub: string | null): Expression;
}

/** The condition on `r` that a filter means; never null, every value a bound parameter. */
export function filterSql(search: Search, filter: Filter): Expression {
  const compileTerm = (term: Filter): Expression => filterSql(search, term);
  switch (filter.kind) {
    case 'and':
    case 'or':
      return joined(filter.kind, filter.terms.map(compileTerm));
    case 'not':
      return sql`not (${compileTerm(filter.term)})`;
    case 'constant':
      return constant(filter.value);
    case 'present':
      return filter.ref.multiValued
        ? anyRow(search, filter.ref, (value) => sql`${value} is not null`)
        : sql`${resourceValue(search, filter.ref)} is not null`;
    case 'compare':
      return indexed(search.connectionId, filter) ?? comparison(search, filter);
    case 'element':
      return elementSql(search, filter);
  }
}

type Comparison = Extract<Filter, { kind: 'compare' }>;

/** A single-valued attribute of `r`. */
export function resourceValue({ table, json }: Search, ref: AttributeRef): Expression {
  switch (ref.source) {
    case 'id':
      return sql.ref('r.id');
    case 'created':
      return sql.ref('r.created_at');
    case 'lastModified':
      return sql.ref('r.modified_at');
    case 'version':
      return sql`'W/"' || r.version || '"'`;
    default: {
      const column = columnOf(table, ref);
      if (column !== undefined) return sql.ref(`r.${column.name}`);
      const value = json.value(sql.ref('r.folded'), ref.keys, ref.type);
      return ref.fallback === undefined ? value : sql`coalesce(${value}, ${booleanNumber(ref.fallback)})`;
    }
  }
}

function columnOf(table: SearchTable, ref: AttributeRef): SearchTable['columns'][string] | undefined {
  const [name, ...more] = ref.keys;
  const single = ref.source === 'document' && name !== undefined && more.length === 0;
  return single && Object.hasOwn(table.columns, name) ? table.columns[name] : undefined;
}

function comparison(search: Search, { operator, ref, value }: Comparison): Expression {
  const bound = boundValue(ref, value);
  const onValue = (actual: Expression): Expression => compared(search.json, actual, operator, bound);
  if (ref.multiValued) {
    const any = anyRow(search, ref, onValue);
    // Without any value the attribute counts as one null.
    const nullCounts = operator === (value === null ? 'eq' : 'ne');
    return nullCounts ? sql`(${any} or not ${anyRow(search, ref, () => constant(true))})` : any;
  }
  const actual = resourceValue(search, ref);
  const column = columnOf(search.table, ref);
  if (operator !== 'eq' || value === null || (ref.source !== 'id' && column === undefined)) {
    return onValue(actual);
  }
  // The plain "=" is what an index serves.
  return column?.nullable ? sql`(${actual} = ${bound} and ${actual} is not null)` : sql`${actual} = ${bound}`;
}

function anyRow(
  { json }: Search,
  ref: AttributeRef,
  condition: (value: Expression) => Expression,
): Expression {
  const rows = valueRows(json, ref);
  return sql`exists (select 1 from ${rows.from} where ${rows.where} and ${condition(rows.value(ref, ref.sub))})`;
}

function elementSql(
  { connectionId, json }: Search,
  { ref, filter }: Extract<Filter, { kind: 'element' }>,
): Expression {
  const rows = valueRows(json, ref);
  const condition = sql`exists (select 1 from ${rows.from} where ${rows.where} and ${onElement(json, rows, filter)})`;
  const value = requiredValue(filter);
  const asComparison = (wanted: FilterValue): Comparison => ({
    kind: 'compare',
    operator: 'eq',
    ref: { ...ref, sub: 'value', type: 'text', caseExact: value?.ref.caseExact ?? false },
    value: wanted,
  });
  const shortcut = value === undefined ? null : indexed(connectionId, asComparison(value.value));
  return shortcut === null ? condition : sql`(${shortcut} and ${condition})`;
}

function onElement(json: JsonWords, rows: ValueRows, filter: Filter): Expression {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return joined(
        filter.kind,
        filter.terms.map((term) => onElement(json, rows, term)),
      );
    case 'not':
      return sql`not (${onElement(json, rows, filter.term)})`;
    case 'present':
      return sql`${rows.value(filter.ref, filter.ref.keys[0] ?? null)} is not null`;
    case 'compare': {
      const actual = rows.value(filter.ref, filter.ref.keys[0] ?? null);
      return compared(json, actual, filter.operator, boundValue(filter.ref, filter.value));
    }
    case 'constant':
    case 'element':
      return constant(filter.kind === 'constant' && filter.value);
  }
}

/** What the element's `value` must equal for the filter to hold, if it says so. */
function requiredValue(filter: Filter): Comparison | undefined {
  if (filter.kind === 'and') {
    return filter.terms.map(requiredValue).find((found) => found !== undefined);
  }
  const isValue = filter.kind === 'compare' && filter.operator === 'eq' && filter.ref.keys[0] === 'value';
  return isValue ? filter : undefined;
}

/** An equality that a table of its own answers without looking at every resource; null: there is none. */
function indexed(connectionId: ConnectionId, { operator, ref, value }: Comparison): Expression | null {
  if (operator !== 'eq' || value === null || ref.sub !== 'value') return null;
  const bound = boundValue(ref, value);
  if (ref.source === 'members') {
    return sql`r.id in (select group_id from members where connection_id = ${connectionId} and member_id = ${bound})`;
  }
  if (ref.source === 'groups') {
    return sql`r.id in (select member_id from members where connection_id = ${connectionId} and group_id = ${bound})`;
  }
  if (ref.keys.length !== 1 || ref.keys[0] !== 'emails') return null;
  return sql`r.id in (select user_id from user_emails where connection_id = ${connectionId} and email_key = ${bound})`;
}

/** The values of a multi-valued attribute of `r`. */
export function valueRows(json: JsonWords, ref: AttributeRef): ValueRows {
  if (ref.source === 'members') {
    return {
      from: sql`members as m`,
      where: sql`m.connection_id = r.connection_id and m.group_id = r.id`,
      value: (leaf, sub) => {
        if (sub !== 'type') return sql.ref('m.member_id');
        return leaf.caseExact ? sql.ref('m.type') : sql`lower(m.type)`;
      },
    };
  }
  if (ref.source === 'groups') {
    return {
      from: sql`members as m join groups as g on g.connection_id = m.connection_id and g.id = m.group_id`,
      where: sql`m.connection_id = r.connection_id and m.member_id = r.id`,
      value: (leaf, sub) => {
        if (sub !== 'display') return sql.ref('m.group_id');
        return sql.ref(leaf.caseExact ? 'g.display_name' : 'g.display_name_key');
      },
    };
  }
  return {
    from: json.elements(sql.ref('r.folded'), ref.keys, 'e'),
    where: constant(true),
    value: (leaf, sub) => json.elementValue('e', sub, leaf.type),
  };
}

function boundValue(ref: AttributeRef, value: FilterValue): string | number | null {
  if (typeof value === 'boolean') return booleanNumber(value);
  if (typeof value === 'string') return ref.caseExact ? value : fold(value);
  if (ref.type !== 'dateTime' || value === null || ref.source !== 'document') return value;
  // Stored times are UTC with milliseconds: their texts are in the order of time.
  const time = new Date(value).toISOString();
  return ref.caseExact ? time : fold(time);
}

function compared(
  json: JsonWords,
  actual: Expression,
  operator: CompareOperator,
  bound: string | number | null,
): Expression {
  switch (operator) {
    case 'eq':
      return sql`${actual} is not distinct from ${bound}`;
    case 'ne':
      return sql`${actual} is distinct from ${bound}`;
    case 'co':
      return certain(json.contains(actual, String(bound)));
    case 'sw':
      return certain(json.starts(actual, String(bound)));
    case 'ew':
      return certain(json.ends(actual, String(bound)));
    default: {
      const ordered = typeof bound === 'string' ? json.ordered(actual) : actual;
      return certain(sql`${ordered} ${sql.raw(ORDER[operator])} ${bound}`);
    }
  }
}

const ORDER = { gt: '>', ge: '>=', lt: '<', le: '<=' } as const;

/** False instead of null, so that `not` means what it says. */
function certain(condition: Expression): Expression {
  return sql`coalesce(${condition}, ${constant(false)})`;
}

function constant(value: boolean): Expression {
  return value ? sql`true` : sql`false`;
}

/** As `JsonWords` give booleans. */
function booleanNumber(value: boolean): number {
  return value ? 1 : 0;
}

function joined(kind: 'and' | 'or', terms: Expression[]): Expression {
  if (terms.length === 0) return constant(kind === 'and');
  return sql`(${sql.join(terms, kind === 'and' ? sql` and ` : sql` or `)})`;
}
