import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { addUsers, GROUP, patchOf, type ScimServer, startScim, USER } from '../http/scim-server.ts';
import { crowdId, insertCrowd } from './crowd.ts';
import { inMode } from './mode.ts';

const LARGE = inMode(20_000, 100_000);

async function groupOf(server: ScimServer, displayName: string, count: number): Promise<string> {
  const members = Array.from({ length: count }, (_, n) => ({ value: crowdId(n + 1) }));
  const { status, body } = await server.send('POST', '/Groups', {
    body: { schemas: [GROUP], displayName, members },
  });
  expect(status).toBe(201);
  return `/Groups/${String(body['id'])}`;
}

/** Processor time of the best of some tries, in ms. */
async function costOf(work: (attempt: number) => Promise<unknown>): Promise<number> {
  const costs: number[] = [];
  for (let attempt = 0; attempt < 15; attempt += 1) {
    const before = process.threadCpuUsage();
    await work(attempt);
    const { user, system } = process.threadCpuUsage(before);
    costs.push((user + system) / 1000);
  }
  return Math.min(...costs);
}

describe(`A group of ${LARGE} members`, () => {
  it('takes one more, loses one, is renamed and read, at the cost of a small one', {
    timeout: 120_000,
  }, async () => {
    const server = await startScim();
    await insertCrowd(server.db, 'acme', LARGE);
    const newcomers = await addUsers(server, ...Array.from({ length: 15 }, (_, n) => `newcomer-${n}`));
    const [small, large] = [await groupOf(server, 'small', 150), await groupOf(server, 'large', LARGE)];
    const change = (group: string, operation: (attempt: number) => object) =>
      costOf(async (attempt) => {
        const { status } = await server.send('PATCH', group, { body: patchOf(operation(attempt)) });
        expect(status).toBe(204);
      });
    const operations: ((attempt: number) => object)[] = [
      (attempt) => ({ op: 'add', path: 'members', value: [{ value: newcomers[attempt] }] }),
      (attempt) => ({ op: 'remove', path: `members[value eq "${newcomers[attempt]}"]` }),
      (attempt) => ({ op: 'replace', path: 'externalId', value: `e-${attempt}` }),
    ];
    for (const operation of operations) {
      const costs = [await change(small, operation), await change(large, operation)];
      expect(costs[1]).toBeLessThan(2 * Number(costs[0]) + 1);
    }
    const read = (group: string) => costOf(() => server.send('GET', `${group}?excludedAttributes=members`));
    expect(await read(large)).toBeLessThan(2 * (await read(small)) + 1);

    const renamed = await server.send('PATCH', large, {
      body: patchOf({ op: 'replace', value: { displayName: 'renamed' } }),
    });
    expect(renamed.status).toBe(204);
    const { body } = await server.send('GET', large);
    expect(body['displayName']).toBe('renamed');
    const ids = (body['members'] as JsonObject[]).map(({ value }) => String(value));
    expect(ids.length).toBe(LARGE);
    expect(new Set(ids).size).toBe(LARGE);
  });

  it('gains 20 by 20 requests at once, and loses none', { timeout: 120_000 }, async () => {
    const server = await startScim();
    await insertCrowd(server.db, 'acme', LARGE);
    const group = await groupOf(server, 'large', LARGE);
    const users = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        server.send('POST', '/Users', { body: { schemas: [USER], userName: `new-${n}` } }),
      ),
    );
    const ids = users.map(({ body }) => String(body['id']));
    await Promise.all(
      ids.map((value) =>
        server.send('PATCH', group, { body: patchOf({ op: 'add', path: 'members', value: [{ value }] }) }),
      ),
    );
    const members = (await server.send('GET', group)).body['members'] as JsonObject[];
    const found = new Set(members.map(({ value }) => String(value)));
    expect(ids.filter((id) => !found.has(id))).toEqual([]);
    expect(found.size).toBe(LARGE + 20);
  });
});
