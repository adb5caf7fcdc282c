import type { AttributeRef, CompareOperator, Filter, FilterValue } from '../core/query.ts';
import { elementScope, type Located, resourceScope, type Scope, valueScope } from './attribute-ref.ts';
import { ScimError } from './errors.ts';
import { compareValues } from './filter-match.ts';
import { type FilterSyntax, type LiteralValue, parsePathSyntax } from './filter-syntax.ts';
import { quotedName } from './filter-tokens.ts';
import { type Attribute, type ResolvedPath, type ResourceSchema, resolvePath } from './schema.ts';

export { matchesElement } from './filter-match.ts';

/** Where a PATCH operation applies; `filter` chooses elements of `target.attribute` (see `matchesElement`). */
interface PatchPath {
  target: ResolvedPath;
  filter?: Filter;
}

/**
 * A filter's names and values by the schema. An unknown attribute is 400 `invalidFilter`, not an empty list: an identity
 * provider would take "nobody" for an answer and create everybody again.
 */
export function resolveFilter(schema: ResourceSchema, syntax: FilterSyntax): Filter {
  return resolve(syntax, resourceScope(schema));
}

/** RFC 7644 §3.5.2: 400 `invalidPath` where it names nothing, `invalidFilter` for a mistake in the brackets. */
export function parsePath(schema: ResourceSchema, text: string): PatchPath {
  const { path, filter, sub } = parsePathSyntax(text);
  const whole = sub === null ? path : `${path}.${sub}`;
  const target = resolvePath(schema, whole);
  if (target === null) throw new ScimError(400, 'invalidPath', `There is no attribute ${quotedName(whole)}.`);
  if (filter === null) return { target };
  const attribute = resolvePath(schema, path)?.attribute ?? null;
  if (attribute === null || !hasElements(attribute) || target.attribute !== attribute) {
    throw new ScimError(
      400,
      'invalidPath',
      `${quotedName(path)} has no elements to choose from with a filter.`,
    );
  }
  return { target, filter: resolve(filter, elementScope(attribute, 'document')) };
}

function hasElements(attribute: Attribute): boolean {
  return attribute.multiValued || attribute.type === 'complex';
}

function resolve(syntax: FilterSyntax, scope: Scope): Filter {
  switch (syntax.kind) {
    case 'and':
    case 'or':
      return { kind: syntax.kind, terms: syntax.terms.map((term) => resolve(term, scope)) };
    case 'not':
      return { kind: 'not', term: resolve(syntax.term, scope) };
    case 'present':
      return presence(find(scope, syntax.path, syntax.at));
    case 'compare':
      return comparison(find(valueScope(scope), syntax.path, syntax.at), syntax);
    case 'element':
      return elementFilter(syntax, scope);
  }
}

function find(scope: Scope, path: string, at: number): Exclude<Located, { kind: 'refused' }> {
  const found = scope(path);
  if (found === null) throw invalid(at, `there is no attribute ${quotedName(path)}.`);
  if (found.kind === 'refused') throw invalid(at, `${found.name} cannot be searched by.`);
  return found;
}

function invalid(at: number, what: string): ScimError {
  return new ScimError(400, 'invalidFilter', `The filter cannot be used, at character ${at + 1}: ${what}`);
}

function presence(found: Exclude<Located, { kind: 'refused' }>): Filter {
  return found.kind === 'derived' ? { kind: 'constant', value: true } : { kind: 'present', ref: found.ref };
}

type Comparison = Extract<FilterSyntax, { kind: 'compare' }>;

