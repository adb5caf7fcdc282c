import { setTimeout } from 'node:timers/promises';
import { Kysely, Transaction as KyselyTransaction } from 'kysely';
import { OperatorError, StoreUnavailable } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { COPYING } from './copy-mark.ts';
import { NodeSqliteDialect } from './dialect.ts';
import { Contention, UniqueViolation } from './errors.ts';
import { readMeta, writeMetaOnce } from './meta.ts';
import { migrate } from './migrate.ts';
import { describeUrl, openPool } from './postgres.ts';
import { openFile } from './sqlite.ts';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;
export type Transaction = KyselyTransaction<Tables>;

/** A sandbox's store and a real one are never opened as each other. */
export type StoreMode = 'sandbox' | 'real';

/** The file that a store was opened from. */
export interface Origin {
  file: string;
  mode: StoreMode;
}

/** What one kind of store does otherwise than the other. */
interface Store {
  /** SQLite's. */
  origin?: Origin;
  /** Others write at the same time: what a transaction has read may be out of date when it writes. */
  concurrent: boolean;
  /** PostgreSQL's connections for reads that may take long. */
  search?: Database;
  /** Runs the body of a transaction so that a query past the transaction fails. */
  guard<T>(work: () => Promise<T>): Promise<T>;
  /** SQLite's. */
  version?(): string;
  /** PostgreSQL's. */
  url?: Secret;
  close(): Promise<void>;
}

const stores = new WeakMap<Database, Store>();
const closers = new WeakMap<Database, () => Promise<void>>();

/** A transaction that met another one is begun again this often, after a pause of up to so long. */
const MAX_ATTEMPTS = 6;
const MAX_PAUSE_MS = 50;

/** Opens the store, making the file (mode 0600) and its tables where they are missing; throws `OperatorError`. */
export async function openDatabase(
  options: { mode: StoreMode } & (
    | { url: Secret }
    | {
        file: string;
        /** For a reader beside the store's own connection: the file must exist, nothing is migrated. */
        readOnly?: boolean;
        /** Beside SQLite's own: called without arguments, wherever a statement says so. */
        functions?: Readonly<Record<string, () => number>>;
      }
  ),
): Promise<Database> {
  const { mode } = options;
  if ('url' in options) return openShared(options.url, mode);
  const { file, readOnly = false, functions = {} } = options;
  const hint = 'Check that the folder exists, that this user may write to it and that the disk is not full.';
  return explained(file, hint, async () => {
    const connection = openFile(file, readOnly, functions);
    const db: Database = new Kysely<Tables>({ dialect: new NodeSqliteDialect(connection, readOnly) });
    stores.set(db, {
      concurrent: false,
      origin: { file, mode },
      guard: (work) => connection.inTransaction(work),
      version: () => String(connection.dataVersion()),
      close: async () => {
        await connection.acquire();
        connection.close();
        connection.release();
      },
    });
    try {
      if (!readOnly) await migrate(db, file);
      checkMode(file, mode, readOnly ? await readMeta(db, 'mode') : await writeMetaOnce(db, 'mode', mode));
    } catch (error) {
      connection.close();
      throw error;
    }
    return db;
  });
}

async function openShared(url: Secret, mode: StoreMode): Promise<Database> {
  const name = describeUrl(url);
  const hint =
    'Check its URL (CAUSEWAY_DATABASE_URL), that the database runs and that its user may make tables there.';
  return explained(name, hint, async () => {
    const migration = openPool(url, 'migration');
    try {
      await migrate(migration.db, name);
      checkMode(name, mode, await writeMetaOnce(migration.db, 'mode', mode));
    } finally {
      await migration.close();
    }
    const { db, scope, close } = openPool(url, 'work');
    const search = openPool(url, 'search');
    stores.set(db, {
      concurrent: true,
      search: search.db,
      guard: (work) => scope.run(work),
      url,
      close: async () => {
        await Promise.all([close(), search.close()]);
      },
    });
    return db;
  });
}

/** Undefined where another connection to the same file cannot be had. */
export function originOf(db: Database): Origin | undefined {
  return stores.get(db)?.origin;
}

/** Where reads that may take long are made beside the store's other work; undefined for a store in a file. */
export function searchOf(db: Database): Database | undefined {
  return stores.get(db)?.search;
}

/** Has `close` run before the store is closed. */
export function beforeClosing(db: Database, close: () => Promise<void>): void {
  closers.set(db, close);
}

/** Waits for the transactions under way; every later query throws `StoreUnavailable`. */
export async function closeDatabase(db: Database): Promise<void> {
  await closers.get(db)?.();
  await storeOf(db).close();
}

/**
 * All or nothing; joins the transaction that it is given. Never await anything but this transaction's queries inside: SQLite has one
 * connection. Rows that are read to be written are read `forUpdate`. On PostgreSQL others write at the same time:
 * `work` is run again, from its beginning, after another transaction was in the way.
 */
export async function inTransaction<T>(
  db: Database | Transaction,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  if (db instanceof KyselyTransaction) return work(db);
  const { guard, concurrent } = storeOf(db);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute((tx) => guard(() => work(tx)));
    } catch (error) {
      // The row that is in the way may have come while this transaction looked for it: the next one finds it.
      const late = concurrent && attempt === 1 && error instanceof UniqueViolation;
      if (late) continue;
      if (!(error instanceof Contention) || attempt === MAX_ATTEMPTS) throw error;
      await setTimeout(Math.random() * MAX_PAUSE_MS);
    }
  }
}

/**
 * Of a store in a file: differs from the last answer if another connection, such as the CLI's, has written to it since. A shared
 * store has none: its changes are announced, or looked for.
 */
export function dataVersion(db: Database): string {
  return storeOf(db).version?.() ?? '';
}

/** Where a store that several servers share is; undefined for a store in a file, which one server has to itself. */
export function sharedAt(db: Database): Secret | undefined {
  return storeOf(db).url;
}

function storeOf(db: Database): Store {
  const store = stores.get(db);
  if (store === undefined) throw new Error('This database was not opened by openDatabase.');
  return store;
}

async function explained(name: string, hint: string, open: () => Promise<Database>): Promise<Database> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    const reason = error.message.replace(/\.$/, '');
    throw new OperatorError(`The store ${name} cannot be opened (${reason}). ${hint}`, { cause: error });
  }
}

function checkMode(name: string, wanted: StoreMode, found: string | undefined): void {
  if (found === wanted) return;
  if (found === COPYING) {
    throw new OperatorError(
      `${name} is an unfinished copy of another store. Finish it with "causeway copy", or delete it.`,
    );
  }
  throw new OperatorError(
    found === 'sandbox'
      ? `${name} is the store of a sandbox and cannot be used with CAUSEWAY_SECRET_KEY. Unset that variable to open the sandbox, or set CAUSEWAY_DATA_DIR to another folder.`
      : `${name} is not the store of a sandbox. Set CAUSEWAY_SECRET_KEY to open it, or set CAUSEWAY_DATA_DIR to another folder to start a sandbox.`,
  );
}
