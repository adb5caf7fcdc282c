import { type Kysely, sql } from 'kysely';
import { OperatorError } from '../core/errors.ts';
import { isPostgres } from './dialect-kind.ts';
import { migrations } from './migrations/index.ts';
import { type MigrationTarget, postgresWords, sqliteWords } from './migrations/migration.ts';
import type { Tables } from './tables.ts';

interface MigrationsTable {
  name: string;
}

type Store = Kysely<Tables & { migrations: MigrationsTable }>;

/** Brings the tables to this version, one transaction a migration, whoever comes first; forward only. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const store = db.withTables<{ migrations: MigrationsTable }>();
  const applied = await lockedTransaction(store, async (tx) => {
    await tx.schema
      .createTable('migrations')
      .ifNotExists()
      .addColumn('name', sql`text`, (column) => column.primaryKey())
      .execute();
    return new Set((await tx.selectFrom('migrations').select('name').execute()).map((row) => row.name));
  });
  refuseNewer(applied);
  for (const { name, up } of migrations) {
    if (applied.has(name)) continue;
    await lockedTransaction(store, async (tx) => {
      // Another process may have been first while this one waited for the lock.
      const claimed = await tx
        .insertInto('migrations')
        .values({ name })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (claimed.numInsertedOrUpdatedRows === 1n) await up(tx, wordsOf(tx));
    });
  }
}

function wordsOf(db: MigrationTarget) {
  return isPostgres(db) ? postgresWords : sqliteWords;
}

function lockedTransaction<T>(store: Store, work: (tx: Store) => Promise<T>): Promise<T> {
  return store.transaction().execute(async (tx) => {
    await wordsOf(tx).lock?.execute(tx);
    return work(tx);
  });
}

function refuseNewer(applied: Set<string>): void {
  const unknown = [...applied].filter((name) => !migrations.some((migration) => migration.name === name));
  if (unknown.length > 0) {
    throw new OperatorError(
      `The store was made by a newer version of Causeway (it has ${unknown.join(', ')}). Start that version, or restore a backup from before it.`,
    );
  }
}
