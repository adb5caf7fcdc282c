import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findConnection, updateConnection } from '../../src/store/connections.ts';
import { loadFake } from '../../src/vendors/fakes.ts';
import { vendors } from '../../src/vendors/index.ts';
import { eventually, person, type Stage, startStage } from '../e2e/delivery/stage.ts';
import { startSandbox } from '../e2e/sandbox-server.ts';
import { inMode } from './mode.ts';

const ANA = 'ana.diaz@example.com';

/** Calls `act` for 0 … count - 1, at most `together` at once. */
async function inCompany(
  count: number,
  together: number,
  act: (n: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let n = next++; n < count; n = next++) await act(n);
  };
  await Promise.all(Array.from({ length: together }, lane));
}

/** What the fake has received since the last look. */
async function callsOf(stage: Stage): Promise<string[]> {
  const calls = await stage.calls();
  await stage.forgetCalls();
  return calls.map(({ method, path, body }) => {
    // Corezoid has one path; its op tells what is asked.
    const [op] = (path.startsWith('/api/2/json') ? JSON.parse(body).ops : []) as {
      type: string;
      obj: string;
    }[];
    return op === undefined ? `${method} ${path.split('?')[0]}` : `${op.type}/${op.obj}`;
  });
}

describe('The calls of one push', () => {
  it.each([
    ['agendize', [/^GET /, /^POST .*accounts$/], [/^PUT /]],
    // The answer to a create lacks role and teams, so the account is read once more.
    ['attention', [/^GET /, /^POST /, /^GET /], [/^PATCH /]],
    ['corezoid', [/^list\/company_users/, /^create\/invite/], []],
    ['crankwheel', [/^GET /, /^POST /], []],
    ['woodpecker', [/^GET /, /^POST .*invite_guest/], []],
  ])(
    'to %s: a create looks once and creates once, an update is one call, a no-op none',
    async (vendor, create, update) => {
      const stage = await startStage(vendor);
      const ana = person(ANA, { externalId: 'x-1' });
      const id = await stage.addUser(ana);
      expect(await callsOf(stage)).toEqual(create.map((call) => expect.stringMatching(call)));
      const { status } = await stage.send('PUT', `/Users/${id}`, {
        ...ana,
        name: { givenName: 'Ana', familyName: 'Roe' },
      });
      expect(status).toBe(200);
      expect(await callsOf(stage)).toEqual(update.map((call) => expect.stringMatching(call)));
      for (const body of [ana, ana])
        await stage.send('PUT', `/Users/${id}`, { ...body, name: { givenName: 'Ana', familyName: 'Roe' } });
      expect(await callsOf(stage)).toEqual([]);
    },
  );
});

