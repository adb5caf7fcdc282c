import { existsSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { OperatorError, StoreUnavailable } from '../../../src/core/errors.ts';
import { closeDatabase, dataVersion, inTransaction, openDatabase } from '../../../src/store/database.ts';
import { UniqueViolation } from '../../../src/store/errors.ts';
import { readMeta, writeMeta, writeMetaOnce } from '../../../src/store/meta.ts';
import { openTemporary, temporaryFile } from './temporary-store.ts';

describe('a store', () => {
  it('is a file that only its owner may read', async () => {
    const file = temporaryFile();
    await openTemporary(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
  });

  it('survives a power cut after every commit: write-ahead log, fully synchronised', async () => {
    const db = await openTemporary();
    const journal = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(db);
    const synchronous = await sql<{ synchronous: number }>`pragma synchronous`.execute(db);
    expect(journal.rows).toEqual([{ journal_mode: 'wal' }]);
    expect(synchronous.rows).toEqual([{ synchronous: 2 }]);
  });

  it('keeps what was written when it is closed and opened again', async () => {
    const file = temporaryFile();
    const before = await openDatabase({ file, mode: 'real' });
    await writeMeta(before, 'colour', 'green');
    await closeDatabase(before);
    const after = await openDatabase({ file, mode: 'real' });
    expect(await readMeta(after, 'colour')).toBe('green');
    await closeDatabase(after);
  });

  it('of a sandbox is not opened as a real one, and the message says which it is', async () => {
    const file = temporaryFile();
    await openTemporary(file);
    const opening = openDatabase({ file, mode: 'real' });
    await expect(opening).rejects.toThrow(OperatorError);
    await expect(opening).rejects.toThrow(/is the store of a sandbox/);
  });

  it('of a real installation is not opened as a sandbox', async () => {
    const file = temporaryFile();
    await closeDatabase(await openDatabase({ file, mode: 'real' }));
    await expect(openDatabase({ file, mode: 'sandbox' })).rejects.toThrow(/is not the store of a sandbox/);
  });

  it('that cannot be made says where, and what to check', async () => {
    const opening = openDatabase({ file: `${temporaryFile()}/missing/store.db`, mode: 'real' });
    await expect(opening).rejects.toThrow(OperatorError);
    await expect(opening).rejects.toThrow(
      /missing\/store\.db cannot be opened.*Check that the folder exists/,
    );
  });

  it('that is no database at all is refused and left as it was', async () => {
    const file = temporaryFile();
    writeFileSync(file, 'a text file of somebody else, longer than a database header would be'.repeat(20));
    await expect(openDatabase({ file, mode: 'real' })).rejects.toThrow(/is not a database/);
    expect(statSync(file).size).toBeGreaterThan(1000);
  });

  it('opened for reading shows what the other connection commits and cannot be written', async () => {
    const file = temporaryFile();
    const writer = await openTemporary(file);
    const reader = await openDatabase({ file, mode: 'sandbox', readOnly: true });
    await writeMeta(writer, 'colour', 'blue');
    expect(await inTransaction(reader, (tx) => readMeta(tx, 'colour'))).toBe('blue');
    await expect(writeMeta(reader, 'colour', 'red')).rejects.toThrow(StoreUnavailable);
    await closeDatabase(reader);
  });

  it('opened for reading is never made', async () => {
    const file = temporaryFile();
    await expect(openDatabase({ file, mode: 'real', readOnly: true })).rejects.toThrow(OperatorError);
    expect(existsSync(file)).toBe(false);
  });
});

describe('a transaction', () => {
  it('leaves nothing behind when its body throws', async () => {
    const db = await openTemporary();
    const failing = inTransaction(db, async (tx) => {
      await writeMeta(tx, 'half', 'done');
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(await readMeta(db, 'half')).toBeUndefined();
  });

  it('lets queries of others wait until it has ended', async () => {
    const db = await openTemporary();
    const writing = inTransaction(db, async (tx) => {
      await writeMeta(tx, 'step', 'first');
      await new Promise((resolve) => setImmediate(resolve));
      await writeMeta(tx, 'step', 'second');
    });
    const [, seen] = await Promise.all([writing, readMeta(db, 'step')]);
    expect(seen).toBe('second');
  });

  it('is served in the order of asking', async () => {
    const db = await openTemporary();
    const order: number[] = [];
    const asked = Array.from({ length: 50 }, (_, index) =>
      inTransaction(db, async (tx) => {
        await writeMeta(tx, 'last', String(index));
        order.push(index);
      }),
    );
    await Promise.all(asked);
    expect(order).toEqual(asked.map((_, index) => index));
  });

  it('that is given to another joins it, and fails with it', async () => {
    const db = await openTemporary();
    const failing = inTransaction(db, async (outer) => {
      await inTransaction(outer, (inner) => writeMeta(inner, 'inner', 'written'));
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(await readMeta(db, 'inner')).toBeUndefined();
  });

  it('refuses a query past it, which could only wait forever', async () => {
    const db = await openTemporary();
    const failing = inTransaction(db, async () => readMeta(db, 'mode'));
    await expect(failing).rejects.toThrow(/every query must use it/);
    expect(await readMeta(db, 'mode')).toBe('sandbox');
  });

  it('takes the write lock at its beginning, so that two processes never meet half-way', async () => {
    const file = temporaryFile();
    const db = await openTemporary(file);
    const other = new DatabaseSync(file, { timeout: 0 });
    await inTransaction(db, async () => {
      expect(() => other.exec('begin immediate')).toThrow(/locked/);
    });
    other.close();
  });
});

describe('two connections of one process', () => {
  it('wait for each other without stopping it', async () => {
    const file = temporaryFile();
    const [one, two] = [await openTemporary(file), await openTemporary(file)];
    const counting = [one, two].flatMap((db) =>
      Array.from({ length: 20 }, () =>
        inTransaction(db, async (tx) => {
          const count = Number((await readMeta(tx, 'count')) ?? '0');
          await writeMeta(tx, 'count', String(count + 1));
        }),
      ),
    );
    await Promise.all(counting);
    expect(await readMeta(one, 'count')).toBe('40');
  });
});

describe('a failure of the store', () => {
  it('after closing is StoreUnavailable, for queries and transactions', async () => {
    const db = await openDatabase({ file: temporaryFile(), mode: 'sandbox' });
    await closeDatabase(db);
    await expect(readMeta(db, 'mode')).rejects.toThrow(StoreUnavailable);
    await expect(inTransaction(db, (tx) => readMeta(tx, 'mode'))).rejects.toThrow(StoreUnavailable);
    expect(() => dataVersion(db)).toThrow(StoreUnavailable);
  });

  it('for want of disk is StoreUnavailable, rolls back, and ends when there is room again', async () => {
    const db = await openTemporary();
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db);
    const limit = sql.raw(String(rows[0]?.page_count));
    await sql`pragma max_page_count = ${limit}`.execute(db);
    const writing = inTransaction(db, async (tx) => {
      await writeMeta(tx, 'small', 'x');
      await writeMeta(tx, 'large', 'x'.repeat(100_000));
    });
    await expect(writing).rejects.toThrow(StoreUnavailable);
    expect(await readMeta(db, 'small')).toBeUndefined();
    await sql`pragma max_page_count = 1000000`.execute(db);
    await writeMeta(db, 'large', 'x'.repeat(100_000));
  });

  it('because another process holds the lock for five seconds is StoreUnavailable, and ends with the lock', async () => {
    const file = temporaryFile();
    const db = await openTemporary(file);
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    for (const work of [
      () => writeMeta(db, 'a', 'b'),
      () => inTransaction(db, (tx) => readMeta(tx, 'mode')),
    ]) {
      const failing = expect(work()).rejects.toThrow(/another process holds its lock/);
      await vi.advanceTimersByTimeAsync(5100);
      await failing;
    }
    other.close();
    await writeMeta(db, 'a', 'b');
  });

  it('of a unique index names the table and its columns', async () => {
    const db = await openTemporary();
    const user = {
      connection_id: 'okta',
      user_name: 'Ann',
      user_name_key: 'ann',
      external_id: null,
      document: '{}',
      folded: '{}',
      version: 1,
      created_at: 1,
      modified_at: 1,
    };
    await db
      .insertInto('users')
      .values({ ...user, id: 'a' })
      .execute();
    const again = db
      .insertInto('users')
      .values({ ...user, id: 'b' })
      .execute();
    await expect(again).rejects.toThrow(UniqueViolation);
    await expect(again).rejects.toMatchObject({
      table: 'users',
      columns: ['connection_id', 'user_name_key'],
    });
    const sameId = db
      .insertInto('users')
      .values({ ...user, id: 'a', user_name_key: 'other' })
      .execute();
    await expect(sameId).rejects.toMatchObject({ table: 'users', columns: ['connection_id', 'id'] });
  });

  it('that is a mistake in a statement stays what it is', async () => {
    const db = await openTemporary();
    const asking = sql`select 1 from nowhere`.execute(db);
    await expect(asking).rejects.toThrow(/no such table/);
    await expect(asking).rejects.not.toThrow(StoreUnavailable);
  });
});

describe('the data version', () => {
  it('changes when another connection has written, and not by own writes', async () => {
    const file = temporaryFile();
    const server = await openTemporary(file);
    const before = dataVersion(server);
    await writeMeta(server, 'own', 'write');
    expect(dataVersion(server)).toBe(before);
    const cli = await openTemporary(file);
    expect(dataVersion(server)).toBe(before);
    await writeMeta(cli, 'other', 'write');
    expect(dataVersion(server)).not.toBe(before);
  });
});

describe('the facts of a store', () => {
  it('written once stay as the first wrote them', async () => {
    const db = await openTemporary();
    expect(await writeMetaOnce(db, 'name', 'first')).toBe('first');
    expect(await writeMetaOnce(db, 'name', 'second')).toBe('first');
    expect(await readMeta(db, 'name')).toBe('first');
  });
});
