import { isJsonObject, type Json, sameJson } from '../core/json.ts';
import type { Attribute } from './attribute.ts';
import { findAttribute } from './schema.ts';
import { comparable } from './values.ts';

/**
 * What an element of a multi-valued attribute is known by: value and type (RFC 7643 §2.4). One without a value, such as an
 * address, is known by all it says. A type that is not given stands for any.
 */
interface Identity {
  value: string;
  type: string | undefined;
}

function identityOf(attribute: Attribute, element: Json): Identity {
  const subAttributes = attribute.subAttributes ?? [];
  if (!isJsonObject(element))
    return { value: JSON.stringify(comparable(attribute, element)), type: undefined };
  const value = comparable(findAttribute(subAttributes, 'value'), element['value']);
  if (value !== undefined) {
    const type = comparable(findAttribute(subAttributes, 'type'), element['type']);
    return { value: JSON.stringify(value), type: typeof type === 'string' ? type : undefined };
  }
  const members = Object.entries(element).map(([name, part]) => [
    name,
    comparable(findAttribute(subAttributes, name), part) ?? null,
  ]);
  return { value: JSON.stringify(Object.fromEntries(members.sort())), type: undefined };
}

/** Looks elements up without comparing each with each: a list may be long and a request may hold many operations. */
class IdentityIndex {
  readonly #first = new Map<string, number>();
  readonly #typed = new Map<string, number>();

  add({ value, type }: Identity, position: number): void {
    if (!this.#first.has(value)) this.#first.set(value, position);
    const key = `${type ?? ''} ${value}`;
    if (!this.#typed.has(key)) this.#typed.set(key, position);
  }

  find({ value, type }: Identity): number | undefined {
    if (type === undefined) return this.#first.get(value);
    return this.#typed.get(`${type} ${value}`) ?? this.#typed.get(` ${value}`);
  }
}

function indexOf(attribute: Attribute, elements: readonly Json[]): IdentityIndex {
  const index = new IdentityIndex();
  for (const [position, element] of elements.entries()) index.add(identityOf(attribute, element), position);
  return index;
}

/** What is there already is not added again; what the added element says beyond it is taken over. */
export function addElements(attribute: Attribute, list: readonly Json[], added: readonly Json[]): Json[] {
  const result = [...list];
  const index = indexOf(attribute, list);
  for (const element of added) {
    const identity = identityOf(attribute, element);
    const position = index.find(identity);
    const current = position === undefined ? undefined : result[position];
    if (position === undefined) index.add(identity, result.push(element) - 1);
    else if (isJsonObject(current) && isJsonObject(element)) {
      const merged = { ...current, ...element };
      if (!sameJson(merged, current)) result[position] = merged;
    }
  }
  return result;
}

export function removeElements(
  attribute: Attribute,
  list: readonly Json[],
  removed: readonly Json[],
): Json[] {
  const index = indexOf(attribute, removed);
  return list.filter((element) => index.find(identityOf(attribute, element)) === undefined);
}

/** The newest `primary: true` makes the others false (RFC 7644 §3.5.2). */
export function keepOnePrimary(before: readonly Json[], after: Json[]): Json[] {
  const primaries = after.filter((element) => isJsonObject(element) && element['primary'] === true);
  if (primaries.length < 2) return after;
  const known = new Set(before);
  const kept = primaries.findLast((element) => !known.has(element)) ?? primaries.at(-1);
  return after.map((element) =>
    isJsonObject(element) && element['primary'] === true && element !== kept
      ? { ...element, primary: false }
      : element,
  );
}
