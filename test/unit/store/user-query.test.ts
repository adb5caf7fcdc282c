import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { readQuery } from '../../../src/scim/query.ts';
import type { Database } from '../../../src/store/database.ts';
import { listUsers } from '../../../src/store/user-query.ts';
import { userSchema, VENDOR } from '../scim/schema-fixture.ts';
import { deleteUser, insertConnection, insertUsers } from './directory-fixture.ts';
import { openTemporary } from './temporary-store.ts';

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    id: `u-${String(from + index).padStart(3, '0')}`,
    document: { title: (from + index) % 2 === 0 ? 'even' : 'odd' },
  }));

async function directoryOf(users: { id: string; document: JsonObject }[]): Promise<Database> {
  const db = await openTemporary();
  await insertConnection(db, 'c');
  await insertUsers(db, 'c', users);
  return db;
}

async function page(db: Database, parameters: Record<string, unknown>, connectionId = 'c') {
  const { resources, ...rest } = await listUsers(db, connectionId, readQuery(userSchema, parameters));
  return { ...rest, ids: resources.map(({ id }) => id) };
}

const ids = (from: number, to: number) => numbered(from, to).map(({ id }) => id);

describe('index pages', () => {
  it('follow each other by id, each with the total', async () => {
    const db = await directoryOf(numbered(1, 25));
    expect(await page(db, { count: 10 })).toEqual({ totalResults: 25, startIndex: 1, ids: ids(1, 10) });
    expect(await page(db, { startIndex: 11, count: 10 })).toMatchObject({
      totalResults: 25,
      ids: ids(11, 20),
    });
    expect(await page(db, { startIndex: 21, count: 10 })).toMatchObject({
      totalResults: 25,
      ids: ids(21, 25),
    });
  });

  it('may be asked for out of the blue', async () => {
    const db = await directoryOf(numbered(1, 25));
    expect(await page(db, { startIndex: 24, count: 10 })).toEqual({
      totalResults: 25,
      startIndex: 24,
      ids: ids(24, 25),
    });
  });

  it('past the end are empty', async () => {
    const db = await directoryOf(numbered(1, 5));
    expect(await page(db, { startIndex: 6 })).toEqual({ totalResults: 5, startIndex: 6, ids: [] });
    expect(await page(db, { startIndex: '99999999999999999999' })).toMatchObject({
      totalResults: 5,
      ids: [],
    });
    expect(await page(db, { startIndex: 6, filter: 'title eq "odd"' })).toMatchObject({
      totalResults: 3,
      ids: [],
    });
  });

  it('of no resources tell the total alone', async () => {
    const db = await directoryOf(numbered(1, 5));
    expect(await page(db, { count: 0 })).toEqual({ totalResults: 5, startIndex: 1, ids: [] });
    expect(await page(db, { count: 0, filter: 'title eq "odd"' })).toMatchObject({
      totalResults: 3,
      ids: [],
    });
  });

  it('skip nobody when somebody already read has gone', async () => {
    const db = await directoryOf(numbered(1, 25));
    await page(db, { count: 10 });
    await deleteUser(db, 'c', 'u-003');
    expect(await page(db, { startIndex: 11, count: 10 })).toMatchObject({
      totalResults: 24,
      ids: ids(11, 20),
    });
    expect(await page(db, { startIndex: 21, count: 10 })).toMatchObject({
      totalResults: 24,
      ids: ids(21, 25),
    });
  });

  it('are empty past an end that has moved', async () => {
    const db = await directoryOf(numbered(1, 4));
    await page(db, { count: 2 });
    await deleteUser(db, 'c', 'u-001');
    await deleteUser(db, 'c', 'u-002');
    expect(await page(db, { startIndex: 3, count: 2 })).toMatchObject({ totalResults: 2, ids: [] });
  });

  it('of a filter count its own total and go on where they ended', async () => {
    const db = await directoryOf(numbered(1, 25));
    const filter = 'title eq "odd"';
    const first = await page(db, { filter, count: 10 });
    expect(first).toMatchObject({ totalResults: 13, ids: ids(1, 19).filter((_, index) => index % 2 === 0) });
    expect(await page(db, { filter, startIndex: 11, count: 10 })).toMatchObject({
      totalResults: 13,
      ids: ['u-021', 'u-023', 'u-025'],
    });
    expect(await page(db, { startIndex: 11, count: 2 })).toMatchObject({ ids: ids(11, 12) });
  });

  it('of an empty directory are empty', async () => {
    const db = await directoryOf([]);
    expect(await page(db, {})).toEqual({ totalResults: 0, startIndex: 1, ids: [] });
  });
});

