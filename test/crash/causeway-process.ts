import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Causeway as its own operating-system process. */
export interface CausewayProcess {
  url: string;
  pid: number;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void;
  /** What it wrote at level `error`. */
  errors(): string[];
}

const BIN = join(import.meta.dirname, '../../bin/causeway.js');

/** Starts a server in this environment, on a free port, and waits until it accepts requests. */
export async function startProcess(env: Readonly<Record<string, string>>): Promise<CausewayProcess> {
  const child = spawn(process.execPath, [BIN, 'serve'], {
    env: { PATH: process.env['PATH'], CAUSEWAY_PORT: '0', ...env },
    // A sandbox logs to standard error, a real start to standard output.
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = readLines(child);
  const url = await lines.find((line) => /"url":"([^"]+)"/.exec(line)?.[1]);
  return {
    url,
    pid: child.pid ?? 0,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
    },
    signal: (signal) => void child.kill(signal),
    errors: () => lines.all.filter((line) => line.includes('"level":"error"')),
  };
}

function readLines({ stdout, stderr }: ChildProcess) {
  const all: string[] = [];
  const news = new EventTarget();
  let ended = false;
  for (const stream of [stdout, stderr]) {
    let rest = '';
    stream?.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split('\n');
      rest = parts.pop() ?? '';
      all.push(...parts);
      news.dispatchEvent(new Event('lines'));
    });
    stream?.on('close', () => {
      ended = true;
      news.dispatchEvent(new Event('lines'));
    });
  }
  return {
    all,
    async find(read: (line: string) => string | undefined): Promise<string> {
      for (;;) {
        const found = all.map(read).find((value) => value !== undefined);
        if (found !== undefined) return found;
        if (ended) throw new Error(`Causeway ended before it was up: ${all.join('\n')}`);
        await once(news, 'lines');
      }
    },
  };
}
