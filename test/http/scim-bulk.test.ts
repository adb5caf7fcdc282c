import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import {
  type Answer,
  addGroup,
  addUsers,
  ERROR,
  GROUP,
  patchOf,
  type ScimServer,
  startScim,
  USER,
} from './scim-server.ts';

const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';

function bulk(server: ScimServer, operations: object[], more: object = {}): Promise<Answer> {
  return server.send('POST', '/Bulk', { body: { schemas: [BULK], Operations: operations, ...more } });
}

function results({ status, body }: Answer): JsonObject[] {
  expect(status).toBe(200);
  expect(body['schemas']).toEqual(['urn:ietf:params:scim:api:messages:2.0:BulkResponse']);
  return body['Operations'] as JsonObject[];
}

function newUser(bulkId: string, more: object = {}): object {
  return { method: 'POST', path: '/Users', bulkId, data: { schemas: [USER], userName: bulkId, ...more } };
}

function newGroup(bulkId: string, ...members: string[]): object {
  const data = { schemas: [GROUP], displayName: bulkId, members: members.map((value) => ({ value })) };
  return { method: 'POST', path: '/Groups', bulkId, data };
}

async function membersByName(server: ScimServer): Promise<Record<string, unknown>> {
  const { body } = await server.send('GET', '/Groups');
  return Object.fromEntries(
    (body['Resources'] as { displayName: string; members: { value: string }[] }[]).map((group) => [
      group.displayName,
      group.members.map(({ value }) => value),
    ]),
  );
}

function idIn(result: JsonObject | undefined): string {
  return String(result?.['location']).split('/').at(-1) ?? '';
}

describe('A Bulk request (RFC 7644 §3.7)', () => {
  it('answers each operation with its status, location and version', async () => {
    const server = await startScim();
    const [ada, bob] = await addUsers(server, 'ada', 'bob');
    const base = 'https://scim.example.com/scim/acme/v2/Users';
    const answer = await bulk(server, [
      newUser('cy'),
      { method: 'PUT', path: `/Users/${ada}`, data: { schemas: [USER], userName: 'ada', title: 'x' } },
      {
        method: 'patch',
        path: `/Users/${ada}`,
        bulkId: 'p',
        data: patchOf({ op: 'add', path: 'title', value: 'y' }),
      },
      { method: 'DELETE', path: `/Users/${bob}` },
    ]);
    expect(results(answer)).toEqual([
      {
        method: 'POST',
        bulkId: 'cy',
        location: expect.stringContaining(base),
        version: 'W/"1"',
        status: '201',
      },
      { method: 'PUT', location: `${base}/${ada}`, version: 'W/"2"', status: '200' },
      { method: 'PATCH', bulkId: 'p', location: `${base}/${ada}`, version: 'W/"3"', status: '200' },
      { method: 'DELETE', location: `${base}/${bob}`, status: '204' },
    ]);
    expect((await server.send('GET', `/Users/${ada}`)).body['title']).toBe('y');
    expect((await server.send('GET', '/Users')).body['totalResults']).toBe(2);
  });

  it('goes on after an error and answers it with its reason', async () => {
    const server = await startScim();
    await addUsers(server, 'taken');
    const [taken, missing, made] = results(
      await bulk(server, [newUser('taken'), { method: 'DELETE', path: '/Users/nobody' }, newUser('cy')]),
    );
    expect(taken).toMatchObject({
      method: 'POST',
      bulkId: 'taken',
      status: '409',
      response: { schemas: [ERROR], status: '409', scimType: 'uniqueness' },
    });
    expect(taken).not.toHaveProperty('location');
    expect(missing).toMatchObject({ status: '404' });
    expect(made).toMatchObject({ status: '201' });
  });

  it('stops at failOnErrors; what is left undone is not in the answer', async () => {
    const server = await startScim();
    const missing = { method: 'DELETE', path: '/Users/nobody' };
    const answer = await bulk(server, [newUser('a'), missing, newUser('b'), missing, newUser('c')], {
      failOnErrors: 2,
    });
    expect(results(answer).map(({ status }) => status)).toEqual(['201', '404', '201', '404']);
    expect((await server.send('GET', '/Users')).body['totalResults']).toBe(2);
  });

  it('holds to the versions that it names', async () => {
    const server = await startScim();
    const [ada] = await addUsers(server, 'ada');
    const patch = (version: string, value: string) => ({
      method: 'PATCH',
      path: `/Users/${ada}`,
      version,
      data: patchOf({ op: 'add', path: 'title', value }),
    });
    const answer = await bulk(server, [patch('W/"1"', 'x'), patch('W/"1"', 'y')]);
    expect(results(answer).map(({ status }) => status)).toEqual(['200', '412']);
    expect((await server.send('GET', `/Users/${ada}`)).body['title']).toBe('x');
  });

  it('waits for no delivery, and lets none of them be put back later', async () => {
    const server = await startScim();
    await bulk(server, [newUser('ada')]);
    expect(server.asked).toEqual(['wake acme']);
    const rows = await server.db.selectFrom('accounts').select(['undo', 'undo_version']).execute();
    expect(rows).toEqual([{ undo: null, undo_version: null }]);
  });
});

