import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../../src/http/listener.ts';
import { insertConnection } from '../../src/store/connections.ts';
import { openDataFolder } from '../../src/store/data-folder.ts';
import { closeDatabase } from '../../src/store/database.ts';
import { policiesInForce } from '../../src/vendor-kit/policies.ts';
import { loadFake } from '../../src/vendors/fakes.ts';
import { vendorById } from '../../src/vendors/index.ts';
import { memoryRecords } from '../contract/vendors-setup.ts';
import { pushUser, settleAccount } from '../unit/admin/operator-fixture.ts';
import { realEnvironment, run } from './command-line.ts';

type Env = Record<string, string>;

/** A sandbox's store with the connection `crm`, no server, and a vendor that has these people. */
async function standing(atVendor: readonly string[], held: readonly string[] = []): Promise<Env> {
  const dir = realEnvironment()['CAUSEWAY_DATA_DIR'] ?? '';
  mkdirSync(dir, { recursive: true });
  const app = await loadFake('crankwheel');
  const options = { host: '127.0.0.1', port: 0, tls: null, portSetting: 'CAUSEWAY_PORT' };
  const fake = await listen(await app.create(memoryRecords()), options);
  onTestFinished(() => fake.close(0));
  for (const key of atVendor) {
    const headers = { 'Content-Type': 'application/json' };
    await fetch(`${fake.url}/_fake/accounts`, { method: 'POST', headers, body: JSON.stringify({ key }) });
  }
  const vendor = vendorById('crankwheel');
  if (vendor === undefined) throw new Error('There is no vendor crankwheel.');
  const settings = vendor.settings.parse(app.sandbox.settings(fake.url));
  const { db, keyring } = await openDataFolder({ dir, mode: 'sandbox', secretKey: null });
  const about = { id: 'crm', vendor: vendor.id, title: vendor.title, settings, mapping: {}, dryRun: false };
  const policies = { policies: policiesInForce(vendor, settings, {}), policyOverrides: {} };
  const connection = await insertConnection(
    db,
    keyring,
    { ...about, ...policies },
    app.sandbox.credentials,
    1,
  );
  for (const address of held) {
    const id = await pushUser(db, connection, address);
    const actual = { id: address, address, presence: 'active', fields: { privilege: 'user' } };
    await db
      .updateTable('users')
      .set({ document: JSON.stringify({ userName: address, active: false }) })
      .where('id', '=', id)
      .execute();
    await settleAccount(db, id, {
      state: 'held',
      held: JSON.stringify({
        step: 'remove',
        state: 'open',
        reason: 'Twenty leave at once.',
        by: null,
        at: 1,
      }),
      settled_version: 1,
      settled_at: 1,
      vendor_id: address,
      address,
      address_key: address,
      origin: 'created',
      actual: JSON.stringify(actual),
    });
  }
  await closeDatabase(db);
  return { CAUSEWAY_DATA_DIR: dir };
}

async function json<T>(env: Env, ...args: string[]): Promise<T> {
  const ran = await run(env, [...args, '--json']);
  expect({ args, code: ran.code, err: ran.err }).toEqual({ args, code: 0, err: '' });
  return JSON.parse(ran.out) as T;
}

interface Drift {
  result: string;
  report: { findings: Record<string, unknown>[] };
}

describe('drift', () => {
  it('says what to do where nothing has been compared yet', async () => {
    const ran = await run(await standing([]), ['drift', 'crm']);
    expect(ran).toMatchObject({ code: 1, out: '', err: expect.stringContaining('Add --now') });
  });

  it('compares where no server runs, and shows the same for people and for programs', async () => {
    const env = await standing(['old@example.com']);
    const compared = await run(env, ['drift', 'crm', '--now']);
    expect(compared).toMatchObject({ code: 0, err: '' });
    expect(compared.out).toMatch(
      /complete, 1 accounts listed, 1 differences\.\n.*\nunmanaged +– +old@example\.com/s,
    );
    expect(await json<Drift>(env, 'drift', 'crm')).toMatchObject({
      result: 'complete',
      listed: 1,
      report: { findings: [{ kind: 'unmanaged', address: 'old@example.com', user: null, repaired: false }] },
    });
  });
});