describe('Pushes to Woodpecker, that takes ten invitations a call', () => {
  // A short run on a busy machine has less company than a long one.
  const pushes = inMode(200, 1000);
  const most = inMode(80, 110);

  it(`${pushes} with 50 in flight make at most ${most} invitation calls`, {
    timeout: 120_000,
  }, async () => {
    const server = await startSandbox();
    onTestFinished(() => server.stop());
    const connection = server.connections.find(({ id }) => id === 'woodpecker');
    await inCompany(pushes, 50, async (n) => {
      const response = await fetch(`${connection?.scimUrl}/Users`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${connection?.token}`, 'Content-Type': 'application/scim+json' },
        body: JSON.stringify(person(`p${n}@example.com`)),
      });
      expect(response.status).toBe(201);
      await response.text();
    });
    const invitations = async () => {
      const response = await fetch(`${connection?.fakeUrl}/_fake/calls`);
      const { calls } = (await response.json()) as {
        calls: { path: string; status: number; body: string }[];
      };
      return calls.filter(({ path }) => path.endsWith('/invite_guest'));
    };
    const invited = async () =>
      (await invitations()).reduce((sum, { body }) => sum + (JSON.parse(body).guests as unknown[]).length, 0);
    await eventually(invited, pushes);
    expect((await invitations()).length).toBeLessThanOrEqual(most);
    expect((await invitations()).every(({ status }) => status === 200)).toBe(true);
  });

  it('one after another make no more calls than pushes', { timeout: 120_000 }, async () => {
    const stage = await startStage('woodpecker');
    const alone = inMode(20, 1000);
    await inCompany(alone, 1, (n) => stage.addUser(person(`p${n}@example.com`)));
    expect((await stage.calls('invite_guest')).length).toBeLessThanOrEqual(alone);
    expect(await stage.addresses()).toHaveLength(alone);
  });
});

/** A vendor whose answers take a while, and that counts how many calls it has at once. */
async function startCounter(answer: (response: ServerResponse) => void) {
  const seen = { now: 0, most: 0, calls: 0 };
  const server = createServer((request, response) => {
    seen.calls += 1;
    seen.now += 1;
    seen.most = Math.max(seen.most, seen.now);
    response.once('close', () => {
      seen.now -= 1;
    });
    request.resume().once('end', () => answer(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** The stage's connection, led to another vendor. */
async function leadTo(stage: Stage, vendor: string, url: string, concurrency = 8): Promise<void> {
  const { sandbox } = await loadFake(vendor);
  const settings = vendors
    .find(({ id }) => id === vendor)
    ?.settings.parse({ ...sandbox.settings(url), concurrency });
  if (settings === undefined) throw new Error(`There is no vendor ${vendor}.`);
  await updateConnection(stage.db, stage.id, { settings }, Date.now());
}

/** Attempts that did nothing are counted on one row of the history. */
async function attemptsOf(stage: Stage, ids: readonly string[]): Promise<number> {
  const lists = await Promise.all(ids.map((id) => stage.deliveries(id)));
  return lists.flat().reduce((sum, { repeats }) => sum + 1 + repeats, 0);
}

describe('The pace of one connection', () => {
  it('never has more calls under way than the vendor allows, and has that many', async () => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 0 } });
    const { seen, url } = await startCounter((response) => {
      setTimeout(() => response.writeHead(422).end('{"error":"No"}'), 100);
    });
    await leadTo(stage, 'crankwheel', url, 3);
    await inCompany(20, 20, (n) => stage.postUser(person(`p${n}@example.com`)));
    await eventually(async () => seen.calls >= 20, true);
    expect(seen.most).toBe(3);
  });

  it('asks a vendor that is down with one call at a time', async () => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 0 } });
    await stage.fault({ kind: 'status', status: 503 });
    const ids: string[] = [];
    await inCompany(12, 12, async (n) => ids.push(await stage.addUser(person(`p${n}@example.com`))));
    const attempts = () => attemptsOf(stage, ids);
    // What was under way when the fifth failure came ends too; the rest waits.
    await eventually(
      async () => (await attempts()) >= 5 && (await attempts()) === (await stage.calls()).length,
      true,
    );
    const before = (await stage.calls()).length;
    expect(before).toBeLessThan(13);
    stage.passTime(1_000);
    await eventually(attempts, before + 1);
    expect(await stage.calls()).toHaveLength(before + 1);
    expect(stage.alerts()).toMatchObject([{ alert: 'vendor-down' }]);
    expect(await stage.counted('causeway_alerts_total{alert="vendor-down"}')).toBe(1);
    await stage.endFaults();
    for (let turn = 0; turn < 10; turn += 1) stage.passTime(60_000);
    await eventually(async () => (await stage.addresses()).length, 12);
  });

  it('takes no attempt that made no call for a sign that a vendor is up again', async () => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 0 } });
    await stage.fault({ kind: 'status', status: 503 });
    const ids: string[] = [];
    await inCompany(5, 5, async (n) => ids.push(await stage.addUser(person(`p${n}@example.com`))));
    const attempts = () => attemptsOf(stage, ids);
    await eventually(attempts, 5);
    // Refused before any call is made.
    const nobody = await stage.addUser(person('nobody', { emails: [] }));
    stage.passTime(1_000);
    await eventually(() => stage.state(nobody), 'refused');
    await eventually(attempts, 6);
    for (let look = 0; look < 20; look += 1) expect(await attempts()).toBe(6);
    expect(await stage.calls()).toHaveLength(6);
  });

  it('slows no other connection when one vendor is slow', async () => {
    const server = await startSandbox();
    onTestFinished(() => server.stop());
    const of = (vendor: string) => server.connections.find(({ id }) => id === vendor);
    const push = async (vendor: string, name: string) => {
      const response = await fetch(`${of(vendor)?.scimUrl}/Users`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${of(vendor)?.token}`, 'Content-Type': 'application/scim+json' },
        body: JSON.stringify(person(name)),
      });
      await response.text();
      return response.status;
    };
    await push('crankwheel', 'first@example.com');
    await fetch(`${of('agendize')?.fakeUrl}/_fake/faults`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ kind: 'slow', delayMs: 3_000 }),
    });
    const order: string[] = [];
    const slow = Array.from({ length: 20 }, (_, n) =>
      push('agendize', `slow${n}@example.com`).then(() => order.push('slow')),
    );
    const quick = Array.from({ length: 5 }, (_, n) =>
      push('crankwheel', `quick${n}@example.com`).then(() => order.push('quick')),
    );
    await Promise.all([...slow, ...quick]);
    expect(order.slice(0, 5)).toEqual(['quick', 'quick', 'quick', 'quick', 'quick']);
  });

  it('waits until the date that a vendor names', async () => {
    const stage = await startStage('crankwheel');
    const date = new Date(Date.now() + 120_000).toUTCString();
    await stage.fault({ kind: 'status', status: 429, headers: { 'Retry-After': date }, times: 1 });
    const id = await stage.addUser(person(ANA));
    expect((await stage.account(id))?.dueAt).toBe(Date.parse(date));
    stage.passTime(121_000);
    await eventually(() => stage.state(id), 'in-sync');
  });
});

describe('A vendor’s answer', () => {
  it.each([
    ['that never comes', () => undefined],
    ['that never ends', (response: ServerResponse) => void response.writeHead(200).write('[')],
    [
      'that comes a byte at a time',
      (response: ServerResponse) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write(' '), 50);
        response.once('close', () => clearInterval(drip));
      },
    ],
    [
      'of 50 MB',
      (response: ServerResponse) => void response.writeHead(200).end(`["${'x'.repeat(50 * 1024 * 1024)}"]`),
    ],
  ])('%s is given up, and the connection stays well', async (_what, answer) => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 0 }, callTimeoutMs: 500 });
    const { seen, url } = await startCounter(answer);
    const good = (await findConnection(stage.db, stage.id))?.settings ?? {};
    await leadTo(stage, 'crankwheel', url);
    const id = await stage.addUser(person(ANA));
    await eventually(async () => (await stage.deliveries(id))[0]?.result, 'retry');
    expect((await stage.deliveries(id))[0]?.error?.code).toMatch(/^(UNAVAILABLE|UNREADABLE)$/);
    await eventually(async () => seen.now, 0);
    await updateConnection(stage.db, stage.id, { settings: good }, Date.now());
    stage.passTime(60_000);
    await eventually(() => stage.state(id), 'in-sync');
    expect(await stage.addresses()).toEqual([ANA]);
  });
});
