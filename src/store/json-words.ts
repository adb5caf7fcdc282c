import type { RawBuilder } from 'kysely';
import type { AttributeRef } from '../core/query.ts';

type Expression = RawBuilder<unknown>;
type ValueType = AttributeRef['type'];

/** The words for JSON and texts in which databases differ. Booleans are 0 and 1. */
export interface JsonWords {
  /** A scalar of a document; null where it is missing. An object or list (`complex`) is any value but null. */
  value(document: Expression, keys: readonly string[], type: ValueType): Expression;
  /** A row source named `alias` with one row for each element of a list; none where it is missing. */
  elements(document: Expression, keys: readonly string[], alias: string): Expression;
  /** The element's own value, or one of its members; a plain element is its own `value`. */
  elementValue(alias: string, key: string | null, type: ValueType): Expression;
  /** The element's place in its list. */
  elementPlace(alias: string): Expression;
  /** A text as it is compared and sorted: by code point. */
  ordered(text: Expression): Expression;
  contains(text: Expression, part: string): Expression;
  starts(text: Expression, start: string): Expression;
  ends(text: Expression, end: string): Expression;
}
