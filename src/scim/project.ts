import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { ScimError } from './errors.ts';
import { type Attribute, type ResourceSchema, resolvePath } from './schema.ts';

/** The `attributes` and `excludedAttributes` of a request (RFC 7644 §3.9), as written by the client. */
export interface ProjectionRequest {
  attributes: string[];
  excludedAttributes: string[];
}

/** More than all schemas have attributes. */
const MAX_NAMES = 1000;

function nameList(value: unknown, parameter: string): string[] {
  if (value === undefined) return [];
  const texts: unknown[] = Array.isArray(value) ? value : [value];
  const names: string[] = [];
  for (const text of texts) {
    if (typeof text !== 'string') {
      throw new ScimError(400, 'invalidValue', `${parameter} must be a list of attribute names.`);
    }
    // Nobody pays for names that are refused.
    names.push(...text.split(',', MAX_NAMES + 1));
    if (names.length > MAX_NAMES) {
      throw new ScimError(400, 'invalidValue', `${parameter} may have at most ${MAX_NAMES} names.`);
    }
  }
  return names.filter((name) => name.trim() !== '');
}

function named(source: Readonly<Record<string, unknown>>, parameter: string): unknown {
  const name = Object.keys(source).find((key) => key.toLowerCase() === parameter.toLowerCase());
  return name === undefined ? undefined : source[name];
}

/** From the query's comma-separated texts (RFC 7644 §3.9) or a SearchRequest's lists (§3.4.3); names in any case. */
export function readProjection(source: Readonly<Record<string, unknown>>): ProjectionRequest {
  return {
    attributes: nameList(named(source, 'attributes'), 'attributes'),
    excludedAttributes: nameList(named(source, 'excludedAttributes'), 'excludedAttributes'),
  };
}

/** What of a resource is answered, compiled once a request. */
export interface Projection {
  /** Whether the top-level attribute appears at all: what does not need not be loaded. */
  wants(attribute: string): boolean;
  project(resource: JsonObject): JsonObject;
  /** Nothing that is stored is left out: a stored text can be answered as it is. */
  isWhole: boolean;
}

/** Names to keep or to leave out; `true` stands for the whole attribute. */
type Names = Map<string, true | Names>;

function add(names: Names, path: string[]): void {
  const [name, ...rest] = path;
  if (name === undefined || names.get(name) === true) return;
  if (rest.length === 0) {
    names.set(name, true);
    return;
  }
  const inner = names.get(name);
  const next: Names = inner instanceof Map ? inner : new Map();
  names.set(name, next);
  add(next, rest);
}

/** Member names from the resource's top, as stored; unknown names are ignored (RFC 7644 §3.9). */
function memberPath(schema: ResourceSchema, text: string): string[] | null {
  const path = resolvePath(schema, text.trim());
  if (path === null) return null;
  const names = [path.extension, path.attribute?.name, path.sub?.name];
  return names.filter((name) => name !== null && name !== undefined);
}

function allAttributes(schema: ResourceSchema): { path: string[]; attribute: Attribute }[] {
  const withSubs = (prefix: string[], attribute: Attribute): { path: string[]; attribute: Attribute }[] => {
    const path = [...prefix, attribute.name];
    return [
      { path, attribute },
      ...(attribute.subAttributes ?? []).map((sub) => ({ path: [...path, sub.name], attribute: sub })),
    ];
  };
  return [
    ...schema.attributes.flatMap((attribute) => withSubs([], attribute)),
    ...schema.extensions.flatMap((extension) =>
      extension.attributes.flatMap((attribute) => withSubs([extension.urn], attribute)),
    ),
  ];
}

/** `id` and `schemas` whatever the schema says: no client can do without (RFC 7644 §3.9, minimum set). */
function alwaysReturned(schema: ResourceSchema): Names {
  const names: Names = new Map([
    ['id', true],
    ['schemas', true],
  ]);
  for (const { path, attribute } of allAttributes(schema)) {
    // A sub-attribute that is always returned comes with its attribute and does not call for it.
    if (attribute.returned === 'always' && path.length === 1) add(names, path);
  }
  return names;
}

