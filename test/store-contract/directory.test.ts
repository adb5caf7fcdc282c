import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/core/connection.ts';
import { NotUnique, UnknownMembers } from '../../src/core/errors.ts';
import { countOwned } from '../../src/store/connection-counts.ts';
import type { Database } from '../../src/store/database.ts';
import { changeGroup, createGroup, deleteGroup, findGroup } from '../../src/store/groups.ts';
import { memberIds } from '../../src/store/members.ts';
import { changeUser, deleteUser, findUser } from '../../src/store/users.ts';
import { KINDS, sharedStore } from './stores.ts';
import { addUser, atOnce, context, groupWrite, userWrite } from './writing.ts';

const nobodyMinds = () => undefined;

async function outcomes(attempts: Promise<unknown>[]): Promise<{ done: number; errors: unknown[] }> {
  const settled = await Promise.allSettled(attempts);
  const errors = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  return { done: settled.length - errors.length, errors };
}

async function addGroup(db: Database, connection: Connection, displayName: string, members: string[]) {
  const given = members.map((value) => ({ value, type: 'User' as const, display: null }));
  const { resource } = await createGroup(db, connection, groupWrite(displayName), given, context());
  return resource;
}

function changeMembers(
  db: Database,
  connection: Connection,
  id: string,
  { add = [], remove = [] }: { add?: string[]; remove?: string[] },
) {
  const members = {
    kind: 'delta' as const,
    add: add.map((value) => ({ value, type: 'User' as const, display: null })),
    remove,
  };
  return changeGroup(
    db,
    connection,
    id,
    ({ displayName }) => ({ write: groupWrite(displayName), members }),
    context(),
  );
}

