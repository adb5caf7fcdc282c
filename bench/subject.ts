import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Question, Usage } from './messages.ts';

/** A server process that is measured. */
export interface Subject {
  /** `http://127.0.0.1:<port>` */
  origin: string;
  /** From the process's start to its first answer. */
  readyMs: number;
  usage(): Promise<Usage>;
  startProfile(): Promise<unknown>;
  stopProfile(file: string): Promise<unknown>;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 120_000;

/** Starts `script` and waits until `readyPath` answers 200; its output goes to `logFile`. */
export async function startSubject(options: {
  script: string;
  flags?: readonly string[];
  args?: readonly string[];
  readyPath: string;
  logFile: string;
  /** Made of the port that it is to listen on. */
  env(port: number): Record<string, string>;
}): Promise<Subject> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const log = openSync(options.logFile, 'a');
  const startedAt = performance.now();
  const child = fork(options.script, [...(options.args ?? [])], {
    execArgv: [...(options.flags ?? []), '--import', new URL('./probe.ts', import.meta.url).href],
    env: { PATH: process.env['PATH'] ?? '', ...options.env(port) },
    stdio: ['ignore', log, log, 'ipc'],
  });
  await waitUntilReady(child, `${origin}${options.readyPath}`, options.logFile);
  const ask = (question: Question): Promise<Usage> => {
    const answered = once(child, 'message');
    child.send(question);
    return answered.then(([answer]) => answer as Usage);
  };
  return {
    origin,
    readyMs: performance.now() - startedAt,
    usage: () => ask({ ask: 'usage' }),
    startProfile: () => ask({ ask: 'start-profile' }),
    stopProfile: (file) => ask({ ask: 'stop-profile', file }),
    async stop() {
      if (child.exitCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function waitUntilReady(child: ChildProcess, url: string, logFile: string): Promise<void> {
  const until = performance.now() + READY_WITHIN_MS;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`The server ended before it answered; see ${logFile}.`);
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await pause(5);
  }
  throw new Error(`${url} does not answer.`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