describe('A bulkId (RFC 7644 §3.7.2)', () => {
  it('may be referred to before the operation that it is of', async () => {
    const server = await startScim();
    const [group, user] = results(await bulk(server, [newGroup('Admins', 'bulkId:ada'), newUser('ada')]));
    expect([group?.['status'], user?.['status']]).toEqual(['201', '201']);
    expect(await membersByName(server)).toEqual({ Admins: [idIn(user)] });
  });

  it('may stand in the path of an operation and in the filter of a PATCH path', async () => {
    const server = await startScim();
    const [ada = ''] = await addUsers(server, 'ada');
    const outer = await addGroup(server, 'Outer', ada);
    const answer = await bulk(server, [
      {
        method: 'PATCH',
        path: '/Groups/bulkId:Inner',
        data: patchOf(
          { op: 'add', path: 'members', value: [{ value: 'bulkId:bob' }, { value: ada }] },
          { op: 'remove', path: 'members[value eq "bulkId:bob"]' },
        ),
      },
      {
        method: 'PATCH',
        path: `/Groups/${outer}`,
        data: patchOf({ op: 'add', value: { members: [{ value: 'bulkId:Inner' }] } }),
      },
      newGroup('Inner'),
      newUser('bob'),
    ]);
    expect(results(answer).map(({ status }) => status)).toEqual(['200', '200', '201', '201']);
    const inner = idIn(results(answer)[2]);
    expect(await membersByName(server)).toEqual({ Outer: [ada, inner].sort(), Inner: [ada] });
  });

  it('may go round in a circle', async () => {
    const server = await startScim();
    const [ada, a, b] = results(
      await bulk(server, [
        newUser('ada', {
          schemas: [USER],
          'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { manager: { value: 'bulkId:ada' } },
        }),
        newGroup('A', 'bulkId:B', 'bulkId:ada'),
        newGroup('B', 'bulkId:A'),
      ]),
    );
    expect([ada, a, b].map((result) => result?.['status'])).toEqual(['201', '201', '201']);
    expect(await membersByName(server)).toEqual({ A: [idIn(ada), idIn(b)].sort(), B: [idIn(a)] });
    const { body } = await server.send('GET', `/Users/${idIn(ada)}`);
    expect(body['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User']).toEqual({
      manager: { value: idIn(ada) },
    });
  });

  it('of nothing is 400, of an operation that failed 409', async () => {
    const server = await startScim();
    await addUsers(server, 'taken');
    const answer = await bulk(server, [
      newGroup('A', 'bulkId:nothing'),
      newGroup('B', 'bulkId:taken'),
      newUser('taken'),
      { method: 'DELETE', path: '/Users/bulkId:taken' },
    ]);
    expect(results(answer).map(({ status }) => status)).toEqual(['400', '409', '409', '409']);
    expect(await membersByName(server)).toEqual({});
  });

  it('chain of 1,000 operations, last first, is carried out', async () => {
    const server = await startScim();
    const chain = Array.from({ length: 1000 }, (_, index) =>
      newGroup(`g${index}`, ...(index === 999 ? [] : [`bulkId:g${index + 1}`])),
    );
    const done = results(await bulk(server, chain));
    expect(new Set(done.map(({ status }) => status))).toEqual(new Set(['201']));
    expect((await server.send('GET', '/Groups?count=0')).body['totalResults']).toBe(1000);
  });
});

describe('A Bulk request that is wrong', () => {
  it.each([
    ['without its schema', { schemas: [] }, 400, 'invalidSyntax'],
    ['without a list of operations', { Operations: {} }, 400, 'invalidSyntax'],
    ['with a failOnErrors of 0', { failOnErrors: 0 }, 400, 'invalidValue'],
    [
      'of 1,001 operations',
      { Operations: Array(1001).fill({ method: 'DELETE', path: '/Users/x' }) },
      413,
      undefined,
    ],
    ['of more than 1 MiB', { padding: 'x'.repeat(1_048_576) }, 413, undefined],
  ])('%s is refused as a whole', async (_what, more, status, scimType) => {
    const server = await startScim();
    const answer = await bulk(server, [newUser('ada')], more);
    expect([answer.status, answer.body['scimType']]).toEqual([status, scimType]);
    expect((await server.send('GET', '/Users')).body['totalResults']).toBe(0);
  });

  it.each([
    ['no object', 'x'],
    ['an unknown method', { method: 'GET', path: '/Users/x' }],
    ['an unknown path', { method: 'POST', path: '/Cars', bulkId: 'x', data: {} }],
    ['a path that is too long', { method: 'DELETE', path: '/Users/x/y' }],
    ['a POST without a bulkId', { method: 'POST', path: '/Users', data: {} }],
    ['a POST to a resource', { method: 'POST', path: '/Users/x', bulkId: 'x', data: {} }],
    ['a PUT to no resource', { method: 'PUT', path: '/Users', data: {} }],
    ['a PATCH without data', { method: 'PATCH', path: '/Users/x' }],
  ])('in one operation (%s) is refused there alone', async (_what, operation) => {
    const server = await startScim();
    const [wrong, right] = results(await bulk(server, [operation as object, newUser('ada')]));
    expect(wrong).toMatchObject({ status: '400', response: { scimType: 'invalidSyntax' } });
    expect(right).toMatchObject({ status: '201' });
  });

  it('by giving one bulkId to two POSTs is refused in the second', async () => {
    const server = await startScim();
    const answer = await bulk(server, [newUser('ada'), { ...newUser('ada'), path: '/Groups' }]);
    expect(results(answer).map(({ status }) => status)).toEqual(['201', '400']);
  });
});
