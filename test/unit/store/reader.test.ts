import { describe, expect, it, onTestFinished } from 'vitest';
import { ReadTooLong, StoreUnavailable } from '../../../src/core/errors.ts';
import { readQuery } from '../../../src/scim/query.ts';
import { closeDatabase } from '../../../src/store/database.ts';
import { Reader } from '../../../src/store/reader.ts';
import { listUsers } from '../../../src/store/user-query.ts';
import { insertCrowd } from '../../properties/crowd.ts';
import { userSchema } from '../scim/schema-fixture.ts';
import { insertConnection } from './directory-fixture.ts';
import { openTemporary, temporaryFile } from './temporary-store.ts';

const CROWD = 20_000;

async function openCrowd(file = temporaryFile()) {
  const db = await openTemporary(file);
  await insertConnection(db, 'c');
  await insertCrowd(db, 'c', CROWD);
  return db;
}

function readerOn(file: string, timeLimitMs?: number): Reader {
  const reader = new Reader({ file, mode: 'sandbox' }, timeLimitMs);
  onTestFinished(() => reader.close());
  return reader;
}

const requestFor = (parameters: Record<string, string>) =>
  ({ table: 'users', connectionId: 'c', query: readQuery(userSchema, parameters) }) as const;
/** Some seconds of work. */
const ENDLESS = requestFor({ filter: Array(100).fill('emails.value co "none"').join(' or ') });

describe('The reader thread', () => {
  it('answers what may take long, with what was written the moment before', async () => {
    const db = await openCrowd();
    const found = async (parameters: Record<string, string>) =>
      (await listUsers(db, 'c', readQuery(userSchema, parameters))).resources.map(({ userName }) => userName);
    expect(await found({ filter: 'title eq "title 7"', count: '2' })).toEqual(['user-7', 'user-1007']);
    expect(await found({ sortBy: 'userName', count: '3' })).toEqual(['user-1', 'user-10', 'user-100']);
    expect(await found({ startIndex: String(CROWD), count: '5' })).toEqual([`user-${CROWD}`]);
    await db
      .updateTable('users')
      .set({ folded: '{"title":"new"}' })
      .where('user_name', '=', 'user-9')
      .execute();
    expect(await found({ filter: 'title eq "new"' })).toEqual(['user-9']);
  });

  it('ends a read that takes too long, and answers the next one', async () => {
    const file = temporaryFile();
    await openCrowd(file);
    const reader = readerOn(file, 700);
    await expect(reader.list(ENDLESS)).rejects.toThrow(ReadTooLong);
    const page = await readerOn(file).list(requestFor({ filter: 'title eq "title 7"' }));
    expect(page.totalResults).toBe(20);
    await expect(reader.list(requestFor({ count: '1' }))).resolves.toMatchObject({ totalResults: CROWD });
  });

  it('does not let one connection keep another waiting', async () => {
    const file = temporaryFile();
    await openCrowd(file);
    const reader = readerOn(file);
    const order: string[] = [];
    const ask = (connectionId: string) =>
      reader
        .list({ ...requestFor({ filter: 'title pr' }), connectionId })
        .then(() => order.push(connectionId));
    await Promise.all([ask('c'), ask('c'), ask('c'), ask('other')]);
    expect(order).toEqual(['c', 'other', 'c', 'c']);
  });

  it('can be asked again after the store could not be opened', async () => {
    const file = temporaryFile();
    const reader = readerOn(file);
    await expect(reader.list(requestFor({}))).rejects.toThrow(StoreUnavailable);
    await openCrowd(file);
    expect(await reader.list(requestFor({ count: '0' }))).toMatchObject({ totalResults: CROWD });
  });

  it('ends with the store, in the middle of a read too', async () => {
    const db = await openCrowd();
    const read = listUsers(db, 'c', ENDLESS.query);
    const refused = expect(read).rejects.toThrow(StoreUnavailable);
    await closeDatabase(db);
    await refused;
    await expect(listUsers(db, 'c', ENDLESS.query)).rejects.toThrow(StoreUnavailable);
  });
});
