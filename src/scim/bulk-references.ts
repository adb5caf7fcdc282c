import { isJsonObject, type Json } from '../core/json.ts';

/** A text that stands for the id of what the operation with this bulkId creates (RFC 7644 §3.7.2). */
const WHOLE = /^bulkId:(.+)$/;
/** The same inside a PATCH path's filter: `members[value eq "bulkId:x"]`. */
const QUOTED = /"bulkId:([^"\\]+)"/g;

/** The bulkId that `text` refers to; undefined for any other text. */
export function referenceIn(text: string): string | undefined {
  return WHOLE.exec(text)?.[1];
}

/** Every bulkId that the data of an operation refers to. */
export function referencesIn(value: Json, key = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((element) => referencesIn(element));
  if (isJsonObject(value)) return Object.entries(value).flatMap(([name, inner]) => referencesIn(inner, name));
  if (typeof value !== 'string') return [];
  if (key === 'path') return [...value.matchAll(QUOTED)].map((match) => match[1] ?? '');
  const reference = referenceIn(value);
  return reference === undefined ? [] : [reference];
}

/** A copy with ids in the place of references; those without an id stay. */
export function withIds(value: Json, ids: ReadonlyMap<string, string>, key = ''): Json {
  if (Array.isArray(value)) return value.map((element) => withIds(element, ids));
  if (isJsonObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, withIds(inner, ids, name)] as const),
    );
  }
  if (typeof value !== 'string') return value;
  if (key === 'path') {
    return value.replaceAll(QUOTED, (text, bulkId: string) => {
      const id = ids.get(bulkId);
      return id === undefined ? text : `"${id}"`;
    });
  }
  return ids.get(referenceIn(value) ?? '') ?? value;
}

/** A copy without the values that still refer to something, and without the elements whose `value` does. */
export function withoutReferences(value: Json): Json | undefined {
  if (typeof value === 'string') return referenceIn(value) === undefined ? value : undefined;
  if (Array.isArray(value)) return value.map(withoutReferences).filter((element) => element !== undefined);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value)
    .map(([name, inner]) => [name, withoutReferences(inner)] as const)
    .filter((entry): entry is [string, Json] => entry[1] !== undefined);
  const lostValue = 'value' in value && !kept.some(([name]) => name === 'value');
  return lostValue ? undefined : Object.fromEntries(kept);
}
