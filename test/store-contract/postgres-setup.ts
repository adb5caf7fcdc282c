import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A socket that answers the URL of a PostgreSQL server; the first one to ask has it started. */
    postgresSocket: string;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'causeway-tests-'));
let keeper: ChildProcess | undefined;
let url: Promise<string> | undefined;

const server = createServer((asking) => {
  asking.on('error', () => {});
  url ??= startKeeper();
  url.then(
    (text) => asking.end(text),
    (error: unknown) => asking.end(`failed: ${String(error)}`),
  );
});

/** One PostgreSQL server for the whole run, made by the first test file that asks for it. */
export async function setup(project: TestProject): Promise<void> {
  const socket = join(folder, 'postgres.sock');
  await listening(server, socket);
  project.provide('postgresSocket', socket);
}

export async function teardown(): Promise<void> {
  server.close();
  await stopKeeper();
  rmSync(folder, { recursive: true, force: true });
}

function listening(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
}

function startKeeper(): Promise<string> {
  const script = join(import.meta.dirname, 'postgres-keeper.ts');
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  keeper = child;
  return new Promise((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`PostgreSQL did not start (exit code ${code}).`)));
  });
}

async function stopKeeper(): Promise<void> {
  const child = keeper;
  if (child === undefined || child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin?.end();
  await ended;
}
