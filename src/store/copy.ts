import { setTimeout as wait } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { OperatorError } from '../core/errors.ts';
import { writeAudit } from './audit.ts';
import {
  findSource,
  lockPlace,
  type OpenPlace,
  openPlace,
  placeTarget,
  type StorePlace,
} from './copy-place.ts';
import { type Digest, digestTable, insertRows, lastPlace, readChunk } from './copy-rows.ts';
import { COPIED_TABLES, type CopiedTable } from './copy-tables.ts';
import {
  emptyTable,
  type Facts,
  finishTarget,
  noteProgress,
  prepareTarget,
  readFacts,
  readProgress,
} from './copy-target.ts';
import type { StoreMode } from './database.ts';
import { isPostgres } from './dialect-kind.ts';
import { UniqueViolation } from './errors.ts';
import type { Tables } from './tables.ts';
import { type Beat, readBeats } from './worklist/leases.ts';

export interface CopyOptions {
  from: StorePlace;
  to: StorePlace;
  /** For the target's audit trail. */
  actor: string;
  now: number;
  /** Hears how many rows of a table this run has copied, now and then. */
  progress(table: string, rows: number): void;
}

export interface CopyReport {
  from: string;
  to: string;
  mode: StoreMode;
  tables: (Digest & { name: string })[];
}

/** Servers beat every 2 s; after this long without, others take their connections over. */
const SILENCE_MS = 8_000;
const LOOK_MS = 500;

/**
 * Copies a store that no server uses to an empty place, where nothing can be opened before all is there and compared. A second run
 * goes on where one ended. Throws `OperatorError`.
 */
export async function copyStore(options: CopyOptions): Promise<CopyReport> {
  const closers: (() => unknown)[] = [];
  const closing = <T extends { close(): unknown }>(thing: T): T => {
    closers.push(() => thing.close());
    return thing;
  };
  const lock = (place: Parameters<typeof lockPlace>[0]) => {
    const held = lockPlace(place);
    closers.push(() => held.release());
  };
  try {
    const from = findSource(options.from);
    lock(from);
    const source = closing(await openPlace(from, 'read'));
    const facts = await readFacts(source);
    const to = placeTarget(options.to, facts.mode);
    if ('file' in from && 'file' in to && from.file === to.file)
      throw new OperatorError('The store cannot be copied to itself: name another place.');
    lock(to);
    const target = closing(await openPlace(to, 'write'));
    const beats = await refuseServers(source);
    await prepareTarget(target, source, facts);
    const tables = await copyTables(source, target, options);
    if ((await movedSince(beats, source)) !== undefined) throw inUse(source);
    await finish(target, source, facts, options);
    return { from: source.name, to: target.name, mode: facts.mode, tables };
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** All of one moment, whatever the command line changes in the source meanwhile. */
function copyTables(
  source: OpenPlace,
  target: OpenPlace,
  { progress }: CopyOptions,
): Promise<CopyReport['tables']> {
  return source.db.transaction().execute(async (moment) => {
    if (isPostgres(moment))
      await sql`set transaction isolation level repeatable read, read only`.execute(moment);
    const tables: CopyReport['tables'] = [];
    for (const table of COPIED_TABLES) {
      const digest = await copyTable(moment, target.db, table, progress);
      tables.push({ name: table.name, ...digest });
    }
    return tables;
  });
}

/** An earlier run may have copied what the source no longer has: then once more from the start. */
async function copyTable(
  source: Kysely<Tables>,
  target: Kysely<Tables>,
  table: CopiedTable,
  progress: CopyOptions['progress'],
): Promise<Digest> {
  for (const _ of ['as it is', 'from the start']) {
    const copied = await fillTable(source, target, table, progress);
    if (copied) {
      if (isPostgres(target)) await sql`analyze ${sql.table(table.name)}`.execute(target);
      const [wanted, found] = await Promise.all([digestTable(source, table), digestTable(target, table)]);
      if (wanted.rows === found.rows && wanted.sha256 === found.sha256) return wanted;
    }
    await emptyTable(target, table);
  }
  throw new OperatorError(
    `The copy of ${table.name} is not the same as the source, twice over. See that nobody else writes to the target, and copy again.`,
  );
}

/** False: a row cannot stand beside those that are there. */
async function fillTable(
  source: Kysely<Tables>,
  target: Kysely<Tables>,
  table: CopiedTable,
  progress: CopyOptions['progress'],
): Promise<boolean> {
  let copied = 0;
  for (let after = await readProgress(target, table); ; ) {
    const rows = await readChunk(source, table, after);
    const last = lastPlace(table, rows);
    if (last === undefined) return true;
    try {
      await target.transaction().execute(async (tx) => {
        await noteProgress(tx, table, after, last);
        await insertRows(tx, table, rows);
      });
    } catch (error) {
      if (error instanceof UniqueViolation) return false;
      throw error;
    }
    after = last;
    copied += rows.length;
    progress(table.name, copied);
  }
}

async function finish(
  target: OpenPlace,
  source: OpenPlace,
  facts: Facts,
  { actor, now }: CopyOptions,
): Promise<void> {
  await target.db.transaction().execute(async (tx) => {
    await finishTarget(tx, facts);
    const entry = { at: now, actor, action: 'store.copy', connectionId: null, target: null };
    await writeAudit(tx, { ...entry, detail: { from: source.name, to: target.name } });
  });
}

/** A file's server holds its lock; the servers of a PostgreSQL database are seen beating. Answers the beats that stand still. */
async function refuseServers(source: OpenPlace): Promise<Beat[]> {
  if (!isPostgres(source.db)) return [];
  const beats = await readBeats(source.db);
  const until = performance.now() + SILENCE_MS;
  while (beats.length > 0 && performance.now() < until) {
    await wait(LOOK_MS);
    if ((await movedSince(beats, source)) !== undefined) throw inUse(source);
  }
  return beats;
}

async function movedSince(beats: readonly Beat[], { db }: OpenPlace): Promise<Beat | undefined> {
  if (!isPostgres(db)) return undefined;
  const now = await readBeats(db);
  return now.find(({ id, beat }) => !beats.some((former) => former.id === id && former.beat === beat));
}

function inUse({ name }: OpenPlace): OperatorError {
  return new OperatorError(
    `A Causeway server uses the store in ${name}. Stop all of its servers, then copy again.`,
  );
}
