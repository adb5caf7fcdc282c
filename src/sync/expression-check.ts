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
  if (depth > MAX_DEPTH * 2) return `The expression is nested more than ${MAX_DEPTH} deep.`;
  if (Array.isArray(node)) return firstFault(node, depth);
  if (typeof node !== 'object' || node === null) return null;
  const { type, ...parts } = node as Record<string, unknown> & { type?: string };
  const fault = type === undefined ? null : nodeFault(type, parts);
  if (fault !== null) return fault;
  return firstFault(
    Object.entries(parts)
      .filter(([name]) => !(type === 'function' && name === 'procedure'))
      .map(([, part]) => part),
    depth + 1,
  );
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

function functionFault(procedure: unknown): string | null {
  const { type, value } = procedure as { type?: string; value?: unknown };
  if (type === 'variable' && typeof value === 'string' && FUNCTIONS.has(value)) return null;
  return `The expression calls ${typeof value === 'string' ? `$${value}` : 'something'}, and only these functions are allowed: ${[...FUNCTIONS].join(', ')}.`;
}
