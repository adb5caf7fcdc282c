import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { closeDatabase, type Database, openDatabase, type StoreMode } from './database.ts';
import { checkKey, type Keyring, openKeyring } from './encryption.ts';

/** A store and the keys to what is sealed in it. */
export interface DataFolder {
  db: Database;
  keyring: Keyring;
}

/** A sandbox's files and the real store's differ, so that one folder may hold both. */
export function dataFile(dir: string, mode: StoreMode, ending: 'db' | 'key' | 'lock' | 'json'): string {
  return join(dir, `${mode === 'sandbox' ? 'sandbox' : 'causeway'}.${ending}`);
}

/** Makes the folder (mode 0700) where it is missing; an existing one keeps its mode. */
export function makeDataFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(dir, error);
  }
}

/**
 * Opens the store and its keys, for a server as for the CLI beside it: the folder's file, or a real one in the database that is named. `secretKey`: 32 bytes; null in the sandbox, whose first
 * start makes one of its own.
 */
export async function openDataFolder(options: {
  dir: string;
  mode: StoreMode;
  secretKey: Uint8Array | null;
  databaseUrl?: Secret | null;
}): Promise<DataFolder> {
  const { dir, mode, databaseUrl: url = null } = options;
  if (url === null) makeDataFolder(dir);
  const keyring = openKeyring(options.secretKey ?? sandboxKey(dir));
  const db = await openDatabase(url === null ? { file: dataFile(dir, mode, 'db'), mode } : { url, mode });
  try {
    await checkKey(db, keyring);
  } catch (error) {
    await closeDatabase(db);
    throw error;
  }
  return { db, keyring };
}

/** 32 random bytes, mode 0600. A new key for an old store would open nothing in it. */
function sandboxKey(dir: string): Uint8Array {
  const file = dataFile(dir, 'sandbox', 'key');
  if (existsSync(file)) return readFileSync(file);
  const store = dataFile(dir, 'sandbox', 'db');
  if (existsSync(store)) {
    throw new OperatorError(
      `${file} is missing, and ${store} cannot be read without it. Put it back, or delete ${store}.`,
    );
  }
  const key = randomBytes(32);
  try {
    writeFileSync(file, key, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw unwritable(dir, error);
  }
  return key;
}

function unwritable(dir: string, cause: unknown): OperatorError {
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new OperatorError(
    `The data folder ${dir} cannot be written${code}. Give this user the right to write there, or set CAUSEWAY_DATA_DIR.`,
    { cause },
  );
}
