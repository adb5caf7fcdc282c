import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../src/config.ts';
import type { Log } from '../../src/core/ports.ts';
import { type RunningServer, startServer } from '../../src/main.ts';
import type { SandboxConnection } from '../../src/sandbox/file.ts';
import { listAudit } from '../../src/store/audit.ts';
import { openDataFolder } from '../../src/store/data-folder.ts';
import { closeDatabase } from '../../src/store/database.ts';
import { run, runProcess } from './command-line.ts';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';

let env: Record<string, string>;
let server: RunningServer;
let logged = '';
const folder = mkdtempSync(join(tmpdir(), 'causeway-cli-'));

beforeAll(async () => {
  env = { CAUSEWAY_DATA_DIR: join(folder, 'data') };
  const log: Log = pino(
    { level: 'trace' },
    {
      write(line: string) {
        logged += line;
      },
    },
  );
  server = await startServer(readConfig({ ...env, CAUSEWAY_PORT: '0' }), log);
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function sandboxOf(id: string): SandboxConnection {
  const found = server.sandbox?.connections.find((connection) => connection.id === id);
  if (found === undefined) throw new Error(`The sandbox has no connection ${id}.`);
  return found;
}

async function scim(id: string, token: string, method: string, path: string, body?: object) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await fetch(`${server.url}/scim/${id}/v2${path}`, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Asks again and again until it is so; fails after the time that operators are promised. */
async function within<T>(ms: number, ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<void> {
  const start = performance.now();
  for (;;) {
    if (isSo(await ask())) return;
    // The server is in this process: it needs its turn.
    await new Promise(setImmediate);
    if (performance.now() - start > ms) throw new Error(`It was not so within ${ms} ms.`);
  }
}

async function json<T>(args: readonly string[]): Promise<T> {
  const ran = await run(env, [...args, '--json']);
  expect({ args, code: ran.code, err: ran.err }).toEqual({ args, code: 0, err: '' });
  return JSON.parse(ran.out) as T;
}

describe('beside a running server', () => {
  it('issues a token that works at once and revokes it within a second', async () => {
    const issued = await runProcess(env, ['token', 'issue', 'crankwheel', '--label', 'okta', '--json']);
    const { id, token, scimUrl } = JSON.parse(issued.out) as { id: string; token: string; scimUrl: string };
    expect(scimUrl).toBe(sandboxOf('crankwheel').scimUrl);
    const ask = () => scim('crankwheel', token, 'GET', '/Users');
    expect((await ask()).status).toBe(200);
    expect(await runProcess(env, ['token', 'revoke', id])).toMatchObject({ code: 0 });
    await within(1000, ask, ({ status }) => status === 401);
    const list = await runProcess(env, ['token', 'list', 'crankwheel']);
    expect(list.out).toMatch(new RegExp(`${id} +crankwheel +okta +${token.slice(0, 8)}… +revoked`));
    expect(list.out + logged).not.toContain(token);
  });

  it('adds a connection that is served at once, and removes it', async () => {
    const added = await runProcess(
      env,
      [
        'connection',
        'add',
        'second',
        '--vendor',
        'crankwheel',
        '--credentials-file',
        '-',
        '--token',
        '--json',
      ],
      '{"apiKey":"very-secret-key"}',
    );
    const { token } = JSON.parse(added.out) as { token: string };
    const ask = () => scim('second', token, 'GET', '/Users');
    await within(1000, ask, ({ status }) => status === 200);
    expect((await runProcess(env, ['connection', 'remove', 'second', '--yes'])).code).toBe(0);
    await within(1000, ask, ({ status }) => status === 401);
    expect(added.out + added.err + logged).not.toContain('very-secret-key');
  });

  it('has work taken up: a retry, and a mapping that changes what people get', async () => {
    const { token, fakeUrl } = sandboxOf('attention');
    const person = {
      schemas: [USER],
      userName: 'ana@example.com',
      name: { givenName: 'Ana', familyName: 'Diaz' },
    };
    expect((await scim('attention', token, 'POST', '/Users', person)).status).toBe(201);
    const account = () =>
      json<{ settledVersion: number }>(['account', 'show', 'attention', 'ana@example.com']);
    const before = (await account()).settledVersion;
    await json(['account', 'retry', 'attention', 'ana@example.com']);
    await within(2000, account, ({ settledVersion }) => settledVersion > before);

    const mapping = JSON.stringify({ seatType: { source: { constant: 'listener' } } });
    const set = ['mapping', 'set', 'attention', '-'];
    const asked = await run(env, set, { piped: mapping });
    expect(asked.out).toMatch(/seatType +"recording" +→ +"listener" +the constant of the mapping/);
    expect(asked).toMatchObject({ code: 1, err: expect.stringContaining('Add --yes') });
    expect(await json(['mapping', 'show', 'attention'])).toEqual({});
    expect((await run(env, [...set, '--yes'], { piped: mapping })).code).toBe(0);
    const seats = async () => (await fetch(`${fakeUrl}/_fake/accounts`)).text();
    await within(2000, seats, (text) => text.includes('listener'));
    const deliveries = await json<{ result: string }[]>(['delivery', 'list', 'attention', '--limit', '1']);
    expect(deliveries).toMatchObject([{ result: 'done', steps: [{ step: 'update' }] }]);
  });

  it('tests credentials at the vendor and says what to do about bad ones', async () => {
    expect((await run(env, ['connection', 'test', 'crankwheel'])).code).toBe(0);
    const fault = JSON.stringify({ kind: 'unauthorised' });
    const headers = { 'Content-Type': 'application/json' };
    await fetch(`${sandboxOf('crankwheel').fakeUrl}/_fake/faults`, { method: 'POST', headers, body: fault });
    const ran = await run(env, ['connection', 'test', 'crankwheel']);
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain('causeway connection edit crankwheel');
  });

  it('has the server compare with the vendor’s list, and shows what it found', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ key: 'old@example.com', vendor: {} });
    await fetch(`${sandboxOf('agendize').fakeUrl}/_fake/accounts`, { method: 'POST', headers, body });
    const found = expect.objectContaining({ kind: 'unmanaged', address: 'old@example.com' });
    expect(await json(['drift', 'agendize', '--now'])).toMatchObject({
      result: 'complete',
      report: { findings: expect.arrayContaining([found]) },
    });
  });

  it('shows what a dry run would do, and delivers it when the dry run ends', async () => {
    const { token } = sandboxOf('dry-run');
    const { fakeUrl } = sandboxOf('attention');
    const person = {
      schemas: [USER],
      userName: 'ben@example.com',
      name: { givenName: 'Ben', familyName: 'Lee' },
    };
    expect((await scim('dry-run', token, 'POST', '/Users', person)).status).toBe(201);
    const plan = await run(env, ['plan', 'dry-run', 'ben@example.com']);
    expect(plan.out).toMatch(/ben@example\.com \(to be active\)\n {2}create: ben@example\.com\n/);
    expect(plan.out).toMatch(/firstName +– +→ +"Ben" +from the identity provider/);
    const asked = await run(env, ['dry-run', 'off', 'dry-run'], { typed: ['no'] });
    expect(asked.out).toContain('create: ben@example.com');
    expect(asked).toMatchObject({ code: 1, err: expect.stringContaining('Nothing was changed') });
    const accounts = async () => (await fetch(`${fakeUrl}/_fake/accounts`)).text();
    expect(await accounts()).not.toContain('ben@example.com');
    expect((await run(env, ['connection', 'edit', 'dry-run', '--live', '--yes'])).code).toBe(0);
    await within(2000, accounts, (text) => text.includes('ben@example.com'));
    const on = await json<object>(['dry-run', 'on', 'dry-run']);
    expect(on).toEqual({ connection: 'dry-run', dryRun: true });
  });

  it('plans by what the vendor has now: an account that was made there by hand is taken over', async () => {
    const { token, fakeUrl } = sandboxOf('crankwheel');
    await fetch(`${fakeUrl}/_fake/faults`, { method: 'DELETE' });
    await run(env, ['connection', 'edit', 'crankwheel', '--policy', 'waitMs=0']);
    await run(env, ['connection', 'pause', 'crankwheel']);
    const person = { schemas: [USER], userName: 'eve@example.com' };
    await scim('crankwheel', token, 'POST', '/Users', person);
    const steps = async () => {
      const { changed } = await json<{ changed: { name: string; steps: { step: string }[] }[] }>([
        'plan',
        'crankwheel',
      ]);
      const eve = changed.find(({ name }) => name === 'eve@example.com');
      return eve?.steps.map(({ step }) => step);
    };
    expect(await steps()).toEqual(['create']);
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ key: 'eve@example.com', vendor: {} });
    await fetch(`${fakeUrl}/_fake/accounts`, { method: 'POST', headers, body });
    expect(await steps()).toEqual(['adopt']);
  });

  it('leaves an audit row with the system user for every action', async () => {
    const issued = await runProcess(env, ['token', 'issue', 'crankwheel', '--json']);
    const { id } = JSON.parse(issued.out) as { id: string };
    const { db } = await openDataFolder({ dir: join(folder, 'data'), mode: 'sandbox', secretKey: null });
    onTestFinished(() => closeDatabase(db));
    expect(await listAudit(db, { connectionId: 'crankwheel', limit: 1 })).toMatchObject([
      { actor: `cli:${userInfo().username}`, action: 'token.issue', target: `token ${id}` },
    ]);
  });
});
