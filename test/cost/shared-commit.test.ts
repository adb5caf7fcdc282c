import { sql } from 'kysely';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StoreUnavailable } from '../../src/core/errors.ts';
import { type Database, inTransaction } from '../../src/store/database.ts';
import { readMeta, writeMeta } from '../../src/store/meta.ts';
import { openTemporary, temporaryFile } from '../unit/store/temporary-store.ts';
import { WorkCount } from './work-count.ts';

afterEach(() => void vi.restoreAllMocks());

function put(db: Database, name: string, after?: () => void): Promise<void> {
  return inTransaction(db, async (tx) => {
    await writeMeta(tx, name, 'written');
    after?.();
  });
}

const fail = () => {
  throw new Error('refused');
};

describe('Transactions that end in one turn of the event loop', () => {
  it('share one commit', async () => {
    const db = await openTemporary();
    const count = new WorkCount();
    const names = Array.from({ length: 50 }, (_, index) => `fact ${index}`);
    const { commits } = await count.during(() => Promise.all(names.map((name) => put(db, name))));
    expect(commits).toBe(1);
    expect(await Promise.all(names.map((name) => readMeta(db, name)))).toEqual(names.map(() => 'written'));
  });

  it('are durable when they are answered: another connection sees them', async () => {
    const file = temporaryFile();
    const db = await openTemporary(file);
    const other = await openTemporary(file);
    await Promise.all(['a', 'b', 'c'].map((name) => put(db, name).then(() => readMeta(other, name)))).then(
      (seen) => expect(seen).toEqual(['written', 'written', 'written']),
    );
  });

  it.each([
    ['first', 0],
    ['in the middle', 1],
    ['last', 2],
  ])('are not undone by one that fails %s', async (_, failing) => {
    const db = await openTemporary();
    const names = ['a', 'b', 'c'];
    const results = await Promise.allSettled(
      names.map((name, index) => put(db, name, index === failing ? fail : undefined)),
    );
    expect(results.map(({ status }) => status === 'rejected')).toEqual(names.map((_, n) => n === failing));
    const kept = await Promise.all(names.map((name) => readMeta(db, name)));
    expect(kept).toEqual(names.map((_, n) => (n === failing ? undefined : 'written')));
  });

  it('are seen by nobody before the commit, queries of the same process included', async () => {
    const file = temporaryFile();
    const db = await openTemporary(file);
    const other = await openTemporary(file);
    const written = put(db, 'a');
    const own = await readMeta(db, 'a');
    expect([own, await readMeta(other, 'a')]).toEqual(['written', 'written']);
    await written;
  });

  it('all fail if the commit fails, and the store goes on', async () => {
    const db = await openTemporary();
    // A deferred constraint is the one thing that SQLite checks at the commit.
    await sql`create table parent (id integer primary key)`.execute(db);
    await sql`create table child (id integer references parent deferrable initially deferred)`.execute(db);
    await sql`pragma foreign_keys = on`.execute(db);
    const orphan = inTransaction(db, async (tx) => {
      await sql`insert into child values (1)`.execute(tx);
    });
    const results = await Promise.allSettled([put(db, 'a'), orphan, put(db, 'b')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect([await readMeta(db, 'a'), await readMeta(db, 'b')]).toEqual([undefined, undefined]);
    await put(db, 'c');
    expect(await readMeta(db, 'c')).toBe('written');
  });

  it('are told that the store is unavailable if the disk fails beneath a later one', async () => {
    const db = await openTemporary();
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db);
    await sql`pragma max_page_count = ${sql.lit((rows[0]?.page_count ?? 0) + 1)}`.execute(db);
    const large = inTransaction(db, async (tx) => writeMeta(tx, 'large', 'x'.repeat(1_000_000)));
    const [small, refused] = await Promise.allSettled([put(db, 'small'), large]);
    expect(refused).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) });
    const isThere = (await readMeta(db, 'small')) === 'written';
    expect(isThere).toBe(small.status === 'fulfilled');
  });
});
