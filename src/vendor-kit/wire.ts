import { type ZodType, z } from 'zod';

/** A list whose envelope the vendor does not document: a bare array, or an object with exactly one array in it. */
export function looseList<T>(item: ZodType<T>): ZodType<T[]> {
  return z.preprocess(unwrapList, z.array(item));
}

function unwrapList(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const arrays = Object.values(value).filter((member) => Array.isArray(member));
  return arrays.length === 1 ? arrays[0] : value;
}
