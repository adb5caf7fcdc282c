import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperatorError, StoreUnavailable } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { closeDatabase, type Database, inTransaction, openDatabase } from '../../src/store/database.ts';
import { UniqueViolation } from '../../src/store/errors.ts';
import { readMeta, writeMeta } from '../../src/store/meta.ts';
import { insertTestConnection } from '../unit/store/stored-connection.ts';
import { createPostgresDatabase } from './postgres-database.ts';

describe('a store in PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof createPostgresDatabase>>;
  let db: Database;
  let other: Database;

  beforeAll(async () => {
    database = await createPostgresDatabase();
    db = await openDatabase({ url: database.url, mode: 'real' });
    other = await openDatabase({ url: database.url, mode: 'real' });
  });
  afterAll(async () => {
    await Promise.all([closeDatabase(db), closeDatabase(other)]);
    await database.drop();
  });

  const changedUrl = (change: Partial<Pick<URL, 'port' | 'username' | 'pathname'>>): Secret =>
    new Secret(Object.assign(new URL(database.url.reveal()), change).href);
  const endConnections = () =>
    database.administer('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1');

  it.each([
    ['cannot be reached', { port: '1' }],
    ['does not know the user', { username: 'nobody' }],
    ['does not exist', { pathname: '/missing' }],
  ])('that %s says which it is and what to check, and tells no password', async (_, change) => {
    const opening = openDatabase({ url: changedUrl(change), mode: 'real' });
    await expect(opening).rejects.toThrow(OperatorError);
    await expect(opening).rejects.toThrow(/PostgreSQL database \w+ on 127\.0\.0\.1.* Check its URL/);
    await expect(opening).rejects.not.toThrow(/causeway:causeway/);
  });

  it('of a real installation is not opened as a sandbox', async () => {
    await expect(openDatabase({ url: database.url, mode: 'sandbox' })).rejects.toThrow(
      /not the store of a sandbox/,
    );
  });

  it('that a newer version has changed is never touched', async () => {
    await sql`insert into migrations values ('9999-later', '')`.execute(db);
    const opening = openDatabase({ url: database.url, mode: 'real' });
    await expect(opening).rejects.toThrow(/newer version of Causeway \(it has 9999-later\)/);
    await sql`delete from migrations where name = '9999-later'`.execute(db);
  });

  it('recovers by itself after every connection was ended, and keeps nothing of what was under way', async () => {
    const transaction = inTransaction(db, async (tx) => {
      await writeMeta(tx, 'half', 'done');
      await endConnections();
      await writeMeta(tx, 'other half', 'done');
    });
    await expect(transaction).rejects.toThrow(StoreUnavailable);
    expect(await readMeta(db, 'half')).toBeUndefined();
    await inTransaction(db, (tx) => writeMeta(tx, 'half', 'done'));
    expect(await readMeta(db, 'half')).toBe('done');
  });

  it('is unavailable while the server lets nobody in, and available from then on', async () => {
    await database.administer('alter database %I allow_connections false');
    await endConnections();
    await expect(readMeta(db, 'mode')).rejects.toThrow(StoreUnavailable);
    await expect(inTransaction(db, (tx) => writeMeta(tx, 'a', 'b'))).rejects.toThrow(StoreUnavailable);
    await database.administer('alter database %I allow_connections true');
    expect(await readMeta(db, 'mode')).toBe('real');
  });

  it('is unavailable where it has become read-only, as after a failover to a replica', async () => {
    await database.administer('alter database %I set default_transaction_read_only = on');
    await endConnections();
    await expect(readMeta(db, 'mode').catch(() => readMeta(db, 'mode'))).resolves.toBe('real');
    await expect(writeMeta(db, 'a', 'b')).rejects.toThrow(StoreUnavailable);
    await database.administer('alter database %I reset default_transaction_read_only');
    await endConnections();
  });

  it('tells which columns a unique index refused, and never their values', async () => {
    await insertTestConnection(other, 'twin');
    const again = db.insertInto('meta').values({ name: 'mode', value: 'private' }).execute();
    const error: unknown = await again.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UniqueViolation);
    expect(error).toMatchObject({ table: 'meta', columns: ['name'] });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('private');
  });

  it('begins transactions again that waited for each other', async () => {
    for (const name of ['one', 'two']) await writeMeta(db, name, '0');
    const add = (tx: Parameters<Parameters<typeof inTransaction>[1]>[0], name: string) =>
      sql`update meta set value = cast(value as integer) + 1 where name = ${name}`.execute(tx);
    await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        inTransaction(index % 2 ? db : other, async (tx) => {
          const names = index % 2 ? ['one', 'two'] : ['two', 'one'];
          for (const name of names) await add(tx, name);
        }),
      ),
    );
    expect([await readMeta(db, 'one'), await readMeta(db, 'two')]).toEqual(['6', '6']);
  });

  it('fails a transaction that went on after one of its statements had failed', async () => {
    const transaction = inTransaction(db, async (tx) => {
      await writeMeta(tx, 'lost', 'yes');
      await sql`select 1 / 0`.execute(tx).catch(() => undefined);
    });
    await expect(transaction).rejects.toThrow(/went on after one of its statements had failed/);
    expect(await readMeta(db, 'lost')).toBeUndefined();
  });

  it('refuses a query past the transaction it is made in', async () => {
    await expect(inTransaction(db, () => readMeta(db, 'mode'))).rejects.toThrow(/every query must use it/);
  });

  it('sorts texts by code point, whatever the language of the database', async () => {
    for (const name of ['t-é', 't-Z', 't-a', 't-z']) await writeMeta(db, name, '');
    const rows = await db
      .selectFrom('meta')
      .select('name')
      .where('name', 'like', 't-%')
      .orderBy('name')
      .execute();
    expect(rows.map(({ name }) => name)).toEqual(['t-Z', 't-a', 't-z', 't-é']);
  });

  it('that was closed is unavailable', async () => {
    const third = await openDatabase({ url: database.url, mode: 'real' });
    await closeDatabase(third);
    await expect(readMeta(third, 'mode')).rejects.toThrow(StoreUnavailable);
  });
});
