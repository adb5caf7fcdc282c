import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import {
  addGroup,
  addUsers,
  ENTERPRISE,
  GROUP,
  type ScimServer,
  startScim,
  USER,
  VENDOR,
} from './scim-server.ts';

const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
const SEARCH = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';

const ADA = {
  schemas: [USER, ENTERPRISE, VENDOR],
  userName: 'ada@example.com',
  title: 'Countess',
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  emails: [
    { value: 'ada@example.com', type: 'work', primary: true },
    { value: 'ada@home.example', type: 'home' },
  ],
  [ENTERPRISE]: { department: 'Engines', manager: { value: 'm1' } },
  [VENDOR]: { seatType: 'full' },
};

async function readAda(server: ScimServer, query: string): Promise<JsonObject> {
  const { body } = await server.send('POST', '/Users', { body: ADA });
  const { id, ...rest } = (await server.send('GET', `/Users/${String(body['id'])}?${query}`)).body;
  expect(id).toBe(body['id']);
  return rest;
}

function namesOf(body: JsonObject): unknown[] {
  const resources = body['Resources'];
  return (Array.isArray(resources) ? resources : []).map((resource) => {
    const { userName, displayName } = resource as JsonObject;
    return userName ?? displayName;
  });
}

describe('Attributes that are asked for (RFC 7644 §3.9)', () => {
  const schemas = ADA.schemas;
  it.each([
    ['attributes=userName', { userName: ADA.userName }],
    ['attributes=USERNAME, title', { userName: ADA.userName, title: 'Countess' }],
    ['attributes=name.givenName', { name: { givenName: 'Ada' } }],
    ['attributes=emails.value', { emails: [{ value: 'ada@example.com' }, { value: 'ada@home.example' }] }],
    ['attributes=emails.value&attributes=emails', { emails: ADA.emails }],
    ['attributes=emails.primary', { emails: [{ primary: true }] }],
    [`attributes=${USER}:userName`, { userName: ADA.userName }],
    [`attributes=${ENTERPRISE}:department`, { [ENTERPRISE]: { department: 'Engines' } }],
    [`attributes=${ENTERPRISE}:manager.value`, { [ENTERPRISE]: { manager: { value: 'm1' } } }],
    [`attributes=${VENDOR.toUpperCase()}`, { [VENDOR]: { seatType: 'full' } }],
    ['attributes=nickName,nonsense', {}],
    ['attributes=groups', { groups: [] }],
    ['attributes=groups.value', { groups: [] }],
    ['attributes=meta.version', { meta: { version: 'W/"1"' } }],
  ])('%s', async (query, expected) => {
    const server = await startScim();
    expect(await readAda(server, query)).toEqual({ schemas, ...expected });
  });

  it('are left out where they are excluded, but never id and schemas', async () => {
    const server = await startScim();
    const query = `excludedAttributes=id,schemas,meta,groups,emails.type,name.givenName,${ENTERPRISE},nonsense`;
    expect(await readAda(server, query)).toEqual({
      schemas,
      userName: ADA.userName,
      title: 'Countess',
      active: true,
      name: { familyName: 'Lovelace' },
      emails: [{ value: 'ada@example.com', primary: true }, { value: 'ada@home.example' }],
      [VENDOR]: { seatType: 'full' },
    });
  });

  it('are all answered where the parameter is empty', async () => {
    const server = await startScim();
    expect(await readAda(server, 'attributes=')).toMatchObject({ title: 'Countess', meta: {} });
  });

  it('apply to what a write answers, and change nothing of what is stored', async () => {
    const server = await startScim();
    const created = await server.send('POST', '/Users?attributes=title', { body: ADA });
    const { id } = created.body;
    expect(created.body).toEqual({ schemas, id, title: 'Countess' });
    const patch = {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'replace', path: 'title', value: 'Lady' }],
    };
    const patched = await server.send('PATCH', `/Users/${String(id)}?excludedAttributes=emails`, {
      body: patch,
    });
    expect(patched.body).not.toHaveProperty('emails');
    expect((await server.send('GET', `/Users/${String(id)}`)).body).toMatchObject({
      title: 'Lady',
      emails: ADA.emails,
    });
  });
});

