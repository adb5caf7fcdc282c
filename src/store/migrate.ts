import { dirname } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { OperatorError } from '../core/errors.ts';
import { isPostgres } from './dialect-kind.ts';
import { migrations } from './migrations/index.ts';
import { type MigrationTarget, postgresWords, sqliteWords } from './migrations/migration.ts';
import type { Tables } from './tables.ts';

interface MigrationsTable {
  name: string;
  /** Pre-releases of 0.1.0 had none. */
  digest: string;
}

type Store = Kysely<Tables & { migrations: MigrationsTable }>;

/**
 * Brings the tables to this version, one transaction a migration, whoever comes first; forward only. `place`: the file, or what may be
 * shown of the database. Throws `OperatorError` for a store that this version cannot use.
 */
export async function migrate(db: Kysely<Tables>, place: string): Promise<void> {
  const store = db.withTables<{ migrations: MigrationsTable }>();
  const applied = await lockedTransaction(store, async (tx) => {
    await tx.schema
      .createTable('migrations')
      .ifNotExists()
      .addColumn('name', sql`text`, (column) => column.primaryKey())
      .addColumn('digest', sql`text`, (column) => column.notNull())
      .execute();
    return readApplied(tx);
  });
  refuseNewer(applied);
  refuseOtherRelease(applied, db, place);
  for (const { name, digest, up } of migrations) {
    if (applied.has(name)) continue;
    await lockedTransaction(store, async (tx) => {
      // Another process may have been first while this one waited for the lock.
      const claimed = await tx
        .insertInto('migrations')
        .values({ name, digest })
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

/** Throws `OperatorError` for a store whose tables were made by another pre-release; it must have migrations. */
export async function checkRelease(db: Kysely<Tables>, place: string): Promise<void> {
  refuseOtherRelease(await readApplied(db.withTables<{ migrations: MigrationsTable }>()), db, place);
}

/** Digests by name; undefined in a store from before there were any. */
async function readApplied(db: Store): Promise<Map<string, string | undefined>> {
  const rows = await db.selectFrom('migrations').selectAll().execute();
  return new Map(rows.map(({ name, digest }: Partial<MigrationsTable>) => [name ?? '', digest]));
}

type Applied = Awaited<ReturnType<typeof readApplied>>;

function refuseOtherRelease(applied: Applied, db: Kysely<Tables>, place: string): void {
  const isOther = migrations.some((own) => applied.has(own.name) && applied.get(own.name) !== own.digest);
  if (!isOther) return;
  const remedy = isPostgres(db)
    ? 'Rename or drop that database, create an empty one and start again.'
    : `Move the folder ${dirname(place)} away and start again.`;
  throw new OperatorError(
    `The store ${place} was made by another pre-release of Causeway and cannot be used. ${remedy}`,
  );
}

function refuseNewer(applied: Applied): void {
  const unknown = [...applied.keys()].filter(
    (name) => !migrations.some((migration) => migration.name === name),
  );
  if (unknown.length > 0) {
    throw new OperatorError(
      `The store was made by a newer version of Causeway (it has ${unknown.join(', ')}). Start that version, or restore a backup from before it.`,
    );
  }
}
