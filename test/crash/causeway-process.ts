import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Causeway as its own operating-system process. */
export interface CausewayProcess {
  url: string;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
  /** What it wrote at level `error`. */
  errors(): string[];
}

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** Starts `src/main.ts` on this data folder and waits until it accepts requests. */
export async function startProcess(dataDir: string): Promise<CausewayProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env['PATH'],
      CAUSEWAY_DATA_DIR: dataDir,
      CAUSEWAY_PORT: '0',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines = readLines(child);
  const url = await lines.find((line) => /"url":"([^"]+)"/.exec(line)?.[1]);
  return {
    url,
    async kill() {
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
    },
    errors: () => lines.all.filter((line) => line.includes('"level":"error"')),
  };
}

function readLines(child: ChildProcess) {
  const all: string[] = [];
  let rest = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    all.push(...parts);
  });
  const ended = once(child, 'close').then(() => {
    throw new Error(`Causeway ended before it was up: ${all.join('\n')}`);
  });
  ended.catch(() => undefined);
  return {
    all,
    async find(read: (line: string) => string | undefined): Promise<string> {
      for (;;) {
        const found = all.map(read).find((value) => value !== undefined);
        if (found !== undefined) return found;
        if (child.stderr === null) throw new Error('There is no log to read.');
        await Promise.race([once(child.stderr, 'data'), ended]);
      }
    },
  };
}
