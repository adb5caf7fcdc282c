import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../../src/core/errors.ts';
import { type Database, inTransaction, type Transaction } from '../../../src/store/database.ts';
import { readMeta, writeMeta } from '../../../src/store/meta.ts';
import { openTemporary, temporaryFile } from './temporary-store.ts';

const LARGE = 'x'.repeat(1_000_000);

/** A store whose file has room for a few small rows more, and a second connection that sees only what is committed. */
async function nearlyFull(): Promise<{ db: Database; other: Database }> {
  const file = temporaryFile();
  const db = await openTemporary(file);
  const other = await openTemporary(file);
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db);
  await sql`pragma max_page_count = ${sql.lit((rows[0]?.page_count ?? 0) + 4)}`.execute(db);
  return { db, other };
}

const put = (db: Database, name: string) => inTransaction(db, (tx) => writeMeta(tx, name, 'written'));

/** SQLite undoes everything since `begin`. */
const fill = (tx: Database | Transaction) => writeMeta(tx, 'large', LARGE);

/** A write of several rows: SQLite undoes that statement alone. */
const fillByRows = (tx: Database | Transaction) =>
  tx
    .insertInto('meta')
    .values(['one', 'two'].map((name) => ({ name, value: LARGE })))
    .execute();

async function swallowing(work: Promise<unknown>): Promise<void> {
  await work.catch(() => {});
}

interface Told {
  [name: string]: 'stored' | 'failed';
}

/** What each was told; a failure must be StoreUnavailable. */
async function told(asked: Record<string, Promise<unknown>>): Promise<Told> {
  const results = await Promise.allSettled(Object.values(asked));
  const names = Object.keys(asked);
  return Object.fromEntries(
    results.map((result, index) => {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(StoreUnavailable);
      return [names[index], result.status === 'fulfilled' ? 'stored' : 'failed'];
    }),
  );
}

async function stored(db: Database, names: readonly string[]): Promise<Told> {
  const found = await Promise.all(names.map((name) => readMeta(db, name)));
  return Object.fromEntries(names.map((name, index) => [name, found[index] ? 'stored' : 'failed']));
}

describe('A disk that is full undoes a shared commit', () => {
  it('under a transaction of its own: nothing of it is stored, and the next one is', async () => {
    const { db, other } = await nearlyFull();
    const answers = await told({
      full: inTransaction(db, async (tx) => {
        await writeMeta(tx, 'before', 'written');
        await fill(tx);
      }),
      next: put(db, 'next'),
    });
    expect(answers).toEqual({ full: 'failed', next: 'stored' });
    expect(await stored(other, ['before', 'next'])).toEqual({ before: 'failed', next: 'stored' });
  });

  it('for those that ended before, who are told, and for nobody after', async () => {
    const { db, other } = await nearlyFull();
    const answers = await told({
      one: put(db, 'one'),
      two: put(db, 'two'),
      full: inTransaction(db, fill),
      three: put(db, 'three'),
      four: put(db, 'four'),
    });
    expect(answers).toEqual({
      one: 'failed',
      two: 'failed',
      full: 'failed',
      three: 'stored',
      four: 'stored',
    });
    expect(await stored(other, ['one', 'two', 'three', 'four'])).toEqual({
      one: 'failed',
      two: 'failed',
      three: 'stored',
      four: 'stored',
    });
  });

  it.each([
    ['the first', [] as string[]],
    ['a later', ['before']],
  ])('whose failure %s transaction swallows: it can write nothing more', async (_, before) => {
    const { db, other } = await nearlyFull();
    const ended = before.map((name) => [name, put(db, name)]);
    const stubborn = inTransaction(db, async (tx) => {
      await swallowing(fill(tx));
      await expect(readMeta(tx, 'mode')).rejects.toThrow(StoreUnavailable);
      await expect(writeMeta(tx, 'stray', 'written')).rejects.toThrow(StoreUnavailable);
    });
    const asked = { ...Object.fromEntries(ended), stubborn, after: put(db, 'after') };
    expect(await told(asked)).toEqual({
      ...Object.fromEntries(before.map((name) => [name, 'failed'])),
      stubborn: 'failed',
      after: 'stored',
    });
    expect(await stored(other, ['before', 'stray', 'after'])).toEqual({
      before: 'failed',
      stray: 'failed',
      after: 'stored',
    });
  });

  it('while the running transaction lasts beyond the turn in which the others would have been committed', async () => {
    const { db, other } = await nearlyFull();
    const before = put(db, 'before');
    const slow = inTransaction(db, async (tx) => {
      await swallowing(fill(tx));
      await expect(before).rejects.toThrow(StoreUnavailable);
      await new Promise((resolve) => setImmediate(resolve));
      await writeMeta(tx, 'stray', 'written');
    });
    const answers = await told({ before, slow, after: put(db, 'after') });
    expect(answers).toEqual({ before: 'failed', slow: 'failed', after: 'stored' });
    expect(await stored(other, ['stray'])).toEqual({ stray: 'failed' });
  });

  it('by a query outside every transaction: those that ended before it are told', async () => {
    const { db, other } = await nearlyFull();
    const answers = await told({
      before: put(db, 'before'),
      query: fill(db),
      reader: readMeta(db, 'mode'),
      after: put(db, 'after'),
    });
    expect(answers).toEqual({ before: 'failed', query: 'failed', reader: 'stored', after: 'stored' });
    expect(await stored(other, ['before', 'after'])).toEqual({ before: 'failed', after: 'stored' });
  });

  it('for a query that read what was undone', async () => {
    const { db } = await nearlyFull();
    const answers = await told({
      before: put(db, 'before'),
      reader: readMeta(db, 'before'),
      full: inTransaction(db, fill),
    });
    expect(answers).toEqual({ before: 'failed', reader: 'failed', full: 'failed' });
  });

  it('not, where SQLite undoes the failed statement alone: those that ended before stay', async () => {
    const { db, other } = await nearlyFull();
    const answers = await told({
      before: put(db, 'before'),
      full: inTransaction(db, fillByRows),
      stubborn: inTransaction(db, async (tx) => {
        await swallowing(fillByRows(tx));
        await writeMeta(tx, 'more', 'written');
      }),
      after: put(db, 'after'),
    });
    expect(answers).toEqual({ before: 'stored', full: 'failed', stubborn: 'stored', after: 'stored' });
    expect(await stored(other, ['before', 'one', 'more', 'after'])).toEqual({
      before: 'stored',
      one: 'failed',
      more: 'stored',
      after: 'stored',
    });
  });
});
