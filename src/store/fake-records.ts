import type { FakeRecords } from '../core/ports.ts';
import type { Database } from './database.ts';

/** The records of one fake vendor, kept in the sandbox's store so that a restart finds them. */
export function fakeRecords(db: Database, fake: string): FakeRecords {
  return {
    async all(kind) {
      const rows = await db
        .selectFrom('fake_records')
        .select(['key', 'record'])
        .where('fake', '=', fake)
        .where('kind', '=', kind)
        .orderBy('key')
        .execute();
      return new Map(rows.map((row) => [row.key, JSON.parse(row.record)]));
    },
    async put(kind, key, record) {
      const text = JSON.stringify(record);
      await db
        .insertInto('fake_records')
        .values({ fake, kind, key, record: text })
        .onConflict((conflict) => conflict.columns(['fake', 'kind', 'key']).doUpdateSet({ record: text }))
        .execute();
    },
    async delete(kind, key) {
      await db
        .deleteFrom('fake_records')
        .where('fake', '=', fake)
        .where('kind', '=', kind)
        .where('key', '=', key)
        .execute();
    },
  };
}