describe('A list', () => {
  it('of nothing has an empty Resources', async () => {
    const server = await startScim();
    const { status, body } = await server.send('GET', '/Users?filter=userName eq "nobody"');
    expect(status).toBe(200);
    expect(body).toEqual({ schemas: [LIST], totalResults: 0, itemsPerPage: 0, startIndex: 1, Resources: [] });
  });

  it('comes in pages of integers, in a stable order', async () => {
    const server = await startScim();
    await addUsers(server, 'a', 'b', 'c', 'd', 'e');
    const page = async (query: string) => (await server.send('GET', `/Users?${query}`)).body;
    const second = await page('startIndex=3&count=2');
    expect(second).toMatchObject({ totalResults: 5, itemsPerPage: 2, startIndex: 3 });
    expect(namesOf(second)).toEqual(['c', 'd']);
    expect(await page('startIndex=9')).toMatchObject({ totalResults: 5, itemsPerPage: 0, Resources: [] });
    expect(await page('count=0')).toMatchObject({ totalResults: 5, itemsPerPage: 0, Resources: [] });
  });

  it('pages by cursor (RFC 9865)', async () => {
    const server = await startScim();
    await addUsers(server, 'a', 'b', 'c');
    const first = (await server.send('GET', '/Users?cursor=&count=2')).body;
    expect(first).not.toHaveProperty('startIndex');
    const second = await server.send('GET', `/Users?count=2&cursor=${String(first['nextCursor'])}`);
    expect([namesOf(first), namesOf(second.body)]).toEqual([['a', 'b'], ['c']]);
    expect(second.body).not.toHaveProperty('nextCursor');
  });

  it('with a filter that cannot be read is 400 invalidFilter', async () => {
    const server = await startScim();
    const { status, body } = await server.send('GET', '/Users?filter=userName eq');
    expect([status, body['scimType']]).toEqual([400, 'invalidFilter']);
  });

  it('of Users shows the groups of each, and of Groups the members of each', async () => {
    const server = await startScim();
    const [ada = '', bob = ''] = await addUsers(server, 'ada', 'bob');
    const admins = await addGroup(server, 'Admins', ada);
    const staff = await addGroup(server, 'Staff', ada, bob);
    const users = (await server.send('GET', '/Users?attributes=groups.value')).body;
    expect(users['Resources']).toMatchObject([
      { groups: [{ value: admins }, { value: staff }] },
      { groups: [{ value: staff }] },
    ]);
    const groups = (await server.send('GET', '/Groups?attributes=members.value')).body;
    expect(groups['Resources']).toMatchObject([
      { members: [{ value: ada }] },
      { members: [{ value: ada }, { value: bob }] },
    ]);
  });
});

describe('POST /.search (RFC 7644 §3.4.3)', () => {
  it('answers like GET on Users and Groups', async () => {
    const server = await startScim();
    await addUsers(server, 'ada', 'bob');
    await addGroup(server, 'Admins');
    const users = await server.send('POST', '/Users/.search', {
      body: { schemas: [SEARCH], filter: 'userName sw "B"', attributes: ['userName'], count: 5 },
    });
    expect(users.body).toMatchObject({ totalResults: 1, startIndex: 1, itemsPerPage: 1 });
    expect(users.body['Resources']).toEqual([{ schemas: [USER], id: expect.any(String), userName: 'bob' }]);
    const groups = await server.send('POST', '/Groups/.search', { body: { schemas: [SEARCH] } });
    expect(namesOf(groups.body)).toEqual(['Admins']);
  });

  it('on the root finds both, Users first, in pages that go over the border', async () => {
    const server = await startScim();
    await addUsers(server, 'a', 'b', 'c');
    await addGroup(server, 'd');
    await addGroup(server, 'e');
    const search = async (more: object) =>
      (await server.send('POST', '/.search', { body: { schemas: [SEARCH], ...more } })).body;
    const all = await search({});
    expect(all).toMatchObject({ totalResults: 5, itemsPerPage: 5, startIndex: 1 });
    expect(namesOf(all)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(namesOf(await search({ startIndex: 3, count: 2 }))).toEqual(['c', 'd']);
    expect(namesOf(await search({ startIndex: 5, count: 2 }))).toEqual(['e']);
    expect(namesOf(await search({ startIndex: 1, count: 2 }))).toEqual(['a', 'b']);
    expect(await search({ count: 0 })).toMatchObject({ totalResults: 5, Resources: [] });
  });

  it('on the root lists only the kind that has the attribute of the filter', async () => {
    const server = await startScim();
    await addUsers(server, 'a', 'b');
    const id = await addGroup(server, 'a');
    const search = (filter: string) =>
      server.send('POST', '/.search', { body: { schemas: [SEARCH], filter } });
    expect(namesOf((await search('userName eq "a"')).body)).toEqual(['a']);
    expect((await search(`id eq "${id}"`)).body['Resources']).toMatchObject([{ schemas: [GROUP] }]);
    expect((await search('nonsense pr')).body['scimType']).toBe('invalidFilter');
  });

  it.each([
    ['without its schema', {}, 'invalidSyntax'],
    ['with a cursor on the root', { schemas: [SEARCH], cursor: '' }, 'invalidValue'],
    ['with attributes that are no list of names', { schemas: [SEARCH], attributes: [1] }, 'invalidValue'],
  ])('%s is refused', async (_what, body, scimType) => {
    const server = await startScim();
    const answer = await server.send('POST', '/.search', { body });
    expect([answer.status, answer.body['scimType']]).toEqual([400, scimType]);
  });
});
