import { fold } from '../core/fold.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import type { Attribute } from './attribute.ts';
import { ScimError } from './errors.ts';
import { findAttribute } from './schema.ts';

/** Most elements that one attribute of a resource may hold; a group's members are no attribute in this sense. */
export const MAX_ELEMENTS = 1000;

const DATE_TIME = /^(\d{4}-\d\d-(\d\d))T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/;

export function invalidValue(where: string, what: string): ScimError {
  return new ScimError(
    400,
    'invalidValue',
    `The attribute ${where} ${what}. Correct what the identity provider maps to it.`,
  );
}

/** null and the empty list (RFC 7643 §2.5), and the empty text and object that Okta and OneLogin send instead. */
export function isUnassigned(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (typeof value !== 'object') return false;
  return Array.isArray(value) ? value.every(isUnassigned) : Object.keys(value).length === 0;
}

/** The member of this name, without case. */
export function memberNamed(object: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(object, name)) return object[name];
  const key = Object.keys(object).find((each) => each.toLowerCase() === name);
  return key === undefined ? undefined : object[key];
}

function readBoolean(value: Json, where: string): boolean {
  const text = typeof value === 'string' ? value.toLowerCase() : value;
  if (text === true || text === 'true') return true;
  if (text === false || text === 'false') return false;
  throw invalidValue(where, 'must be true or false');
}

function readNumber(value: Json, where: string, integer: boolean): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  const fits = integer ? Number.isSafeInteger(number) : Number.isFinite(number);
  if (typeof number === 'number' && fits) return number;
  throw invalidValue(where, integer ? 'must be a whole number' : 'must be a number');
}

/** Canonical: ISO 8601 in UTC with milliseconds, so that texts compare as times. Without an offset it is UTC. */
function readDateTime(value: Json, where: string): string {
  const [text, date, day, , offset] = (typeof value === 'string' ? DATE_TIME.exec(value) : null) ?? [];
  const exists = date !== undefined && new Date(`${date}T00:00:00Z`).getUTCDate() === Number(day);
  const time = exists ? Date.parse(offset === undefined ? `${text}Z` : `${text}`) : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw invalidValue(where, 'must be a date and time such as 2025-01-31T09:00:00Z');
}

function readScalar(attribute: Attribute, value: Json, where: string): Json {
  switch (attribute.type) {
    case 'boolean':
      return readBoolean(value, where);
    case 'integer':
    case 'decimal':
      return readNumber(value, where, attribute.type === 'integer');
    case 'dateTime':
      return readDateTime(value, where);
    default:
      if (typeof value === 'string') return value;
      throw invalidValue(where, 'must be a text');
  }
}

function readComplex(attribute: Attribute, value: Json, where: string): JsonObject | undefined {
  const subAttributes = attribute.subAttributes ?? [];
  if (!isJsonObject(value)) {
    const sub = findAttribute(subAttributes, 'value');
    if (sub === undefined) throw invalidValue(where, 'must be an object');
    return { value: readScalar(sub, value, `${where}.value`) };
  }
  const result: JsonObject = {};
  for (const [name, part] of Object.entries(value)) {
    const sub = findAttribute(subAttributes, name);
    if (sub === undefined || sub.mutability === 'readOnly') continue;
    const read = readOne(sub, part, `${where}.${sub.name}`);
    if (read !== undefined) result[sub.name] = read;
  }
  return isUnassigned(result) ? undefined : result;
}

/**
 * One value (or one element of a list) in the schema's own type; undefined: unassigned. A list of one stands for its
 * element, `{value}` for a plain value and a plain value for `{value}`, as Okta and Entra ID send them. `where` names the
 * attribute in the refusal.
 */
export function readOne(attribute: Attribute, value: Json, where: string): Json | undefined {
  if (isUnassigned(value)) return undefined;
  if (Array.isArray(value)) {
    const assigned = value.filter((element) => !isUnassigned(element));
    if (assigned.length > 1) throw invalidValue(where, 'takes one value and was given a list of several');
    return readOne(attribute, assigned[0] ?? null, where);
  }
  if (attribute.type === 'complex') return readComplex(attribute, value, where);
  if (!isJsonObject(value)) return readScalar(attribute, value, where);
  const inner = memberNamed(value, 'value');
  if (inner === undefined) throw invalidValue(where, 'must be a plain value, not an object');
  return readOne(attribute, inner, where);
}

/** Equal for equal elements, whatever the order of their members. */
function elementKey(element: Json): string {
  return JSON.stringify(isJsonObject(element) ? Object.entries(element).sort() : element);
}

/** All values of a multi-valued attribute, each once; a single value stands for a list of one. */
export function readList(attribute: Attribute, value: Json, where: string): Json[] {
  const elements = Array.isArray(value) ? value : [value];
  if (elements.length > MAX_ELEMENTS) {
    throw invalidValue(where, `has more than ${MAX_ELEMENTS} values, the most that is kept`);
  }
  const read = elements
    .map((element) => readOne(attribute, element, where))
    .filter((element) => element !== undefined);
  if (read.length < 2) return read;
  const unique = new Map(read.map((element) => [elementKey(element), element]));
  return [...unique.values()];
}

/** A value as it is compared: folded unless the attribute is case-exact (RFC 7643 §2.2). */
export function comparable(attribute: Attribute | undefined, value: Json | undefined): Json | undefined {
  return typeof value === 'string' && attribute?.caseExact !== true ? fold(value) : value;
}
