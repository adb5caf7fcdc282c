import assert from 'node:assert/strict';
import type { JsonObject } from '../../../src/core/json.ts';
import { GROUP, MESSAGE, namesOf, patch, type Rule, type Scim, USER } from '../rule.ts';

async function bulk(scim: Scim, operations: object[], more: object = {}): Promise<JsonObject[]> {
  const body = { schemas: [`${MESSAGE}:BulkRequest`], Operations: operations, ...more };
  const answer = await scim.send('POST', '/Bulk', body);
  assert.deepEqual([answer.status, answer.body['schemas']], [200, [`${MESSAGE}:BulkResponse`]]);
  return answer.body['Operations'] as JsonObject[];
}

const postUser = (bulkId: string, userName = bulkId) => ({
  method: 'POST',
  path: '/Users',
  bulkId,
  data: { schemas: [USER], userName },
});
const postGroup = (bulkId: string, ...members: string[]) => ({
  method: 'POST',
  path: '/Groups',
  bulkId,
  data: { schemas: [GROUP], displayName: bulkId, members: members.map((value) => ({ value })) },
});
const statuses = (results: JsonObject[]) => results.map(({ status }) => status);
const idOf = (result: JsonObject | undefined) => String(result?.['location']).split('/').at(-1);

export const bulkRules: Rule[] = [
  {
    section: 'RFC 7644 §3.7',
    says: 'Bulk carries out POST, PUT, PATCH and DELETE and answers each with method, status, location and version.',
    holds: async (scim) => {
      const [a, b, c] = [await scim.user({ userName: 'a' }), await scim.user(), await scim.user()];
      const results = await bulk(scim, [
        postUser('new'),
        { method: 'PUT', path: `/Users/${a['id']}`, data: { schemas: [USER], userName: 'a', title: 't' } },
        { method: 'PATCH', path: `/Users/${b['id']}`, data: patch({ op: 'add', path: 'title', value: 't' }) },
        { method: 'DELETE', path: `/Users/${c['id']}` },
      ]);
      assert.deepEqual(statuses(results), ['201', '200', '200', '204']);
      assert.partialDeepStrictEqual(results[0] ?? {}, { method: 'POST', bulkId: 'new', version: 'W/"1"' });
      assert.partialDeepStrictEqual(results[1] ?? {}, {
        location: `${scim.base}/Users/${a['id']}`,
        version: 'W/"2"',
      });
      assert.deepEqual(namesOf(await scim.send('GET', '/Users?filter=title%20pr')).length, 2);
    },
  },
  {
    section: 'RFC 7644 §3.7',
    says: 'Bulk goes on after an error where failOnErrors is not given, and answers the error with its reason.',
    holds: async (scim) => {
      const results = await bulk(scim, [postUser('a'), postUser('b', 'A'), postUser('c')]);
      assert.deepEqual(statuses(results), ['201', '409', '201']);
      assert.partialDeepStrictEqual(results[1] ?? {}, {
        response: { status: '409', scimType: 'uniqueness' },
      });
    },
  },
  {
    section: 'RFC 7644 §3.7',
    says: 'Bulk stops after failOnErrors errors.',
    holds: async (scim) => {
      const results = await bulk(scim, [postUser('a'), postUser('b', 'A'), postUser('c')], {
        failOnErrors: 1,
      });
      assert.deepEqual(statuses(results), ['201', '409']);
      assert.deepEqual(namesOf(await scim.send('GET', '/Users')), ['a']);
    },
  },
  {
    section: 'RFC 7644 §3.7',
    says: 'Bulk honours the version of an operation: another one is 412.',
    holds: async (scim) => {
      const { id } = await scim.user({ userName: 'a' });
      const remove = (version: string) => ({ method: 'DELETE', path: `/Users/${id}`, version });
      assert.deepEqual(statuses(await bulk(scim, [remove('W/"7"'), remove('W/"1"')])), ['412', '204']);
    },
  },
  {
    section: 'RFC 7644 §3.7',
    says: 'A POST in Bulk needs a bulkId.',
    holds: async (scim) => {
      assert.deepEqual(statuses(await bulk(scim, [{ ...postUser('a'), bulkId: undefined }])), ['400']);
    },
  },
  {
    section: 'RFC 7644 §3.7',
    says: 'A body that is no BulkRequest is 400 invalidSyntax.',
    holds: async (scim) => {
      const { status, body } = await scim.send('POST', '/Bulk', { Operations: [] });
      assert.deepEqual([status, body['scimType']], [400, 'invalidSyntax']);
    },
  },
  {
    section: 'RFC 7644 §3.7.1',
    says: 'bulkIds may refer to one another in a circle.',
    holds: async (scim) => {
      const results = await bulk(scim, [postGroup('a', 'bulkId:b'), postGroup('b', 'bulkId:a')]);
      assert.deepEqual(statuses(results), ['201', '201']);
      const { members } = (await scim.send('GET', `/Groups/${idOf(results[0])}`)).body;
      assert.partialDeepStrictEqual(members, [{ value: idOf(results[1]) }]);
    },
  },
  {
    section: 'RFC 7644 §3.7.2',
    says: 'A bulkId in data stands for the id of what its operation makes, whichever comes first.',
    holds: async (scim) => {
      const results = await bulk(scim, [postGroup('g', 'bulkId:u'), postUser('u')]);
      const { members } = (await scim.send('GET', `/Groups/${idOf(results[0])}`)).body;
      assert.partialDeepStrictEqual(members, [{ value: idOf(results[1]) }]);
    },
  },
  {
    section: 'RFC 7644 §3.7.2',
    says: 'A bulkId may stand in a path.',
    holds: async (scim) => {
      const change = {
        method: 'PATCH',
        path: '/Users/bulkId:u',
        data: patch({ op: 'add', path: 'title', value: 't' }),
      };
      const results = await bulk(scim, [postUser('u'), change]);
      assert.deepEqual(statuses(results), ['201', '200']);
    },
  },
  {
    section: 'RFC 7644 §3.7.2',
    says: 'A bulkId of nothing is 400; of an operation that failed, 409.',
    holds: async (scim) => {
      await scim.user({ userName: 'taken' });
      const results = await bulk(scim, [
        postGroup('g', 'bulkId:x'),
        postUser('t', 'taken'),
        postGroup('h', 'bulkId:t'),
      ]);
      assert.deepEqual(statuses(results), ['400', '409', '409']);
    },
  },
  {
    section: 'RFC 7644 §3.7.4',
    says: 'More operations than ServiceProviderConfig says, 1,000, are 413.',
    holds: async (scim) => {
      const operations = Array.from({ length: 1001 }, (_, n) => ({ method: 'DELETE', path: `/Users/${n}` }));
      const body = { schemas: [`${MESSAGE}:BulkRequest`], Operations: operations };
      assert.equal((await scim.send('POST', '/Bulk', body)).status, 413);
    },
  },
  {
    section: 'RFC 7644 §3.7.4',
    says: 'A larger body than ServiceProviderConfig says, 1 MiB, is 413.',
    holds: async (scim) => {
      const body = { schemas: [`${MESSAGE}:BulkRequest`], Operations: [], padding: 'x'.repeat(1_048_576) };
      assert.equal((await scim.send('POST', '/Bulk', body)).status, 413);
    },
  },
];
