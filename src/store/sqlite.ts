import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../core/errors.ts';
import { storeError } from './errors.ts';
import { SqliteConnection } from './sqlite-connection.ts';

const OPEN_TIMEOUT_MS = 5000;

/** Full synchronisation: what a push was told is durable survives a power cut. */
const WRITER_PRAGMAS = [
  'journal_mode = wal',
  'synchronous = full',
  'journal_size_limit = 67108864',
  'cache_size = -32768',
];
/** Searches pass through a table once: what they have read is of little use to the next one. */
const READER_PRAGMAS = ['cache_size = -8192'];
/** SQLite's own wait for a lock stops the whole process, so it is short; the dialect waits longer, and does not. */
const PRAGMAS = ['temp_store = memory', 'busy_timeout = 5'];

/** A file opened as a store is; made with mode 0600 where it is missing, unless only for reading. Throws `StoreUnavailable`. */
export function openFile(
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
    const pragmas = readOnly ? READER_PRAGMAS : WRITER_PRAGMAS;
    for (const pragma of [...pragmas, ...PRAGMAS]) handle.exec(`pragma ${pragma}`);
    for (const [name, body] of Object.entries(functions)) handle.function(name, body);
    return connection;
  } catch (error) {
    connection?.close();
    const meaning = storeError(error);
    if (meaning instanceof StoreUnavailable || !(meaning instanceof Error)) throw meaning;
    throw new StoreUnavailable(meaning.message, { cause: error });
  }
}
