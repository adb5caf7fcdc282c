import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CORE_USER } from '../../src/core/user.ts';
import { insertConnection } from '../../src/store/connections.ts';
import { issueToken } from '../../src/store/tokens.ts';
import { policiesInForce } from '../../src/vendor-kit/policies.ts';
import { crankwheel } from '../../src/vendors/crankwheel/index.ts';
import { type EdgeServer, startEdge } from './edge-server.ts';

/** What an administrator sees when an identity provider, or a hand with curl, sends something wrong. */
let edge: EdgeServer;
let token = '';

beforeAll(async () => {
  edge = await startEdge();
  const settings = crankwheel.settings.parse({});
  const policies = policiesInForce(crankwheel, settings, {});
  const rest = { title: 'CRM', settings, mapping: {}, policies, policyOverrides: {}, dryRun: true };
  const connection = { id: 'crm', vendor: 'crankwheel', ...rest };
  await insertConnection(edge.db, edge.keyring, connection, {}, 1);
  const wish = { connectionId: 'crm', label: 'test', expiresAt: null, now: 1 };
  token = (await issueToken(edge.db, edge.keyring, wish)).token;
});
afterAll(() => edge.close());

function post(path: string, body: string, type = 'application/scim+json') {
  return supertest(edge.url)
    .post(`/scim/crm/v2${path}`)
    .set('Authorization', `Bearer ${token}`)
    .set('Content-Type', type)
    .send(body);
}

const ANA = JSON.stringify({ schemas: [CORE_USER], userName: 'ana@example.com' });

describe('What cannot be read', () => {
  it.each([
    ['malformed JSON', '{"schemas":', 'application/scim+json', 400, 'invalidSyntax'],
    ['a list where a resource belongs', '[]', 'application/scim+json', 400, 'invalidSyntax'],
    ['a form', 'userName=ana', 'application/x-www-form-urlencoded', 415, undefined],
    ['a body over 1 MiB', `{"x":"${'x'.repeat(1 << 20)}"}`, 'application/scim+json', 413, undefined],
    [
      'nesting over 50',
      `${'{"a":'.repeat(60)}1${'}'.repeat(60)}`,
      'application/scim+json',
      400,
      'invalidSyntax',
    ],
    [
      'a User without userName',
      JSON.stringify({ schemas: [CORE_USER] }),
      'application/json',
      400,
      'invalidValue',
    ],
    ['a User without schemas', '{"userName":"ana"}', 'application/json', 400, 'invalidSyntax'],
  ])('%s is answered with a sentence and stored nowhere', async (_what, body, type, status, scimType) => {
    const response = await post('/Users', body, type);
    expect(response.status).toBe(status);
    expect(response.headers['content-type']).toBe('application/scim+json');
    expect(response.body).toMatchObject({ status: String(status), ...(scimType && { scimType }) });
    expect(response.body.detail).toMatch(/^[A-Z].*\.$/s);
    expect(response.text).not.toMatch(/\bat .*:\d+:\d+|node_modules/);
    const list = await supertest(edge.url).get('/scim/crm/v2/Users').set('Authorization', `Bearer ${token}`);
    expect(list.body.totalResults).toBe(0);
  });
});

describe('What is not there, or there already', () => {
  it('an unknown id is 404 and says what to look for', async () => {
    const response = await supertest(edge.url)
      .get('/scim/crm/v2/Users/nobody')
      .set('Authorization', `Bearer ${token}`);
    expect(response.status).toBe(404);
    expect(response.body.detail).toContain('no User with this id');
  });

  it('a userName that differs only in case is 409 uniqueness, naming it', async () => {
    expect((await post('/Users', ANA)).status).toBe(201);
    const response = await post('/Users', ANA.replace('ana@', 'ANA@'));
    expect(response.status).toBe(409);
    expect(response.body).toMatchObject({ status: '409', scimType: 'uniqueness' });
    expect(response.body.detail).toContain('ANA@example.com');
  });
});
