import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { ENTERPRISE, ERROR, GROUP, type ScimServer, startScim, USER, VENDOR } from './scim-server.ts';

const BASE = 'https://scim.example.com/scim/acme/v2';

async function resources(server: ScimServer, path: string): Promise<JsonObject[]> {
  const { status, body } = await server.send('GET', path);
  expect(status).toBe(200);
  const list = body['Resources'] as JsonObject[];
  expect(body).toMatchObject({ totalResults: list.length, itemsPerPage: list.length, startIndex: 1 });
  return list;
}

describe('ServiceProviderConfig (RFC 7643 §5)', () => {
  it('says what the other endpoints hold to', async () => {
    const server = await startScim();
    const { status, body } = await server.send('GET', '/ServiceProviderConfig');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
      patch: { supported: true },
      bulk: { supported: true, maxOperations: 1000, maxPayloadSize: 1_048_576 },
      filter: { supported: true, maxResults: 200 },
      changePassword: { supported: false },
      sort: { supported: true },
      etag: { supported: true },
      pagination: { cursor: true, index: true, defaultPageSize: 100, maxPageSize: 200 },
      authenticationSchemes: [{ type: 'oauthbearertoken', primary: true }, { type: 'httpbasic' }],
      meta: { location: `${BASE}/ServiceProviderConfig` },
    });
  });
});

describe('ResourceTypes (RFC 7643 §6)', () => {
  it('are Users with their extensions, and Groups', async () => {
    const server = await startScim();
    expect(await resources(server, '/ResourceTypes')).toMatchObject([
      {
        id: 'User',
        endpoint: '/Users',
        schema: USER,
        schemaExtensions: [
          { schema: ENTERPRISE, required: false },
          { schema: VENDOR, required: false },
        ],
        meta: { resourceType: 'ResourceType', location: `${BASE}/ResourceTypes/User` },
      },
      { id: 'Group', endpoint: '/Groups', schema: GROUP, schemaExtensions: [] },
    ]);
  });

  it('are each read by name', async () => {
    const server = await startScim();
    const list = await resources(server, '/ResourceTypes');
    expect((await server.send('GET', '/ResourceTypes/Group')).body).toEqual(list[1]);
    expect(await server.send('GET', '/ResourceTypes/Car')).toMatchObject({
      status: 404,
      body: { schemas: [ERROR] },
    });
  });
});

describe('Schemas (RFC 7643 §7)', () => {
  it("are the core ones, the enterprise extension and this connection's own, no other's", async () => {
    const server = await startScim();
    const list = await resources(server, '/Schemas');
    expect(list.map(({ id }) => id)).toEqual([USER, GROUP, ENTERPRISE, VENDOR]);
    expect(list[3]).toMatchObject({
      attributes: [
        { name: 'seatType', type: 'string', multiValued: false },
        { name: 'seats', type: 'integer', multiValued: false },
      ],
    });
    const other = await resources(server, '/scim/other/v2/Schemas');
    expect(JSON.stringify(other)).not.toContain('acme');
  });

  it('are each read by URN, in any case, plain or encoded', async () => {
    const server = await startScim();
    const list = await resources(server, '/Schemas');
    for (const name of [VENDOR, VENDOR.toUpperCase(), encodeURIComponent(VENDOR)]) {
      const { status, body } = await server.send('GET', `/Schemas/${name}`);
      expect([status, body]).toEqual([200, list[3]]);
    }
    expect((await server.send('GET', '/Schemas/urn:nothing')).status).toBe(404);
  });

  it('hold no nulls, which Entra ID cannot read', async () => {
    const server = await startScim();
    expect((await server.send('GET', '/Schemas')).text).not.toContain('null');
  });
});

describe('A filter on discovery', () => {
  it.each([
    '/ServiceProviderConfig',
    '/ResourceTypes',
    '/ResourceTypes/User',
    '/Schemas',
    `/Schemas/${USER}`,
  ])('on %s is 403 (RFC 7644 §4)', async (path) => {
    const server = await startScim();
    const { status, body } = await server.send('GET', `${path}?filter=id pr`);
    expect([status, body['status']]).toEqual([403, '403']);
    expect((await server.send('GET', `${path}?count=1&attributes=id`)).status).toBe(200);
  });
});
