import { describe, expect, it } from 'vitest';
import { readQuery } from '../../../src/scim/query.ts';
import { listGroups } from '../../../src/store/group-query.ts';
import { groupSchema } from '../scim/schema-fixture.ts';
import { insertConnection, insertGroups, insertUsers } from './directory-fixture.ts';
import { openTemporary } from './temporary-store.ts';

describe('listed Groups', () => {
  it('have the number of their members, not the members', async () => {
    const db = await openTemporary();
    await insertConnection(db, 'c');
    const document = { displayName: 'One', externalId: 'E' };
    const members = [{ value: 'u-1', type: 'User' as const }];
    await insertGroups(db, 'c', [{ id: 'g-1', document, members, createdAt: 5, modifiedAt: 6, version: 7 }]);
    const { resources } = await listGroups(db, 'c', readQuery(groupSchema, {}));
    expect(resources).toEqual([
      {
        connectionId: 'c',
        id: 'g-1',
        displayName: 'One',
        document,
        memberCount: 1,
        version: 7,
        createdAt: 5,
        modifiedAt: 6,
      },
    ]);
  });

  it('are paged apart from Users and counted by the counter of Groups', async () => {
    const db = await openTemporary();
    await insertConnection(db, 'c');
    const ids = ['r-1', 'r-2', 'r-3'];
    await insertUsers(
      db,
      'c',
      ids.map((id) => ({ id, document: {} })),
    );
    await insertGroups(
      db,
      'c',
      ids.slice(1).map((id) => ({ id, document: {}, members: [] })),
    );
    const page = await listGroups(db, 'c', readQuery(groupSchema, { count: 1 }));
    expect(page).toMatchObject({ totalResults: 2, startIndex: 1, resources: [{ id: 'r-2' }] });
    const next = await listGroups(db, 'c', readQuery(groupSchema, { count: 1, startIndex: 2 }));
    expect(next).toMatchObject({ totalResults: 2, resources: [{ id: 'r-3' }] });
  });

  it('are sorted by their name without case and by their members', async () => {
    const db = await openTemporary();
    await insertConnection(db, 'c');
    await insertGroups(db, 'c', [
      { id: 'g-1', document: { displayName: 'b' }, members: [] },
      { id: 'g-2', document: { displayName: 'C' }, members: [{ value: 'u-2', type: 'User' }] },
      { id: 'g-3', document: { displayName: 'A' }, members: [{ value: 'u-1', type: 'User' }] },
    ]);
    const sorted = async (sortBy: string) =>
      (await listGroups(db, 'c', readQuery(groupSchema, { sortBy }))).resources.map(({ id }) => id);
    expect(await sorted('displayName')).toEqual(['g-3', 'g-1', 'g-2']);
    expect(await sorted('members')).toEqual(['g-3', 'g-2', 'g-1']);
  });

  it('are found by name, by externalId and by their members', async () => {
    const db = await openTemporary();
    await insertConnection(db, 'c');
    await insertGroups(db, 'c', [
      { id: 'g-1', document: { displayName: 'One' }, members: [{ value: 'u-1', type: 'User' }] },
      {
        id: 'g-2',
        document: { displayName: 'Two', externalId: 'X' },
        members: [
          { value: 'u-1', type: 'User' },
          { value: 'g-1', type: 'Group' },
        ],
      },
      { id: 'g-3', document: { displayName: 'Three' }, members: [] },
    ]);
    const ids = async (filter: string) =>
      (await listGroups(db, 'c', readQuery(groupSchema, { filter }))).resources.map(({ id }) => id);
    expect(await ids('members eq "u-1"')).toEqual(['g-1', 'g-2']);
    expect(await ids('id eq "g-1" and members eq "u-1"')).toEqual(['g-1']);
    expect(await ids('id eq "g-3" and members eq "u-1"')).toEqual([]);
    expect(await ids('members[value eq "g-1" and type eq "Group"]')).toEqual(['g-2']);
    expect(await ids('members[value eq "g-1" and type eq "User"]')).toEqual([]);
    expect(await ids('members.type eq "group"')).toEqual(['g-2']);
    expect(await ids('members.value sw "u"')).toEqual(['g-1', 'g-2']);
    expect(await ids('not (members pr)')).toEqual(['g-3']);
    expect(await ids('members ne "u-1"')).toEqual(['g-2', 'g-3']);
    expect(await ids('displayName eq "TWO"')).toEqual(['g-2']);
    expect(await ids('externalId eq "X" and displayName sw "t"')).toEqual(['g-2']);
    expect(await ids('externalId eq "x"')).toEqual([]);
    expect(await ids('not (externalId eq "X")')).toEqual(['g-1', 'g-3']);
    expect(await ids('displayName ew ""')).toEqual(['g-1', 'g-2', 'g-3']);
    expect(await ids('externalId ew ""')).toEqual(['g-2']);
    expect(await ids('meta.resourceType eq "Group"')).toHaveLength(3);
  });
});
