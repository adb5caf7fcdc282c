import assert from 'node:assert/strict';
import { GROUP, namesOf, type Rule, USER } from '../rule.ts';

const ADA = { schemas: [USER], userName: 'ada', title: 'Countess', emails: [{ value: 'a@x', type: 'work' }] };

export const resourceRules: Rule[] = [
  {
    section: 'RFC 7644 §3.1',
    says: 'Answers are application/scim+json, without parameters.',
    holds: async (scim) => {
      for (const path of ['/Users', '/Users/none', '/Schemas']) {
        assert.equal((await scim.send('GET', path)).headers.get('content-type'), 'application/scim+json');
      }
    },
  },
  {
    section: 'RFC 7644 §3.1',
    says: 'application/json is answered where the client accepts that alone, and accepted as a Content-Type.',
    holds: async (scim) => {
      const headers = { Accept: 'application/json', 'Content-Type': 'application/json' };
      const { status, headers: answered } = await scim.send('POST', '/Users', ADA, headers);
      assert.deepEqual([status, answered.get('content-type')], [201, 'application/json']);
    },
  },
  {
    section: 'RFC 7644 §3.1',
    says: 'Another Content-Type is 415.',
    holds: async (scim) => {
      assert.equal((await scim.send('POST', '/Users', ADA, { 'Content-Type': 'text/xml' })).status, 415);
    },
  },
  {
    section: 'RFC 7644 §3.2',
    says: 'A method that an endpoint does not have is 405 with Allow.',
    holds: async (scim) => {
      for (const [method, path, allow] of [
        ['DELETE', '/Users', 'GET, POST, HEAD, OPTIONS'],
        ['POST', '/Users/x', 'GET, PUT, PATCH, DELETE, HEAD, OPTIONS'],
        ['PUT', '/Bulk', 'POST, OPTIONS'],
        ['POST', '/Schemas', 'GET, HEAD, OPTIONS'],
      ] as const) {
        const { status, headers } = await scim.send(method, path);
        assert.deepEqual([status, headers.get('allow')], [405, allow]);
      }
    },
  },
  {
    section: 'RFC 7644 §3.2',
    says: 'An endpoint that does not exist is 404.',
    holds: async (scim) => {
      for (const path of ['/', '/Devices', '/Users/a/b'])
        assert.equal((await scim.send('GET', path)).status, 404);
    },
  },
  {
    section: 'RFC 7644 §3.3',
    says: 'POST answers 201 with the whole resource, its Location and its ETag.',
    holds: async (scim) => {
      const { status, headers, body } = await scim.send('POST', '/Users', ADA);
      const location = `${scim.base}/Users/${body['id']}`;
      assert.deepEqual([status, headers.get('location'), headers.get('etag')], [201, location, 'W/"1"']);
      assert.partialDeepStrictEqual(body, {
        ...ADA,
        meta: { location, resourceType: 'User', version: 'W/"1"' },
      });
    },
  },
  {
    section: 'RFC 7644 §3.3',
    says: 'POST ignores read-only attributes: the server gives the id.',
    holds: async (scim) => {
      const { body } = await scim.send('POST', '/Users', {
        ...ADA,
        id: 'mine',
        groups: [{ value: 'g' }],
        meta: { created: 'x' },
      });
      assert.notEqual(body['id'], 'mine');
      assert.deepEqual(body['groups'], []);
    },
  },
  {
    section: 'RFC 7644 §3.3',
    says: 'POST of a User whose userName is taken, in any case, is 409 uniqueness.',
    holds: async (scim) => {
      await scim.user(ADA);
      const { status, body } = await scim.send('POST', '/Users', { ...ADA, userName: 'ADA' });
      assert.deepEqual([status, body['scimType']], [409, 'uniqueness']);
    },
  },
  {
    section: 'RFC 7644 §3.3',
    says: 'POST of a Group whose displayName is taken, in any case, is 409 uniqueness (Entra ID).',
    holds: async (scim) => {
      await scim.group({ displayName: 'Staff' });
      const { status, body } = await scim.send('POST', '/Groups', { schemas: [GROUP], displayName: 'staff' });
      assert.deepEqual([status, body['scimType']], [409, 'uniqueness']);
    },
  },
  {
    section: 'RFC 7644 §3.3',
    says: 'POST without the resource’s own schema is 400 invalidSyntax; other schemas beside it are ignored.',
    holds: async (scim) => {
      for (const schemas of [undefined, [], [GROUP]]) {
        const { status, body } = await scim.send('POST', '/Users', { ...ADA, schemas });
        assert.deepEqual([status, body['scimType']], [400, 'invalidSyntax']);
      }
      assert.equal((await scim.send('POST', '/Users', { ...ADA, schemas: ['urn:x', USER] })).status, 201);
    },
  },
  {
    section: 'RFC 7644 §3.3.1',
    says: 'meta.resourceType is that of the endpoint.',
    holds: async (scim) => {
      assert.partialDeepStrictEqual(await scim.user({ meta: { resourceType: 'Device' } }), {
        meta: { resourceType: 'User' },
      });
      assert.partialDeepStrictEqual(await scim.group(), { meta: { resourceType: 'Group' } });
    },
  },
  {
    section: 'RFC 7644 §3.4.1',
    says: 'GET of a resource answers 200 as it was written, with its ETag.',
    holds: async (scim) => {
      const created = await scim.user(ADA);
      const { status, headers, body } = await scim.send('GET', `/Users/${created['id']}`);
      assert.deepEqual([status, headers.get('etag'), body], [200, 'W/"1"', created]);
    },
  },
  {
    section: 'RFC 7644 §3.4.1',
    says: 'GET of an unknown id is 404.',
    holds: async (scim) => {
      for (const path of ['/Users/none', '/Groups/none'])
        assert.equal((await scim.send('GET', path)).status, 404);
    },
  },
  {
    section: 'RFC 7644 §3.4.1',
    says: 'The id of a Group is unknown among Users.',
    holds: async (scim) => {
      const { id } = await scim.group();
      assert.equal((await scim.send('GET', `/Users/${id}`)).status, 404);
    },
  },
  {
    section: 'RFC 7644 §3.5.1',
    says: 'PUT answers 200 with the whole resource; what it does not name is unassigned.',
    holds: async (scim) => {
      const { id } = await scim.user(ADA);
      const { status, headers, body } = await scim.send('PUT', `/Users/${id}`, {
        schemas: [USER],
        userName: 'ada',
        nickName: 'n',
      });
      assert.deepEqual(
        [status, headers.get('etag'), body['title'], body['nickName']],
        [200, 'W/"2"', undefined, 'n'],
      );
    },
  },
  {
    section: 'RFC 7644 §3.5.1',
    says: 'PUT ignores read-only attributes: id, meta and groups, as Okta sends them back.',
    holds: async (scim) => {
      const created = await scim.user(ADA);
      const sent = { ...created, meta: { created: 'x' }, groups: [{ value: 'g' }] };
      const { status, body } = await scim.send('PUT', `/Users/${created['id']}`, sent);
      assert.deepEqual([status, body], [200, created]);
    },
  },
  {
    section: 'RFC 7644 §3.5.1',
    says: 'PUT of an unknown id is 404 and makes nothing.',
    holds: async (scim) => {
      assert.equal((await scim.send('PUT', '/Users/none', ADA)).status, 404);
      assert.equal((await scim.send('GET', '/Users')).body['totalResults'], 0);
    },
  },
  {
    section: 'RFC 7644 §3.5.1',
    says: 'PUT without a required attribute is 400 invalidValue.',
    holds: async (scim) => {
      const { id } = await scim.user(ADA);
      const { status, body } = await scim.send('PUT', `/Users/${id}`, { schemas: [USER] });
      assert.deepEqual([status, body['scimType']], [400, 'invalidValue']);
    },
  },
  {
    section: 'RFC 7644 §3.5.1',
    says: 'PUT of a userName that is taken is 409 uniqueness.',
    holds: async (scim) => {
      await scim.user({ userName: 'eve' });
      const { id } = await scim.user(ADA);
      const { status, body } = await scim.send('PUT', `/Users/${id}`, { ...ADA, userName: 'Eve' });
      assert.deepEqual([status, body['scimType']], [409, 'uniqueness']);
    },
  },
  {
    section: 'RFC 7644 §3.5.1',
    says: 'PUT of a Group replaces its members; none where it names none.',
    holds: async (scim) => {
      const [a, b] = [await scim.user(), await scim.user()];
      const { id } = await scim.group({ displayName: 'G', members: [{ value: a['id'] }] });
      const put = (members?: object[]) =>
        scim.send('PUT', `/Groups/${id}`, { schemas: [GROUP], displayName: 'G', members });
      assert.partialDeepStrictEqual((await put([{ value: b['id'] }])).body, {
        members: [{ value: b['id'] }],
      });
      assert.deepEqual((await put()).body['members'], []);
    },
  },
  {
    section: 'RFC 7644 §3.6',
    says: 'DELETE answers 204 without a body; the resource is 404 for every method and in no list.',
    holds: async (scim) => {
      const { id } = await scim.user(ADA);
      const { status, text } = await scim.send('DELETE', `/Users/${id}`);
      assert.deepEqual([status, text], [204, '']);
      for (const method of ['GET', 'DELETE'])
        assert.equal((await scim.send(method, `/Users/${id}`)).status, 404);
      assert.equal((await scim.send('PUT', `/Users/${id}`, ADA)).status, 404);
      assert.deepEqual(namesOf(await scim.send('GET', '/Users')), []);
    },
  },
  {
    section: 'RFC 7644 §3.6',
    says: 'The userName of a deleted User is free.',
    holds: async (scim) => {
      const { id } = await scim.user(ADA);
      await scim.send('DELETE', `/Users/${id}`);
      assert.notEqual((await scim.user(ADA))['id'], id);
    },
  },
  {
    section: 'RFC 7644 §3.6',
    says: 'A deleted User is a member of nothing.',
    holds: async (scim) => {
      const { id } = await scim.user(ADA);
      const group = await scim.group({ members: [{ value: id }] });
      await scim.send('DELETE', `/Users/${id}`);
      assert.deepEqual((await scim.send('GET', `/Groups/${group['id']}`)).body['members'], []);
    },
  },
  {
    section: 'RFC 7644 §3.8',
    says: 'Texts are UTF-8 and come back as they were sent.',
    holds: async (scim) => {
      const title = 'Zoë “Ω” 😀 \u2028';
      assert.equal((await scim.user({ title }))['title'], title);
    },
  },
  {
    section: 'RFC 7644 §3.11',
    says: '/Me is 501: a token stands for no person.',
    holds: async (scim) => {
      for (const method of ['GET', 'POST', 'PATCH'])
        assert.equal((await scim.send(method, '/Me')).status, 501);
    },
  },
  {
    section: 'RFC 7644 §6',
    says: 'Every location lies under the connection’s own base URL, which has the version v2 (§3.13).',
    holds: async (scim) => {
      const user = await scim.user();
      const group = await scim.group({ members: [{ value: user['id'] }] });
      assert.partialDeepStrictEqual(group, { members: [{ $ref: `${scim.base}/Users/${user['id']}` }] });
      assert.match(scim.base, /\/v2$/);
    },
  },
];
