import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, Transaction as KyselyTransaction } from 'kysely';
import { OperatorError, StoreUnavailable } from '../core/errors.ts';
import { NodeSqliteDialect, SqliteConnection } from './dialect.ts';
import { storeError } from './errors.ts';
import { readMeta, writeMetaOnce } from './meta.ts';
import { migrate } from './migrate.ts';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;
export type Transaction = KyselyTransaction<Tables>;

/** A sandbox's store and a real one are never opened as each other. */
export type StoreMode = 'sandbox' | 'real';

const OPEN_TIMEOUT_MS = 5000;

/** Full synchronisation: what a push was told is durable survives a power cut. */
const WRITER_PRAGMAS = ['journal_mode = wal', 'synchronous = full', 'journal_size_limit = 67108864'];
/** SQLite's own wait for a lock stops the whole process, so it is short; the dialect waits longer, and does not. */
const PRAGMAS = ['temp_store = memory', 'cache_size = -65536', 'busy_timeout = 5'];

/** Where a store was opened from. */
export interface Origin {
  file: string;
  mode: StoreMode;
}

const connections = new WeakMap<Database, SqliteConnection>();
const origins = new WeakMap<Database, Origin>();
const closers = new WeakMap<Database, () => Promise<void>>();

/** Opens the store, making the file (mode 0600) and its tables where they are missing; throws `OperatorError`. */
export async function openDatabase(options: {
  file: string;
  mode: StoreMode;
  /** For a reader beside the store's own connection: the file must exist, nothing is migrated. */
  readOnly?: boolean;
  /** Beside SQLite's own: called without arguments, wherever a statement says so. */
  functions?: Readonly<Record<string, () => number>>;
}): Promise<Database> {
  const { file, mode, readOnly = false } = options;
  const connection = openFile(file, readOnly, options.functions ?? {});
  const db: Database = new Kysely<Tables>({ dialect: new NodeSqliteDialect(connection, readOnly) });
  connections.set(db, connection);
  origins.set(db, { file, mode });
  try {
    if (!readOnly) await migrate(db);
    checkMode(file, mode, readOnly ? await readMeta(db, 'mode') : await writeMetaOnce(db, 'mode', mode));
  } catch (error) {
    connection.close();
    throw error instanceof StoreUnavailable ? cannotOpen(file, error) : error;
  }
  return db;
}

/** Undefined where another connection to the same file cannot be had. */
export function originOf(db: Database): Origin | undefined {
  return origins.get(db);
}

/** Has `close` run before the store is closed. */
export function beforeClosing(db: Database, close: () => Promise<void>): void {
  closers.set(db, close);
}

/** Waits for the transaction under way; every later query throws `StoreUnavailable`. */
export async function closeDatabase(db: Database): Promise<void> {
  await closers.get(db)?.();
  const connection = connectionOf(db);
  await connection.acquire();
  connection.close();
  connection.release();
}

/**
 * All or nothing; joins the transaction that it is given. Never await anything but this transaction's queries, and
 * turns of everything else (core/turn), inside: every other query waits until it ends.
 */
export async function inTransaction<T>(
  db: Database | Transaction,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  if (db instanceof KyselyTransaction) return work(db);
  const connection = connectionOf(db);
  return db.transaction().execute((tx) => connection.inTransaction(() => work(tx)));
}

/** Differs from the last answer if another connection, such as the CLI's, has written to the store since. */
export async function dataVersion(db: Database): Promise<number> {
  return connectionOf(db).dataVersion();
}

function connectionOf(db: Database): SqliteConnection {
  const connection = connections.get(db);
  if (connection === undefined) throw new Error('This database was not opened by openDatabase.');
  return connection;
}

function openFile(
  file: string,
  readOnly: boolean,
  functions: Readonly<Record<string, () => number>>,
): SqliteConnection {
  let connection: SqliteConnection | undefined;
  try {
    if (!readOnly) closeSync(openSync(file, 'a', 0o600));
    const handle = new DatabaseSync(file, {
      readOnly,
      timeout: OPEN_TIMEOUT_MS,
      enableForeignKeyConstraints: false,
    });
    connection = new SqliteConnection(handle);
    const pragmas = readOnly ? PRAGMAS : [...WRITER_PRAGMAS, ...PRAGMAS];
    for (const pragma of pragmas) handle.exec(`pragma ${pragma}`);
    for (const [name, body] of Object.entries(functions)) handle.function(name, body);
    return connection;
  } catch (error) {
    connection?.close();
    throw cannotOpen(file, storeError(error));
  }
}

function cannotOpen(file: string, cause: unknown): OperatorError {
  const reason = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause);
  return new OperatorError(
    `The store ${file} cannot be opened (${reason}). Check that the folder exists, that this user may write to it and that the disk is not full.`,
    { cause },
  );
}

function checkMode(file: string, wanted: StoreMode, found: string | undefined): void {
  if (found === wanted) return;
  throw new OperatorError(
    found === 'sandbox'
      ? `${file} is the store of a sandbox and cannot be used with CAUSEWAY_SECRET_KEY. Unset that variable to open the sandbox, or set CAUSEWAY_DATA_DIR to another folder.`
      : `${file} is not the store of a sandbox. Set CAUSEWAY_SECRET_KEY to open it, or set CAUSEWAY_DATA_DIR to another folder to start a sandbox.`,
  );
}
