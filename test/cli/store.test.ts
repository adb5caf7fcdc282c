import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { realEnvironment, run, runProcess } from './command-line.ts';

const ADD = ['connection', 'add', 'crm', '--vendor', 'crankwheel', '--credentials-file', '-'];
const CREDENTIALS = '{"apiKey":"very-secret-key"}';

const COMMANDS = [
  'serve',
  'connection add',
  'connection list',
  'connection show',
  'connection settings',
  'connection edit',
  'connection test',
  'connection pause',
  'connection resume',
  'connection remove',
  'token issue',
  'token list',
  'token revoke',
  'mapping show',
  'mapping check',
  'mapping set',
  'plan',
  'dry-run on',
  'dry-run off',
  'account list',
  'account show',
  'account retry',
  'audit list',
  'delivery list',
  'task list',
  'task done',
  'import',
  'drift',
  'held list',
  'held release',
  'held reject',
  'person erase',
  'backup',
  'copy',
];

describe('the program', () => {
  it('answers 0 for done, 1 for refused and 2 for a wrong command line, with one message and no stack', async () => {
    const env = realEnvironment();
    const [done, refused, wrong] = [
      await runProcess(env, ADD, CREDENTIALS),
      await runProcess(env, ['connection', 'show', 'other']),
      await runProcess(env, ['connection', 'show', 'crm', '--colour']),
    ];
    expect([done.code, refused.code, wrong.code]).toEqual([0, 1, 2]);
    expect(refused).toMatchObject({
      out: '',
      err: 'There is no connection "other". List them with "causeway connection list".\n',
    });
    expect(wrong.err).toContain("unknown option '--colour'");
    expect(done.err + refused.err + wrong.err).not.toMatch(/\n\s+at /);
  });

  it.each([[[]], [['connection']], [['frobnicate']], [['account', 'list']], [['account', 'list', 'a', 'b']]])(
    'answers 2 to %j',
    async (args) => {
      expect(await run({}, args)).toMatchObject({ code: 2, out: '' });
    },
  );

  it.each(COMMANDS)('has examples in the help of %s, and a line in docs/cli.md', async (command) => {
    const ran = await run({}, [...command.split(' '), '--help']);
    expect(ran.code).toBe(0);
    expect(ran.out.split('\nExamples:\n')[1]).toContain(`  $ causeway ${command}`);
    expect(readFileSync('docs/cli.md', 'utf8')).toMatch(new RegExp(`^\\|.*\`${command}[\` ]`, 'm'));
  });

  it('has no command but these', async () => {
    const namesIn = (help: string) =>
      [...(help.split('\nCommands:\n')[1] ?? '').matchAll(/^ {2}([a-z-]+)/gm)]
        .map(([, name]) => name ?? '')
        .filter((name) => name !== 'help');
    const found: string[] = [];
    for (const name of namesIn((await run({}, ['--help'])).out.split('\nIt works')[0] ?? '')) {
      const inner = namesIn((await run({}, [name, '--help'])).out);
      found.push(...(inner.length === 0 ? [name] : inner.map((one) => `${name} ${one}`)));
    }
    expect(found.toSorted()).toEqual(COMMANDS.toSorted());
  });
});

describe('the store that commands work on', () => {
  it('is opened with the server’s secret key alone', async () => {
    const env = realEnvironment();
    await run(env, ADD, { piped: CREDENTIALS });
    const other = { ...env, CAUSEWAY_SECRET_KEY: Buffer.alloc(32, 1).toString('base64') };
    const ran = await run(other, ['connection', 'list']);
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain('belongs to another CAUSEWAY_SECRET_KEY');
  });

  it('is not mistaken for a sandbox where the key is missing', async () => {
    const env = realEnvironment();
    await run(env, ADD, { piped: CREDENTIALS });
    const ran = await run({ CAUSEWAY_DATA_DIR: env['CAUSEWAY_DATA_DIR'] ?? '' }, ['connection', 'list']);
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain('Set the same CAUSEWAY_SECRET_KEY');
  });

  it('is made by adding a connection and by nothing else', async () => {
    const env = realEnvironment();
    const data = env['CAUSEWAY_DATA_DIR'] ?? '';
    for (const environment of [env, { CAUSEWAY_DATA_DIR: data }]) {
      const ran = await run(environment, ['connection', 'list']);
      expect(ran.code).toBe(1);
      expect(ran.err).toContain(`in ${data}`);
    }
    const sandbox = await run({ CAUSEWAY_DATA_DIR: data }, ADD, { piped: CREDENTIALS });
    expect(sandbox.err).toContain('Start it with "npm start"');
    expect(existsSync(data)).toBe(false);
    expect((await run(env, ADD, { piped: CREDENTIALS })).code).toBe(0);
  });

  it('reports every wrong setting of the environment', async () => {
    const ran = await run({ CAUSEWAY_SECRET_KEY: 'abc', CAUSEWAY_PORT: 'x' }, ['token', 'list']);
    expect(ran.code).toBe(1);
    for (const name of ['CAUSEWAY_SECRET_KEY', 'CAUSEWAY_PUBLIC_URL', 'CAUSEWAY_PORT']) {
      expect(ran.err).toContain(name);
    }
  });
});
