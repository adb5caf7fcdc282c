import { existsSync, statfsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const MEMORY = '/dev/shm';
const ROOM_BYTES = 4 * 1024 ** 3;

/** Tests commit tens of thousands of times: in memory, where there is plenty of it, that costs a small part of what it does on a disk. */
function keepStoresInMemory(): void {
  const room = existsSync(MEMORY) ? statfsSync(MEMORY) : { bavail: 0, bsize: 0 };
  if (room.bavail * room.bsize > ROOM_BYTES) process.env['TMPDIR'] ??= MEMORY;
}

keepStoresInMemory();

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/store-contract/postgres-setup.ts'],
    // One process a file: a fake may declare what its library keeps for the whole process (scimmy-routers does).
    pool: 'forks',
    // More than two cores can run: many files wait for the time-outs that they are about.
    maxWorkers: 4,
    testTimeout: 15_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    allowOnly: false,
    reporters: ['default'],
  },
});
