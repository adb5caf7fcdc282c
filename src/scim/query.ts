import { hash } from 'node:crypto';
import type { Request } from 'express';
import { decodeCursor } from '../core/cursor.ts';
import type { CursorTarget, ResourceQuery, Sort } from '../core/query.ts';
import { resourceScope, valueScope } from './attribute-ref.ts';
import { ScimError } from './errors.ts';
import { resolveFilter } from './filter.ts';
import { type FilterSyntax, parseFilterSyntax, printFilter } from './filter-syntax.ts';
import { quotedName } from './filter-tokens.ts';
import type { ResourceSchema } from './schema.ts';

/** Resources on a page that does not ask for a number. */
export const DEFAULT_COUNT = 100;
/** Resources on any page, at most; a greater `count` gets this many. */
export const MAX_COUNT = 200;

const NAMES = ['filter', 'sortBy', 'sortOrder', 'startIndex', 'count', 'cursor'] as const;
type Parameters = Partial<Record<(typeof NAMES)[number], string>>;

const NO_PARAMETERS: Readonly<Record<string, unknown>> = {};

/** The request's query parameters; Express reads them anew each time that they are asked for. */
export function parametersOf(request: Request): Readonly<Record<string, unknown>> {
  return request.url.includes('?') ? request.query : NO_PARAMETERS;
}

/**
 * The list request in a query string or in a SearchRequest's body (RFC 7644 §3.4.2 and §3.4.3, cursors RFC 9865); names
 * in any case. `attributes` and `excludedAttributes` are not read here.
 */
export function readQuery(schema: ResourceSchema, source: Readonly<Record<string, unknown>>): ResourceQuery {
  const parameters = readParameters(source);
  const syntax = parameters.filter === undefined ? null : parseFilterSyntax(parameters.filter);
  const sort = readSort(schema, parameters);
  const fingerprint = fingerprintOf(schema, syntax, sort);
  return {
    filter: syntax === null ? null : resolveFilter(schema, syntax),
    sort,
    count: readCount(parameters),
    page: readPage(fingerprint, parameters),
    fingerprint,
  };
}

function readParameters(source: Readonly<Record<string, unknown>>): Parameters {
  const parameters: Parameters = {};
  for (const [key, value] of Object.entries(source)) {
    const name = NAMES.find((each) => each.toLowerCase() === key.toLowerCase());
    if (name === undefined || value === undefined || value === null) continue;
    if (parameters[name] !== undefined || (typeof value !== 'string' && typeof value !== 'number')) {
      throw new ScimError(400, 'invalidValue', `"${name}" must be given once, with a single value.`);
    }
    parameters[name] = String(value);
  }
  return parameters;
}

function readSort(schema: ResourceSchema, { sortBy, sortOrder = '' }: Parameters): Sort | null {
  const order = sortOrder.toLowerCase();
  if (order !== '' && order !== 'ascending' && order !== 'descending') {
    throw new ScimError(400, 'invalidValue', '"sortOrder" must be "ascending" or "descending".');
  }
  if (sortBy === undefined || sortBy === '') return null;
  const found = valueScope(resourceScope(schema))(sortBy);
  if (found === null) {
    throw new ScimError(400, 'invalidValue', `"sortBy" names ${quotedName(sortBy)}, which is no attribute.`);
  }
  // Alike for all resources, or a list of several texts each: nothing to sort by.
  if (found.kind === 'derived') return null;
  if (found.kind === 'refused' || found.ref.type === 'complex') {
    const what = `"sortBy" cannot be ${found.name}: name an attribute with a single kind of value, such as name.familyName.`;
    throw new ScimError(400, 'invalidValue', what);
  }
  return { ref: found.ref, descending: order === 'descending' };
}

function readCount({ count, cursor }: Parameters): number {
  const scimType = cursor === undefined ? 'invalidValue' : 'invalidCount';
  const wanted = count === undefined || count === '' ? DEFAULT_COUNT : readInteger('count', count, scimType);
  return Math.min(Math.max(wanted, 0), MAX_COUNT);
}

function readPage(fingerprint: string, { startIndex = '', cursor }: Parameters): ResourceQuery['page'] {
  if (cursor === undefined) {
    const index = startIndex === '' ? 1 : readInteger('startIndex', startIndex, 'invalidValue');
    return { kind: 'index', startIndex: Math.max(index, 1) };
  }
  if (startIndex !== '') {
    throw new ScimError(400, 'invalidValue', 'Give either "startIndex" or "cursor", not both.');
  }
  return { kind: 'cursor', target: readCursor(fingerprint, cursor) };
}

function readCursor(fingerprint: string, cursor: string): CursorTarget | null {
  if (cursor === '') return null;
  const target = decodeCursor(fingerprint, cursor);
  if (target !== null) return target;
  const what =
    'The cursor is not one of this query. Use it with the filter and order that it was answered to.';
  throw new ScimError(400, 'invalidCursor', what);
}

function readInteger(name: string, text: string, scimType: 'invalidValue' | 'invalidCount'): number {
  if (!/^[+-]?[0-9]+$/.test(text)) {
    throw new ScimError(400, scimType, `"${name}" must be a whole number.`);
  }
  return Math.max(Math.min(Number(text), Number.MAX_SAFE_INTEGER), Number.MIN_SAFE_INTEGER);
}

function fingerprintOf(schema: ResourceSchema, filter: FilterSyntax | null, sort: Sort | null): string {
  const content = JSON.stringify([schema.resource, filter === null ? null : printFilter(filter), sort]);
  return hash('sha256', content, 'base64url').slice(0, 16);
}
