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

/** What these leave behind in their process would meet another file's tests: spies, the store that is asked, an instance's name. */
const ALONE = [
  'test/{cost,crash,instances}/**/*.test.ts',
  'test/store-contract/{leases,unit-on-postgresql}.test.ts',
];
/** Processor time is measured when nothing else runs. */
const MEASURED = ['test/properties/{event-loop,large-group}.test.ts'];

export default defineConfig({
  test: {
    globalSetup: ['test/store-contract/postgres-setup.ts'],
    pool: 'forks',
    // More than two cores can run: many files wait for the time-outs that they are about.
    maxWorkers: 4,
    testTimeout: 15_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    allowOnly: false,
    // Node reads TypeScript by itself: a fifth of the processor time went into reading it another way.
    experimental: { viteModuleRunner: false },
    reporters: ['default'],
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      // Half of the processor time of most files would go into reading the product's code anew.
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...ALONE, ...MEASURED],
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'measured', include: MEASURED, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
