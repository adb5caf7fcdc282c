import type { ScimType } from './errors.ts';
import { ScimError } from './errors.ts';

/** `word`: an attribute path, an operator or a literal. `at` counts characters from 0. */
export type Token =
  | { kind: 'word'; text: string; at: number }
  | { kind: 'text'; value: string; at: number }
  | { kind: 'number'; value: number; at: number }
  | { kind: '(' | ')' | '[' | ']' | 'end'; at: number };

/** A 400 that says where in the client's own text the mistake is. */
export function syntaxError(scimType: ScimType, at: number, what: string): ScimError {
  const subject = scimType === 'invalidPath' ? 'path' : 'filter';
  return new ScimError(400, scimType, `The ${subject} is not valid at character ${at + 1}: ${what}`);
}

/** A name as errors quote it: the client's text, but not all of a very long one. */
export function quotedName(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

const SPACE = /\s+/y;
// Attribute names, URNs and what follows a bracket (`.value`).
const WORD = /[A-Za-z_$.][A-Za-z0-9_$.:%-]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

/** Splits a filter or PATCH path in one pass; the last token is `end`. */
export function tokenise(text: string, scimType: ScimType): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const space = take(SPACE);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const first = text.charAt(at);
    const source = first === '"' ? quoted(text, at, scimType) : (take(WORD) ?? take(NUMBER) ?? first);
    tokens.push(tokenOf(source, at, scimType));
    at += source.length;
  }
  tokens.push({ kind: 'end', at });
  return tokens;
}

function tokenOf(source: string, at: number, scimType: ScimType): Token {
  const first = source.charAt(0);
  if (first === '"') return { kind: 'text', value: decode(source, at, scimType), at };
  if (first === '(' || first === ')' || first === '[' || first === ']') return { kind: first, at };
  if (/[A-Za-z_$.]/.test(first)) return { kind: 'word', text: source, at };
  if (!/[0-9]/.test(source)) {
    throw syntaxError(scimType, at, `${JSON.stringify(first)} has no meaning here.`);
  }
  const value = Number(source);
  if (!Number.isFinite(value)) throw syntaxError(scimType, at, 'the number is too large.');
  // -0 and 0 are one number.
  return { kind: 'number', value: value + 0, at };
}

function quoted(text: string, start: number, scimType: ScimType): string {
  for (let end = start + 1; end < text.length; end += 1) {
    if (text[end] === '"') return text.slice(start, end + 1);
    if (text[end] === '\\') end += 1;
  }
  throw syntaxError(scimType, start, 'the text that starts here has no closing double quote.');
}

function decode(source: string, at: number, scimType: ScimType): string {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    throw syntaxError(scimType, at, 'inside quotes write \\" for a quote and \\\\ for a backslash.');
  }
  // No stored text has a NUL, and not every database takes one.
  if (typeof value !== 'string' || value.includes('\0')) {
    throw syntaxError(scimType, at, 'a text must not contain the character U+0000.');
  }
  return value.toWellFormed();
}
