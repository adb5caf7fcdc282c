import type { Kysely } from 'kysely';
import { OperatorError } from '../core/errors.ts';
import { migrations } from './migrations/index.ts';
import { sqliteWords } from './migrations/migration.ts';
import type { Tables } from './tables.ts';

interface MigrationsTable {
  name: string;
}

/** Brings the tables to this version, one transaction a migration; forward only. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const store = db.withTables<{ migrations: MigrationsTable }>();
  await store.schema
    .createTable('migrations')
    .ifNotExists()
    .addColumn('name', sqliteWords.types.text, (column) => column.primaryKey())
    .execute();
  const applied = new Set(
    (await store.selectFrom('migrations').select('name').execute()).map((row) => row.name),
  );
  refuseNewer(applied);
  for (const { name, up } of migrations) {
    if (applied.has(name)) continue;
    await store.transaction().execute(async (tx) => {
      // Another process may have been first while this one waited for the lock.
      const claimed = await tx
        .insertInto('migrations')
        .values({ name })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (claimed.numInsertedOrUpdatedRows === 1n) await up(tx, sqliteWords);
    });
  }
}

function refuseNewer(applied: Set<string>): void {
  const unknown = [...applied].filter((name) => !migrations.some((migration) => migration.name === name));
  if (unknown.length > 0) {
    throw new OperatorError(
      `The store was made by a newer version of Causeway (it has ${unknown.join(', ')}). Start that version, or restore a backup from before it.`,
    );
  }
}
