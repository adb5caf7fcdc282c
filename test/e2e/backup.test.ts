import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { type RunningServer, startServer } from '../../src/main.ts';
import { run } from '../cli/command-line.ts';
import type { SandboxConnection } from './sandbox-server.ts';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const PUSHERS = 4;
/** Before, and again after, the backup is made. */
const PUSHES = 40;

interface Person {
  id: string;
  userName: string;
  meta: object;
}

async function startOn(dataDir: string): Promise<{ server: RunningServer; connection: SandboxConnection }> {
  const config = readConfig({ CAUSEWAY_PORT: '0', CAUSEWAY_DATA_DIR: dataDir });
  const server = await startServer(config, createLog('silent', process.stderr));
  onTestFinished(() => server.stop());
  const connection = server.sandbox?.connections.find(({ id }) => id === 'crankwheel');
  if (connection === undefined) throw new Error('The sandbox has no connection to CrankWheel.');
  return { server, connection };
}

async function scim<T>({ scimUrl, token }: SandboxConnection, path: string, body?: object): Promise<T> {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' };
  const post = body && { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(`${scimUrl}${path}`, { headers, ...post });
  expect(response.ok).toBe(true);
  return (await response.json()) as T;
}

/** An identity provider that creates one person after the other until it is stopped; answers who was acknowledged. */
function push(connection: SandboxConnection) {
  const acknowledged: Person[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  let stopped = false;
  const pusher = async (number: number) => {
    for (let n = 0; !stopped; n += 1) {
      const userName = `person-${number}-${n}@example.com`;
      acknowledged.push(await scim<Person>(connection, '/Users', { schemas: [USER], userName }));
      for (const { count, resolve } of waiting) if (acknowledged.length >= count) resolve();
    }
  };
  const pushers = Promise.all(Array.from({ length: PUSHERS }, (_, number) => pusher(number)));
  return {
    acknowledged,
    reach: (count: number) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ count, resolve });
      return Promise.race([promise, pushers]);
    },
    stop: () => {
      stopped = true;
      return pushers;
    },
  };
}

async function directory(connection: SandboxConnection): Promise<Map<string, Person>> {
  const people = new Map<string, Person>();
  for (;;) {
    const path = `/Users?count=100&startIndex=${people.size + 1}`;
    const page = await scim<{ totalResults: number; Resources: Person[] }>(connection, path);
    for (const person of page.Resources) people.set(person.id, person);
    if (page.Resources.length === 0 || people.size >= page.totalResults) return people;
  }
}

it('a backup made while people are pushed starts as a server with the directory of that moment', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-backup-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [data, restored] = [join(folder, 'data'), join(folder, 'restored')];
  mkdirSync(restored);
  const { server, connection } = await startOn(data);
  const load = push(connection);
  await load.reach(PUSHES);
  const before = load.acknowledged.map(({ id }) => id);
  const made = await run({ CAUSEWAY_DATA_DIR: data }, ['backup', join(restored, 'sandbox.db')]);
  expect(made).toMatchObject({ code: 0, err: '' });
  const then = load.acknowledged.length + PUSHERS;
  await load.reach(then + PUSHES);
  await load.stop();
  const all = await directory(connection);
  expect(all.size).toBe(load.acknowledged.length);
  await server.stop();

  for (const file of ['sandbox.key', 'sandbox.json']) cpSync(join(data, file), join(restored, file));
  const again = await startOn(restored);
  const found = await directory(again.connection);
  expect([...found.keys()]).toEqual(expect.arrayContaining(before));
  expect(found.size).toBeLessThanOrEqual(then);
  const bare = ({ meta: _, ...person }: Person) => person;
  for (const person of found.values()) {
    expect(bare(person)).toEqual(bare(all.get(person.id) ?? { id: '', userName: '', meta: {} }));
  }
  await scim(again.connection, '/Users', { schemas: [USER], userName: 'later@example.com' });
  const response = await fetch(`${again.connection.fakeUrl}/_fake/accounts`);
  expect(await response.text()).toContain('later@example.com');
}, 60_000);
