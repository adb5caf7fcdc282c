import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/core/errors.ts';
import { KINDS, temporaryStore } from './stores.ts';

const REFUSED = {
  SQLite:
    /^The store (\/.+)\/store\.db was made by another pre-release of Causeway and cannot be used\. Move the folder \1 away and start again\.$/,
  PostgreSQL:
    /^The store PostgreSQL database \w+ on [\w.:]+ was made by another pre-release of Causeway and cannot be used\. Rename or drop that database, create an empty one and start again\.$/,
};

describe.each(KINDS)('a store in %s', (kind) => {
  it('is made once by eight that start at the same time', async () => {
    const store = temporaryStore(kind);
    const dbs = await Promise.all(Array.from({ length: 8 }, () => store.open()));
    for (const db of dbs) {
      const { rows } = await sql<{ name: string }>`select name from migrations order by name`.execute(db);
      expect(rows).toEqual([{ name: '0001-first' }]);
    }
  });

  it.each([
    ['made other tables', sql`update migrations set digest = 'of other tables'`],
    ['did not note what it made', sql`alter table migrations drop column digest`],
  ])('is refused where a pre-release %s, and the message says what to move away', async (_, change) => {
    const store = temporaryStore(kind);
    await change.execute(await store.open());
    const opening = store.open();
    await expect(opening).rejects.toThrow(OperatorError);
    await expect(opening).rejects.toThrow(REFUSED[kind]);
  });
});
