import { describe, expect, it } from 'vitest';
import { addGroup, addUsers, GROUP, patchOf, type ScimServer, startScim } from './scim-server.ts';

async function memberIds(server: ScimServer, groupId: string): Promise<unknown[]> {
  const { body } = await server.send('GET', `/Groups/${groupId}`);
  const members = body['members'];
  return Array.isArray(members) ? members.map((member) => (member as { value: string }).value) : [];
}

/** A Group of this many members that no Users stand behind. */
async function addLargeGroup(server: ScimServer, count: number): Promise<string> {
  const id = await addGroup(server, 'Everybody');
  const members = Array.from({ length: count }, (_, index) => `m${String(index).padStart(6, '0')}`);
  for (let start = 0; start < count; start += 500) {
    await server.db
      .insertInto('members')
      .values(
        members.slice(start, start + 500).map((member_id) => ({
          connection_id: 'acme',
          group_id: id,
          member_id,
          type: 'User',
          display: null,
        })),
      )
      .execute();
  }
  await server.db.updateTable('groups').set({ member_count: count }).where('id', '=', id).execute();
  return id;
}

describe('A Group that is pushed', () => {
  it('is answered as written, with its members and their type', async () => {
    const server = await startScim();
    const [ada = ''] = await addUsers(server, 'ada@example.com');
    const { status, headers, body } = await server.send('POST', '/Groups', {
      body: {
        schemas: [GROUP],
        displayName: 'Admins',
        externalId: 'g1',
        members: [{ value: ada, display: 'Ada' }],
      },
    });
    const location = `https://scim.example.com/scim/acme/v2/Groups/${String(body['id'])}`;
    expect([status, headers.get('location'), headers.get('etag')]).toEqual([201, location, 'W/"1"']);
    expect(body).toMatchObject({
      schemas: [GROUP],
      displayName: 'Admins',
      externalId: 'g1',
      meta: { resourceType: 'Group', location, version: 'W/"1"' },
      members: [
        {
          value: ada,
          $ref: `https://scim.example.com/scim/acme/v2/Users/${ada}`,
          type: 'User',
          display: 'Ada',
        },
      ],
    });
  });

  it('without members is answered with an empty list, which authentik needs', async () => {
    const server = await startScim();
    const id = await addGroup(server, 'Empty');
    expect((await server.send('GET', `/Groups/${id}`)).body['members']).toEqual([]);
    expect((await server.send('GET', '/Groups')).body['Resources']).toMatchObject([{ members: [] }]);
  });

  it('is refused where a member is neither a User nor a Group here, which is named', async () => {
    const server = await startScim();
    const foreign = await server.send('POST', '/scim/other/v2/Users', {
      body: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'eve@example.com' },
    });
    const value = String(foreign.body['id']);
    const { status, body } = await server.send('POST', '/Groups', {
      body: { schemas: [GROUP], displayName: 'Admins', members: [{ value }] },
    });
    expect([status, body['scimType']]).toEqual([400, 'invalidValue']);
    expect(body['detail']).toContain(value);
    expect((await server.send('GET', '/Groups')).body['totalResults']).toBe(0);
  });

  it('is refused with 409 where its displayName is taken, in any case', async () => {
    const server = await startScim();
    await addGroup(server, 'Admins');
    const { status, body } = await server.send('POST', '/Groups', {
      body: { schemas: [GROUP], displayName: 'ADMINS' },
    });
    expect([status, body['scimType']]).toEqual([409, 'uniqueness']);
  });

  it('wakes the worker and does not wait', async () => {
    const server = await startScim();
    await addGroup(server, 'Admins');
    expect(server.asked).toEqual(['wake acme']);
  });
});

