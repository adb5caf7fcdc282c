import { describe, expect, it } from 'vitest';
import { addGroup, addUsers, ENTERPRISE, ERROR, patchOf, startScim, USER, VENDOR } from './scim-server.ts';

const ADA = {
  schemas: [USER],
  userName: 'ada@example.com',
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  emails: [{ value: 'ada@example.com', type: 'work', primary: true }],
};

describe('A User that is pushed', () => {
  it('is answered as written, with 201, Location and ETag', async () => {
    const server = await startScim();
    const { status, headers, body } = await server.send('POST', '/Users', { body: ADA });
    const location = `https://scim.example.com/scim/acme/v2/Users/${String(body['id'])}`;
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(location);
    expect(headers.get('etag')).toBe('W/"1"');
    expect(headers.get('content-type')).toBe('application/scim+json');
    expect(body).toEqual({
      ...ADA,
      id: body['id'],
      active: true,
      groups: [],
      meta: {
        resourceType: 'User',
        created: '2026-03-01T10:00:00.000Z',
        lastModified: '2026-03-01T10:00:00.000Z',
        location,
        version: 'W/"1"',
      },
    });
    const read = await server.send('GET', `/Users/${String(body['id'])}`);
    expect(read).toMatchObject({ status: 200, body });
  });

  it('names the extensions that it has data of in schemas, and no others', async () => {
    const server = await startScim();
    const { body } = await server.send('POST', '/Users', {
      body: { ...ADA, [VENDOR]: { seatType: 'full' }, [ENTERPRISE]: { department: null } },
    });
    expect(body['schemas']).toEqual([USER, VENDOR]);
    expect(body[VENDOR]).toEqual({ seatType: 'full' });
  });

  it('never keeps or shows a password', async () => {
    const server = await startScim();
    const { text, body } = await server.send('POST', '/Users', { body: { ...ADA, password: 'hunter22' } });
    expect(text).not.toContain('hunter22');
    const row = await server.db.selectFrom('users').selectAll().executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain('hunter22');
    expect(body).not.toHaveProperty('password');
  });

  it('is found by userName in any case, also while inactive', async () => {
    const server = await startScim();
    await server.send('POST', '/Users', { body: { ...ADA, active: false } });
    const { status, body } = await server.send('GET', '/Users?filter=userName+eq+%22ADA@example.com%22');
    expect(status).toBe(200);
    expect(body).toMatchObject({ totalResults: 1, itemsPerPage: 1, startIndex: 1 });
    expect(body['Resources']).toMatchObject([{ userName: 'ada@example.com', active: false }]);
  });

  it('is refused with 409 uniqueness where the userName is taken, in any case', async () => {
    const server = await startScim();
    await server.send('POST', '/Users', { body: ADA });
    const { status, body } = await server.send('POST', '/Users', {
      body: { ...ADA, userName: 'Ada@Example.com' },
    });
    expect(status).toBe(409);
    expect(body).toMatchObject({ schemas: [ERROR], status: '409', scimType: 'uniqueness' });
    expect(body['urn:causeway:requestId']).toBe('request-1');
  });

  it('may have the userName of another connection, of which nothing is seen', async () => {
    const server = await startScim();
    const [id] = await addUsers(server, 'ada@example.com');
    const other = await server.send('POST', '/scim/other/v2/Users', { body: ADA });
    expect(other.status).toBe(201);
    expect((await server.send('GET', `/scim/other/v2/Users/${id}`)).status).toBe(404);
    expect((await server.send('GET', '/scim/other/v2/Users')).body['totalResults']).toBe(1);
  });
});

