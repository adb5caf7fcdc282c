import type { Field, FieldValue } from '../../core/field.ts';
import { isJsonObject, type Json } from '../../core/json.ts';

/** Why a value is not what its field takes, as the end of a sentence; null: it fits. */
export function fieldFault(field: Field, value: FieldValue): string | null {
  if (field.type === 'list') {
    if (!Array.isArray(value)) return 'must be a list';
    for (const item of value) {
      const fault = itemFault(field, item);
      if (fault !== null) return `has an element that ${fault}`;
    }
    return null;
  }
  if (Array.isArray(value)) return 'must be a single value';
  const type = field.type === 'integer' ? 'number' : field.type;
  return typeof value === type ? scalarFault(field, value) : `must be a ${field.type}`;
}

function itemFault(field: Field, item: Json): string | null {
  if (field.items !== 'object') {
    const type = field.items === 'integer' ? 'number' : 'string';
    return typeof item === type ? scalarFault(field, item) : `is no ${field.items ?? 'string'}`;
  }
  if (!isJsonObject(item)) return 'is no object';
  const keys = field.itemKeys ?? [];
  const unknown = Object.keys(item).find((key) => !keys.includes(key));
  if (unknown !== undefined) return `has the unknown member ${JSON.stringify(unknown)}`;
  const first = item[keys[0] ?? ''];
  if (typeof first !== 'string' || first === '') return `lacks ${JSON.stringify(keys[0])}`;
  for (const [key, { regex, meaning }] of Object.entries(field.itemPatterns ?? {})) {
    const value = item[key];
    if (typeof value !== 'string' || !regex.test(value)) return `has a ${key} that is not ${meaning}`;
  }
  return lengthFault(field, first);
}

function scalarFault(field: Field, value: Json): string | null {
  if (field.values !== undefined && !field.values.includes(String(value))) {
    return `is not one of ${field.values.join(', ')}`;
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return 'is no whole number';
  return typeof value === 'string' ? lengthFault(field, value) : null;
}

function lengthFault(field: Field, value: string): string | null {
  // Vendors count characters, not UTF-16 units.
  const length = [...value].length;
  if (field.maxLength !== undefined && length > field.maxLength) {
    return `is longer than ${field.maxLength} characters`;
  }
  if (field.minLength !== undefined && length < field.minLength) {
    return `is shorter than ${field.minLength} characters`;
  }
  if (field.pattern !== undefined && !field.pattern.regex.test(value)) {
    return `is not ${field.pattern.meaning}`;
  }
  return null;
}
