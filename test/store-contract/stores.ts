import { afterAll, beforeAll, onTestFinished } from 'vitest';
import type { Connection } from '../../src/core/connection.ts';
import type { Policies } from '../../src/core/policy.ts';
import { closeDatabase, type Database, openDatabase } from '../../src/store/database.ts';
import { insertTestConnection } from '../unit/store/stored-connection.ts';
import { newStoreFile, type TemporaryStores } from '../unit/store/temporary-store.ts';
import { createPostgresDatabase } from './postgres-database.ts';

/** The two kinds of store; every promise of the contract is tried on both. */
export const KINDS = ['SQLite', 'PostgreSQL'] as const;
export type Kind = (typeof KINDS)[number];

type PostgresDatabase = Awaited<ReturnType<typeof createPostgresDatabase>>;

/** Tests' stores in PostgreSQL databases, one for each file that they name; a removed one is emptied and used again. */
export function postgresStores(): TemporaryStores & { end(): Promise<void> } {
  const databases: PostgresDatabase[] = [];
  const free: PostgresDatabase[] = [];
  const used = new Map<string, Promise<PostgresDatabase>>();
  const create = async () => {
    const database = free.pop() ?? (await createPostgresDatabase());
    if (!databases.includes(database)) databases.push(database);
    return database;
  };
  return {
    async open(file) {
      const database = used.get(file) ?? create();
      used.set(file, database);
      return openDatabase({ url: (await database).url, mode: 'sandbox' });
    },
    async remove(file) {
      const database = await used.get(file);
      used.delete(file);
      if (database === undefined) return;
      await database.empty();
      free.push(database);
    },
    async end() {
      await Promise.all(databases.map((database) => database.drop()));
    },
  };
}

/** An empty store that can be opened again and again, as several processes would. */
export interface TestStore {
  open(): Promise<Database>;
  remove(): Promise<void>;
}

function createStore(kind: Kind): TestStore {
  const { file, open: openFile, remove: removeFile } = newStoreFile();
  const postgres = kind === 'PostgreSQL' ? postgresStores() : null;
  const opened: Database[] = [];
  return {
    async open() {
      const db = await (postgres === null ? openFile() : postgres.open(file));
      opened.push(db);
      return db;
    },
    async remove() {
      await Promise.all(opened.map(closeDatabase));
      await postgres?.end();
      await removeFile();
    },
  };
}

/** A store that goes with the test. */
export function temporaryStore(kind: Kind): TestStore {
  const store = createStore(kind);
  onTestFinished(() => store.remove());
  return store;
}

/** One store for all tests of a `describe`, with two handles as two instances have them, and as many connections as are asked for. */
export function sharedStore(kind: Kind) {
  const store = createStore(kind);
  const dbs: Database[] = [];
  let made = 0;
  beforeAll(async () => {
    dbs.push(await store.open(), await store.open());
  });
  afterAll(() => store.remove());
  const instance = (number: number): Database => {
    const db = dbs[number % dbs.length];
    if (db === undefined) throw new Error('The store is not open yet.');
    return db;
  };
  return {
    instance,
    freshConnection: (policies: Partial<Policies> = {}): Promise<Connection> => {
      made += 1;
      return insertTestConnection(instance(0), `c${made}`, policies);
    },
  };
}
