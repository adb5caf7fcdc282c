import jsonata from 'jsonata';

/** What an expression may use: none of these can loop without end or grow faster than the document. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  'append',
  'boolean',
  'contains',
  'count',
  'distinct',
  'exists',
  'join',
  'length',
  'lookup',
  'lowercase',
  'not',
  'number',
  'replace',
  'split',
  'string',
  'substring',
  'substringAfter',
  'substringBefore',
  'trim',
  'uppercase',
]);
/** Later steps of a path run once an element, so they must not give several each. */
const SINGLE_FUNCTIONS: ReadonlySet<string> = new Set(
  [...FUNCTIONS].filter((name) => !['append', 'distinct', 'lookup', 'split'].includes(name)),
);
const NODES: ReadonlySet<string> = new Set([
  'binary',
  'block',
  'condition',
  'filter',
  'function',
  'name',
  'number',
  'path',
  'string',
  'unary',
  'value',
  'variable',
]);
const NAMES: Record<string, string> = {
  apply: 'the ~> operator',
  bind: 'an assignment',
  descendant: 'the ** wildcard',
  lambda: 'a function definition',
  parent: 'the % operator',
  partial: 'a partly applied function',
  regex: 'a regular expression',
  sort: 'the ^ operator',
  transform: 'a transformation',
  wildcard: 'the * wildcard',
};
const MAX_LENGTH = 1000;
const MAX_DEPTH = 20;

/**
 * Why a mapping expression (JSONata) is refused, in a sentence; null: it may be saved. It is judged by its syntax tree, since a
 * running expression cannot be stopped.
 */
export function checkExpression(text: string): string | null {
  if (text.length > MAX_LENGTH) return `The expression is longer than ${MAX_LENGTH} characters.`;
  try {
    return checkNode(jsonata(text).ast(), 1);
  } catch (error) {
    return `The expression cannot be read: ${error instanceof Error ? error.message : (error as { message?: string }).message}.`;
  }
}

function checkNode(node: unknown, depth: number): string | null {
  if (depth > MAX_DEPTH) return `The expression is nested more than ${MAX_DEPTH} deep.`;
  if (Array.isArray(node)) return firstFault(node, depth);
  if (typeof node !== 'object' || node === null) return null;
  const { type, ...parts } = node as Record<string, unknown> & { type?: string };
  const fault = type === undefined ? null : nodeFault(type, parts);
  if (fault !== null) return fault;
  const inner = Object.entries(parts).filter(([name]) => !(type === 'function' && name === 'procedure'));
  // A path is only the way its steps are held: `$trim(a.b)` is as deep as `$trim(a)`.
  const deeper = type === undefined || type === 'path' || type === 'name' ? depth : depth + 1;
  const innerFault = firstFault(
    inner.map(([, part]) => part),
    deeper,
  );
  return innerFault ?? (type === undefined ? null : stepFault(type, parts));
}

function firstFault(parts: readonly unknown[], depth: number): string | null {
  for (const part of parts) {
    const fault = checkNode(part, depth);
    if (fault !== null) return fault;
  }
  return null;
}

function nodeFault(type: string, parts: Record<string, unknown>): string | null {
  if (!NODES.has(type)) return `The expression uses ${NAMES[type] ?? `"${type}"`}, which is not allowed.`;
  if (type === 'binary' && parts['value'] === '..')
    return 'The expression uses a range, which is not allowed.';
  if (parts['focus'] !== undefined || parts['index'] !== undefined) {
    return 'The expression binds a variable in its path, which is not allowed.';
  }
  if (parts['group'] !== undefined) return 'The expression groups its results, which is not allowed.';
  if (type === 'variable' && parts['value'] !== '') {
    return `The expression uses the variable $${String(parts['value'])}, which is not allowed.`;
  }
  return type === 'function' ? functionFault(parts['procedure']) : null;
}

/** A later step that makes lists would multiply the elements by its own, step after step. */
function stepFault(type: string, parts: Record<string, unknown>): string | null {
  if (type !== 'path' || !Array.isArray(parts['steps'])) return null;
  return parts['steps'].slice(1).every(isSingle)
    ? null
    : 'The expression makes a list in a later step of a path, which is not allowed.';
}

/** Gives at most one value for each element that it is asked about. */
function isSingle(node: Node): boolean {
  switch (node.type) {
    case 'name':
    case 'string':
    case 'number':
    case 'value':
    case 'variable':
    case 'binary':
      return true;
    case 'function':
      return SINGLE_FUNCTIONS.has(node.procedure?.value ?? '');
    case 'block':
      return (node.expressions ?? []).every(isSingle);
    case 'path':
      return (node.steps ?? []).every(isSingle);
    case 'condition':
      return [node.then, node.else].every((part) => part === undefined || isSingle(part));
    default:
      return false;
  }
}

interface Node {
  type?: string;
  procedure?: { value?: string };
  expressions?: Node[];
  steps?: Node[];

  then?: Node;
  else?: Node;
}

function functionFault(procedure: unknown): string | null {
  const { type, value } = procedure as { type?: string; value?: unknown };
  if (type === 'variable' && typeof value === 'string' && FUNCTIONS.has(value)) return null;
  return `The expression calls ${typeof value === 'string' ? `$${value}` : 'something'}, and only these functions are allowed: ${[...FUNCTIONS].join(', ')}.`;
}
