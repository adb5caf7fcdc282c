import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../core/errors.ts';

const BUSY = 5;

/** Ends with the process at the latest, however that dies. */
export interface ServerLock {
  release(): void;
}

/**
 * Holds the data folder for one server: two would deliver the same accounts. SQLite's own file lock is used, because the
 * operating system frees it and a process id in a file can be somebody else's by now. The CLI takes no lock.
 */
export function lockForServer(file: string): ServerLock {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(file);
    chmodSync(file, 0o600);
    lock.exec('begin exclusive');
  } catch (error) {
    lock?.close();
    if (!isBusy(error))
      throw new OperatorError(`${file} cannot be written: give this user the right to.`, { cause: error });
    throw new OperatorError(
      `Another Causeway server already uses this data folder (${file} is locked). Stop that one first, or set CAUSEWAY_DATA_DIR to another folder.`,
    );
  }
  const held = lock;
  return { release: () => held.close() };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === BUSY;
}