describe.each(KINDS)('the directory in %s, written by many at the same time', (kind) => {
  const { instance, freshConnection } = sharedStore(kind);

  it('gives a userName to one of those who ask for it', async () => {
    const connection = await freshConnection();
    const { done, errors } = await outcomes(
      Array.from({ length: 8 }, (_, index) =>
        addUser(instance(index), connection, index % 2 ? 'Ann' : 'ann'),
      ),
    );
    expect(done).toBe(1);
    for (const error of errors) expect(error).toBeInstanceOf(NotUnique);
    expect(await countOwned(instance(0), connection.id)).toMatchObject({ users: 1, accounts: { due: 1 } });
  });

  it('loses none of the changes to one User', async () => {
    const connection = await freshConnection();
    const { resource } = await addUser(instance(0), connection, 'ann');
    await atOnce(12, (index) =>
      changeUser(
        instance(index),
        connection,
        resource.id,
        ({ document }) => userWrite({ ...document, count: Number(document['count'] ?? 0) + 1 }),
        context(),
      ),
    );
    const user = await findUser(instance(0), connection.id, resource.id);
    expect(user).toMatchObject({ version: 13, document: { count: 12 } });
  });

  it('lets two Users swap their names at the same time, or refuses both, but breaks nothing', async () => {
    const connection = await freshConnection();
    const users = [
      await addUser(instance(0), connection, 'ann'),
      await addUser(instance(0), connection, 'bob'),
    ];
    const { errors } = await outcomes(
      users.map(({ resource }, index) =>
        changeUser(
          instance(index),
          connection,
          resource.id,
          ({ document }) => userWrite({ ...document, userName: index === 0 ? 'bob' : 'ann' }),
          context(),
        ),
      ),
    );
    for (const error of errors) expect(error).toBeInstanceOf(NotUnique);
    const found = await Promise.all(
      users.map(({ resource }) => findUser(instance(0), connection.id, resource.id)),
    );
    expect(found.map((user) => user?.userName)).toEqual(['ann', 'bob']);
  });

  it('counts Users as they come and go', async () => {
    const connection = await freshConnection();
    await atOnce(10, async (index) => {
      const { resource } = await addUser(instance(index), connection, `user-${index}`);
      if (index % 2) await deleteUser(instance(index), connection, resource.id, nobodyMinds, context());
    });
    expect((await countOwned(instance(0), connection.id)).users).toBe(5);
  });

  it('gives a displayName to one Group, and a member to it once', async () => {
    const connection = await freshConnection();
    const { resource: ann } = await addUser(instance(0), connection, 'ann');
    const { done, errors } = await outcomes(
      Array.from({ length: 6 }, (_, index) => addGroup(instance(index), connection, 'Staff', [])),
    );
    expect(done).toBe(1);
    for (const error of errors) expect(error).toBeInstanceOf(NotUnique);
    const group = await addGroup(instance(0), connection, 'Team', []);
    const changes = await atOnce(6, (index) =>
      changeMembers(instance(index), connection, group.id, { add: [ann.id] }),
    );
    expect(changes.filter((change) => change?.changed)).toHaveLength(1);
    expect(await findGroup(instance(0), connection.id, group.id)).toMatchObject({
      memberCount: 1,
      version: 2,
    });
  });

  it('loses none of the members that join and leave a Group', async () => {
    const connection = await freshConnection();
    const people = await atOnce(12, (index) => addUser(instance(index), connection, `user-${index}`));
    const ids = people.map(({ resource }) => resource.id);
    const group = await addGroup(instance(0), connection, 'Staff', ids.slice(0, 6));
    await atOnce(12, (index) => {
      const id = ids[index] ?? '';
      return changeMembers(
        instance(index),
        connection,
        group.id,
        index < 6 ? { remove: [id] } : { add: [id] },
      );
    });
    const members = await memberIds(instance(0), connection.id, group.id);
    expect(members.map(({ id }) => id)).toEqual(ids.slice(6).toSorted());
    expect(await findGroup(instance(0), connection.id, group.id)).toMatchObject({
      memberCount: 6,
      version: 13,
    });
  });

  it('never keeps a member who was deleted while joining', async () => {
    const connection = await freshConnection();
    const group = await addGroup(instance(0), connection, 'Staff', []);
    for (let round = 0; round < 10; round += 1) {
      const { resource } = await addUser(instance(0), connection, `user-${round}`);
      const joining = changeMembers(instance(0), connection, group.id, { add: [resource.id] });
      const leaving = deleteUser(instance(1), connection, resource.id, nobodyMinds, context());
      const { errors } = await outcomes([joining, leaving]);
      for (const error of errors) expect(error).toBeInstanceOf(UnknownMembers);
      expect(await memberIds(instance(0), connection.id, group.id)).toEqual([]);
      expect((await findGroup(instance(0), connection.id, group.id))?.memberCount).toBe(0);
    }
  });

  it('withstands people leaving many Groups while those change and end', async () => {
    const connection = await freshConnection({ groups: 'mirror' });
    const people = await atOnce(10, (index) => addUser(instance(index), connection, `user-${index}`));
    const ids = people.map(({ resource }) => resource.id);
    const groups = await atOnce(4, (index) => addGroup(instance(index), connection, `group-${index}`, ids));
    const leave = ids
      .slice(0, 5)
      .map((id, index) => deleteUser(instance(index), connection, id, nobodyMinds, context()));
    const change = groups
      .slice(0, 3)
      .flatMap(({ id }, index) =>
        ids
          .slice(5)
          .map((person) => changeMembers(instance(index + 1), connection, id, { remove: [person] })),
      );
    const end = deleteGroup(instance(0), connection, groups[3]?.id ?? '', nobodyMinds, context());
    expect(await outcomes([...leave, ...change, end])).toEqual({ done: 21, errors: [] });
    for (const { id } of groups.slice(0, 3)) {
      expect(await memberIds(instance(0), connection.id, id)).toEqual([]);
      expect((await findGroup(instance(0), connection.id, id))?.memberCount).toBe(0);
    }
    expect(await countOwned(instance(0), connection.id)).toMatchObject({ users: 5, groups: 3 });
  });
});
