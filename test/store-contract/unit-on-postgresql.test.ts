import { afterAll, describe } from 'vitest';
import { openStoresIn } from '../unit/store/temporary-store.ts';
import { postgresStores } from './stores.ts';

const stores = postgresStores();
openStoresIn(stores);
afterAll(() => stores.end());

/** The store's own tests that say nothing of SQLite, once more. */
describe('on PostgreSQL', async () => {
  await import('../unit/store/audit.test.ts');
  await import('../unit/store/connections.test.ts');
  await import('../unit/store/fake-records.test.ts');
  await import('../unit/store/filter-sql.test.ts');
  await import('../unit/store/group-query.test.ts');
  await import('../unit/store/tokens.test.ts');
  await import('../unit/store/user-query.test.ts');
});
