import type { VendorAccount } from '../../core/account.ts';
import type { FieldTable } from '../../core/field.ts';
import type { JsonObject } from '../../core/json.ts';
import { type ImportCounts, type Imported, importAccounts } from '../../store/imports.ts';
import type { DeliveryTools, LiveTools } from '../calls/open-session.ts';

const BATCH = 200;

/**
 * Reads the vendor's whole list and takes it in: accounts of known Users are theirs, the rest become observed Users or are left
 * alone. `progress` hears the counts so far. One that broke off can simply be run again.
 */
export async function importRoster(
  tools: DeliveryTools,
  live: LiveTools,
  progress: (counts: ImportCounts) => Promise<void>,
): Promise<ImportCounts> {
  const total: ImportCounts = { managed: 0, matched: 0, observed: 0, left: 0 };
  const flush = async (batch: Imported[]) => {
    if (batch.length === 0) return;
    const counts = await importAccounts(tools.db, tools.connection, batch, tools.clock.now());
    for (const name of Object.keys(total) as (keyof ImportCounts)[]) total[name] += counts[name];
    await progress(total);
  };
  let batch: Imported[] = [];
  for await (const account of live.session.list()) {
    batch.push({ account, document: documentOf(account, tools.vendor.fields) });
    if (batch.length < BATCH) continue;
    await flush(batch);
    batch = [];
  }
  await flush(batch);
  return total;
}

/** The User that an account looks like; names come from the fields that are filled from names otherwise. */
function documentOf(account: VendorAccount, fields: FieldTable): JsonObject {
  const valueFrom = (source: 'given' | 'family' | 'full' | 'displayName') => {
    const field = fields.find(({ default: { from } }) => from === source);
    const value = field === undefined ? undefined : account.fields[field.name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const givenName = valueFrom('given');
  const familyName = valueFrom('family');
  const displayName = valueFrom('full') ?? valueFrom('displayName');
  const name = { ...(givenName && { givenName }), ...(familyName && { familyName }) };
  return {
    userName: account.address,
    ...(Object.keys(name).length > 0 && { name }),
    ...(displayName && { displayName }),
    emails: [{ value: account.address, type: 'work', primary: true }],
    active: account.presence !== 'suspended',
  };
}
