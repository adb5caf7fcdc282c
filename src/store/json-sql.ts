import { type RawBuilder, sql } from 'kysely';

/** The words for JSON and texts in which databases differ; these are SQLite's. */

type Expression = RawBuilder<unknown>;

/** A scalar of a document; null where it is missing. An object or list is any value but null. */
export function jsonValue(document: Expression, keys: readonly string[]): Expression {
  return sql`json_extract(${document}, ${pathOf(keys)})`;
}

/** A row source named `alias` with one row for each element of a list; none where it is missing. */
export function jsonElements(document: Expression, keys: readonly string[], alias: string): Expression {
  return sql`json_each(${document}, ${pathOf(keys)}) as ${sql.ref(alias)}`;
}

/** The element's own value, or one of its members; a plain element is its own `value`. */
export function elementValue(alias: string, key: string | null): Expression {
  const value = sql.ref(`${alias}.value`);
  if (key === null) return sql`${value}`;
  const plain = key === 'value' ? value : sql`null`;
  return sql`case ${sql.ref(`${alias}.type`)} when 'object' then json_extract(${value}, ${pathOf([key])}) else ${plain} end`;
}

/** The element's place in its list. */
export function elementPlace(alias: string): Expression {
  return sql.ref(`${alias}.key`);
}

/** A boolean as `jsonValue` and `elementValue` give it. */
export function jsonBoolean(value: boolean): number {
  return value ? 1 : 0;
}

export function textContains(text: Expression, part: string): Expression {
  return sql`instr(${text}, ${part}) > 0`;
}

export function textStarts(text: Expression, start: string): Expression {
  return sql`substr(${text}, 1, length(${start})) = ${start}`;
}

export function textEnds(text: Expression, end: string): Expression {
  // A length of 0 would mean the whole text.
  return end === '' ? sql`${text} is not null` : sql`substr(${text}, -length(${end})) = ${end}`;
}

function pathOf(keys: readonly string[]): string {
  return `$${keys.map((key) => `."${key}"`).join('')}`;
}
