import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type PostgresServer, startPostgresServer } from './postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A socket that answers the URL of a PostgreSQL server; the first one to ask has it started. */
    postgresSocket: string;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'causeway-tests-'));
let postgres: Promise<PostgresServer> | undefined;

const server = createServer((asking) => {
  asking.on('error', () => {});
  postgres ??= startPostgresServer();
  postgres.then(
    ({ url }) => asking.end(url),
    (error: unknown) => asking.end(`failed: ${String(error)}`),
  );
});

let listens: Promise<void> | undefined;
let projects = 0;

/** One PostgreSQL server for the whole run, made by the first test file that asks for it; every project has its turn here. */
export async function setup(project: TestProject): Promise<void> {
  const socket = join(folder, 'postgres.sock');
  projects += 1;
  listens ??= listening(server, socket);
  await listens;
  project.provide('postgresSocket', socket);
}

export async function teardown(): Promise<void> {
  projects -= 1;
  if (projects > 0) return;
  server.close();
  await postgres?.then((started) => started.stop());
  rmSync(folder, { recursive: true, force: true });
}

function listening(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
}
