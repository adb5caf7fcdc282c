import assert from 'node:assert/strict';
import { ENTERPRISE, GROUP, MESSAGE, type Rule, resourcesOf, type Scim, USER, VENDOR } from '../rule.ts';

const SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0';

async function config(scim: Scim) {
  return (await scim.send('GET', '/ServiceProviderConfig')).body;
}

export const discoveryRules: Rule[] = [
  {
    section: 'RFC 7643 §5',
    says: 'ServiceProviderConfig has its schema, its location, and what is supported: patch, bulk, filter, sort, etag.',
    holds: async (scim) => {
      assert.partialDeepStrictEqual(await config(scim), {
        schemas: [`${SCHEMA}:ServiceProviderConfig`],
        patch: { supported: true },
        bulk: { supported: true, maxOperations: 1000, maxPayloadSize: 1_048_576 },
        filter: { supported: true, maxResults: 200 },
        sort: { supported: true },
        etag: { supported: true },
        meta: { resourceType: 'ServiceProviderConfig', location: `${scim.base}/ServiceProviderConfig` },
      });
    },
  },
  {
    section: 'RFC 7643 §5',
    says: 'changePassword is not supported.',
    holds: async (scim) => assert.deepEqual((await config(scim))['changePassword'], { supported: false }),
  },
  {
    section: 'RFC 7643 §5',
    says: 'authenticationSchemes names bearer tokens, the primary one, and HTTP Basic.',
    holds: async (scim) => {
      const schemes = (await config(scim))['authenticationSchemes'];
      assert.partialDeepStrictEqual(schemes, [
        { type: 'oauthbearertoken', primary: true },
        { type: 'httpbasic', primary: false },
      ]);
      for (const scheme of schemes as object[]) assert.ok('name' in scheme && 'description' in scheme);
    },
  },
  {
    section: 'RFC 9865 §4',
    says: 'pagination says that index and cursor paging are supported, with the default and the greatest page.',
    holds: async (scim) => {
      assert.partialDeepStrictEqual((await config(scim))['pagination'] as object, {
        cursor: true,
        index: true,
        defaultPaginationMethod: 'index',
        defaultPageSize: 100,
        maxPageSize: 200,
      });
    },
  },
  {
    section: 'RFC 7643 §6',
    says: 'ResourceTypes are User, with its extensions, and Group.',
    holds: async (scim) => {
      const answer = await scim.send('GET', '/ResourceTypes');
      const [user, group] = resourcesOf(answer);
      assert.deepEqual(
        [answer.body['schemas'], answer.body['totalResults']],
        [[`${MESSAGE}:ListResponse`], 2],
      );
      assert.partialDeepStrictEqual(user ?? {}, {
        schemas: [`${SCHEMA}:ResourceType`],
        id: 'User',
        name: 'User',
        endpoint: '/Users',
        schema: USER,
        schemaExtensions: [
          { schema: ENTERPRISE, required: false },
          { schema: VENDOR, required: false },
        ],
      });
      assert.partialDeepStrictEqual(group ?? {}, { id: 'Group', endpoint: '/Groups', schema: GROUP });
    },
  },
  {
    section: 'RFC 7643 §6',
    says: 'A ResourceType is read by its name; an unknown one is 404.',
    holds: async (scim) => {
      assert.equal((await scim.send('GET', '/ResourceTypes/User')).body['endpoint'], '/Users');
      assert.equal((await scim.send('GET', '/ResourceTypes/Device')).status, 404);
    },
  },
  {
    section: 'RFC 7644 §4',
    says: 'Schemas lists core, enterprise and the connection’s own extension, each with its location.',
    holds: async (scim) => {
      const schemas = resourcesOf(await scim.send('GET', '/Schemas'));
      assert.deepEqual(
        schemas.map(({ id }) => id),
        [USER, GROUP, ENTERPRISE, VENDOR],
      );
      for (const { id, meta } of schemas) {
        assert.deepEqual(meta, { resourceType: 'Schema', location: `${scim.base}/Schemas/${id}` });
      }
    },
  },
  {
    section: 'RFC 7644 §4',
    says: 'A schema is read by its URN; an unknown one is 404.',
    holds: async (scim) => {
      assert.equal((await scim.send('GET', `/Schemas/${VENDOR}`)).body['id'], VENDOR);
      assert.equal((await scim.send('GET', '/Schemas/urn:x')).status, 404);
    },
  },
  {
    section: 'RFC 7644 §4',
    says: 'A filter on discovery is 403; other parameters are ignored.',
    holds: async (scim) => {
      for (const path of ['/ServiceProviderConfig', '/ResourceTypes', '/Schemas', `/Schemas/${USER}`]) {
        assert.equal((await scim.send('GET', `${path}?filter=id%20pr`)).status, 403);
        assert.equal((await scim.send('GET', `${path}?count=1&sortBy=id`)).status, 200);
      }
    },
  },
];