function comparison(found: Exclude<Located, { kind: 'refused' }>, syntax: Comparison): Filter {
  const { operator, at } = syntax;
  if (found.kind === 'derived') {
    const value = checkedValue('text', found.name, syntax);
    const fulfilled = found.texts.filter(({ text }) =>
      compareValues(text, operator, value, { type: 'text', caseExact: true }),
    );
    return { kind: 'or', terms: fulfilled.map(({ when }) => when) };
  }
  const { ref, name, attribute } = found;
  if (ref.type === 'complex') {
    const [example] = attribute?.subAttributes ?? [];
    const hint = example === undefined ? '' : `, such as ${name}.${example.name}`;
    throw invalid(at, `${name} has no value of its own; compare one of its sub-attributes${hint}.`);
  }
  if (attribute?.type === 'binary' && ORDERING.has(operator)) {
    throw invalid(at, `${name} is binary: "${operator}" has no meaning for it.`);
  }
  return { kind: 'compare', operator, ref, value: checkedValue(ref.type, name, syntax) };
}

const ORDERING: ReadonlySet<CompareOperator> = new Set(['gt', 'ge', 'lt', 'le']);
const EQUALITY: ReadonlySet<CompareOperator> = new Set(['eq', 'ne']);
const SUBSTRING: ReadonlySet<CompareOperator> = new Set(['co', 'sw', 'ew']);

type ComparedType = Exclude<AttributeRef['type'], 'complex'>;

const EXPECTED: Record<ComparedType, string> = {
  text: 'a text: put the value in double quotes',
  boolean: 'true or false',
  number: 'a number',
  dateTime: 'a time, such as "2026-01-31T12:00:00Z"',
};

/** The value as the attribute's type has it; booleans and numbers may come as text ("True", Entra ID). */
function checkedValue(type: ComparedType, name: string, syntax: Comparison): FilterValue {
  const { operator, value, at } = syntax;
  const meaningless =
    (value === null && !EQUALITY.has(operator)) ||
    (type === 'boolean' && !EQUALITY.has(operator)) ||
    (type !== 'text' && SUBSTRING.has(operator));
  if (meaningless) {
    const subject = value === null ? 'null' : `${name}, which is ${EXPECTED[type]}`;
    throw invalid(at, `"${operator}" has no meaning for ${subject}.`);
  }
  const converted = value === null ? null : CONVERT[type](value);
  if (converted === undefined) throw invalid(at, `${name} is ${EXPECTED[type]}.`);
  return converted;
}

const CONVERT: Record<ComparedType, (value: NonNullable<LiteralValue>) => FilterValue | undefined> = {
  text: (value) => (typeof value === 'string' ? value : undefined),
  boolean: (value) => {
    const word = String(value).toLowerCase();
    return word === 'true' || word === 'false' ? word === 'true' : undefined;
  },
  number: (value) => {
    const isNumeric = typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value));
    if (isNumeric) return Number(value);
    return typeof value === 'number' ? value : undefined;
  },
  dateTime: (value) => (typeof value === 'string' ? parseTime(value) : undefined),
};

// xsd:dateTime (RFC 7643 §2.3.5); a time without a zone is UTC.
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/i;

function parseTime(text: string): number | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const time = Date.parse(match[2] === undefined ? `${text}Z` : text);
  return Number.isNaN(time) ? undefined : time;
}

function elementFilter(syntax: Extract<FilterSyntax, { kind: 'element' }>, scope: Scope): Filter {
  const { path, at } = syntax;
  const found = find(scope, path, at);
  if (found.kind === 'derived' || found.ref.sub !== null || !isContainer(found)) {
    throw invalid(at, `${found.name} has no sub-attributes to choose by.`);
  }
  const { ref, attribute } = found;
  if (attribute?.multiValued) {
    return { kind: 'element', ref, filter: resolve(syntax.filter, elementScope(attribute, ref.source)) };
  }
  const separator = attribute === null ? ':' : '.';
  const inner = resolve(syntax.filter, (name) => scope(`${path}${separator}${name}`));
  return { kind: 'and', terms: [{ kind: 'present', ref }, inner] };
}

function isContainer({ ref, attribute }: Extract<Located, { kind: 'ref' }>): boolean {
  return ref.type === 'complex' || attribute?.multiValued === true;
}
