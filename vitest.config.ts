import { defineConfig } from 'vitest/config';

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
