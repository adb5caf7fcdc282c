import { type QueryExecutorProvider, sql } from 'kysely';
import { isPostgres } from './dialect-kind.ts';
import type { JsonWords } from './json-words.ts';
import { postgresJson } from './postgres-json.ts';

export function jsonWordsOf(db: QueryExecutorProvider): JsonWords {
  return isPostgres(db) ? postgresJson : sqliteJson;
}

const sqliteJson: JsonWords = {
  value: (document, keys) => sql`json_extract(${document}, ${pathOf(keys)})`,
  elements: (document, keys, alias) => sql`json_each(${document}, ${pathOf(keys)}) as ${sql.ref(alias)}`,
  elementValue(alias, key) {
    const value = sql.ref(`${alias}.value`);
    if (key === null) return sql`${value}`;
    const plain = key === 'value' ? value : sql`null`;
    return sql`case ${sql.ref(`${alias}.type`)} when 'object' then json_extract(${value}, ${pathOf([key])}) else ${plain} end`;
  },
  elementPlace: (alias) => sql.ref(`${alias}.key`),
  ordered: (text) => text,
  contains: (text, part) => sql`instr(${text}, ${part}) > 0`,
  starts: (text, start) => sql`substr(${text}, 1, length(${start})) = ${start}`,
  // A length of 0 would mean the whole text.
  ends: (text, end) =>
    end === '' ? sql`${text} is not null` : sql`substr(${text}, -length(${end})) = ${end}`,
};

function pathOf(keys: readonly string[]): string {
  return `$${keys.map((key) => `."${key}"`).join('')}`;
}
