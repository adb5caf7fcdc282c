import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import type { Attribute } from './attribute.ts';
import type { Target } from './patch-target.ts';
import { findAttribute, printPath } from './schema.ts';
import { isUnassigned, readList, readOne } from './values.ts';

export interface Assignment {
  kind: 'assign';
  op: 'add' | 'replace';
  target: Target;
  value: Json;
}

export interface Removal {
  kind: 'remove';
  op: 'remove';
  target: Target;
  /** The elements to remove; null: all that the target selects. */
  values: Json[] | null;
}

export type AttributeOperation = Assignment | Removal;

function takesList({ attribute, sub, filter }: Target): boolean {
  return attribute.multiValued && sub === null && filter === null;
}

/** Only a multi-valued attribute as a whole can be removed in part, by a list of values (Entra ID, OneLogin). */
export function removal(target: Target, value: Json | undefined): Removal {
  const partly = takesList(target) && value !== undefined && (Array.isArray(value) || !isUnassigned(value));
  const values = partly ? readList(target.attribute, value, printPath(target)) : null;
  return { kind: 'remove', op: 'remove', target, values };
}

/** Assigning nothing: for `replace` the value goes, for `add` nothing happens (RFC 7643 §2.5). */
function assignment(op: 'add' | 'replace', target: Target, value: Json | undefined): AttributeOperation[] {
  if (value !== undefined) return [{ kind: 'assign', op, target, value }];
  return op === 'replace' ? [removal(target, undefined)] : [];
}

function onlyObject(value: Json): JsonObject | undefined {
  const only = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return isJsonObject(only) && !isUnassigned(only) ? only : undefined;
}

/** `value` first, since a new value outdates the `$ref` that may stand beside it. */
function namedParts(attribute: Attribute, object: JsonObject): [Attribute, Json][] {
  const parts = Object.entries(object).flatMap<[Attribute, Json]>(([name, part]) => {
    const sub = findAttribute(attribute.subAttributes ?? [], name);
    return sub === undefined || sub.mutability === 'readOnly' ? [] : [[sub, part]];
  });
  return parts.sort(([a], [b]) => Number(b.name === 'value') - Number(a.name === 'value'));
}

/**
 * Canonical operations for one value. A complex attribute is taken apart: the sub-attributes that the value names are
 * changed, the others stay (RFC 7644 §3.5.2.3).
 */
export function assignments(op: 'add' | 'replace', target: Target, value: Json): AttributeOperation[] {
  const { attribute, sub } = target;
  const where = printPath(target);
  if (takesList(target)) {
    const elements = isUnassigned(value) ? [] : readList(attribute, value, where);
    return assignment(op, target, elements.length === 0 ? undefined : elements);
  }
  const object =
    attribute.type === 'complex' && !attribute.multiValued && sub === null ? onlyObject(value) : undefined;
  if (object === undefined) return assignment(op, target, readOne(sub ?? attribute, value, where));
  return namedParts(attribute, object).flatMap(([part, partValue]) =>
    assignment(op, { ...target, sub: part }, readOne(part, partValue, `${where}.${part.name}`)),
  );
}
