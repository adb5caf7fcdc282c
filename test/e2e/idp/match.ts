import { isJsonObject, type Json } from '../../../src/core/json.ts';

/** What earlier answers said, by the name that the transcript gave it. */
export type Variables = Map<string, string>;

const VARIABLE = /\{\{([^{}]+)\}\}/g;

/** Puts values in place of every `{{name}}`, in keys too. */
export function substitute<Value extends Json>(value: Value, variables: Variables): Value;
export function substitute(value: Json, variables: Variables): Json {
  if (typeof value === 'string') {
    return value.replaceAll(VARIABLE, (_whole, name: string) => {
      const known = variables.get(name);
      if (known === undefined) throw new Error(`The transcript uses {{${name}}} before an answer gave it.`);
      return known;
    });
  }
  if (Array.isArray(value)) return value.map((element) => substitute(element, variables));
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).map(([key, part]) => [
    substitute(key, variables),
    substitute(part, variables),
  ]);
  return Object.fromEntries(members);
}

const KINDS: Record<string, (found: unknown) => boolean> = {
  '<absent>': (found) => found === undefined,
  '<text>': (found) => typeof found === 'string' && found !== '',
  '<integer>': (found) => Number.isSafeInteger(found),
  '<list>': (found) => Array.isArray(found),
  '<dateTime>': (found) =>
    typeof found === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(found),
};

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/**
 * Where `found` is not as wanted, a line each. Objects may have more members than wanted, lists not more elements, and types
 * must be equal. `"{{name}}"` alone keeps the text found if the name is new, and wants it again if not; the words in `KINDS`
 * stand for any value of a kind; `{"<some>": [...]}` wants a list that has these elements among others.
 */
export function findMismatches(wanted: Json, found: unknown, variables: Variables, where = 'body'): string[] {
  if (typeof wanted === 'string') return textMismatches(wanted, found, variables, where);
  if (Array.isArray(wanted)) {
    if (!Array.isArray(found) || found.length !== wanted.length) {
      return [`${where}: wanted a list of ${wanted.length}, got ${show(found)}`];
    }
    return wanted.flatMap((element, index) =>
      findMismatches(element, found[index], variables, `${where}[${index}]`),
    );
  }
  if (!isJsonObject(wanted)) {
    return Object.is(wanted, found) ? [] : [`${where}: wanted ${show(wanted)}, got ${show(found)}`];
  }
  const some = wanted['<some>'];
  if (Array.isArray(some)) return some.flatMap((element) => missing(element, found, variables, where));
  if (!isJsonObject(found)) return [`${where}: wanted an object, got ${show(found)}`];
  return Object.entries(wanted).flatMap(([key, part]) => {
    const name = substitute(key, variables);
    return findMismatches(part, found[name], variables, `${where}.${name}`);
  });
}

function textMismatches(wanted: string, found: unknown, variables: Variables, where: string): string[] {
  const kind = KINDS[wanted];
  if (kind !== undefined) return kind(found) ? [] : [`${where}: wanted ${wanted}, got ${show(found)}`];
  const name = /^\{\{([^{}]+)\}\}$/.exec(wanted)?.[1];
  if (name !== undefined && !variables.has(name)) {
    if (typeof found !== 'string' || found === '') return [`${where}: wanted a text, got ${show(found)}`];
    variables.set(name, found);
    return [];
  }
  const text = substitute(wanted, variables);
  return text === found ? [] : [`${where}: wanted ${show(text)}, got ${show(found)}`];
}

/** What a candidate that does not match would have captured is forgotten. */
function missing(element: Json, found: unknown, variables: Variables, where: string): string[] {
  for (const candidate of Array.isArray(found) ? found : []) {
    const captured: Variables = new Map(variables);
    if (findMismatches(element, candidate, captured).length > 0) continue;
    for (const [name, value] of captured) variables.set(name, value);
    return [];
  }
  return [`${where}: wanted an element ${show(element)} among ${show(found)}`];
}
