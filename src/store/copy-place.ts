import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { Kysely, sql } from 'kysely';
import { OperatorError, StoreUnavailable } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { dataFile, makeDataFolder } from './data-folder.ts';
import type { StoreMode } from './database.ts';
import { NodeSqliteDialect } from './dialect.ts';
import { describeUrl, openPool } from './postgres.ts';
import { lockForServer } from './server-lock.ts';
import { openFile } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** Where a store is: a PostgreSQL database, a SQLite file, or the folder that has or gets one under its usual name. */
export type StorePlace = ExactPlace | { dir: string };
type ExactPlace = { url: Secret } | { file: string };

/** A store opened beside the rules for servers: unfinished ones, and such as belong to none, are opened too. */
export interface OpenPlace {
  /** What may be shown of where it is. */
  name: string;
  db: Kysely<Tables>;
  close(): Promise<void>;
}

/** Reads `postgresql://…`, a data folder or a file that ends with `.db`; throws `OperatorError` without repeating what may hold a password. */
export function parsePlace(text: string): StorePlace {
  if (/^[a-z]+:\/\//i.test(text)) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url !== undefined && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1)
      return { url: new Secret(text) };
    throw new OperatorError(
      'A store is named by the URL of a PostgreSQL database, such as postgresql://causeway@db.example.com/causeway, by a data folder or by a SQLite file.',
    );
  }
  const path = resolve(text);
  const isFile = existsSync(path) ? statSync(path).isFile() : extname(path) === '.db';
  return isFile ? { file: path } : { dir: path };
}

/** Where the store is that is to be read: in a data folder the one that is there. */
export function findSource(place: StorePlace): ExactPlace {
  if ('url' in place) return place;
  if ('file' in place) {
    if (existsSync(place.file)) return place;
    throw new OperatorError(`There is no store at ${place.file}.`);
  }
  const found = (['real', 'sandbox'] as const)
    .map((mode) => dataFile(place.dir, mode, 'db'))
    .filter(existsSync);
  const [file, other] = found;
  if (file === undefined) throw new OperatorError(`There is no store in ${place.dir}.`);
  if (other === undefined) return { file };
  throw new OperatorError(`There are two stores in ${place.dir}: name ${file} or ${other}.`);
}

/** Where a store of this mode is to be made; a sandbox goes to a file that a sandbox may open. */
export function placeTarget(place: StorePlace, mode: StoreMode): ExactPlace {
  if ('dir' in place) return { file: dataFile(place.dir, mode, 'db') };
  if ('url' in place) {
    if (mode === 'real') return place;
    throw new OperatorError(
      'A sandbox keeps its store in a file: copy it to a data folder, not to PostgreSQL.',
    );
  }
  const usual = serversMode(place.file);
  if (usual !== undefined && usual !== mode) {
    throw new OperatorError(
      `A ${usual === 'real' ? 'real server' : 'sandbox'} is started from ${place.file}, and the source is ${mode === 'real' ? 'no sandbox' : 'a sandbox'}. Name the data folder alone, or ${basename(dataFile('.', mode, 'db'))} in it.`,
    );
  }
  return place;
}

/** Keeps servers away from a file until `release`; throws OperatorError while one uses it. On PostgreSQL nothing can. */
export function lockPlace(place: ExactPlace): { release(): void } {
  const mode = 'file' in place ? serversMode(place.file) : undefined;
  if (!('file' in place) || mode === undefined) return { release: () => {} };
  makeDataFolder(dirname(place.file));
  return lockForServer(dataFile(dirname(place.file), mode, 'lock'));
}

/** Under other names no server looks for its store. */
function serversMode(file: string): StoreMode | undefined {
  const dir = dirname(file);
  return (['real', 'sandbox'] as const).find(
    (mode) => dataFile(dir, mode, 'db') === join(dir, basename(file)),
  );
}

/** Throws `OperatorError` where it cannot be had; a file to be written is made, with its folder. */
export async function openPlace(place: ExactPlace, use: 'read' | 'write'): Promise<OpenPlace> {
  const name = 'url' in place ? describeUrl(place.url) : place.file;
  try {
    const opened = 'url' in place ? openPool(place.url, 'migration') : openStoreFile(place.file, use);
    await sql`select 1`.execute(opened.db).catch(async (error: unknown) => {
      await opened.close();
      throw error;
    });
    return { name, ...opened };
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    throw new OperatorError(`The store ${name} cannot be opened. ${error.message}`, { cause: error });
  }
}

function openStoreFile(file: string, use: 'read' | 'write'): Omit<OpenPlace, 'name'> {
  if (use === 'write') makeDataFolder(dirname(file));
  const connection = openFile(file, use === 'read', {});
  const db = new Kysely<Tables>({ dialect: new NodeSqliteDialect(connection, use === 'read') });
  return { db, close: async () => connection.close() };
}
