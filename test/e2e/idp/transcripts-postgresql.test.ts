import { afterAll, expect, vi } from 'vitest';
import { createSharedStore } from '../../instances/shared-store.ts';
import { describeTranscripts } from './replay-all.ts';

const store = await createSharedStore();
const errors: string[] = [];

// Two instances share the connections, and one of them is asked for all: half of the outcomes are the other's.
const asked = await store.startInstance();
const other = await store.startInstance();
await vi.waitFor(
  async () => {
    const rows = await store.db.selectFrom('leases').select('holder').distinct().execute();
    expect(rows).toHaveLength(2);
  },
  { timeout: 10_000, interval: 50 },
);

afterAll(async () => {
  errors.push(...asked.errors, ...other.errors);
  await store.close();
  expect(errors).toEqual([]);
});

/** Every transcript once; the vendors' own ways are the same on either store. */
const CONNECTIONS = ['attention', 'crankwheel'];

describeTranscripts(
  [...store.connections.values()]
    .filter(({ id }) => CONNECTIONS.includes(id))
    .map(({ id, vendor, token }) => ({
      id,
      vendor,
      token,
      scimUrl: `${asked.url}/scim/${id}/v2`,
      fakeUrl: id === 'dry-run' ? null : `${store.fakes.origin}/${vendor}`,
      dryRun: id === 'dry-run',
    })),
  asked.errors,
);
