import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import type { ResolvedPath, ResourceSchema } from './schema.ts';
import { resolvePath } from './schema.ts';
import { invalidValue } from './values.ts';

/** The attribute's value in a stored document; an extension's attributes stand under its URN. */
export function valueAt(document: JsonObject, extension: string | null, name: string): Json | undefined {
  const holder = extension === null ? document : document[extension];
  return isJsonObject(holder) ? holder[name] : undefined;
}

/** A copy without the member. */
export function without(object: JsonObject, name: string): JsonObject {
  const { [name]: _, ...rest } = object;
  return rest;
}

/** A copy with the attribute set, or with undefined unassigned; an extension that holds nothing is left out. */
export function withValue(
  document: JsonObject,
  extension: string | null,
  name: string,
  value: Json | undefined,
): JsonObject {
  if (extension === null)
    return value === undefined ? without(document, name) : { ...document, [name]: value };
  const current = document[extension];
  const holder = withValue(isJsonObject(current) ? current : {}, null, name, value);
  return Object.keys(holder).length === 0
    ? without(document, extension)
    : { ...document, [extension]: holder };
}

/** One key of a body, resolved; the value is as it came. */
export interface Entry {
  path: ResolvedPath;
  value: Json;
}

function nestedObject(value: Json, urn: string): JsonObject {
  const only = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (isJsonObject(only)) return only;
  throw invalidValue(urn, 'must be an object of attributes');
}

/**
 * What a body, or the value of a PATCH without a path, says: nested objects, dotted keys and keys with a URN alike. Keys
 * that the schema does not know are skipped. An extension that is null comes as an entry of its own.
 */
export function* entriesOf(schema: ResourceSchema, body: JsonObject): Generator<Entry> {
  for (const [key, value] of Object.entries(body)) {
    if (key.toLowerCase() === schema.urn.toLowerCase()) {
      yield* entriesOf(schema, nestedObject(value, schema.urn));
      continue;
    }
    const path = resolvePath(schema, key);
    if (path === null) continue;
    if (path.attribute !== null || path.extension === null || value === null) {
      yield { path, value };
      continue;
    }
    for (const [name, part] of Object.entries(nestedObject(value, path.extension))) {
      const inner = resolvePath(schema, `${path.extension}:${name}`);
      if (inner !== null) yield { path: inner, value: part };
    }
  }
}
