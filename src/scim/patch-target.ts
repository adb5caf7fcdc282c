import type { Json, JsonObject } from '../core/json.ts';
import type { Filter } from '../core/query.ts';
import type { Attribute } from './attribute.ts';
import { matchesElement } from './filter.ts';

/** Where an operation works: an attribute, one of its sub-attributes, or the elements that a filter selects. */
export interface Target {
  extension: string | null;
  attribute: Attribute;
  sub: Attribute | null;
  filter: Filter | null;
}

/** Every element, where there is no filter. */
export function isSelected(filter: Filter | null, element: Json): boolean {
  return filter === null || matchesElement(filter, element);
}

/**
 * What an element must hold to be found by the filter again: its `eq` comparisons. Entra ID creates with
 * `addresses[type eq "work"].country`.
 */
export function seedOf(filter: Filter): JsonObject {
  if (filter.kind === 'and') return Object.assign({}, ...filter.terms.map(seedOf));
  if (filter.kind !== 'compare' || filter.operator !== 'eq' || filter.value === null) return {};
  const [name, ...more] = filter.ref.keys;
  return name === undefined || more.length > 0 ? {} : { [name]: filter.value };
}

/** The comparisons that one look at an element takes. */
export function countTerms(filter: Filter): number {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.terms.reduce((sum, term) => sum + countTerms(term), 0);
    case 'not':
      return countTerms(filter.term);
    case 'element':
      return countTerms(filter.filter);
    default:
      return 1;
  }
}
