import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { closeDatabase } from '../../src/store/database.ts';
import { addUsers, ERROR, GROUP, patchOf, startScim, USER } from './scim-server.ts';

const ADA = { schemas: [USER], userName: 'ada@example.com' };

describe('Content types', () => {
  it.each([
    'application/scim+json',
    'application/json',
    'application/scim+json; charset=utf-8',
    'Application/JSON;charset=UTF-8',
  ])('%s is accepted', async (type) => {
    const server = await startScim();
    const { status } = await server.send('POST', '/Users', { body: ADA, headers: { 'Content-Type': type } });
    expect(status).toBe(201);
  });

  it.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded'])(
    '%s is refused with 415 (RFC 7644 §3.1)',
    async (type) => {
      const server = await startScim();
      const { status, body } = await server.send('POST', '/Users', {
        body: ADA,
        headers: { 'Content-Type': type },
      });
      expect([status, body['status']]).toEqual([415, '415']);
    },
  );

  it('with a charset other than Unicode is refused with 415', async () => {
    const server = await startScim();
    const headers = { 'Content-Type': 'application/json; charset=iso-8859-1' };
    expect((await server.send('POST', '/Users', { body: ADA, headers })).status).toBe(415);
  });

  it('does not matter on a GET, where Okta sends one too', async () => {
    const server = await startScim();
    const headers = { 'Content-Type': 'application/scim+json; charset=utf-8' };
    expect((await server.send('GET', '/Users', { headers })).status).toBe(200);
  });

  it.each([
    [undefined, 'application/scim+json'],
    ['*/*', 'application/scim+json'],
    ['application/json, text/plain, */*', 'application/scim+json'],
    ['application/scim+json; charset=utf-8', 'application/scim+json'],
    ['application/json', 'application/json'],
    ['application/json; charset=utf-8', 'application/json'],
  ])('for Accept: %s the answer is %s, without parameters', async (accept, type) => {
    const server = await startScim();
    const headers: Record<string, string> = accept === undefined ? {} : { Accept: accept };
    const found = await server.send('GET', '/Users', { headers });
    const missing = await server.send('GET', '/Users/nobody', { headers });
    expect(found.headers.get('content-type')).toBe(type);
    expect(missing.headers.get('content-type')).toBe(type);
  });
});

describe('A body', () => {
  it.each([
    ['that is no JSON', '{"userName": "secret-text', 400, 'invalidSyntax'],
    ['that is empty', '', 400, 'invalidSyntax'],
    ['that is a list', '[]', 400, 'invalidSyntax'],
    ['that is a text', '"x"', 400, 'invalidSyntax'],
    ['that nests 51 deep', `${'{"a":'.repeat(51)}1${'}'.repeat(51)}`, 400, 'invalidSyntax'],
    ['of more than 1 MiB', JSON.stringify({ ...ADA, title: 'x'.repeat(1_048_576) }), 413, undefined],
  ])('%s is refused', async (_what, text, status, scimType) => {
    const server = await startScim();
    const answer = await server.send('POST', '/Users', { body: text });
    expect([answer.status, answer.body['status']]).toEqual([status, String(status)]);
    expect(answer.body['scimType']).toBe(scimType);
    expect(answer.text).not.toContain('secret-text');
    expect((await server.send('GET', '/Users')).body['totalResults']).toBe(0);
  });

  it('that nests 50 deep is read, brackets in its texts do not count', async () => {
    const server = await startScim();
    const deep = `${'{"a":'.repeat(48)}1${'}'.repeat(48)}`;
    const text = `{"schemas":["${USER}"],"userName":"\\"${'[{'.repeat(60)}","x":${deep}}`;
    expect((await server.send('POST', '/Users', { body: text })).status).toBe(201);
  });

  it('of a Group may have up to 8 MiB', async () => {
    const server = await startScim();
    const padding = 'x'.repeat(2_000_000);
    const accepted = await server.send('POST', '/Groups', {
      body: { schemas: [GROUP], displayName: 'All', padding },
    });
    expect(accepted.status).toBe(201);
    const tooLarge = await server.send('POST', '/Groups', {
      body: { schemas: [GROUP], displayName: 'More', padding: padding.repeat(5) },
    });
    expect(tooLarge.status).toBe(413);
  });

  it('that is small compressed and large unpacked is refused', async () => {
    const server = await startScim();
    const packed = gzipSync(JSON.stringify({ ...ADA, title: 'x'.repeat(2_000_000) }));
    const response = await fetch(`${server.url}/scim/acme/v2/Users`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/scim+json', 'Content-Encoding': 'gzip' },
      body: packed,
    });
    expect(response.status).toBe(413);
  });
});

