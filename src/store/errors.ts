import { CausewayError, StoreUnavailable } from '../core/errors.ts';

/** A write met a unique index; whoever wrote knows which rule of the domain that breaks. */
export class UniqueViolation extends CausewayError {
  readonly code = 'UNIQUE_VIOLATION';
  readonly table: string;
  /** The index's columns in its order; empty where the database does not tell them. */
  readonly columns: readonly string[];

  constructor(table: string, columns: readonly string[], options: { cause: unknown }) {
    super(`A row of ${table} with the same ${columns.join(', ')} exists.`, options);
    this.table = table;
    this.columns = columns;
  }
}

/** Another transaction was in the way and this one was undone: the same again may succeed. */
export class Contention extends StoreUnavailable {}

/** SQLITE_CONSTRAINT_UNIQUE and SQLITE_CONSTRAINT_PRIMARYKEY (sqlite.org/rescode.html). */
const UNIQUE_CODES = new Set([2067, 1555]);

/** Primary result codes of sqlite.org/rescode.html that say nothing about the statement, only about the file. */
const UNAVAILABLE_CODES = new Map([
  [3, 'its files may not be accessed'],
  [5, 'another process holds its lock'],
  [6, 'its lock is held'],
  [7, 'there is no memory left'],
  [8, 'it is read-only'],
  [10, 'the disk reports an error'],
  [11, 'the file is damaged'],
  [13, 'the disk is full'],
  [14, 'the file cannot be opened'],
  [15, 'its lock cannot be had'],
  [22, 'the file is too large for this system'],
  [26, 'the file is not a database'],
]);

/** Another process holds the lock; nothing was done (SQLITE_BUSY). */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
}

/** What a failure of `node:sqlite` means to the store; anything unknown is returned as it is. */
export function storeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
  if (code === 'ERR_INVALID_STATE') {
    return new StoreUnavailable('The store cannot be used now: it is closed.', { cause: error });
  }
  if (typeof errcode !== 'number') return error;
  if (UNIQUE_CODES.has(errcode)) return uniqueViolation(error);
  const reason = UNAVAILABLE_CODES.get(errcode & 0xff);
  return reason === undefined
    ? error
    : new StoreUnavailable(`The store cannot be used now: ${reason}.`, { cause: error });
}

/** Reads `UNIQUE constraint failed: users.connection_id, users.user_name_key`. */
function uniqueViolation(error: Error): UniqueViolation {
  const names = (error.message.split('failed: ')[1] ?? '').split(', ').map((name) => name.split('.'));
  return new UniqueViolation(
    names[0]?.[0] ?? '',
    names.flatMap(([, column]) => (column === undefined ? [] : [column])),
    { cause: error },
  );
}
