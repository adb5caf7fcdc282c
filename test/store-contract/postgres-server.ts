import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

/** A PostgreSQL server of the tests' own, from the registry; it ends with this process however that dies. */
export interface PostgresServer {
  /** Of an administrator. */
  url: string;
  /** Resolves when it runs again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const KEEPER = join(import.meta.dirname, 'postgres-keeper.ts');

export async function startPostgresServer(): Promise<PostgresServer> {
  const child = spawn(process.execPath, [KEEPER], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout);
  return {
    url: await nextLine(child, lines),
    async restart() {
      const restarted = nextLine(child, lines);
      child.stdin.write('restart\n');
      await restarted;
    },
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}

async function nextLine(child: ChildProcess, lines: Interface): Promise<string> {
  const over = new AbortController();
  const { signal } = over;
  try {
    return await Promise.race([
      once(lines, 'line', { signal }).then(([line]) => String(line)),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`PostgreSQL did not start (exit code ${code}).`);
      }),
    ]);
  } finally {
    over.abort();
  }
}
