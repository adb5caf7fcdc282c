import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/core/connection.ts';
import type { AccountId } from '../../src/core/ids.ts';
import { findConnection } from '../../src/store/connections.ts';
import { openDataFolder } from '../../src/store/data-folder.ts';
import { closeDatabase, type Database } from '../../src/store/database.ts';
import { pushGroup, pushUser, settleAccount } from '../unit/admin/operator-fixture.ts';
import { realEnvironment, run } from './command-line.ts';

interface Report {
  accounts: number;
  changed: { name: string; wanted: string | null; steps: { step: string; text: string | null }[] }[];
  steps: Record<string, number>;
  note: string | null;
}

/** A dry-run connection whose vendor cannot be reached, with what `fill` puts into its directory. */
async function stored(
  fill: (db: Database, connection: Connection) => Promise<unknown>,
): Promise<Record<string, string>> {
  const env = realEnvironment();
  const add = ['connection', 'add', 'crm', '--vendor', 'crankwheel', '--credentials-file', '-'];
  const nowhere = ['--set', 'baseUrl=https://127.0.0.1:1', '--set', 'updateByRepeatedPost=true'];
  await run(env, [...add, ...nowhere], { piped: '{"apiKey":"very-secret-key"}' });
  const secretKey = Buffer.from(env['CAUSEWAY_SECRET_KEY'] ?? '', 'base64');
  const { db } = await openDataFolder({ dir: env['CAUSEWAY_DATA_DIR'] ?? '', mode: 'real', secretKey });
  const connection = await findConnection(db, 'crm');
  if (connection === undefined) throw new Error('The connection was not added.');
  await fill(db, connection);
  await closeDatabase(db);
  return env;
}

/** As a delivery leaves an account that Causeway made with these fields. */
function madeAccount(db: Database, userId: string, address: string, fields: object): Promise<AccountId> {
  return settleAccount(db, userId, {
    state: 'in-sync',
    settled_version: 1,
    undo: null,
    undo_version: null,
    vendor_id: address,
    address,
    address_key: address,
    origin: 'created',
    actual: JSON.stringify({ id: address, address, presence: 'active', fields }),
    written: JSON.stringify(fields),
  });
}

async function report(env: Record<string, string>, args: readonly string[], piped = ''): Promise<Report> {
  const ran = await run(env, [...args, '--json'], { piped });
  expect({ args, code: ran.code, err: ran.err }).toEqual({ args, code: 0, err: '' });
  return JSON.parse(ran.out) as Report;
}

const MEMBER = { privilege: 'user', inDemoPool: false };

describe('mapping check', () => {
  it('shows whom a mapping would change, field by field, and counts; nothing is saved', async () => {
    const env = await stored(async (db, connection) => {
      const ana = await pushUser(db, connection, 'ana@example.com');
      const ben = await pushUser(db, connection, 'ben@example.com');
      await madeAccount(db, ana, 'ana@example.com', MEMBER);
      await madeAccount(db, ben, 'ben@example.com', MEMBER);
      await pushGroup(db, connection, 'Admins', ana);
    });
    const mapping = JSON.stringify({ privilege: { rules: [{ group: 'admins', value: 'admin' }] } });
    const shown = await run(env, ['mapping', 'check', 'crm', '-'], { piped: mapping });
    expect(shown.out).toMatch(
      /ana@example\.com \(to be active\)\n {2}update\n {4}privilege +"user" +→ +"admin" +from a group rule\n/,
    );
    expect(shown.out).toContain('Accounts looked at: 2. With something to do: 1 (1 update).');
    const { accounts, changed } = await report(env, ['mapping', 'check', 'crm', '-'], mapping);
    expect({ accounts, names: changed.map(({ name }) => name) }).toEqual({
      accounts: 2,
      names: ['ana@example.com'],
    });
    expect(JSON.parse((await run(env, ['mapping', 'show', 'crm', '--json'])).out)).toEqual({});
  });

  it('leaves out what the mapping in force would do as well', async () => {
    const env = await stored(async (db, connection) => {
      await pushUser(db, connection, 'ana@example.com');
    });
    expect((await report(env, ['mapping', 'check', 'crm', '-'], '{}')).changed).toEqual([]);
  });

  it('shows people whom the mapping would have refused', async () => {
    const env = await stored(async (db, connection) => {
      const ana = await pushUser(db, connection, 'ana@example.com');
      await madeAccount(db, ana, 'ana@example.com', MEMBER);
    });
    const mapping = JSON.stringify({ email: { source: { expression: '"nobody"' } } });
    const { changed } = await report(env, ['mapping', 'check', 'crm', '-'], mapping);
    expect(changed).toMatchObject([
      { wanted: null, steps: [{ step: 'refuse', text: expect.stringContaining('"nobody" has no @') }] },
    ]);
  });
});

describe('mapping set', () => {
  it('saves without a question what changes nobody', async () => {
    const env = await stored(() => Promise.resolve());
    const mapping = JSON.stringify({ privilege: { source: { constant: 'admin' } } });
    expect((await run(env, ['mapping', 'set', 'crm', '-'], { piped: mapping })).code).toBe(0);
    expect(JSON.parse((await run(env, ['mapping', 'show', 'crm', '--json'])).out)).toEqual(
      JSON.parse(mapping),
    );
  });
});

describe('plan', () => {
  it('goes by what the vendor said last where it cannot be read, and says so', async () => {
    const env = await stored(async (db, connection) => {
      const ana = await pushUser(db, connection, 'ana@example.com');
      await pushUser(db, connection, 'ben@example.com');
      await madeAccount(db, ana, 'ana@example.com', MEMBER);
    });
    const { changed, steps, note } = await report(env, ['plan', 'crm']);
    expect(note).toContain('could not be read');
    expect(steps).toEqual({ create: 1 });
    expect(changed).toMatchObject([{ name: 'ben@example.com', wanted: 'active' }]);
    const one = await report(env, ['plan', 'crm', 'ana@example.com']);
    expect(one).toMatchObject({ accounts: 1, changed: [{ name: 'ana@example.com', steps: [] }] });
  });

  it('does not let what others wrote steer the terminal', async () => {
    const name = 'a\u001b[31mna\u202e@example.com';
    const env = await stored((db, connection) => pushUser(db, connection, name));
    const shown = [await run(env, ['plan', 'crm']), await run(env, ['account', 'list', 'crm'])];
    for (const { out } of shown) {
      expect(out).toContain('a\\u{1b}[31mna\\u{202e}@example.com');
      expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    }
  });
});
