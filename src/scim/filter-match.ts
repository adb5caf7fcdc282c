import { fold } from '../core/fold.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import type { AttributeRef, CompareOperator, Filter, FilterValue } from '../core/query.ts';

/** What a filter on a whole resource reads. */
export interface Searchable {
  id: string;
  document: JsonObject;
  version: number;
  /** Epoch ms. */
  createdAt: number;
  modifiedAt: number;
  /** Of a Group. */
  members?: readonly { value: string; type: string }[];
  /** The groups that a User is in directly. */
  groups?: readonly { value: string; display: string }[];
}

/** Whether one element of a multi-valued attribute fulfils a value path's filter. */
export function matchesElement(filter: Filter, element: Json): boolean {
  return holds(filter, elementReader(element));
}

/**
 * What `filter` means, without a database: the yardstick of the SQL that it becomes.
 * @internal
 */
export function matches(filter: Filter, resource: Searchable): boolean {
  return holds(filter, resourceReader(resource));
}

interface Reader {
  /** A single value; null where unassigned. */
  value(ref: AttributeRef): Json;
  elements(ref: AttributeRef): readonly Json[];
}

function holds(filter: Filter, reader: Reader): boolean {
  switch (filter.kind) {
    case 'constant':
      return filter.value;
    case 'and':
      return filter.terms.every((term) => holds(term, reader));
    case 'or':
      return filter.terms.some((term) => holds(term, reader));
    case 'not':
      return !holds(filter.term, reader);
    case 'present':
      return valuesOf(filter.ref, reader).some((value) => value !== null);
    case 'compare':
      return valuesOf(filter.ref, reader).some((value) =>
        compareValues(value, filter.operator, filter.value, filter.ref),
      );
    case 'element':
      return reader.elements(filter.ref).some((element) => matchesElement(filter.filter, element));
  }
}

function valuesOf(ref: AttributeRef, reader: Reader): readonly Json[] {
  if (!ref.multiValued) return [reader.value(ref)];
  const elements = reader.elements(ref);
  if (elements.length === 0) return [null];
  const { sub } = ref;
  return sub === null ? elements : elements.map((element) => valueAt(element, [sub]));
}

/** A plain element is its own `value`. */
function elementReader(element: Json): Reader {
  const object = isJsonObject(element) ? element : { value: element };
  return { value: (ref) => valueAt(object, ref.keys), elements: () => [] };
}

function resourceReader(resource: Searchable): Reader {
  return {
    value: (ref) => {
      switch (ref.source) {
        case 'id':
          return resource.id;
        case 'created':
          return resource.createdAt;
        case 'lastModified':
          return resource.modifiedAt;
        case 'version':
          return `W/"${resource.version}"`;
        default:
          return valueAt(resource.document, ref.keys) ?? ref.fallback ?? null;
      }
    },
    elements: (ref) => {
      if (ref.source === 'members' || ref.source === 'groups') {
        return (resource[ref.source] ?? []).map((row) => ({ ...row }));
      }
      const value = valueAt(resource.document, ref.keys);
      return Array.isArray(value) ? value : [];
    },
  };
}

function valueAt(start: Json, keys: readonly string[]): Json {
  let value: Json = start;
  for (const key of keys) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return null;
    value = value[key] ?? null;
  }
  return value;
}

/** One stored value against one value of a filter; a missing one equals null and is neither less nor more than any. */
export function compareValues(
  actual: Json,
  operator: CompareOperator,
  wanted: FilterValue,
  { type, caseExact }: Pick<AttributeRef, 'type' | 'caseExact'>,
): boolean {
  const left = comparable(actual, type, caseExact);
  const right = type === 'text' && !caseExact && typeof wanted === 'string' ? fold(wanted) : wanted;
  if (operator === 'eq') return left === right;
  if (operator === 'ne') return left !== right;
  if (typeof left === 'number' && typeof right === 'number') return inOrder(left - right, operator);
  if (typeof left !== 'string' || typeof right !== 'string') return false;
  if (operator === 'co') return left.includes(right);
  if (operator === 'sw') return left.startsWith(right);
  if (operator === 'ew') return left.endsWith(right);
  // By code point, as databases compare.
  return inOrder(Buffer.compare(Buffer.from(left), Buffer.from(right)), operator);
}

function comparable(actual: Json, type: AttributeRef['type'], caseExact: boolean): FilterValue {
  if (typeof actual === 'object') return null;
  if (typeof actual !== 'string') return actual;
  if (type === 'dateTime') return Date.parse(actual);
  return caseExact ? actual : fold(actual);
}

function inOrder(difference: number, operator: CompareOperator): boolean {
  switch (operator) {
    case 'gt':
      return difference > 0;
    case 'ge':
      return difference >= 0;
    case 'lt':
      return difference < 0;
    case 'le':
      return difference <= 0;
    default:
      return false;
  }
}
