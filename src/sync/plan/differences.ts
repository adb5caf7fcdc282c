import type { Changes, Field, FieldTable, FieldValue, FieldValues } from '../../core/field.ts';
import { isJsonObject, type Json, sameJson } from '../../core/json.ts';
import type { TaskWish } from '../../core/task.ts';
import type { Wanted, WantedField } from './wanted.ts';

/** One field that is not as wanted: for people (plan, drift) and for tasks. */
export interface FieldChange {
  field: string;
  before: FieldValue | null;
  after: FieldValue;
  why: WantedField['from'];
}

export interface Differences {
  changes: Changes;
  shown: FieldChange[];
  /** What the vendor has no call for and a human must do. */
  tasks: TaskWish[];
}

export interface DifferencesInput {
  wanted: Wanted;
  fields: FieldTable;
  /** What the vendor said; a field it does not tell counts as Causeway last wrote it. */
  actual: FieldValues;
  written: FieldValues;
  /** Causeway made the account. */
  created?: boolean;
  /** No mirrored membership is taken back. */
  keeps?: boolean;
  /** Fields that the vendor's `update` can change. */
  updatable: readonly string[];
  vendorTitle: string;
  address: string;
}

/**
 * What of an account differs from what is wanted. A value that is nobody's word about this person (a default, a constant) is written
 * only over the value that Causeway wrote, so adoption demotes nobody; list elements that others added stay.
 */
export function findDifferences(input: DifferencesInput): Differences {
  const result: Differences = { changes: { set: {}, add: {}, remove: {} }, shown: [], tasks: [] };
  for (const field of input.fields) {
    const wanted = input.wanted.fields[field.name] ?? nothingLeft(field, input);
    if (field.set === 'key' || field.compared === false || wanted === undefined) continue;
    if (field.type === 'list') compareList(field, wanted, input, result);
    else if (wanted === 'a human') askToClear(field, input, result);
    else compareValue(field, wanted, input, result);
  }
  return result;
}

/** What Causeway wrote goes when nothing wants it any more: a list's elements, and a value that can be cleared. */
function nothingLeft(
  field: Field,
  { written, actual }: DifferencesInput,
): WantedField | 'a human' | undefined {
  const value = written[field.name];
  if (field.type === 'list') return listOf(value).length > 0 ? { value: [], from: 'default' } : undefined;
  if (value === undefined || field.set === 'create') return undefined;
  if (field.cleared !== undefined) return { value: field.cleared, from: 'default' };
  return sameJson(actual[field.name], value) ? 'a human' : undefined;
}

function askToClear(field: Field, input: DifferencesInput, result: Differences): void {
  const before = input.actual[field.name] ?? null;
  leaveToHuman(field, { field: field.name, before, after: '', why: 'default' }, input, result);
}

export function hasChanges(changes: Changes): boolean {
  return [changes.set, changes.add, changes.remove].some((part) => Object.keys(part).length > 0);
}

/** A default or constant is written only over what Causeway wrote, or on its own account where no create could carry it. */
function mayWrite(
  field: Field,
  wanted: WantedField,
  { written, actual, created }: DifferencesInput,
): boolean {
  if (wanted.from === 'idp' || wanted.from === 'rule') return true;
  const own = written[field.name];
  if (own === undefined) return created === true && field.set === 'update';
  const told = actual[field.name];
  return told === undefined || field.type === 'list' || sameJson(told, own);
}

function compareValue(field: Field, wanted: WantedField, input: DifferencesInput, result: Differences): void {
  const before = input.actual[field.name] ?? input.written[field.name];
  if (sameJson(before, wanted.value) || !mayWrite(field, wanted, input)) return;
  const change = { field: field.name, before: before ?? null, after: wanted.value, why: wanted.from };
  if (input.updatable.includes(field.name)) {
    result.changes.set[field.name] = wanted.value;
    result.shown.push(change);
  } else {
    leaveToHuman(field, change, input, result);
  }
}

function compareList(
  field: Field,
  wanted: WantedField | 'a human',
  input: DifferencesInput,
  result: Differences,
): void {
  if (wanted === 'a human' || !Array.isArray(wanted.value) || !mayWrite(field, wanted, input)) return;
  const known = input.actual[field.name] ?? input.written[field.name];
  const current = Array.isArray(known) ? known : [];
  const ours = listOf(input.written[field.name]);
  const target = wanted.value;
  const add = target.filter((item) => !current.some((other) => sameJson(other, item)));
  let remove = current.filter(
    (item) =>
      ours.some((other) => sameItem(field, other, item)) && !target.some((w) => sameItem(field, w, item)),
  );
  if (input.keeps === true && field.mirrored === true) remove = [];
  const left = current.length - remove.length + add.filter((item) => !has(field, current, item)).length;
  if (left < (field.minItems ?? 0))
    remove = remove.slice(0, Math.max(0, remove.length - (field.minItems ?? 0) + left));
  if (add.length + remove.length === 0) return;
  const after = [...current.filter((item) => !has(field, [...remove, ...add], item)), ...add];
  const change = { field: field.name, before: current, after, why: wanted.from };
  if (!input.updatable.includes(field.name)) {
    leaveToHuman(field, change, input, result);
    return;
  }
  if (add.length > 0) result.changes.add[field.name] = add;
  if (remove.length > 0) result.changes.remove[field.name] = remove;
  result.shown.push(change);
}

function leaveToHuman(field: Field, change: FieldChange, input: DifferencesInput, result: Differences): void {
  if (field.withoutCall === 'ignore') return;
  result.shown.push(change);
  result.tasks.push({
    kind: `field:${field.name}`,
    title: titleOf(field, change, input),
    wanted: change.after,
  });
}

function titleOf(
  field: Field,
  { after, why }: FieldChange,
  { address, vendorTitle }: DifferencesInput,
): string {
  if (after === '' && why === 'default') return `Clear ${field.name} of ${address} in ${vendorTitle}.`;
  return `Set ${field.name} of ${address} to ${describe(after)} in ${vendorTitle}.`;
}

/** Elements are the same thing if their identifying member is (a tag's text), whatever else differs (its colour). */
function sameItem(field: Field, a: Json, b: Json): boolean {
  const key = field.itemKeys?.[0];
  if (key === undefined || !isJsonObject(a) || !isJsonObject(b)) return sameJson(a, b);
  return sameJson(a[key], b[key]);
}

function has(field: Field, items: readonly Json[], item: Json): boolean {
  return items.some((other) => sameItem(field, other, item));
}

function listOf(value: FieldValue | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function describe(value: FieldValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The fields that Causeway wrote, after these changes; of lists, the elements it added. */
export function mergeWritten(fields: FieldTable, written: FieldValues, changes: Changes): FieldValues {
  const merged: FieldValues = { ...written, ...changes.set };
  for (const field of fields) {
    const added = changes.add[field.name] ?? [];
    const removed = changes.remove[field.name] ?? [];
    if (added.length + removed.length === 0) continue;
    const kept = listOf(written[field.name]).filter((item) => !has(field, [...removed, ...added], item));
    merged[field.name] = [...kept, ...added];
  }
  return merged;
}
