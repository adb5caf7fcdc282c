import { type Kysely, sql } from 'kysely';
import { OperatorError } from '../core/errors.ts';
import { COPYING } from './copy-mark.ts';
import type { OpenPlace } from './copy-place.ts';
import type { Place } from './copy-rows.ts';
import { COPIED_TABLES, type CopiedTable } from './copy-tables.ts';
import type { StoreMode, Transaction } from './database.ts';
import { readMeta, writeMeta } from './meta.ts';
import { checkRelease, migrate } from './migrate.ts';
import type { Tables } from './tables.ts';

type Meta = readonly { name: string; value: string }[];

/** What a store says of itself. */
export interface Facts {
  mode: StoreMode;
  /** Tells it from every store that is not a copy of it. */
  identity: string;
  meta: Meta;
}

/** The target's own notes, beside its `mode`, until it is finished. */
const SOURCE = 'copy_of';
const PROGRESS = 'copied ';

/** Throws OperatorError for what is no store of this version of Causeway, or an unfinished one. */
export async function readFacts({ name, db }: OpenPlace): Promise<Facts> {
  const present = await tableNames(db);
  if (!present.has('meta') || !present.has('migrations')) {
    throw new OperatorError(`There is no store of Causeway in ${name}.`);
  }
  await checkRelease(db, name);
  const meta = await db.selectFrom('meta').selectAll().orderBy('name').execute();
  const value = (wanted: string) => meta.find((row) => row.name === wanted)?.value;
  const mode = value('mode');
  if (mode !== 'sandbox' && mode !== 'real') {
    throw new OperatorError(
      `The store in ${name} is an unfinished copy: finish it first, or copy its source.`,
    );
  }
  return { mode, identity: value('key_check') ?? '', meta };
}

/** Makes the tables and notes whose copy this is to be; throws OperatorError where anything else is there. */
export async function prepareTarget({ name, db }: OpenPlace, source: OpenPlace, facts: Facts): Promise<void> {
  const present = await tableNames(db);
  if (!present.has('migrations') && COPIED_TABLES.some((table) => present.has(table.name))) {
    throw new OperatorError(`In ${name} are tables of another program: name an empty database.`);
  }
  await migrate(db, name);
  await refuseOtherVersion(db, source);
  await db.transaction().execute(async (tx) => {
    const mode = await readMeta(tx, 'mode');
    if (mode === undefined) {
      await writeMeta(tx, 'mode', COPYING);
      await writeMeta(tx, SOURCE, facts.identity);
    } else if (mode !== COPYING) {
      throw new OperatorError(
        `There is a store in ${name} already. Name an empty place, or delete that store first.`,
      );
    } else if ((await readMeta(tx, SOURCE)) !== facts.identity) {
      throw new OperatorError(
        `In ${name} is the unfinished copy of another store. Name an empty place, or delete that copy first.`,
      );
    }
  });
}

async function refuseOtherVersion(target: Kysely<Tables>, source: OpenPlace): Promise<void> {
  const [has, needs] = [await migrationsOf(source.db), await migrationsOf(target)];
  if (has === needs) return;
  throw new OperatorError(
    `The store in ${source.name} was left by another version of Causeway. Start this version on it once and stop it, then copy.`,
  );
}

async function migrationsOf(db: Kysely<Tables>): Promise<string> {
  const { rows } = await sql<{ name: string }>`select name from migrations order by name`.execute(db);
  return rows.map(({ name }) => name).join();
}

async function tableNames(db: Kysely<Tables>): Promise<Set<string>> {
  return new Set((await db.introspection.getTables()).map(({ name }) => name));
}

export async function readProgress(db: Kysely<Tables>, table: CopiedTable): Promise<Place> {
  const noted = await readMeta(db, PROGRESS + table.name);
  return noted === undefined ? null : (JSON.parse(noted) as string[]);
}

/** Throws OperatorError where another copy to the same target was faster. */
export async function noteProgress(
  tx: Transaction,
  table: CopiedTable,
  from: Place,
  to: readonly string[],
): Promise<void> {
  const note = { name: PROGRESS + table.name, value: JSON.stringify(to) };
  const [result] =
    from === null
      ? await tx
          .insertInto('meta')
          .values(note)
          .onConflict((conflict) => conflict.doNothing())
          .execute()
      : await tx
          .updateTable('meta')
          .set(note)
          .where('name', '=', note.name)
          .where('value', '=', JSON.stringify(from))
          .execute();
  const noted =
    result && ('numUpdatedRows' in result ? result.numUpdatedRows : result.numInsertedOrUpdatedRows);
  if (noted !== 1n) throw new OperatorError('Another copy to the same store is under way: let that one end.');
}

/** Forgets what was copied of a table. */
export async function emptyTable(db: Kysely<Tables>, table: CopiedTable): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom(table.name).execute();
    await tx
      .deleteFrom('meta')
      .where('name', '=', PROGRESS + table.name)
      .execute();
  });
}

/** From here on it is a store like its source. */
export async function finishTarget(tx: Transaction, { meta }: Facts): Promise<void> {
  await tx.deleteFrom('meta').execute();
  await tx
    .insertInto('meta')
    .values([...meta])
    .execute();
}