describe('Versions', () => {
  it.each([
    ['W/"1"', 200],
    ['"1"', 200],
    ['*', 200],
    ['W/"7", W/"1"', 200],
    ['W/"7"', 412],
    ['nonsense', 412],
  ])('If-Match: %s on version 1 is %i (RFC 7644 §3.14)', async (tags, status) => {
    const server = await startScim();
    const [id] = await addUsers(server, 'ada@example.com');
    const headers = { 'If-Match': tags };
    const put = await server.send('PUT', `/Users/${id}`, { body: { ...ADA, title: 'x' }, headers });
    expect(put.status).toBe(status);
    const read = await server.send('GET', `/Users/${id}`);
    expect(read.headers.get('etag')).toBe(status === 200 ? 'W/"2"' : 'W/"1"');
  });

  it('that are outdated stop PATCH and DELETE too', async () => {
    const server = await startScim();
    const [id] = await addUsers(server, 'ada@example.com');
    const headers = { 'If-Match': 'W/"9"' };
    const body = patchOf({ op: 'replace', path: 'title', value: 'x' });
    expect((await server.send('PATCH', `/Users/${id}`, { body, headers })).status).toBe(412);
    expect((await server.send('DELETE', `/Users/${id}`, { headers })).status).toBe(412);
    expect((await server.send('GET', `/Users/${id}`)).status).toBe(200);
  });

  it.each([
    ['W/"1"', 304],
    ['*', 304],
    ['W/"2", W/"1"', 304],
    ['W/"2"', 200],
  ])('If-None-Match: %s on version 1 is %i', async (tags, status) => {
    const server = await startScim();
    const [id] = await addUsers(server, 'ada@example.com');
    const answer = await server.send('GET', `/Users/${id}`, { headers: { 'If-None-Match': tags } });
    expect([answer.status, answer.headers.get('etag')]).toEqual([status, 'W/"1"']);
    if (status === 304) expect(answer.text).toBe('');
  });
});

describe('Methods and addresses', () => {
  it.each([
    ['/Users', 'GET, POST, HEAD, OPTIONS', 'DELETE'],
    ['/Groups/x', 'GET, PUT, PATCH, DELETE, HEAD, OPTIONS', 'POST'],
    ['/Bulk', 'POST, OPTIONS', 'GET'],
    ['/.search', 'POST, OPTIONS', 'GET'],
    ['/Users/.search', 'POST, OPTIONS', 'PUT'],
    ['/Schemas', 'GET, HEAD, OPTIONS', 'POST'],
    ['/ServiceProviderConfig', 'GET, HEAD, OPTIONS', 'PATCH'],
  ])('%s allows %s', async (path, allow, wrong) => {
    const server = await startScim();
    const refused = await server.send(wrong, path);
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, allow]);
    expect(refused.body).toMatchObject({ schemas: [ERROR], status: '405' });
    const options = await server.send('OPTIONS', path);
    expect([options.status, options.headers.get('allow'), options.text]).toEqual([204, allow, '']);
  });

  it('HEAD is answered like GET, without the body', async () => {
    const server = await startScim();
    const [id] = await addUsers(server, 'ada@example.com');
    for (const path of [`/Users/${id}`, '/Users', '/Schemas']) {
      const get = await server.send('GET', path);
      const head = await server.send('HEAD', path);
      expect([head.status, head.text]).toEqual([200, '']);
      for (const name of ['content-type', 'content-length', 'etag']) {
        expect(head.headers.get(name)).toBe(get.headers.get(name));
      }
    }
  });

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('%s /Me is 501 (RFC 7644 §3.11)', async (method) => {
    const server = await startScim();
    const { status, body } = await server.send(method, '/Me');
    expect([status, body['status']]).toEqual([501, '501']);
  });

  it.each(['/', '/Nothing', '/Users/a/b'])('%s is 404 with a SCIM body', async (path) => {
    const server = await startScim();
    expect(await server.send('GET', path)).toMatchObject({ status: 404, body: { schemas: [ERROR] } });
  });

  it('an address that cannot be decoded is 400 with a SCIM body', async () => {
    const server = await startScim();
    expect(await server.send('GET', '/Users/%E0%A4%A')).toMatchObject({
      status: 400,
      body: { schemas: [ERROR] },
    });
  });
});

describe('A failure', () => {
  it('of the store is 503 with Retry-After, never 404', async () => {
    const server = await startScim();
    const [id] = await addUsers(server, 'ada@example.com');
    await closeDatabase(server.db);
    for (const [method, path, init] of [
      ['GET', `/Users/${id}`, {}],
      ['GET', '/Groups', {}],
      ['POST', '/Users', { body: ADA }],
    ] as const) {
      const { status, headers, body } = await server.send(method, path, init);
      expect([status, headers.get('retry-after')]).toEqual([503, '5']);
      expect(body).toMatchObject({ schemas: [ERROR], status: '503', 'urn:causeway:requestId': 'request-1' });
    }
  });

  it('that nobody foresaw is 500 with the request id; only the log says more', async () => {
    const server = await startScim();
    await server.db.schema.alterTable('users').renameTo('gone').execute();
    const { status, text, body } = await server.send('GET', '/Users/x');
    expect([status, body['status'], body['urn:causeway:requestId']]).toEqual([500, '500', 'request-1']);
    expect(text).not.toContain('no such table');
    expect(server.errors).toEqual(['An unexpected error ended a SCIM request.']);
  });
});
