import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDatabase } from '../../src/store/database.ts';
import { issueToken } from '../../src/store/tokens.ts';
import { addConnection, type EdgeServer, startEdge } from './edge-server.ts';

let edge: EdgeServer;
let token: string;

beforeAll(async () => {
  edge = await startEdge();
  await addConnection(edge, 'sales');
  token = (
    await issueToken(edge.db, edge.keyring, { connectionId: 'sales', label: 'test', expiresAt: null, now: 1 })
  ).token;
});
afterAll(() => edge.close());

function get(path: string, headers: Record<string, string> = {}) {
  return fetch(`${edge.url}${path}`, { headers });
}

describe('the edge', () => {
  it('names every request in the header, in the error and in the log', async () => {
    const answer = await get('/scim/sales/v2/Users');
    const requestId = answer.headers.get('X-Request-Id') ?? '';
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await answer.json()).toMatchObject({ 'urn:causeway:requestId': requestId });
    expect(await edge.lineOf(requestId)).toMatchObject({
      requestId,
      method: 'GET',
      path: '/scim/sales/v2/Users',
    });
  });

  it('keeps the request id that a proxy gave', async () => {
    const answer = await get('/healthz', { 'X-Request-Id': 'proxy-0001' });
    expect(answer.headers.get('X-Request-Id')).toBe('proxy-0001');
  });

  it.each(['short', 'with a space', '{"forged":1}', 'x'.repeat(65)])(
    'replaces the request id %s',
    async (given) => {
      const answer = await get('/healthz', { 'X-Request-Id': given });
      expect(answer.headers.get('X-Request-Id')).not.toBe(given);
    },
  );

  it('logs connection, address, client and time of a request, and nothing of its query', async () => {
    const answer = await get('/scim/sales/v2/ServiceProviderConfig?filter=userName%20eq%20%22ana%22', {
      Authorization: `Bearer ${token}`,
      'User-Agent': 'okta-test',
      'X-Forwarded-For': '203.0.113.9',
    });
    await answer.arrayBuffer();
    const line = await edge.lineOf(answer.headers.get('X-Request-Id') ?? '');
    expect(line).toMatchObject({
      connection: 'sales',
      path: '/scim/sales/v2/ServiceProviderConfig',
      ip: '203.0.113.9',
      userAgent: 'okta-test',
      ms: expect.any(Number),
    });
    expect(JSON.stringify(line)).not.toContain('ana');
  });

  it('answers an unknown address with 404 and a SCIM body', async () => {
    const answer = await get('/nowhere');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({
      status: '404',
      detail: expect.stringContaining('/scim/{connection}/v2'),
    });
  });

  it('answers a broken percent-encoding with 400', async () => {
    expect((await get('/scim/%E0%A4%A/v2/Users')).status).toBe(400);
  });

  it('tells browsers to load, frame and guess nothing', async () => {
    const { headers } = await get('/healthz');
    expect(headers.get('Content-Security-Policy')).toBe("default-src 'none';frame-ancestors 'none'");
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('X-Powered-By')).toBeNull();
  });
});

describe('health and metrics', () => {
  it('is live and ready while the store works', async () => {
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
  });

  it('counts requests by route pattern, so that callers cannot make up labels', async () => {
    await get('/scim/sales/v2/Users/42');
    await get('/scim/sales/v2/Made/up');
    const text = await (await get('/metrics')).text();
    expect(text).toContain(
      'causeway_requests_total{method="GET",route="/scim/:connection/v2/Users/:id",status="4xx"} 1',
    );
    expect(text).toContain('causeway_requests_total{method="GET",route="other",status="4xx"}');
    expect(text).toContain('causeway_request_duration_seconds_bucket');
    expect(text).toContain('process_cpu_seconds_total');
  });

  it('counts deliveries and times vendor calls by vendor', async () => {
    edge.metrics.delivered('crankwheel', 'done');
    edge.metrics.vendorCall('crankwheel', { method: 'POST', status: 503, durationMs: 20 });
    edge.metrics.vendorCall('crankwheel', { method: 'POST', status: null, durationMs: 20 });
    const text = await (await get('/metrics')).text();
    expect(text).toContain('causeway_deliveries_total{vendor="crankwheel",result="done"} 1');
    expect(text).toContain('causeway_vendor_call_duration_seconds_count{vendor="crankwheel",status="5xx"} 1');
    expect(text).toContain(
      'causeway_vendor_call_duration_seconds_count{vendor="crankwheel",status="none"} 1',
    );
  });

  it('shows what is due as the store has it', async () => {
    const post = await fetch(`${edge.url}/scim/sales/v2/Users`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' },
      body: JSON.stringify({
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
        userName: 'ana.diaz@example.com',
        active: false,
      }),
    });
    expect(post.status).toBe(201);
    const { id } = (await post.json()) as { id: string };
    expect(await (await get('/metrics')).text()).not.toContain('unsettled_deprovision_seconds{');
    // Only who has an account, or may have one, can be late to lose it.
    await edge.db.updateTable('accounts').set({ vendor_id: 'v1' }).where('resource_id', '=', id).execute();
    const again = await fetch(`${edge.url}/scim/sales/v2/Users/${id}`, {
      method: 'DELETE',
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(again.status).toBe(204);
    edge.passTime(60_000);
    const text = await (await get('/metrics')).text();
    expect(text).toContain('causeway_due_accounts{vendor="crankwheel"} 1');
    expect(text).toMatch(/causeway_oldest_unsettled_deprovision_seconds\{vendor="crankwheel"\} 60\./);
    expect(text).not.toContain('ana');
    expect(text).not.toContain('sales');
  });
});

describe('a store that cannot be used', () => {
  it('is 503 for a push, not ready, and still live with metrics', async () => {
    const broken = await startEdge();
    await closeDatabase(broken.db);
    const push = await fetch(`${broken.url}/scim/sales/v2/Users`, {
      headers: { Authorization: 'Bearer cwy_x' },
    });
    expect(push.status).toBe(503);
    expect(push.headers.get('Retry-After')).toBe('5');
    expect(await push.json()).toMatchObject({ status: '503' });
    expect((await fetch(`${broken.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${broken.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${broken.url}/metrics`)).status).toBe(200);
    await broken.close();
  });
});
