import type { ZodType } from 'zod';
import type { JsonObject } from '../core/json.ts';
import type { FakeRecords } from '../core/ports.ts';

/** One kind of a fake's records: read from memory, written through to the durable ones. */
export interface FakeTable<T> {
  all(): T[];
  get(key: string): T | undefined;
  /** Seen by others at once; resolves when it is durable. */
  put(key: string, record: T): Promise<void>;
  /** False: there was none. */
  delete(key: string): Promise<boolean>;
}

export async function openFakeTable<T extends JsonObject>(
  records: FakeRecords,
  kind: string,
  schema: ZodType<T>,
): Promise<FakeTable<T>> {
  const stored = [...(await records.all(kind))];
  const rows = new Map(stored.map(([key, record]) => [key, schema.parse(record)]));
  return {
    all: () => [...rows.values()],
    get: (key) => rows.get(key),
    async put(key, record) {
      rows.set(key, record);
      await records.put(kind, key, record);
    },
    async delete(key) {
      const existed = rows.delete(key);
      await records.delete(kind, key);
      return existed;
    },
  };
}
