import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { KINDS, temporaryStore } from './stores.ts';

describe.each(KINDS)('a store in %s', (kind) => {
  it('is made once by eight that start at the same time', async () => {
    const store = temporaryStore(kind);
    const dbs = await Promise.all(Array.from({ length: 8 }, () => store.open()));
    for (const db of dbs) {
      const { rows } = await sql<{ name: string }>`select name from migrations order by name`.execute(db);
      expect(rows).toEqual([{ name: '0001-first' }]);
    }
  });
});
