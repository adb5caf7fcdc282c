import type { FieldValue } from '../core/field.ts';
import type { Json } from '../core/json.ts';

/** The elements of a list field; none where it is not set. */
export function listOf(value: FieldValue | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}
