import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { valueAt, without, withValue } from './document.ts';
import { addElements, keepOnePrimary, removeElements } from './elements.ts';
import { ScimError } from './errors.ts';
import { isSelected, seedOf, type Target } from './patch-target.ts';
import { printPath } from './schema.ts';
import { invalidValue, MAX_ELEMENTS } from './values.ts';

/** What says of which kind a value is, and is nothing without the value. */
const LABELS: ReadonlySet<string> = new Set(['type', 'primary', 'display']);

/** A new `value` outdates the `$ref` to the old one. */
function withSub(object: JsonObject, name: string, value: Json | undefined): JsonObject {
  const base = name === 'value' && object['value'] !== value ? without(object, '$ref') : object;
  return value === undefined ? without(base, name) : { ...base, [name]: value };
}

function selectionCreated({ filter, sub, ...path }: Target, value: Json): Json {
  const seed = filter === null ? {} : seedOf(filter);
  if (filter !== null && Object.keys(seed).length === 0) {
    const where = printPath({ ...path, sub: null });
    throw new ScimError(
      400,
      'noTarget',
      `No element of ${where} is selected by the filter of the path, and the filter does not say what a new one would be.`,
    );
  }
  if (sub !== null) return { ...seed, [sub.name]: value };
  return isJsonObject(value) ? { ...seed, ...value } : value;
}

/** Changes the selected elements; where nothing is selected, makes one that is (Entra ID relies on it). */
function changeSelected(target: Target, op: 'add' | 'replace', list: readonly Json[], value: Json): Json[] {
  const { filter, sub } = target;
  let found = false;
  const changed = list.map((element) => {
    if (!isSelected(filter, element)) return element;
    found = true;
    if (sub !== null) return isJsonObject(element) ? withSub(element, sub.name, value) : element;
    if (!isJsonObject(value) || !isJsonObject(element)) return value;
    return op === 'add' ? { ...element, ...value } : { ...(filter === null ? {} : seedOf(filter)), ...value };
  });
  return found ? changed : [...list, selectionCreated(target, value)];
}

/** Adds or replaces; `value` is canonical: a list for a multi-valued target without filter and sub-attribute. */
export function assign(document: JsonObject, target: Target, op: 'add' | 'replace', value: Json): JsonObject {
  const { extension, attribute, sub, filter } = target;
  const current = valueAt(document, extension, attribute.name);
  if (!attribute.multiValued) {
    const held = isJsonObject(current) ? current : {};
    return withValue(
      document,
      extension,
      attribute.name,
      sub === null ? value : withSub(held, sub.name, value),
    );
  }
  const list = Array.isArray(current) ? current : [];
  const whole = sub === null && filter === null && Array.isArray(value);
  const next = whole
    ? op === 'add'
      ? addElements(attribute, list, value)
      : value
    : changeSelected(target, op, list, value);
  if (next.length > MAX_ELEMENTS) {
    throw invalidValue(printPath({ ...target, sub: null }), `would have more than ${MAX_ELEMENTS} values`);
  }
  return withValue(document, extension, attribute.name, keepOnePrimary(list, next));
}

/** Without the sub-attribute; undefined where only labels of nothing would remain. */
function clearSub(element: Json, name: string): Json | undefined {
  if (!isJsonObject(element) || element[name] === undefined) return element;
  const rest = withSub(element, name, undefined);
  return Object.keys(rest).every((each) => LABELS.has(each)) ? undefined : rest;
}

/** Removes; `values` names the elements to remove, null means all that the target selects. Absence is no error. */
export function unassign(document: JsonObject, target: Target, values: readonly Json[] | null): JsonObject {
  const { extension, attribute, sub, filter } = target;
  const current = valueAt(document, extension, attribute.name);
  if (current === undefined) return document;
  const set = (value: Json | undefined) => withValue(document, extension, attribute.name, value);
  if (!Array.isArray(current)) {
    const rest = sub === null || !isJsonObject(current) ? {} : withSub(current, sub.name, undefined);
    return set(Object.keys(rest).length === 0 ? undefined : rest);
  }
  const named = sub === null && filter === null && values !== null;
  const next = named
    ? removeElements(attribute, current, values)
    : current
        .map((element) => {
          if (!isSelected(filter, element)) return element;
          return sub === null ? undefined : clearSub(element, sub.name);
        })
        .filter((element) => element !== undefined);
  return set(next.length === 0 ? undefined : next);
}
