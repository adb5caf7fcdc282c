import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { closeDatabase, type Database, openDatabase } from '../../../src/store/database.ts';

/** The path of a store that does not exist yet, in a folder of its own that goes with the test. */
export function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'store.db');
}

export async function openTemporary(file = temporaryFile()): Promise<Database> {
  const db = await openDatabase({ file, mode: 'sandbox' });
  onTestFinished(() => closeDatabase(db));
  return db;
}
