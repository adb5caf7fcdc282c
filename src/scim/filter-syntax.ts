import type { CompareOperator } from '../core/query.ts';
import { ScimError, type ScimType } from './errors.ts';
import { quotedName, syntaxError, type Token, tokenise } from './filter-tokens.ts';

/** A filter as it was written (RFC 7644 §3.4.2.2), names not yet looked up; `at` counts characters from 0. */
export type FilterSyntax =
  | { kind: 'and' | 'or'; terms: FilterSyntax[] }
  | { kind: 'not'; term: FilterSyntax }
  | { kind: 'present'; path: string; at: number }
  | { kind: 'compare'; path: string; operator: CompareOperator; value: LiteralValue; at: number }
  | { kind: 'element'; path: string; filter: FilterSyntax; at: number };

export type LiteralValue = string | number | boolean | null;

/** A PATCH path (RFC 7644 §3.5.2): `path`, `path[filter]` or `path[filter].sub`. */
interface PathSyntax {
  path: string;
  filter: FilterSyntax | null;
  sub: string | null;
}

const LENGTH_LIMIT_BYTES = 4096;
const DEPTH_LIMIT = 20;
const TERM_LIMIT = 100;

const OPERATORS: ReadonlySet<string> = new Set(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']);
const LITERALS: ReadonlyMap<string, LiteralValue> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** 400 `invalidFilter` where the text is no filter or beyond 4 KiB, 20 levels or 100 comparisons. */
export function parseFilterSyntax(text: string): FilterSyntax {
  checkLength(text, 'invalidFilter');
  if (text.trim() === '') throw new ScimError(400, 'invalidFilter', 'The filter is empty; leave it out.');
  const parser = new Parser(tokenise(text, 'invalidFilter'), 'invalidFilter');
  const filter = parser.filter();
  parser.expectEnd();
  return filter;
}

/** 400 `invalidPath`; `invalidFilter` for what stands in the brackets. */
export function parsePathSyntax(text: string): PathSyntax {
  checkLength(text, 'invalidPath');
  const parser = new Parser(tokenise(text, 'invalidPath'), 'invalidPath');
  const path = parser.path();
  parser.expectEnd();
  return path;
}

function checkLength(text: string, scimType: ScimType): void {
  if (Buffer.byteLength(text) <= LENGTH_LIMIT_BYTES) return;
  throw syntaxError(scimType, LENGTH_LIMIT_BYTES, `it is longer than ${LENGTH_LIMIT_BYTES} bytes.`);
}

/** Recursive descent over tokens: each is read once, nothing is tried twice. */
class Parser {
  readonly #tokens: Token[];
  readonly #outside: ScimType;
  #next = 0;
  #depth = 0;
  #terms = 0;

  constructor(tokens: Token[], outside: ScimType) {
    this.#tokens = tokens;
    this.#outside = outside;
  }

  filter(): FilterSyntax {
    return this.#chain('or', () => this.#chain('and', () => this.#term()));
  }

  path(): PathSyntax {
    const name = this.#attributePath();
    if (this.#peek().kind !== '[') return { path: name.text, filter: null, sub: null };
    const filter = this.#nested('[', ']', () => this.filter());
    return { path: name.text, filter, sub: this.#subAttribute() };
  }

  expectEnd(): void {
    const token = this.#peek();
    if (token.kind === 'end') return;
    throw this.#error(token, 'nothing more was expected; join comparisons with "and" or "or".');
  }

  #chain(kind: 'and' | 'or', term: () => FilterSyntax): FilterSyntax {
    const first = term();
    const terms = [first];
    while (this.#takeWord(kind)) terms.push(term());
    return terms.length === 1 ? first : { kind, terms };
  }

  #term(): FilterSyntax {
    if (this.#peek().kind === '(') return this.#nested('(', ')', () => this.filter());
    if (this.#tokens[this.#next + 1]?.kind === '(' && this.#takeWord('not')) {
      return { kind: 'not', term: this.#nested('(', ')', () => this.filter()) };
    }
    const { text: path, at } = this.#attributePath();
    return this.#peek().kind === '[' ? this.#element(path, at) : this.#comparison(path, at);
  }

  /** Also `emails[type eq "work"].value eq "x"`, as Entra ID writes it: all of it about one element. */
  #element(path: string, at: number): FilterSyntax {
    const inner = this.#nested('[', ']', () => this.filter());
    const sub = this.#subAttribute();
    if (sub === null) return { kind: 'element', path, filter: inner, at };
    const filter: FilterSyntax = { kind: 'and', terms: [inner, this.#comparison(sub, at)] };
    return { kind: 'element', path, filter, at };
  }

  #comparison(path: string, at: number): FilterSyntax {
    this.#terms += 1;
    if (this.#terms > TERM_LIMIT) {
      throw syntaxError('invalidFilter', at, `it has more than ${TERM_LIMIT} comparisons.`);
    }
    const token = this.#take();
    const operator = token.kind === 'word' ? token.text.toLowerCase() : '';
    if (operator === 'pr') return { kind: 'present', path, at };
    if (!isOperator(operator)) {
      throw this.#error(
        token,
        `after ${quotedName(path)} one of pr, ${[...OPERATORS].join(', ')} was expected.`,
      );
    }
    return { kind: 'compare', path, operator, value: this.#literal(operator), at };
  }

  #literal(operator: string): LiteralValue {
    const token = this.#take();
    if (token.kind === 'text' || token.kind === 'number') return token.value;
    const literal = token.kind === 'word' ? LITERALS.get(token.text.toLowerCase()) : undefined;
    if (literal !== undefined) return literal;
    throw this.#error(token, `after "${operator}" a value was expected; texts stand in double quotes.`);
  }

  #nested<T>(open: '(' | '[', close: ')' | ']', content: () => T): T {
    const opening = this.#take();
    this.#depth += 1;
    if (this.#depth > DEPTH_LIMIT) {
      throw syntaxError('invalidFilter', opening.at, `it is nested more than ${DEPTH_LIMIT} levels deep.`);
    }
    const result = content();
    const closing = this.#take();
    if (closing.kind !== close) {
      throw this.#error(closing, `"${close}" was expected for the "${open}" at character ${opening.at + 1}.`);
    }
    this.#depth -= 1;
    return result;
  }

  #attributePath(): { text: string; at: number } {
    const token = this.#take();
    if (token.kind === 'word' && !token.text.startsWith('.') && !token.text.endsWith('.')) return token;
    throw this.#error(token, 'the name of an attribute was expected.');
  }

  #subAttribute(): string | null {
    const token = this.#peek();
    if (token.kind !== 'word' || !token.text.startsWith('.')) return null;
    this.#next += 1;
    return token.text.slice(1);
  }

  #takeWord(word: string): boolean {
    const token = this.#peek();
    const found = token.kind === 'word' && token.text.toLowerCase() === word;
    if (found) this.#next += 1;
    return found;
  }

  #take(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#next += 1;
    return token;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', at: 0 };
  }

  #error(token: Token, what: string): ScimError {
    const scimType = this.#depth > 0 ? 'invalidFilter' : this.#outside;
    return syntaxError(scimType, token.at, token.kind === 'end' ? `it ends too early; ${what}` : what);
  }
}

function isOperator(word: string): word is CompareOperator {
  return OPERATORS.has(word);
}

/** The filter as text again; what it parses to is the same tree. */
export function printFilter(filter: FilterSyntax): string {
  switch (filter.kind) {
    case 'or':
      return filter.terms.map((term) => printTerm(term, ['or'])).join(' or ');
    case 'and':
      return filter.terms.map((term) => printTerm(term, ['or', 'and'])).join(' and ');
    case 'not':
      return `not (${printFilter(filter.term)})`;
    case 'present':
      return `${filter.path} pr`;
    case 'compare':
      return `${filter.path} ${filter.operator} ${JSON.stringify(filter.value)}`;
    case 'element':
      return `${filter.path}[${printFilter(filter.filter)}]`;
  }
}

function printTerm(term: FilterSyntax, wrapped: string[]): string {
  return wrapped.includes(term.kind) ? `(${printFilter(term)})` : printFilter(term);
}
