import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueToken, listTokens, revokeToken } from '../../src/store/tokens.ts';
import { addConnection, type EdgeServer, startEdge } from './edge-server.ts';

let edge: EdgeServer;
let token: string;

const bearer = (text: string) => ({ Authorization: `Bearer ${text}` });
const basic = (user: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

async function issue(connectionId: string, expiresAt: number | null = null) {
  return issueToken(edge.db, edge.keyring, { connectionId, label: 'test', expiresAt, now: 1 });
}

function call(headers: Record<string, string>, connection = 'sales') {
  return fetch(`${edge.url}/scim/${connection}/v2/ServiceProviderConfig`, { headers });
}

beforeAll(async () => {
  edge = await startEdge();
  await addConnection(edge, 'sales');
  await addConnection(edge, 'support');
  token = (await issue('sales')).token;
});
afterAll(() => edge.close());

describe('authentication', () => {
  it('accepts a bearer token of the connection', async () => {
    expect((await call(bearer(token))).status).toBe(200);
  });

  it('reads the scheme without case', async () => {
    expect((await call({ Authorization: `bearer ${token}` })).status).toBe(200);
  });

  it('accepts HTTP Basic with the connection as user name', async () => {
    expect((await call(basic('sales', token))).status).toBe(200);
  });

  it('accepts several tokens of one connection at once', async () => {
    const second = await issue('sales');
    expect((await call(bearer(second.token))).status).toBe(200);
    expect((await call(bearer(token))).status).toBe(200);
  });

  const refusals: [what: string, reason: string, request: () => Promise<Response>][] = [
    ['no credential', 'no-credential', () => call({})],
    ['a header of another scheme', 'malformed-credential', () => call({ Authorization: 'Digest abc' })],
    ['Basic without a colon', 'malformed-credential', () => call({ Authorization: 'Basic YWJj' })],
    ['an unknown connection', 'unknown-connection', () => call(bearer(token), 'nobody')],
    ['a connection with an id that no URL has', 'unknown-connection', () => call(bearer(token), '%00%27--')],
    ['a wrong token', 'unknown-token', () => call(bearer('cwy_wrong'))],
    ['another user name', 'other-user-name', () => call(basic('support', token))],
    [
      'a token of another connection',
      'token-of-another-connection',
      async () => call(bearer((await issue('support')).token)),
    ],
    ['an expired token', 'expired-token', async () => call(bearer((await issue('sales', 2)).token))],
    [
      'a revoked token',
      'revoked-token',
      async () => {
        const { id, token } = await issue('sales');
        await revokeToken(edge.db, id, 2);
        return call(bearer(token));
      },
    ],
  ];

  it.each(refusals)(
    'answers %s with the same 401, and only the log says %s',
    async (_what, reason, request) => {
      const answer = await request();
      expect(answer.status).toBe(401);
      expect(answer.headers.get('WWW-Authenticate')).toBe(
        'Bearer realm="causeway", Basic realm="causeway", charset="UTF-8"',
      );
      expect(answer.headers.get('Content-Type')).toBe('application/scim+json');
      const requestId = answer.headers.get('X-Request-Id') ?? '';
      expect(await answer.json()).toEqual({
        schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
        status: '401',
        detail:
          'The connection or its token is not accepted. Check the SCIM base URL and the token that the identity provider was given, or issue a new token.',
        'urn:causeway:requestId': requestId,
      });
      expect(await edge.lineOf(requestId)).toMatchObject({ level: 'warn', status: 401, reason });
    },
  );

  it('refuses before the body is read', async () => {
    const answer = await fetch(`${edge.url}/scim/sales/v2/Users`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/scim+json' },
      body: 'no JSON at all',
    });
    expect(answer.status).toBe(401);
  });

  it('refuses a token at once that another process has revoked', async () => {
    const { id, token } = await issue('sales');
    expect((await call(bearer(token))).status).toBe(200);
    const elsewhere = new DatabaseSync(edge.dbFile);
    elsewhere.prepare('update tokens set revoked_at = 5 where id = ?').run(id);
    elsewhere.close();
    expect((await call(bearer(token))).status).toBe(401);
  });

  it('refuses a token from the moment at which it expires', async () => {
    const { token } = await issue('sales', Date.now() + 3_600_000);
    expect((await call(bearer(token))).status).toBe(200);
    edge.passTime(3_600_000);
    expect((await call(bearer(token))).status).toBe(401);
  });

  it('notes the last use once a minute at most', async () => {
    const { id, token } = await issue('sales');
    const lastUse = async () => (await listTokens(edge.db, 'sales')).find((row) => row.id === id)?.lastUsedAt;
    await call(bearer(token));
    const first = await lastUse();
    expect(first).toEqual(expect.any(Number));
    edge.passTime(59_000);
    await call(bearer(token));
    expect(await lastUse()).toBe(first);
    edge.passTime(1_000);
    await call(bearer(token));
    expect(await lastUse()).toBeGreaterThanOrEqual((first ?? 0) + 60_000);
  });

  it('keeps tokens out of the log', () => {
    expect(JSON.stringify(edge.lines)).not.toContain('cwy_');
  });
});