describe('The members of a Group', () => {
  it('are added and removed by value, in one request, and end as the last word says', async () => {
    const server = await startScim();
    const [ada = '', bob = '', cy = ''] = await addUsers(server, 'ada', 'bob', 'cy');
    const id = await addGroup(server, 'Admins', ada, bob);
    const { status } = await server.send('PATCH', `/Groups/${id}`, {
      body: patchOf(
        { op: 'remove', path: `members[value eq "${ada}"]` },
        { op: 'add', path: 'members', value: [{ value: cy }, { value: bob }] },
        { op: 'Remove', path: 'members', value: [{ $ref: null, value: cy }] },
      ),
    });
    expect(status).toBe(200);
    expect(await memberIds(server, id)).toEqual([bob]);
  });

  it('are removed by a filter on more than their ids', async () => {
    const server = await startScim();
    const [ada = '', bob = ''] = await addUsers(server, 'ada', 'bob');
    const nested = await addGroup(server, 'Nested');
    const id = await addGroup(server, 'Admins', ada, bob, nested);
    const { status, headers } = await server.send('PATCH', `/Groups/${id}`, {
      body: patchOf({ op: 'remove', path: 'members[type eq "User"]' }),
    });
    expect([status, headers.get('etag')]).toEqual([200, 'W/"2"']);
    expect(await memberIds(server, id)).toEqual([nested]);
  });

  it('become those of a PUT, none where it names none', async () => {
    const server = await startScim();
    const [ada = '', bob = ''] = await addUsers(server, 'ada', 'bob');
    const id = await addGroup(server, 'Admins', ada);
    const put = (members: object) =>
      server.send('PUT', `/Groups/${id}`, { body: { schemas: [GROUP], displayName: 'Admins', ...members } });
    await put({ members: [{ value: bob }] });
    expect(await memberIds(server, id)).toEqual([bob]);
    await put({});
    expect(await memberIds(server, id)).toEqual([]);
  });

  it('are all there after 20 requests at once added one each', async () => {
    const server = await startScim();
    const users = await addUsers(server, ...Array.from({ length: 20 }, (_, index) => `user${index}`));
    const id = await addGroup(server, 'Admins');
    await Promise.all(
      users.map((value) =>
        server.send('PATCH', `/Groups/${id}`, {
          body: patchOf({ op: 'add', path: 'members', value: [{ value }] }),
        }),
      ),
    );
    expect(await memberIds(server, id)).toEqual([...users].sort());
  });

  it('lose a User that is deleted', async () => {
    const server = await startScim();
    const [ada = '', bob = ''] = await addUsers(server, 'ada', 'bob');
    const id = await addGroup(server, 'Admins', ada, bob);
    await server.send('DELETE', `/Users/${ada}`);
    expect(await memberIds(server, id)).toEqual([bob]);
  });
});

describe('A large Group', () => {
  it('of 100 members is answered 200 to a PATCH, of more 204, and 200 where attributes are asked for', async () => {
    const server = await startScim();
    const id = await addLargeGroup(server, 100);
    const [ada = ''] = await addUsers(server, 'ada');
    const rename = await server.send('PATCH', `/Groups/${id}`, {
      body: patchOf({ op: 'replace', value: { displayName: 'All' } }),
    });
    expect(rename.status).toBe(200);
    const body = patchOf({ op: 'add', path: 'members', value: [{ value: ada }] });
    const added = await server.send('PATCH', `/Groups/${id}`, { body });
    expect([added.status, added.text, added.headers.get('etag')]).toEqual([204, '', 'W/"3"']);
    const projected = await server.send('PATCH', `/Groups/${id}?attributes=displayName`, { body });
    expect(projected.status).toBe(200);
    expect(projected.body).toEqual({ schemas: [GROUP], id, displayName: 'All' });
  });

  it('of 5,000 members is read whole, in the order of their ids', async () => {
    const server = await startScim();
    const id = await addLargeGroup(server, 5000);
    const ids = await memberIds(server, id);
    expect(ids).toHaveLength(5000);
    expect([ids[0], ids[999], ids[1000], ids[4999]]).toEqual(['m000000', 'm000999', 'm001000', 'm004999']);
    const listed = await server.send('GET', '/Groups?attributes=members.value');
    expect(listed.body['Resources']).toMatchObject([{ members: ids.map((value) => ({ value })) }]);
  });

  it('does not read its members where they are excluded', async () => {
    const server = await startScim();
    const id = await addLargeGroup(server, 5000);
    await server.db.schema.dropTable('members').execute();
    const { status, body } = await server.send('GET', `/Groups/${id}?excludedAttributes=members`);
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('members');
    expect((await server.send('GET', '/Groups?excludedAttributes=members')).status).toBe(200);
  });

  it('answers HEAD without a body', async () => {
    const server = await startScim();
    const id = await addLargeGroup(server, 5000);
    const { status, headers, text } = await server.send('HEAD', `/Groups/${id}`);
    expect([status, headers.get('etag'), text]).toEqual([200, 'W/"1"', '']);
  });
});

describe('A deleted Group', () => {
  it('is gone, frees its name, and leaves the groups that it was in', async () => {
    const server = await startScim();
    const inner = await addGroup(server, 'Inner');
    const outer = await addGroup(server, 'Outer', inner);
    expect((await server.send('DELETE', `/Groups/${inner}`)).status).toBe(204);
    expect((await server.send('GET', `/Groups/${inner}`)).status).toBe(404);
    expect(await memberIds(server, outer)).toEqual([]);
    expect(await addGroup(server, 'Inner')).not.toBe(inner);
  });
});
