import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ran, realEnvironment, run } from './command-line.ts';

const SECRET = 'very-secret-key';
const ADD = ['connection', 'add', 'crm', '--vendor', 'crankwheel'];
const FROM_STDIN = [...ADD, '--credentials-file', '-'];
const PIPED = { piped: JSON.stringify({ apiKey: SECRET }) };

async function withConnection(): Promise<Record<string, string>> {
  const env = realEnvironment();
  expect((await run(env, FROM_STDIN, PIPED)).code).toBe(0);
  return env;
}

function json(ran: Ran): unknown {
  expect(ran).toMatchObject({ code: 0, err: '' });
  return JSON.parse(ran.out);
}

describe('connection add', () => {
  it('says what to enter at the identity provider, and shows a token once', async () => {
    const ran = await run(realEnvironment(), [...FROM_STDIN, '--token', 'okta'], PIPED);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('SCIM base URL: https://scim.example.com/scim/crm/v2');
    expect(ran.out).toMatch(/Token, shown only now: cwy_[\w-]{43}\n/);
  });

  it('takes a credential from standard input, a file, or unseen from a terminal; and never shows it', async () => {
    const file = join(dirname(realEnvironment()['CAUSEWAY_DATA_DIR'] ?? ''), 'credentials.json');
    writeFileSync(file, JSON.stringify({ apiKey: SECRET }), { mode: 0o600 });
    const ways: [string[], { piped?: string; typed?: string[] }][] = [
      [FROM_STDIN, PIPED],
      [[...ADD, '--credential', 'apiKey=-'], { piped: `${SECRET}\n` }],
      [[...ADD, '--credentials-file', file], {}],
      [ADD, { typed: [SECRET] }],
      [[...ADD, '--credential', 'apiKey=-'], { typed: [SECRET] }],
    ];
    for (const [args, input] of ways) {
      const env = realEnvironment();
      const added = await run(env, args, input);
      expect({ args, code: added.code }).toEqual({ args, code: 0 });
      const shown = await run(env, ['connection', 'show', 'crm', '--json']);
      expect(added.out + added.err + shown.out + shown.err).not.toContain(SECRET);
    }
  });

  it('refuses a credential on the command line without repeating it', async () => {
    for (const args of [
      [...ADD, '--credential', `apiKey=${SECRET}`],
      [...ADD, '--credential', SECRET],
      [...ADD, `--apiKey=${SECRET}`],
      [...ADD, '--set', SECRET],
    ]) {
      const ran = await run(realEnvironment(), args);
      expect({ args, code: ran.code }).toEqual({ args, code: 2 });
      expect(ran.out + ran.err).not.toContain(SECRET);
    }
  });

  it('refuses input that is no JSON object without repeating it', async () => {
    for (const piped of [`{"apiKey": ${SECRET}`, `["${SECRET}"]`, '']) {
      const ran = await run(realEnvironment(), FROM_STDIN, { piped });
      expect(ran.code).toBe(1);
      expect(ran.err).toMatch(/^Standard input is no/);
      expect(ran.err).not.toContain(SECRET);
    }
  });

  it('reads standard input once at most', async () => {
    const ran = await run(realEnvironment(), [...FROM_STDIN, '--credential', 'apiKey=-'], PIPED);
    expect(ran).toMatchObject({ code: 2, out: '' });
  });

  it('reads settings and policies as the types that they have', async () => {
    const env = realEnvironment();
    const set = ['scim.enabled=true', 'concurrency=2', 'defaultTeamUUID=null', 'teamNamePrefix='];
    const policies = ['waitMs=0', 'allowedDomains=example.com, b.example', 'removeGroups=false'];
    const args = ['connection', 'add', 'crm', '--vendor', 'attention', '--credentials-file', '-'];
    for (const pair of set) args.push('--set', pair);
    for (const pair of policies) args.push('--policy', pair);
    expect((await run(env, args, PIPED)).err).toBe('');
    expect(json(await run(env, ['connection', 'show', 'crm', '--json']))).toMatchObject({
      settings: { scim: { enabled: true }, concurrency: 2, defaultTeamUUID: null, teamNamePrefix: '' },
      policyOverrides: { waitMs: 0, allowedDomains: ['example.com', 'b.example'], removeGroups: false },
    });
  });

  it('names each wrong field with its description, and answers 1', async () => {
    const ran = await run(realEnvironment(), [...ADD, '--set', 'lookup=guess', '--policy', 'delete=suspend']);
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain('setting lookup must be one of get, list. How one account is looked up');
    expect(ran.err).toContain('credential apiKey is missing. A CrankWheel API key');
    expect(ran.err).not.toMatch(/\n\s+at /);
  });
});

describe('connection settings', () => {
  it('lists what the vendor’s schemas and the policies take, with defaults and meanings', async () => {
    const ran = await run({}, ['connection', 'settings', 'attention']);
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/scim\.enabled +boolean +false +Suspend and reactivate/);
    expect(ran.out).toMatch(/apiKey +string +required +An Attention API key/);
    expect(ran.out).toMatch(/drift +report \| repair +"report" /);
  });
});

describe('connection edit', () => {
  it('changes one thing and says what follows from it', async () => {
    const env = await withConnection();
    const ran = await run(env, ['connection', 'edit', 'crm', '--policy', 'deactivate=task']);
    expect(ran.out).toContain('The connection "crm" is changed.');
    expect(ran.out).toContain('compared with what is wanted');
    const shown = await run(env, ['connection', 'show', 'crm']);
    expect(shown.out).toMatch(/deactivate +"task" +set here/);
    expect(shown.out).toMatch(/delete +"remove" +default/);
  });

  it('without anything to change is a wrong use', async () => {
    expect((await run(await withConnection(), ['connection', 'edit', 'crm'])).code).toBe(2);
  });
});

describe('connection remove', () => {
  it('asks first, with what would go', async () => {
    const env = await withConnection();
    const refused = await run(env, ['connection', 'remove', 'crm'], { typed: ['n'] });
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(/Users \(0\).*\[y\/N\] .*Nothing was changed/s);
    expect(json(await run(env, ['connection', 'list', '--json']))).toHaveLength(1);
    expect((await run(env, ['connection', 'remove', 'crm'], { typed: ['y'] })).code).toBe(0);
    expect(json(await run(env, ['connection', 'list', '--json']))).toEqual([]);
  });

  it('in a script needs --yes', async () => {
    const env = await withConnection();
    const refused = await run(env, ['connection', 'remove', 'crm']);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('Add --yes');
    expect((await run(env, ['connection', 'remove', 'crm', '--yes'])).code).toBe(0);
  });
});

describe('pause and resume', () => {
  it('are seen in the list', async () => {
    const env = await withConnection();
    await run(env, ['connection', 'pause', 'crm', '--reason', 'maintenance']);
    expect((await run(env, ['connection', 'list'])).out).toMatch(/crm +crankwheel +CrankWheel +live, paused/);
    await run(env, ['connection', 'resume', 'crm']);
    expect((await run(env, ['connection', 'list'])).out).toMatch(/crm +crankwheel +CrankWheel +live {2,}/);
  });
});
