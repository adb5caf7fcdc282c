import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { runCli } from '../../src/cli/index.ts';

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

const SECRET_KEY = Buffer.alloc(32, 9).toString('base64');

/** A data folder that goes with the test, and the environment of a real start on it. */
export function realEnvironment(): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return {
    CAUSEWAY_DATA_DIR: join(folder, 'data'),
    CAUSEWAY_SECRET_KEY: SECRET_KEY,
    CAUSEWAY_PUBLIC_URL: 'https://scim.example.com',
  };
}

/** Runs a command line in this process, as the program would. `typed`: what is entered at a terminal, a line a question. */
export async function run(
  env: Record<string, string>,
  args: readonly string[],
  input: { piped?: string; typed?: readonly string[] } = {},
): Promise<Ran> {
  const stdin = Object.assign(new PassThrough(), { isTTY: input.typed !== undefined });
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const texts = { stdout: '', stderr: '' };
  const lines = [...(input.typed ?? [])];
  for (const name of ['stdout', 'stderr'] as const) {
    streams[name].on('data', (chunk) => {
      texts[name] += String(chunk);
    });
  }
  streams.stderr.on('data', (chunk) => {
    const line = /(: |\] )$/.test(String(chunk)) ? lines.shift() : undefined;
    if (line !== undefined) setImmediate(() => stdin.write(`${line}\n`));
  });
  if (input.typed === undefined) stdin.end(input.piped ?? '');
  const code = await runCli(args, { env, stdin, ...streams, user: 'tester' });
  return { code, out: texts.stdout, err: texts.stderr };
}

/** Runs the built program as a process of its own. */
export async function runProcess(
  env: Record<string, string>,
  args: readonly string[],
  piped = '',
): Promise<Ran> {
  const child = spawn(process.execPath, ['bin/causeway.js', ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: 'pipe',
  });
  const ran = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    ran.out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    ran.err += String(chunk);
  });
  child.stdin.end(piped);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...ran };
}
