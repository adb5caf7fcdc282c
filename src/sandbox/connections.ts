import type { JsonObject } from '../core/json.ts';
import { findConnection, insertConnection, updateConnection } from '../store/connections.ts';
import type { DataFolder } from '../store/data-folder.ts';
import { findToken, issueToken } from '../store/tokens.ts';
import type { AnyVendor } from '../vendor-kit/define.ts';
import { policiesInForce } from '../vendor-kit/policies.ts';
import { vendors } from '../vendors/index.ts';
import type { RunningFakes } from './fakes.ts';
import type { SandboxConnection } from './file.ts';

/** One of the connections that every sandbox has. */
interface Plan {
  id: string;
  vendor: AnyVendor;
  dryRun: boolean;
}

const DRY_RUN = { id: 'dry-run', vendor: 'attention' };

/**
 * Makes what is missing: one connection a vendor, one in dry-run, a living token for each. What was there keeps its settings,
 * but follows the fakes to another port. `tokens`: those told before, by connection.
 */
export async function ensureConnections(
  folder: DataFolder,
  running: RunningFakes,
  tokens: ReadonlyMap<string, string>,
  now: number,
): Promise<Omit<SandboxConnection, 'scimUrl'>[]> {
  const connections: Omit<SandboxConnection, 'scimUrl'>[] = [];
  for (const plan of plans()) {
    await ensureConnection(folder, running, plan, now);
    const { id, vendor, dryRun } = plan;
    const token = await ensureToken(folder, id, tokens.get(id), now);
    const fakeUrl = dryRun ? null : `${running.origin}/${vendor.id}`;
    connections.push({ id, vendor: vendor.id, token, fakeUrl, dryRun });
  }
  return connections;
}

function plans(): Plan[] {
  const delivering = vendors.map((vendor) => ({ id: vendor.id, vendor, dryRun: false }));
  const dry = vendors.filter((vendor) => vendor.id === DRY_RUN.vendor);
  return [...delivering, ...dry.map((vendor) => ({ id: DRY_RUN.id, vendor, dryRun: true }))];
}

async function ensureConnection(
  { db, keyring }: DataFolder,
  { origin, formerOrigin, fakes }: RunningFakes,
  { id, vendor, dryRun }: Plan,
  now: number,
): Promise<void> {
  const existing = await findConnection(db, id);
  if (existing !== undefined) {
    const settings = JSON.parse(
      JSON.stringify(existing.settings).replaceAll(`${formerOrigin}/`, `${origin}/`),
    ) as JsonObject;
    if (origin !== formerOrigin) await updateConnection(db, id, { settings }, now);
    return;
  }
  const fake = fakes.get(vendor.id);
  if (fake === undefined) throw new Error(`The vendor ${vendor.id} has no fake.`);
  const title = dryRun ? `${vendor.title} (dry-run)` : `${vendor.title} (fake)`;
  const settings = vendor.settings.parse(fake.sandbox.settings(`${origin}/${vendor.id}`));
  const policies = policiesInForce(vendor, settings, {});
  await insertConnection(
    db,
    keyring,
    { id, vendor: vendor.id, title, settings, mapping: {}, policies, policyOverrides: {}, dryRun },
    fake.sandbox.credentials,
    now,
  );
}

/** The token told before if it still lives, else a new one. */
async function ensureToken(
  { db, keyring }: DataFolder,
  connectionId: string,
  told: string | undefined,
  now: number,
): Promise<string> {
  const stored = told === undefined ? undefined : await findToken(db, keyring.digestToken(told));
  const expired = stored?.expiresAt != null && stored.expiresAt <= now;
  if (told !== undefined && stored?.connectionId === connectionId && stored.revokedAt === null && !expired)
    return told;
  const { token } = await issueToken(db, keyring, { connectionId, label: 'sandbox', expiresAt: null, now });
  return token;
}
