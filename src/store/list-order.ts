import { type RawBuilder, sql } from 'kysely';
import type { AttributeRef, Position, Sort } from '../core/query.ts';
import { resourceValue, type Search, valueRows } from './filter-sql.ts';
import type { JsonWords } from './json-words.ts';

type Expression = RawBuilder<unknown>;

/** The order of a list: by `key` (null: by id alone), unassigned last, then by id; `descending` turns all of it round. */
export interface Order {
  key: Expression | null;
  descending: boolean;
}

/** Texts are told apart by this many characters, so that a cursor stays short. */
const KEY_LENGTH = 200;

export function orderOf(search: Search, sort: Sort | null): Order {
  if (sort === null) return { key: null, descending: false };
  const { ref, descending } = sort;
  const value = ref.multiValued ? firstValue(search.json, ref) : resourceValue(search, ref);
  if (ref.type !== 'text') return { key: value, descending };
  return { key: search.json.ordered(sql`substr(${value}, 1, ${sql.lit(KEY_LENGTH)})`), descending };
}

/** The primary value, or else the first one (RFC 7644 §3.4.2.3). */
function firstValue(json: JsonWords, ref: AttributeRef): Expression {
  const rows = valueRows(json, ref);
  const value = rows.value(ref, ref.sub);
  if (ref.source !== 'document') return sql`(select min(${value}) from ${rows.from} where ${rows.where})`;
  return sql`(select ${value} from ${rows.from} where ${rows.where}
    order by coalesce(${json.elementValue('e', 'primary', 'boolean')}, 0) desc, ${json.elementPlace('e')} limit 1)`;
}

export function orderTerms({ key }: Order, descending: boolean): Expression {
  const way = descending ? sql`desc` : sql`asc`;
  if (key === null) return sql`r.id ${way}`;
  return sql`(${key} is null) ${way}, ${key} ${way}, r.id ${way}`;
}

/** The rows that come after `position` in the order that `descending` says. */
export function beyond({ key }: Order, { sort, id }: Position, descending: boolean): Expression {
  const than = descending ? sql`<` : sql`>`;
  if (key === null) return sql`r.id ${than} ${id}`;
  const unassigned = sql`${key} is null`;
  if (sort === null) {
    const sameKey = sql`(${unassigned} and r.id ${than} ${id})`;
    return descending ? sql`(${key} is not null or ${sameKey})` : sameKey;
  }
  const beyondKey = sql`${key} ${than} ${sort} or (${key} = ${sort} and r.id ${than} ${id})`;
  return descending ? sql`(${beyondKey})` : sql`(${beyondKey} or ${unassigned})`;
}
