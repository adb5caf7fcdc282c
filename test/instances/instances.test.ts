import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { findConnection, updateConnection } from '../../src/store/connections.ts';
import { inTransaction } from '../../src/store/database.ts';
import { listTokens, revokeToken } from '../../src/store/tokens.ts';
import { markAll } from '../../src/store/worklist/mark-due.ts';
import { person } from '../e2e/delivery/stage.ts';
import { startDeafProxy } from './deaf-proxy.ts';
import { createSharedStore, type Instance, throughPort } from './shared-store.ts';

const store = await createSharedStore();

afterAll(() => store.close());

const PATIENCE = { timeout: 10_000, interval: 20 };

async function send(
  { url }: Instance,
  id: string,
  [method, path, body]: [string, string, object?],
): Promise<{ status: number; body: Record<string, unknown>; ms: number }> {
  const startedAt = performance.now();
  const token = store.connections.get(id)?.token;
  const response = await fetch(`${url}/scim/${id}/v2${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const ms = performance.now() - startedAt;
  return { status: response.status, body: text === '' ? {} : JSON.parse(text), ms };
}

/** How many leases each holder has, the most first; free ones are nobody's. */
async function shares(): Promise<number[]> {
  const rows = await store.db.selectFrom('leases').select('holder').where('holder', 'is not', null).execute();
  return [...Map.groupBy(rows, ({ holder }) => holder).values()]
    .map((held) => held.length)
    .sort((a, b) => b - a);
}

function accountsAt(vendor: string): Promise<string[]> {
  return store.fakes.accounts(vendor).then((accounts) => accounts.map(({ key }) => key));
}

describe('Two instances on one database', () => {
  it('share the connections, and each takes pushes for those of the other and answers with the vendor’s outcome', async () => {
    const one = await store.startInstance();
    expect(await shares()).toEqual([6]);
    const two = await store.startInstance();
    await vi.waitFor(async () => expect(await shares()).toEqual([3, 3]), PATIENCE);
    for (const [index, instance] of [one, two].entries()) {
      for (const { id, vendor } of [...store.connections.values()].filter((one) => one.id !== 'dry-run')) {
        const userName = `person${index}@${id}.example.com`;
        const { status, ms } = await send(instance, id, ['POST', '/Users', person(userName)]);
        expect(status, id).toBe(201);
        expect(await accountsAt(vendor), id).toContain(userName);
        // A wait that ended only because its time was up takes 4 s.
        expect(ms, id).toBeLessThan(3_000);
      }
    }
    // What the vendor refuses is taken back, whichever instance was asked.
    for (const instance of [one, two]) {
      const refused = person('no-address-at-all', { emails: [] });
      const { status, body } = await send(instance, 'woodpecker', ['POST', '/Users', refused]);
      expect({ status, body }).toMatchObject({ status: 400, body: { detail: expect.any(String) } });
      const list = await send(instance, 'woodpecker', [
        'GET',
        '/Users?filter=userName eq "no-address-at-all"',
      ]);
      expect(list.body['totalResults']).toBe(0);
    }
    expect([...one.errors, ...two.errors]).toEqual([]);
    await one.stop(5_000);
    // A clean stop leaves nobody waiting.
    const stoppedAt = performance.now();
    const userName = 'after-the-stop@example.com';
    const { status } = await send(two, 'crankwheel', ['POST', '/Users', person(userName)]);
    expect(status).toBe(201);
    await vi.waitFor(async () => expect(await accountsAt('crankwheel')).toContain(userName), PATIENCE);
    expect(performance.now() - stoppedAt).toBeLessThan(4_000);
    await vi.waitFor(async () => expect(await shares()).toEqual([6]), PATIENCE);
    await two.stop(5_000);
  });

  it('do the same where notifications are lost, as behind a pooler in transaction mode', async () => {
    const proxy = await startDeafProxy(new URL(store.database.url.reveal()));
    onTestFinished(() => proxy.close());
    const url = throughPort(store.database.url, proxy.port);
    const one = await store.startInstance(url);
    const two = await store.startInstance(url);
    await vi.waitFor(async () => expect(await shares()).toEqual([3, 3]), PATIENCE);
    for (const [index, instance] of [one, two].entries()) {
      const userName = `deaf${index}@example.com`;
      for (const id of ['crankwheel', 'corezoid', 'attention', 'agendize']) {
        const { status, ms } = await send(instance, id, ['POST', '/Users', person(userName)]);
        expect(status, id).toBe(201);
        expect(await accountsAt(id), id).toContain(userName);
        expect(ms, id).toBeLessThan(3_000);
      }
    }
    await one.stop(5_000);
    await two.stop(5_000);
  });

  it('honour a revoked token at once and a changed mapping within a second', async () => {
    const instances = [await store.startInstance(), await store.startInstance()] as const;
    await vi.waitFor(async () => expect(await shares()).toEqual([3, 3]), PATIENCE);
    const userName = 'mapped@example.com';
    expect((await send(instances[0], 'crankwheel', ['POST', '/Users', person(userName)])).status).toBe(201);
    const now = Date.now();
    await inTransaction(store.db, async (tx) => {
      const mapping = { title: { source: { constant: 'Somebody Else' } } };
      const before = await findConnection(tx, 'dry-run');
      if (before === undefined) throw new Error('There is no connection dry-run.');
      await updateConnection(tx, 'dry-run', { mapping }, now);
      await markAll(tx, 'dry-run', 'mapping changed', now);
    });
    await vi.waitFor(
      async () => expect(await store.db.selectFrom('fanouts').select('id').execute()).toEqual([]),
      {
        timeout: 2_000,
        interval: 10,
      },
    );
    const [token] = await listTokens(store.db, 'dry-run');
    await revokeToken(store.db, token?.id ?? '', Date.now());
    for (const instance of instances) {
      expect((await send(instance, 'dry-run', ['GET', '/Users'])).status).toBe(401);
    }
    for (const instance of instances) await instance.stop(5_000);
  });

  it('deliver a connection that was removed and made again meanwhile', async () => {
    const one = await store.startInstance();
    const two = await store.startInstance();
    await vi.waitFor(async () => expect(await shares()).toEqual([3, 3]), PATIENCE);
    await store.addAgain('agendize');
    await vi.waitFor(async () => expect(await shares()).toEqual([3, 3]), PATIENCE);
    for (const [index, instance] of [one, two].entries()) {
      const userName = `again${index}@example.com`;
      expect((await send(instance, 'agendize', ['POST', '/Users', person(userName)])).status).toBe(201);
      expect(await accountsAt('agendize')).toContain(userName);
    }
    await one.stop(5_000);
    await two.stop(5_000);
  });
});
