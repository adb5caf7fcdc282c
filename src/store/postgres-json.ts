import { type RawBuilder, sql } from 'kysely';
import type { AttributeRef } from '../core/query.ts';
import type { JsonWords } from './json-words.ts';

type Expression = RawBuilder<unknown>;

/** On `jsonb` (postgresql.org/docs/current/functions-json.html). */
export const postgresJson: JsonWords = {
  value: (document, keys, type) => scalar(sql`(${document} #> ${pathOf(keys)})`, type),
  elements(document, keys, alias) {
    const list = sql`${document} #> ${pathOf(keys)}`;
    return sql`jsonb_array_elements(case jsonb_typeof(${list}) when 'array' then ${list} end) with ordinality as ${sql.ref(alias)}(value, key)`;
  },
  elementValue(alias, key, type) {
    const value = sql.ref(`${alias}.value`);
    if (key === null) return scalar(sql`${value}`, type);
    const plain = key === 'value' ? value : sql`null`;
    const member = sql`${value} -> cast(${key} as text)`;
    return scalar(sql`(case jsonb_typeof(${value}) when 'object' then ${member} else ${plain} end)`, type);
  },
  elementPlace: (alias) => sql.ref(`${alias}.key`),
  ordered: (text) => sql`(${text}) collate "C"`,
  contains: (text, part) => sql`strpos(${text}, ${part}) > 0`,
  starts: (text, start) => sql`starts_with(${text}, ${start})`,
  ends: (text, end) => sql`right(${text}, length(cast(${end} as text))) = ${end}`,
};

/** Of one SQL type, whatever the document holds there: a value of another type is none. */
function scalar(value: Expression, type: AttributeRef['type']): Expression {
  switch (type) {
    case 'number':
      return sql`(case jsonb_typeof(${value}) when 'number' then cast(${value} as numeric) end)`;
    case 'boolean':
      return sql`(case ${value} when 'true' then 1 when 'false' then 0 end)`;
    default:
      return sql`(${value} #>> '{}')`;
  }
}

function pathOf(keys: readonly string[]): Expression {
  return sql`cast(${keys} as text[])`;
}
