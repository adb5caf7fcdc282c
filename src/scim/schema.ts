import type { Field } from '../core/field.ts';
import type { JsonObject } from '../core/json.ts';
import type { ConnectionSchema } from '../core/ports.ts';
import { ENTERPRISE_USER } from '../core/user.ts';
import { type Attribute, attribute, type Extension, type ResourceSchema } from './attribute.ts';
import { COMMON_NAMES, CORE_GROUP_SCHEMA, CORE_USER_SCHEMA, ENTERPRISE_EXTENSION } from './schema-core.ts';

export type { Attribute, Extension, ResourceSchema } from './attribute.ts';

const SCHEMA_URN = 'urn:ietf:params:scim:schemas:core:2.0:Schema';

/** What an attribute path names. */
export interface ResolvedPath {
  /** The extension's URN; null for a core or common attribute. */
  extension: string | null;
  /** null: the extension itself. */
  attribute: Attribute | null;
  sub: Attribute | null;
}

const indexes = new WeakMap<readonly Attribute[], ReadonlyMap<string, Attribute>>();

/** The attribute of this name, without case (RFC 7643 §2.1). */
export function findAttribute(attributes: readonly Attribute[], name: string): Attribute | undefined {
  let index = indexes.get(attributes);
  if (index === undefined) {
    index = new Map(attributes.map((each) => [each.name.toLowerCase(), each]));
    indexes.set(attributes, index);
  }
  return index.get(name.toLowerCase());
}

function pathsIn(attributes: readonly Attribute[], extension: string | null): [string, ResolvedPath][] {
  return attributes.flatMap((found) => [
    [found.name, { extension, attribute: found, sub: null }],
    ...(found.subAttributes ?? []).map<[string, ResolvedPath]>((sub) => [
      `${found.name}.${sub.name}`,
      { extension, attribute: found, sub },
    ]),
  ]);
}

/** After a URN a dot stands for the colon too: Entra ID wrote it so before 2018. */
function withUrn(urn: string, paths: [string, ResolvedPath][]): [string, ResolvedPath][] {
  return paths.flatMap(([path, resolved]) => [
    [`${urn}:${path}`, resolved],
    [`${urn}.${path}`, resolved],
  ]);
}

/** Every path there is, in lower case: a body may hold tens of thousands of keys to look up. */
function allPaths(schema: ResourceSchema): ReadonlyMap<string, ResolvedPath> {
  const core = pathsIn(schema.attributes, null);
  const extensions = schema.extensions.map(({ urn, attributes }) => ({
    urn,
    paths: pathsIn(attributes, urn),
  }));
  const bare = extensions.filter(({ urn }) => urn === ENTERPRISE_USER).flatMap(({ paths }) => paths);
  const all: [string, ResolvedPath][] = [
    ...bare,
    ...core,
    ...withUrn(schema.urn, core),
    ...extensions.flatMap(({ urn, paths }) => withUrn(urn, paths)),
    ...extensions.map<[string, ResolvedPath]>(({ urn }) => [
      urn,
      { extension: urn, attribute: null, sub: null },
    ]),
  ];
  return new Map(all.map(([path, resolved]) => [path.toLowerCase(), resolved]));
}

const pathIndexes = new WeakMap<ResourceSchema, ReadonlyMap<string, ResolvedPath>>();

/**
 * Resolves `title`, `name.givenName`, `urn:…:User:userName`, `urn:ext:department`, `urn:ext:manager.value`, `urn:ext`
 * alone; without case. null: unknown. A bare `manager` or `department` is the enterprise extension's, as Entra ID's
 * reference checks write it.
 */
export function resolvePath(schema: ResourceSchema, path: string): ResolvedPath | null {
  let index = pathIndexes.get(schema);
  if (index === undefined) {
    index = allPaths(schema);
    pathIndexes.set(schema, index);
  }
  return index.get(path.toLowerCase()) ?? null;
}

/** `emails.value` or `urn:…:User:manager.value`: the name that error details and filters show. */
export function printPath({ extension, attribute: found, sub }: ResolvedPath): string {
  const names = [found?.name, sub?.name].filter((name) => name !== undefined).join('.');
  return [extension, names].filter((part) => part !== null && part !== '').join(':');
}

function fieldAttribute(field: Field): Attribute {
  const traits = {
    name: field.name,
    description: field.description,
    ...(field.values === undefined ? {} : { canonicalValues: [...field.values] }),
  };
  if (field.type !== 'list') return attribute({ ...traits, type: field.type });
  if (field.items !== 'object')
    return attribute({ ...traits, type: field.items ?? 'string', multiValued: true });
  const subAttributes = (field.itemKeys ?? []).map((name) =>
    attribute({ name, description: `The ${name} of one element of ${field.name}.` }),
  );
  return attribute({ ...traits, type: 'complex', multiValued: true, subAttributes });
}

function vendorExtension(vendor: ConnectionSchema): Extension {
  return {
    urn: vendor.urn,
    name: `${vendor.vendorTitle.replaceAll(/[^A-Za-z0-9]/g, '')}User`,
    description: `What ${vendor.vendorTitle} knows of a person beyond the core schema.`,
    required: false,
    attributes: vendor.fields.map(fieldAttribute),
  };
}

interface ResourceSchemas {
  user: ResourceSchema;
  group: ResourceSchema;
}

const compiled = new WeakMap<ConnectionSchema, ResourceSchemas>();

/** Core, enterprise and the connection's own vendor extension; compiled once for each `vendor` object. */
export function resourceSchemas(vendor: ConnectionSchema): ResourceSchemas {
  const known = compiled.get(vendor);
  if (known !== undefined) return known;
  const schemas: ResourceSchemas = {
    user: { ...CORE_USER_SCHEMA, extensions: [ENTERPRISE_EXTENSION, vendorExtension(vendor)] },
    group: { ...CORE_GROUP_SCHEMA, extensions: [] },
  };
  compiled.set(vendor, schemas);
  return schemas;
}

function attributeDocument({ subAttributes, ...traits }: Attribute): JsonObject {
  return subAttributes === undefined
    ? traits
    : { ...traits, subAttributes: subAttributes.map(attributeDocument) };
}

/** One entry of `/Schemas` (RFC 7643 §7); `location` is its own URI. */
export function schemaDocument(source: ResourceSchema | Extension, location: string): JsonObject {
  return {
    schemas: [SCHEMA_URN],
    id: source.urn,
    name: source.name,
    description: source.description,
    attributes: source.attributes.filter(({ name }) => !COMMON_NAMES.has(name)).map(attributeDocument),
    meta: { resourceType: 'Schema', location },
  };
}
