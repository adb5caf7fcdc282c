import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { closeDatabase, openDatabase } from '../../src/store/database.ts';

interface Process {
  child: ChildProcess;
  output: { out: string; err: string };
  /** Exit code; null after a signal that killed it. */
  exit: Promise<number | null>;
}

interface Sandbox {
  connections: {
    id: string;
    vendor: string;
    scimUrl: string;
    token: string;
    fakeUrl: string | null;
    dryRun: boolean;
  }[];
}

const SECRET_KEY = Buffer.alloc(32, 3).toString('base64');

const running: Process[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const { child, exit } of running.splice(0)) {
    child.kill('SIGKILL');
    await exit;
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-start-'));
  folders.push(folder);
  return join(folder, 'data');
}

function start(dataDir: string, env: Record<string, string> = {}): Process {
  const child = spawn(process.execPath, ['bin/causeway.js', 'serve'], {
    env: { PATH: process.env['PATH'], CAUSEWAY_DATA_DIR: dataDir, CAUSEWAY_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (output.out += String(chunk)));
  child.stderr.on('data', (chunk) => (output.err += String(chunk)));
  const exit = once(child, 'close').then(([code]) => code as number | null);
  const started = { child, output, exit };
  running.push(started);
  return started;
}

/** Waits until the program has printed `text`; fails if it ends before. */
async function printed({ child, output, exit }: Process, text: string): Promise<void> {
  const ended = exit.then((code) => {
    throw new Error(`Ended with ${code}: ${output.err}`);
  });
  ended.catch(() => {});
  while (!(output.out + output.err).includes(text)) {
    await Promise.race([once(child.stdout ?? child, 'data'), once(child.stderr ?? child, 'data'), ended]);
  }
}

function stop({ child, exit }: Process): Promise<number | null> {
  child.kill('SIGTERM');
  return exit;
}

function readSandbox(dataDir: string): Sandbox {
  return JSON.parse(readFileSync(join(dataDir, 'sandbox.json'), 'utf8')) as Sandbox;
}

function connection(sandbox: Sandbox, id: string): Sandbox['connections'][number] {
  const found = sandbox.connections.find((connection) => connection.id === id);
  if (found === undefined) throw new Error(`There is no connection ${id}.`);
  return found;
}

/** Does what the shell does with a printed line; a machine for tests need not have curl. */
async function paste(line: string): Promise<string> {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const after = (flag: string) => words.filter((_, index) => words[index - 1] === flag);
  expect(words.slice(0, 2)).toEqual(['curl', '-sS']);
  const headers = after('-H').map((text): [string, string] => [
    text.split(': ')[0] ?? '',
    text.split(': ')[1] ?? '',
  ]);
  const [body] = after('-d');
  return (
    await fetch(words[2] ?? '', body === undefined ? { headers } : { method: 'POST', headers, body })
  ).text();
}

const DONE = 'Stop with Ctrl-C';

describe('a start without configuration', () => {
  it('is a sandbox with a connection for every vendor and one in dry-run', async () => {
    const data = freshFolder();
    await printed(start(data), DONE);
    const { connections } = readSandbox(data);
    expect(connections.at(-1)).toMatchObject({
      id: 'dry-run',
      vendor: 'attention',
      fakeUrl: null,
      dryRun: true,
    });
    for (const { id, vendor, fakeUrl, dryRun } of connections.slice(0, -1)) {
      expect({ id, dryRun }).toEqual({ id: vendor, dryRun: false });
      expect(fakeUrl).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+/${vendor}$`));
    }
    for (const { scimUrl, token } of connections) {
      const answer = await fetch(`${scimUrl}/ServiceProviderConfig`, {
        headers: { Authorization: `Bearer ${token}` },
      });
      expect(answer.status).toBe(200);
    }
  });

  it('keeps what is secret to its user alone', async () => {
    const data = freshFolder();
    await printed(start(data), DONE);
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect(mode(data)).toBe('700');
    for (const file of ['sandbox.json', 'sandbox.key', 'sandbox.db', 'sandbox.lock']) {
      expect(`${file} ${mode(join(data, file))}`).toBe(`${file} 600`);
    }
    expect(readFileSync(join(data, 'sandbox.key'))).toHaveLength(32);
  });

  it('prints lines that work as they are', async () => {
    const data = freshFolder();
    const server = start(data);
    await printed(server, DONE);
    const lines = server.output.out.split('\n').filter((line) => line.startsWith('curl '));
    const { connections } = readSandbox(data);
    expect(lines).toHaveLength(connections.length * 2);
    for (const line of lines) {
      const answer = JSON.parse(await paste(line)) as Record<string, unknown>;
      if (line.includes(' -d '))
        expect(answer).toMatchObject({ userName: 'ana.diaz@example.com', id: expect.any(String) });
      else if (line.includes('_fake'))
        expect(answer['accounts']).toContainEqual(expect.objectContaining({ key: 'ana.diaz@example.com' }));
      else expect(answer).toMatchObject({ totalResults: 1 });
    }
  });

  it('finds users, tokens and what the fakes hold again', async () => {
    const data = freshFolder();
    const first = start(data);
    await printed(first, DONE);
    const before = readSandbox(data);
    const { scimUrl, token, fakeUrl } = connection(before, 'crankwheel');
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' };
    const body = JSON.stringify({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: 'bo@example.com',
    });
    expect((await fetch(`${scimUrl}/Users`, { method: 'POST', headers, body })).status).toBe(201);
    const held = await (await fetch(`${fakeUrl}/_fake/accounts`)).json();
    expect(await stop(first)).toBe(0);

    await printed(start(data), DONE);
    const after = connection(readSandbox(data), 'crankwheel');
    expect(after.token).toBe(token);
    expect(after.fakeUrl).toBe(fakeUrl);
    expect(await (await fetch(`${after.scimUrl}/Users`, { headers })).json()).toMatchObject({
      totalResults: 1,
    });
    expect(await (await fetch(`${after.fakeUrl}/_fake/accounts`)).json()).toEqual(held);
  });

  it('tells new tokens where the old ones are lost', async () => {
    const data = freshFolder();
    const first = start(data);
    await printed(first, DONE);
    await stop(first);
    rmSync(join(data, 'sandbox.json'));
    await printed(start(data), DONE);
    const { scimUrl, token } = connection(readSandbox(data), 'attention');
    expect((await fetch(`${scimUrl}/Users`, { headers: { Authorization: `Bearer ${token}` } })).status).toBe(
      200,
    );
  });

  it('moves the fakes where their port is taken, and delivers to the new one', async () => {
    const data = freshFolder();
    const first = start(data);
    await printed(first, DONE);
    await stop(first);
    const { port } = new URL(connection(readSandbox(data), 'crankwheel').fakeUrl ?? '');
    const squatter = createServer().listen(Number(port), '127.0.0.1');
    await once(squatter, 'listening');
    const second = start(data);
    await printed(second, DONE);
    const { scimUrl, token, fakeUrl } = connection(readSandbox(data), 'crankwheel');
    expect(new URL(fakeUrl ?? '').port).not.toBe(port);
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' };
    const body = JSON.stringify({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: 'bo@example.com',
    });
    await fetch(`${scimUrl}/Users`, { method: 'POST', headers, body });
    expect(await (await fetch(`${fakeUrl}/_fake/accounts`)).json()).toMatchObject({
      accounts: [{ key: 'bo@example.com' }],
    });
    squatter.close();
  });
});

describe('a real start', () => {
  const real = { CAUSEWAY_SECRET_KEY: SECRET_KEY, CAUSEWAY_PUBLIC_URL: 'https://scim.example.com' };

  it('says how to add the first connection, in its log', async () => {
    const server = start(freshFolder(), real);
    await printed(server, 'causeway connection add');
    expect(server.output.err).toBe('');
    for (const line of server.output.out.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('level');
  });

  it('refuses a store that belongs to another key', async () => {
    const data = freshFolder();
    const first = start(data, real);
    await printed(first, 'accepts requests');
    await stop(first);
    const second = start(data, { ...real, CAUSEWAY_SECRET_KEY: Buffer.alloc(32, 4).toString('base64') });
    expect(await second.exit).toBe(1);
    expect(second.output.err).toContain('another CAUSEWAY_SECRET_KEY');
    expect(second.output.err).not.toContain('    at ');
  });

  it('lives beside a sandbox in one folder, each with its own store', async () => {
    const data = freshFolder();
    await printed(start(data), DONE);
    const server = start(data, real);
    await printed(server, 'accepts requests');
    expect(statSync(join(data, 'causeway.db')).mode & 0o777).toBe(0o600);
  });
});

describe('a start that cannot be', () => {
  it.each([
    ['a wrong setting', { CAUSEWAY_PORT: 'x' }, 'CAUSEWAY_PORT must be'],
    ['a key without a public URL', { CAUSEWAY_SECRET_KEY: SECRET_KEY }, 'CAUSEWAY_PUBLIC_URL is missing'],
    ['an address of another machine', { CAUSEWAY_HOST: '203.0.113.1' }, 'Set CAUSEWAY_HOST'],
  ])('ends with one message for %s', async (_what, env, message) => {
    const server = start(freshFolder(), env);
    expect(await server.exit).toBe(1);
    expect(server.output.err).toContain(message);
    expect(server.output.err).not.toContain('    at ');
    expect(server.output.out).toBe('');
  });

  it('names the port that is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const address = squatter.address();
    const port = String(typeof address === 'object' && address?.port);
    const server = start(freshFolder(), { CAUSEWAY_PORT: port });
    expect(await server.exit).toBe(1);
    expect(server.output.err).toContain(`Port ${port} on 127.0.0.1 is in use`);
    squatter.close();
  });

  it('names the data folder that is none', async () => {
    const data = freshFolder();
    writeFileSync(data, 'a file');
    const server = start(join(data, 'deeper'));
    expect(await server.exit).toBe(1);
    expect(server.output.err).toContain(`The data folder ${join(data, 'deeper')} cannot be written`);
  });

  it('does not make a new key for an old store', async () => {
    const data = freshFolder();
    mkdirSync(data);
    writeFileSync(join(data, 'sandbox.db'), '');
    const server = start(data);
    expect(await server.exit).toBe(1);
    expect(server.output.err).toContain('sandbox.key is missing');
  });

  it('says in one sentence which folder to move away after a pre-release', async () => {
    const data = freshFolder();
    mkdirSync(data);
    await closeDatabase(await openDatabase({ file: join(data, 'sandbox.db'), mode: 'sandbox' }));
    writeFileSync(join(data, 'sandbox.key'), Buffer.alloc(32));
    const store = new DatabaseSync(join(data, 'sandbox.db'));
    store.exec('alter table migrations drop column digest');
    store.close();
    const server = start(data);
    expect(await server.exit).toBe(1);
    expect(server.output).toEqual({
      out: '',
      err: `The store ${join(data, 'sandbox.db')} was made by another pre-release of Causeway and cannot be used. Move the folder ${data} away and start again.\n`,
    });
  });

  it('refuses a second server on one data folder', async () => {
    const data = freshFolder();
    await printed(start(data), DONE);
    const second = start(data);
    expect(await second.exit).toBe(1);
    expect(second.output.err).toContain('Another Causeway server already uses this data folder');
  });

  it('is not hindered by a server that was killed', async () => {
    const data = freshFolder();
    const first = start(data);
    await printed(first, DONE);
    first.child.kill('SIGKILL');
    await first.exit;
    await printed(start(data), DONE);
  });
});

describe('SIGTERM', () => {
  it('lets the request under way be answered, refuses new ones and ends with 0', async () => {
    const data = freshFolder();
    const server = start(data);
    await printed(server, DONE);
    const { scimUrl, token, fakeUrl } = connection(readSandbox(data), 'crankwheel');
    const slow = JSON.stringify({ kind: 'slow', delayMs: 1000, match: 'POST /user_access' });
    await fetch(`${fakeUrl}/_fake/faults`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: slow,
    });
    const push = fetch(`${scimUrl}/Users`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' },
      body: JSON.stringify({
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
        userName: 'bo@example.com',
      }),
    });
    while (
      !(
        await (await fetch(`${scimUrl}/Users`, { headers: { Authorization: `Bearer ${token}` } })).text()
      ).includes('bo@')
    );
    server.child.kill('SIGTERM');
    await printed(server, 'Causeway stops');
    expect((await push).status).toBe(201);
    expect(await server.exit).toBe(0);
    await expect(fetch(`${scimUrl}/Users`)).rejects.toThrow();
  });
});
