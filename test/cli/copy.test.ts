import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPostgresDatabase } from '../store-contract/postgres-database.ts';
import { realEnvironment, run } from './command-line.ts';

const CREDENTIALS = '{"apiKey":"very-secret-key"}';

/** A store with a connection, and an empty data folder beside it. */
async function filled() {
  const env = realEnvironment();
  const add = ['connection', 'add', 'crm', '--vendor', 'crankwheel', '--credentials-file', '-'];
  expect(await run(env, add, { piped: CREDENTIALS })).toMatchObject({ code: 0 });
  const data = env['CAUSEWAY_DATA_DIR'] ?? '';
  const other = join(data, '..', 'other');
  return { env, data, other, otherEnv: { ...env, CAUSEWAY_DATA_DIR: other } };
}

describe('causeway copy', () => {
  it('moves the whole store to PostgreSQL, by a URL that nobody sees, and says what is left to do', async () => {
    const { env, data } = await filled();
    const database = await createPostgresDatabase();
    onTestFinished(() => database.drop());
    const moved = { ...env, CAUSEWAY_DATABASE_URL: database.url.reveal() };
    const ran = await run(moved, ['copy', '--from', data, '--to', 'env:CAUSEWAY_DATABASE_URL']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toMatch(/^connections +1 +[0-9a-f]{64}$/m);
    expect(ran.out).toContain('the CAUSEWAY_SECRET_KEY of the source');
    expect(ran.out).toContain('Start no server on the source any more');
    expect(ran.out).not.toContain('postgresql://');
    const shown = await run(moved, ['connection', 'show', 'crm', '--json']);
    expect(JSON.parse(shown.out)).toMatchObject({ id: 'crm', vendor: 'crankwheel' });
    const [copied] = JSON.parse((await run(moved, ['audit', 'list', '--json'])).out) as object[];
    expect(copied).toMatchObject({ actor: 'cli:tester', action: 'store.copy' });
  });

  it('answers JSON with the rows and digest of every table', async () => {
    const { env, data, other } = await filled();
    const ran = await run(env, ['copy', '--from', data, '--to', other, '--json']);
    expect(JSON.parse(ran.out)).toMatchObject({
      from: join(data, 'causeway.db'),
      to: join(other, 'causeway.db'),
      mode: 'real',
      tables: expect.arrayContaining([
        { name: 'connections', rows: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ]),
    });
    expect(statSync(other).mode & 0o777).toBe(0o700);
    expect(statSync(join(other, 'causeway.db')).mode & 0o777).toBe(0o600);
  });

  it.each([
    [['--to', 'x'], 2, /required option '--from <store>'/],
    [['--from', 'missing', '--to', 'x'], 1, /There is no store in .*missing/],
    [['--from', 'missing.db', '--to', 'x'], 1, /There is no store at .*missing\.db/],
    [['--from', 'env:NOT_SET', '--to', 'x'], 1, /--from names the variable "NOT_SET", which is not set/],
    [
      ['--from', 'mysql://root:hidden@db/causeway', '--to', 'x'],
      1,
      /A store is named by the URL of a PostgreSQL/,
    ],
    [
      ['--from', 'postgresql://a:hidden@127.0.0.1:1/causeway', '--to', 'x'],
      1,
      /cannot be opened.*not reached/,
    ],
  ])('%j is answered by %i and what is wrong, without a password', async (args, code, message) => {
    const ran = await run({}, ['copy', ...args]);
    expect(ran).toMatchObject({ code, out: '', err: expect.stringMatching(message) });
    expect(ran.err).not.toContain('hidden');
    expect(existsSync('x')).toBe(false);
  });
});

describe('causeway backup', () => {
  it('makes a file that opens in an empty data folder with the same key', async () => {
    const { env, other, otherEnv } = await filled();
    const target = join(other, 'causeway.db');
    expect((await run(env, ['backup', target])).err).toMatch(/Check that its folder exists/);
    mkdirSync(other);
    const ran = await run(env, ['backup', target, '--json']);
    expect(JSON.parse(ran.out)).toMatchObject({ file: target, bytes: statSync(target).size });
    expect(statSync(target).mode & 0o777).toBe(0o600);
    expect(readdirSync(other)).toEqual(['causeway.db']);
    expect((await run(otherEnv, ['connection', 'show', 'crm'])).code).toBe(0);
  });

  it('never writes over a file, and says where a store is not', async () => {
    const { env, data, otherEnv } = await filled();
    expect(await run(env, ['backup', join(data, 'causeway.db')])).toMatchObject({
      code: 1,
      err: expect.stringContaining('exists already'),
    });
    expect((await run(otherEnv, ['backup', 'x.db'])).err).toMatch(/There is no store at .*other/);
    const shared = { ...env, CAUSEWAY_DATABASE_URL: 'postgresql://db/causeway' };
    expect((await run(shared, ['backup', 'x.db'])).err).toContain('use pg_dump');
    expect(existsSync('x.db')).toBe(false);
  });
});
