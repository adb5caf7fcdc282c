import type { AttributeRef, AttributeSource, Filter } from '../core/query.ts';
import {
  type Attribute,
  findAttribute,
  printPath,
  type ResolvedPath,
  type ResourceSchema,
  resolvePath,
} from './schema.ts';

/** What a name in a filter or `sortBy` stands for. */
export type Located =
  /** `attribute`: the one that `ref` ends in; null for an extension as a whole. */
  | { kind: 'ref'; name: string; ref: AttributeRef; attribute: Attribute | null }
  /** Texts that are not stored, each there when its filter holds. */
  | { kind: 'derived'; name: string; texts: { text: string; when: Filter }[] }
  /** Known, and not to be searched by. */
  | { kind: 'refused'; name: string };

/** Looks a name up, without case; null: no such attribute. */
export type Scope = (path: string) => Located | null;

const ALWAYS: Filter = { kind: 'constant', value: true };

const META_SOURCES: ReadonlyMap<string, AttributeSource> = new Map([
  ['created', 'created'],
  ['lastModified', 'lastModified'],
  ['version', 'version'],
]);

/** Of memberships, which are rows of their own, these columns are kept in a form that can be searched. */
const ROW_SUBS = { members: ['value', 'type'], groups: ['value', 'display'] } as const;

/** Every attribute of the resource. */
export function resourceScope(schema: ResourceSchema): Scope {
  return (path) => {
    const target = resolvePath(schema, path);
    return target === null ? null : located(schema, target);
  };
}

/** The sub-attributes of one element; of a plain value, `value` alone. */
export function elementScope(attribute: Attribute, source: AttributeSource): Scope {
  return (path) => {
    const plain = attribute.type !== 'complex';
    if (plain) return path.toLowerCase() === 'value' ? elementRef(attribute, ['value']) : null;
    const sub = findAttribute(attribute.subAttributes ?? [], path);
    if (sub === undefined) return null;
    return isSearchable(source, sub.name) ? elementRef(sub, [sub.name]) : { kind: 'refused', name: sub.name };
  };
}

/** The scope itself, but an attribute that has sub-attributes means its `value` (PingOne: `emails eq "…"`). */
export function valueScope(scope: Scope): Scope {
  return (path) => {
    const found = scope(path);
    if (found?.kind !== 'ref' || found.ref.type !== 'complex' || found.attribute === null) return found;
    return findAttribute(found.attribute.subAttributes ?? [], 'value') === undefined
      ? found
      : scope(`${path}.value`);
  };
}

function elementRef(attribute: Attribute, keys: string[]): Located {
  const ref = refOf(attribute, { source: 'document', keys, sub: null, multiValued: false });
  return { kind: 'ref', name: attribute.name, ref, attribute };
}

function located(schema: ResourceSchema, target: ResolvedPath): Located {
  const name = printPath(target);
  const { extension, attribute, sub } = target;
  if (extension === null && attribute !== null) {
    const virtual = locatedVirtual(schema, name, attribute, sub);
    if (virtual !== null) return virtual;
  }
  const leaf = sub ?? attribute;
  if (leaf?.returned === 'never') return { kind: 'refused', name };
  const container = [extension, attribute?.name].filter((key) => key !== null && key !== undefined);
  const place =
    attribute?.multiValued === true
      ? { keys: container, sub: sub?.name ?? null, multiValued: true }
      : { keys: sub === null ? container : [...container, sub.name], sub: null, multiValued: false };
  const ref = refOf(leaf, { source: 'document', ...place });
  const isActive = schema.resource === 'User' && name === 'active';
  // As it is answered: a missing `active` is true.
  return { kind: 'ref', name, ref: isActive ? { ...ref, fallback: true } : ref, attribute: leaf };
}

function locatedVirtual(
  schema: ResourceSchema,
  name: string,
  attribute: Attribute,
  sub: Attribute | null,
): Located | null {
  switch (attribute.name) {
    case 'id':
      return column(name, attribute, 'id');
    case 'schemas':
      return { kind: 'derived', name, texts: schemaTexts(schema) };
    case 'meta':
      return locatedMeta(schema, name, attribute, sub);
    case 'members':
    case 'groups':
      return locatedRows(name, attribute, attribute.name, sub);
    default:
      return null;
  }
}

function locatedMeta(schema: ResourceSchema, name: string, meta: Attribute, sub: Attribute | null): Located {
  // Every resource has one, as every resource has an id.
  if (sub === null) return column(name, meta, 'id');
  if (sub.name === 'resourceType') {
    return { kind: 'derived', name, texts: [{ text: schema.resource, when: ALWAYS }] };
  }
  const source = META_SOURCES.get(sub.name);
  return source === undefined ? { kind: 'refused', name } : column(name, sub, source);
}

function locatedRows(
  name: string,
  attribute: Attribute,
  source: 'members' | 'groups',
  sub: Attribute | null,
): Located {
  if (sub !== null && !isSearchable(source, sub.name)) return { kind: 'refused', name };
  const leaf = sub ?? attribute;
  const ref = refOf(leaf, { source, keys: [], sub: sub?.name ?? null, multiValued: true });
  return { kind: 'ref', name, ref, attribute: leaf };
}

function isSearchable(source: AttributeSource, sub: string): boolean {
  if (source !== 'members' && source !== 'groups') return true;
  return (ROW_SUBS[source] as readonly string[]).includes(sub);
}

function schemaTexts(schema: ResourceSchema): { text: string; when: Filter }[] {
  const extensions = schema.extensions.map(({ urn }) => ({ text: urn, when: presentExtension(urn) }));
  return [{ text: schema.urn, when: ALWAYS }, ...extensions];
}

function presentExtension(urn: string): Filter {
  const ref = refOf(null, { source: 'document', keys: [urn], sub: null, multiValued: false });
  return { kind: 'present', ref };
}

function column(name: string, attribute: Attribute, source: AttributeSource): Located {
  const ref = refOf(attribute, { source, keys: [], sub: null, multiValued: false });
  return { kind: 'ref', name, ref, attribute };
}

function refOf(
  leaf: Attribute | null,
  place: Pick<AttributeRef, 'source' | 'keys' | 'sub' | 'multiValued'>,
): AttributeRef {
  return {
    ...place,
    type: leaf === null ? 'complex' : COMPARED_AS[leaf.type],
    caseExact: leaf?.caseExact ?? false,
  };
}

const COMPARED_AS: Record<Attribute['type'], AttributeRef['type']> = {
  string: 'text',
  reference: 'text',
  binary: 'text',
  boolean: 'boolean',
  decimal: 'number',
  integer: 'number',
  dateTime: 'dateTime',
  complex: 'complex',
};
