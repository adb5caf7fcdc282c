import { closeSync, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../core/errors.ts';

/** All pages in one step: between two, a write of the server would begin the backup again. */
const ALL_PAGES = 2 ** 31 - 1;

/**
 * Copies the store in `source` as it is at one moment to a new file (mode 0600), while a server may use it. Answers the size in
 * bytes. Throws `OperatorError`; then there is no such file.
 */
export async function backUpFile(source: string, file: string): Promise<number> {
  if (existsSync(file)) throw new OperatorError(`${file} exists already: name a new file.`);
  const draft = `${file}.unfinished`;
  try {
    rmSync(draft, { force: true });
    closeSync(openSync(draft, 'wx', 0o600));
    await copyPages(source, draft);
    makeWhole(draft);
    renameSync(draft, file);
    return statSync(file).size;
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(
      `${source} cannot be backed up to ${file} (${reason}). Check that its folder exists, that this user may write there and that there is room.`,
      { cause: error },
    );
  } finally {
    for (const ending of ['', '-journal', '-wal', '-shm']) rmSync(`${draft}${ending}`, { force: true });
  }
}

async function copyPages(source: string, draft: string): Promise<void> {
  const store = new DatabaseSync(source, { readOnly: true });
  try {
    await backup(store, draft, { rate: ALL_PAGES });
  } finally {
    store.close();
  }
}

/** One file, without a log beside it, and readable throughout. */
function makeWhole(draft: string): void {
  const copy = new DatabaseSync(draft);
  try {
    copy.exec('pragma journal_mode = delete');
    const found = copy.prepare('pragma quick_check(1)').get()?.['quick_check'];
    if (found !== 'ok')
      throw new OperatorError(`The store is damaged: ${String(found)}. Restore an earlier backup.`);
  } finally {
    copy.close();
  }
}