describe('import', () => {
  it('takes the vendor’s people in and counts them, and does nothing the second time', async () => {
    const env = await standing(['ana@example.com', 'old@example.com']);
    const first = await run(env, ['import', 'crm']);
    expect(first.out).toContain('Imported "crm": 0 managed already, 0 belong to Users, 2 new observed Users');
    expect(await json(env, 'import', 'crm')).toEqual({
      connection: 'crm',
      managed: 2,
      matched: 0,
      observed: 0,
      left: 0,
    });
    expect(await json<unknown[]>(env, 'account', 'list', 'crm', '--state', 'observed')).toHaveLength(2);
  });
});

describe('held', () => {
  const PEOPLE = ['ana@example.com', 'bo@example.com', 'cy@example.com'];

  it('needs one person or all of them', async () => {
    const env = await standing(PEOPLE, PEOPLE);
    for (const whom of [[], ['ana@example.com', '--all']]) {
      expect((await run(env, ['held', 'release', 'crm', ...whom])).code).toBe(2);
    }
    expect((await run(env, ['held', 'reject', 'crm', '--all'])).code).toBe(2);
    const nobody = await run(env, ['held', 'release', 'crm', 'di@example.com']);
    expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining('held list') });
    expect(await json<unknown[]>(env, 'held', 'list')).toHaveLength(3);
  });

  it('lists who is, releases one, rejects the others, and drift tells by whom and why', async () => {
    const env = await standing(PEOPLE, PEOPLE);
    const shown = await run(env, ['held', 'list', 'crm']);
    expect(shown.out).toMatch(/crm +bo@example\.com +bo@example\.com .* open/);
    expect(await json(env, 'held', 'release', 'crm', 'BO@example.com')).toMatchObject([{ user: PEOPLE[1] }]);
    expect(await json(env, 'account', 'show', 'crm', 'bo@example.com')).toMatchObject({ state: 'due' });
    const rejected = await run(env, ['held', 'reject', 'crm', '--all', '--reason', 'still on the project']);
    expect(rejected.out).toBe('2 held: rejected.\n');
    const decided = (await json<{ decision: unknown }[]>(env, 'held', 'list', 'crm')).map(
      (one) => one.decision,
    );
    expect(decided).toMatchObject([{ by: 'cli:tester', reason: 'still on the project' }, {}]);
    await json(env, 'drift', 'crm', '--now');
    expect((await run(env, ['drift', 'crm'])).out).toMatch(
      /rejected +ana@example\.com .* cli:tester: still on the project/,
    );
  });
});

describe('person erase', () => {
  it('asks first, and says how much there was', async () => {
    const env = await standing([], ['ana@example.com']);
    const asked = await run(env, ['person', 'erase', 'crm', 'ana@example.com'], { typed: ['n'] });
    expect(asked).toMatchObject({ code: 1, err: expect.stringContaining('cannot be brought back') });
    const erased = await json(env, 'person', 'erase', 'crm', 'ana@example.com', '--yes');
    expect(erased).toEqual({ connection: 'crm', deliveries: 0 });
  });
});

describe('a credentials file', () => {
  it('that is being written while it is read changes nothing, and says so', async () => {
    const env = await standing([]);
    const file = join(env['CAUSEWAY_DATA_DIR'] ?? '', 'credentials.json');
    const edit = ['connection', 'edit', 'crm', '--credentials-file', file];
    for (const half of ['', '{"apiKey":"very-sec', '{"apiKey":""}']) {
      writeFileSync(file, half);
      const ran = await run(env, edit);
      expect(ran).toMatchObject({ code: 1, out: '' });
      expect(ran.err).not.toContain('very-sec');
    }
    expect((await run(env, ['connection', 'test', 'crm'])).code).toBe(0);
    writeFileSync(file, '{"apiKey":"sandbox-crankwheel-key"}');
    expect((await run(env, edit)).code).toBe(0);
  });
});