function isWithin(names: Names, path: string[]): boolean {
  const [name, ...rest] = path;
  const inner = name === undefined ? undefined : names.get(name);
  if (inner === undefined) return false;
  return inner === true || rest.length === 0 || isWithin(inner, rest);
}

/** Applies `each` to an object, or to every object of a list; what ends up empty disappears. */
function inside(value: Json, each: (element: JsonObject) => JsonObject): Json | undefined {
  if (Array.isArray(value)) {
    const kept = value.map((element) => (isJsonObject(element) ? each(element) : element));
    const filled = kept.filter((element) => !isJsonObject(element) || Object.keys(element).length > 0);
    return filled.length === 0 && value.length > 0 ? undefined : filled;
  }
  if (!isJsonObject(value)) return value;
  const kept = each(value);
  return Object.keys(kept).length === 0 ? undefined : kept;
}

function keepOnly(source: JsonObject, names: Names): JsonObject {
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(source)) {
    const wanted = names.get(name);
    if (wanted === undefined) continue;
    const part = wanted === true ? value : inside(value, (element) => keepOnly(element, wanted));
    if (part !== undefined) kept[name] = part;
  }
  return kept;
}

function leaveOut(source: JsonObject, names: Names): JsonObject {
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(source)) {
    const unwanted = names.get(name);
    if (unwanted === true) continue;
    const part = unwanted === undefined ? value : inside(value, (element) => leaveOut(element, unwanted));
    if (part !== undefined) kept[name] = part;
  }
  return kept;
}

function keptNames(schema: ResourceSchema, attributes: string[]): Names | null {
  if (attributes.length === 0) return null;
  const names = alwaysReturned(schema);
  for (const text of attributes) {
    const path = memberPath(schema, text);
    if (path !== null) add(names, path);
  }
  return names;
}

function leftOutNames(schema: ResourceSchema, kept: Names | null, excluded: string[]): Names {
  const names: Names = new Map();
  for (const { path, attribute } of allAttributes(schema)) {
    const asked = kept !== null && isWithin(kept, path);
    if (attribute.returned === 'never' || (attribute.returned === 'request' && !asked)) add(names, path);
  }
  const always = alwaysReturned(schema);
  for (const text of excluded) {
    const path = memberPath(schema, text);
    if (path !== null && !(path.length === 1 && always.has(path.join()))) add(names, path);
  }
  return names;
}

const compiled = new WeakMap<ResourceSchema, Map<string, Projection>>();
const MAX_COMPILED = 200;

/** RFC 7644 §3.9 and the `returned` rules of RFC 7643 §2.2. */
export function compileProjection(schema: ResourceSchema, request: ProjectionRequest): Projection {
  const known = compiled.get(schema) ?? new Map<string, Projection>();
  const { attributes, excludedAttributes } = request;
  const isPlain = attributes.length === 0 && excludedAttributes.length === 0;
  const key = isPlain ? '' : JSON.stringify([attributes, excludedAttributes]);
  const found = known.get(key);
  if (found !== undefined) return found;
  const projection = compile(schema, request);
  if (known.size >= MAX_COMPILED) known.clear();
  compiled.set(schema, known.set(key, projection));
  return projection;
}

/** What is never answered and yet stored: passwords, which no document holds, are not. */
function isHidden({ returned, mutability }: Attribute): boolean {
  return returned === 'request' || (returned === 'never' && mutability !== 'writeOnly');
}

function compile(schema: ResourceSchema, request: ProjectionRequest): Projection {
  const kept = keptNames(schema, request.attributes);
  const leftOut = leftOutNames(schema, kept, request.excludedAttributes);
  return {
    wants: (attribute) => (kept === null || kept.has(attribute)) && leftOut.get(attribute) !== true,
    project: (resource) => {
      const chosen = kept === null ? resource : keepOnly(resource, kept);
      return leftOut.size === 0 ? chosen : leaveOut(chosen, leftOut);
    },
    isWhole:
      kept === null &&
      request.excludedAttributes.length === 0 &&
      !allAttributes(schema).some(({ attribute }) => isHidden(attribute)),
  };
}