describe('cursor pages (RFC 9865)', () => {
  it('lead from the first to the last and back', async () => {
    const db = await directoryOf(numbered(1, 25));
    const first = await page(db, { cursor: '', count: 10 });
    expect(first).toMatchObject({ totalResults: 25, ids: ids(1, 10) });
    expect(first).not.toHaveProperty('previousCursor');
    expect(first).not.toHaveProperty('startIndex');
    const second = await page(db, { cursor: first.nextCursor, count: 10 });
    expect(second.ids).toEqual(ids(11, 20));
    const third = await page(db, { cursor: second.nextCursor, count: 10 });
    expect(third.ids).toEqual(ids(21, 25));
    expect(third).not.toHaveProperty('nextCursor');
    const again = await page(db, { cursor: third.previousCursor, count: 10 });
    expect(again.ids).toEqual(ids(11, 20));
    const start = await page(db, { cursor: again.previousCursor, count: 10 });
    expect(start.ids).toEqual(ids(1, 10));
    expect(start).not.toHaveProperty('previousCursor');
    expect((await page(db, { cursor: start.nextCursor, count: 10 })).ids).toEqual(ids(11, 20));
  });

  it('show every User once that was there throughout, whoever comes and goes', async () => {
    const db = await directoryOf(numbered(10, 30));
    const first = await page(db, { cursor: '', count: 10 });
    await deleteUser(db, 'c', 'u-012');
    await deleteUser(db, 'c', 'u-019');
    await insertUsers(db, 'c', numbered(1, 5));
    const second = await page(db, { cursor: first.nextCursor, count: 10 });
    expect([...first.ids, ...second.ids]).toEqual(ids(10, 29));
  });

  it('are empty where everybody beyond has gone', async () => {
    const db = await directoryOf(numbered(1, 3));
    const first = await page(db, { cursor: '', count: 2 });
    await deleteUser(db, 'c', 'u-003');
    expect(await page(db, { cursor: first.nextCursor })).toEqual({ totalResults: 2, ids: [] });
  });

  it('of no resources have no cursors', async () => {
    const db = await directoryOf(numbered(1, 3));
    expect(await page(db, { cursor: '', count: 0 })).toEqual({ totalResults: 3, ids: [] });
  });
});

describe('a listed User', () => {
  it('is all that the store knows of it', async () => {
    const db = await openTemporary();
    await insertConnection(db, 'c');
    const document = { userName: 'Öz', externalId: 'E', title: 'T' };
    await insertUsers(db, 'c', [{ id: 'u-1', document, createdAt: 5, modifiedAt: 6, version: 7 }]);
    const { resources } = await listUsers(db, 'c', readQuery(userSchema, {}));
    expect(resources).toEqual([
      {
        connectionId: 'c',
        id: 'u-1',
        userName: 'Öz',
        text: JSON.stringify(document),
        document,
        version: 7,
        createdAt: 5,
        modifiedAt: 6,
      },
    ]);
  });
});

describe('sorting', () => {
  const user = (id: string, document: JsonObject) => ({ id, document });
  const people = [
    user('u-1', {
      title: 'b',
      active: true,
      emails: [{ value: 'z@x' }, { value: 'A@x', primary: true }],
      [VENDOR]: { seats: 10 },
    }),
    user('u-2', {
      title: 'B',
      active: false,
      emails: [{ value: 'c@x' }, { value: 'b@x' }],
      [VENDOR]: { seats: 9 },
    }),
    user('u-3', { emails: [{ type: 'work' }] }),
    user('u-4', { title: 'Ä', externalId: 'b' }),
    user('u-5', { title: 'a', externalId: 'B', [VENDOR]: { teams: ['z', 'a'] } }),
  ];

  it.each([
    ['title', ['u-5', 'u-1', 'u-2', 'u-4', 'u-3'], 'without case, ties by id, unassigned last'],
    ['externalId', ['u-5', 'u-4', 'u-1', 'u-2', 'u-3'], 'case-exact'],
    ['emails', ['u-1', 'u-2', 'u-3', 'u-4', 'u-5'], 'the primary value, or else the first'],
    [`${VENDOR}:seats`, ['u-2', 'u-1', 'u-3', 'u-4', 'u-5'], 'as numbers'],
    [`${VENDOR}:teams`, ['u-5', 'u-1', 'u-2', 'u-3', 'u-4'], 'the first of a plain list'],
    ['active', ['u-2', 'u-1', 'u-3', 'u-4', 'u-5'], 'a missing active is true'],
    ['userName', ['u-1', 'u-2', 'u-3', 'u-4', 'u-5'], 'a column'],
    ['meta.created', ['u-1', 'u-2', 'u-3', 'u-4', 'u-5'], 'ties by id'],
    ['groups', ['u-1', 'u-2', 'u-3', 'u-4', 'u-5'], 'nobody is in a group'],
  ])('by %s gives %j: %s', async (sortBy, expected) => {
    const db = await directoryOf(people);
    expect((await page(db, { sortBy })).ids).toEqual(expected);
    expect((await page(db, { sortBy, sortOrder: 'descending' })).ids).toEqual(expected.toReversed());
  });

  it('pages in the same order by index and by cursor, in both directions', async () => {
    const document = fc.record(
      { title: fc.constantFrom('a', 'A', 'b', 'Ö', 'x'.repeat(300)), active: fc.boolean() },
      { requiredKeys: [] },
    );
    const request = fc.record({
      sortBy: fc.constantFrom('title', 'active', 'id'),
      sortOrder: fc.constantFrom('ascending', 'descending'),
      count: fc.integer({ min: 1, max: 4 }),
    });
    const db = await openTemporary();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(document, { maxLength: 9 }), request, async (documents, parameters) => {
        run += 1;
        const id = `c-${run}`;
        const users = documents.map((each, index) => ({ id: `u-${index}`, document: each as JsonObject }));
        await insertConnection(db, id);
        await insertUsers(db, id, users);
        const whole = (await page(db, { ...parameters, count: 200 }, id)).ids;
        const byIndex: string[] = [];
        for (let startIndex = 1; startIndex <= whole.length; startIndex += parameters.count) {
          byIndex.push(...(await page(db, { ...parameters, startIndex }, id)).ids);
        }
        expect(byIndex).toEqual(whole);
        let last = await page(db, { ...parameters, cursor: '' }, id);
        const forwards = [...last.ids];
        while (last.nextCursor !== undefined) {
          last = await page(db, { ...parameters, cursor: last.nextCursor }, id);
          forwards.push(...last.ids);
        }
        expect(forwards).toEqual(whole);
        const backwards = [...last.ids];
        while (last.previousCursor !== undefined) {
          last = await page(db, { ...parameters, cursor: last.previousCursor }, id);
          backwards.unshift(...last.ids);
        }
        expect(backwards).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });
});