describe('A change to a User', () => {
  it('by PUT unassigns what it does not name and raises the version', async () => {
    const server = await startScim();
    const created = await server.send('POST', '/Users', { body: { ...ADA, title: 'Countess' } });
    const path = `/Users/${String(created.body['id'])}`;
    const { status, headers, body } = await server.send('PUT', path, { body: ADA });
    expect([status, headers.get('etag')]).toEqual([200, 'W/"2"']);
    expect(body).not.toHaveProperty('title');
  });

  it("by PATCH is answered 200 with the whole User; Entra ID's text booleans count", async () => {
    const server = await startScim();
    const [id] = await addUsers(server, 'ada@example.com');
    const { status, body } = await server.send('PATCH', `/Users/${id}`, {
      body: patchOf(
        { op: 'Replace', path: 'active', value: 'False' },
        { op: 'Add', path: 'title', value: 'x' },
      ),
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ userName: 'ada@example.com', active: false, title: 'x' });
  });

  it('that changes nothing keeps the version', async () => {
    const server = await startScim();
    const [id] = await addUsers(server, 'ada@example.com');
    const { headers } = await server.send('PATCH', `/Users/${id}`, {
      body: patchOf({ op: 'replace', value: { id, active: true } }),
    });
    expect(headers.get('etag')).toBe('W/"1"');
  });

  it('is made by none of its operations where one of them is wrong', async () => {
    const server = await startScim();
    const [id] = await addUsers(server, 'ada@example.com');
    const { status, body } = await server.send('PATCH', `/Users/${id}`, {
      body: patchOf(
        { op: 'replace', path: 'title', value: 'x' },
        { op: 'replace', path: 'nonsense', value: 1 },
      ),
    });
    expect([status, body['scimType']]).toEqual([400, 'invalidPath']);
    expect((await server.send('GET', `/Users/${id}`)).body).not.toHaveProperty('title');
  });

  it.each([
    ['PUT', { body: ADA }],
    ['PATCH', { body: patchOf({ op: 'replace', path: 'title', value: 'x' }) }],
    ['DELETE', {}],
    ['GET', {}],
  ])('by %s of an unknown id is 404 with a SCIM body', async (method, init) => {
    const server = await startScim();
    const { status, body } = await server.send(method, '/Users/nobody', init);
    expect(status).toBe(404);
    expect(body).toMatchObject({ schemas: [ERROR], status: '404' });
  });

  it('by parallel requests loses none of them', async () => {
    const server = await startScim();
    const [id] = await addUsers(server, 'ada@example.com');
    const types = Array.from({ length: 20 }, (_, index) => `t${index}`);
    await Promise.all(
      types.map((type) =>
        server.send('PATCH', `/Users/${id}`, {
          body: patchOf({ op: 'add', path: 'phoneNumbers', value: [{ type, value: `+44 ${type}` }] }),
        }),
      ),
    );
    const { body } = await server.send('GET', `/Users/${id}`);
    expect(body['phoneNumbers']).toHaveLength(20);
  });
});

describe('A deleted User', () => {
  it('is answered 204, is gone at once and frees its userName', async () => {
    const server = await startScim();
    const [id] = await addUsers(server, 'ada@example.com');
    const deleted = await server.send('DELETE', `/Users/${id}`);
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    expect((await server.send('GET', `/Users/${id}`)).status).toBe(404);
    expect((await server.send('DELETE', `/Users/${id}`)).status).toBe(404);
    expect((await server.send('POST', '/Users', { body: ADA })).status).toBe(201);
  });
});

describe('The groups of a User', () => {
  it('are its direct and indirect ones, whatever circles the groups make', async () => {
    const server = await startScim();
    const [ada = ''] = await addUsers(server, 'ada@example.com');
    const inner = await addGroup(server, 'Inner', ada);
    const outer = await addGroup(server, 'Outer', inner);
    await server.send('PATCH', `/Groups/${inner}`, {
      body: patchOf({ op: 'add', path: 'members', value: [{ value: outer }] }),
    });
    const base = 'https://scim.example.com/scim/acme/v2/Groups';
    const { body } = await server.send('GET', `/Users/${ada}`);
    expect(body['groups']).toEqual([
      { value: inner, $ref: `${base}/${inner}`, display: 'Inner', type: 'direct' },
      { value: outer, $ref: `${base}/${outer}`, display: 'Outer', type: 'indirect' },
    ]);
  });
});

describe('The wait for a delivery', () => {
  it('wakes the worker and then waits for the very version, as long as the connection says', async () => {
    const server = await startScim();
    await addUsers(server, 'ada@example.com');
    expect(server.asked).toEqual(['wake acme', 'outcome acme v1 within 4000 ms']);
  });

  it.each([
    ['pending', 201, undefined],
    ['refused', 400, 'invalidValue'],
    ['conflict', 409, 'uniqueness'],
    ['unsupported', 501, undefined],
  ] as const)('that ends %s is answered %i', async (kind, status, scimType) => {
    const server = await startScim();
    server.outcome = kind === 'pending' ? { kind } : { kind, reason: 'The vendor takes no such address.' };
    const answer = await server.send('POST', '/Users', { body: ADA });
    expect([answer.status, answer.body['scimType']]).toEqual([status, scimType]);
    if (kind !== 'pending') expect(answer.body['detail']).toBe('The vendor takes no such address.');
  });

  it('is not made for DELETE', async () => {
    const server = await startScim();
    const [id] = await addUsers(server, 'ada@example.com');
    server.asked.length = 0;
    await server.send('DELETE', `/Users/${id}`);
    expect(server.asked).toEqual(['wake acme']);
  });
});
