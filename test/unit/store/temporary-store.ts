import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { closeDatabase, type Database, openDatabase } from '../../../src/store/database.ts';

/** How a test file's stores are opened by the path of a file, and removed. */
export interface TemporaryStores {
  open(file: string): Promise<Database>;
  remove(file: string): Promise<void>;
}

let stores: TemporaryStores = {
  open: (file) => openDatabase({ file, mode: 'sandbox' }),
  remove: async () => {},
};

/** For test files that are to run on another kind of store; to be called before they are imported. */
export function openStoresIn(others: TemporaryStores): void {
  stores = others;
}

/** A path in a folder of its own. */
export function newStoreFile(): { file: string; open(): Promise<Database>; remove(): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-store-'));
  const file = join(folder, 'store.db');
  return {
    file,
    open: () => stores.open(file),
    async remove() {
      await stores.remove(file);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The path of a store that does not exist yet, in a folder of its own that goes with the test. */
export function temporaryFile(): string {
  const { file, remove } = newStoreFile();
  onTestFinished(remove);
  return file;
}

export async function openTemporary(file = temporaryFile()): Promise<Database> {
  const db = await stores.open(file);
  onTestFinished(() => closeDatabase(db));
  return db;
}
