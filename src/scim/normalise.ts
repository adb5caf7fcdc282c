import { fold } from '../core/fold.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import type { Attribute } from './attribute.ts';
import { type Entry, entriesOf, valueAt, withValue } from './document.ts';
import { ScimError } from './errors.ts';
import { findAttribute, printPath, type ResourceSchema } from './schema.ts';
import { invalidValue, isUnassigned, memberNamed, readList, readOne } from './values.ts';

function invalidSyntax(detail: string): ScimError {
  return new ScimError(400, 'invalidSyntax', detail);
}

/** Schemas that Causeway does not know may stand beside the resource's own: Google and Entra ID send such. */
function requireOwnSchema(schema: ResourceSchema, body: JsonObject): void {
  const schemas = memberNamed(body, 'schemas');
  const urns = (Array.isArray(schemas) ? schemas : [schemas]).filter((urn) => typeof urn === 'string');
  if (urns.some((urn) => urn.toLowerCase() === schema.urn.toLowerCase())) return;
  throw invalidSyntax(
    `The body is not marked as a ${schema.resource}: add ${schema.urn} to its schemas attribute.`,
  );
}

function requireOnePrimary(elements: Json[], where: string): void {
  const primaries = elements.filter((element) => isJsonObject(element) && element['primary'] === true);
  if (primaries.length > 1) throw invalidValue(where, 'has more than one element with primary true');
}

function readEntry(attribute: Attribute, { path, value }: Entry): Json | undefined {
  const where = printPath(path);
  if (path.sub !== null) return readOne(path.sub, value, where);
  if (!attribute.multiValued) return readOne(attribute, value, where);
  if (isUnassigned(value)) return undefined;
  const elements = readList(attribute, value, where);
  requireOnePrimary(elements, where);
  return elements.length === 0 ? undefined : elements;
}

/** Dotted keys add to what the body says elsewhere of the same attribute. */
function merge(document: JsonObject, attribute: Attribute, { path }: Entry, value: Json): JsonObject {
  const current = valueAt(document, path.extension, attribute.name);
  const part = path.sub === null ? value : { [path.sub.name]: value };
  const set = (merged: Json) => withValue(document, path.extension, attribute.name, merged);
  if (attribute.multiValued && path.sub !== null)
    return set([...(Array.isArray(current) ? current : []), part]);
  return set(isJsonObject(current) && isJsonObject(part) ? { ...current, ...part } : part);
}

/** Read-only attributes are ignored (RFC 7644 §3.5.1), and the password goes no further than this. */
function isDropped(entry: Entry): boolean {
  const mutabilities = [entry.path.attribute?.mutability, entry.path.sub?.mutability];
  return mutabilities.includes('readOnly') || mutabilities.includes('writeOnly');
}

function requireAssigned(document: JsonObject, name: string): void {
  const value = document[name];
  if (typeof value === 'string' && value.trim() !== '') return;
  throw invalidValue(name, 'is required and has no value');
}

function readDocument(schema: ResourceSchema, body: unknown): { document: JsonObject; members?: Json } {
  if (!isJsonObject(body)) throw invalidSyntax(`A ${schema.resource} must be a JSON object.`);
  requireOwnSchema(schema, body);
  let document: JsonObject = {};
  let members: { members?: Json } = {};
  for (const entry of entriesOf(schema, body)) {
    const { attribute } = entry.path;
    if (attribute === null || isDropped(entry)) continue;
    if (schema.resource === 'Group' && attribute.name === 'members') {
      members = { members: entry.value };
      continue;
    }
    const value = readEntry(attribute, entry);
    if (value !== undefined) document = merge(document, attribute, entry, value);
  }
  return { document, ...members };
}

/** A User's body in an identity provider's dialect as the canonical document that the store keeps (core/user). */
export function normaliseUser(schema: ResourceSchema, body: unknown): { document: JsonObject } {
  const { document } = readDocument(schema, body);
  requireAssigned(document, 'userName');
  return { document };
}

/** `members` are as they came, for `readMembers`; null where the body does not name them. */
export function normaliseGroup(
  schema: ResourceSchema,
  body: unknown,
): { document: JsonObject; members: Json } {
  const { document, members = null } = readDocument(schema, body);
  requireAssigned(document, 'displayName');
  return { document, members };
}

function foldValue(attribute: Attribute | undefined, value: Json): Json {
  if (attribute === undefined) return value;
  if (Array.isArray(value)) return value.map((element) => foldValue(attribute, element));
  if (isJsonObject(value)) return foldMembers(attribute.subAttributes ?? [], value);
  return typeof value === 'string' && !attribute.caseExact ? fold(value) : value;
}

function foldMembers(attributes: readonly Attribute[], object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, foldValue(findAttribute(attributes, name), value)]),
  );
}

/** The copy that filters and sorts read: texts folded whose attribute is not `caseExact`. */
export function foldDocument(schema: ResourceSchema, document: JsonObject): JsonObject {
  const extensions = schema.extensions.flatMap(({ urn, attributes }) => {
    const held = document[urn];
    return isJsonObject(held) ? [[urn, foldMembers(attributes, held)] as const] : [];
  });
  return { ...foldMembers(schema.attributes, document), ...Object.fromEntries(extensions) };
}
