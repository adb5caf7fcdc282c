import type { RequestHandler } from 'express';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { inTransaction } from '../../src/store/database.ts';
import { ROLES } from '../../src/vendors/attention/fake-records.ts';
import { person } from '../e2e/delivery/stage.ts';
import { createSharedStore, type Instance } from './shared-store.ts';

const PATIENCE = { timeout: 20_000, interval: 20 };
const CALL_TIMEOUT_MS = 1_500;

/** Reads of Attention's accounts: held back while the gate is closed, and when each one began. */
class Gate {
  readonly held: (() => void)[] = [];
  readonly begun: { path: string; at: number }[] = [];
  closed = false;

  readonly handler: RequestHandler = ({ method, path }, _response, next) => {
    if (method !== 'GET' || !path.startsWith('/attention/v2/')) return next();
    this.begun.push({ path, at: performance.now() });
    if (this.closed) this.held.push(next);
    else next();
  };

  open(): void {
    this.closed = false;
    for (const next of this.held.splice(0)) next();
  }
}

const gate = new Gate();
const store = await createSharedStore(gate.handler);
afterAll(() => store.close());

function push({ url }: Instance, userName: string): Promise<Response> {
  const token = store.connections.get('attention')?.token;
  return fetch(`${url}/scim/attention/v2/Users`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' },
    body: JSON.stringify(person(userName)),
  });
}

async function holder(): Promise<string | null> {
  const leases = store.db.selectFrom('leases').select('holder').where('connection_id', '=', 'attention');
  return (await leases.executeTakeFirst())?.holder ?? null;
}

async function leasesOf(id: string | null): Promise<number> {
  const rows = await store.db.selectFrom('leases').select('connection_id').where('holder', '=', id).execute();
  return rows.length;
}

async function unrest(): Promise<unknown[]> {
  return store.db
    .selectFrom('accounts')
    .select(['address', 'state', 'claimed_version', 'due_at'])
    .where('connection_id', '=', 'attention')
    .where((eb) => eb.or([eb('claimed_version', 'is not', null), eb('due_at', 'is not', null)]))
    .execute();
}

describe('A connection that goes from one instance to another', () => {
  it('leaves administrators what they are, whom the first one was still looking at when it lost the lease', {
    timeout: 60_000,
  }, async () => {
    const admins = ['ana@example.com', 'ben@example.com', 'cem@example.com'];
    const roleUUID = ROLES[2].uuid;
    for (const key of admins)
      await store.fakes.control('attention', 'accounts', { key, vendor: { roleUUID } });
    const one = await store.startInstance();
    const before = await holder();
    gate.closed = true;
    const pushes = admins.map((userName) => push(one, userName));
    await vi.waitFor(() => expect(gate.held.length).toBeGreaterThan(0), PATIENCE);
    const two = await store.startInstance();
    // As if the other had taken it for dead.
    await inTransaction(store.db, async (tx) => {
      await tx
        .deleteFrom('instances')
        .where('id', '=', before ?? '')
        .execute();
      await tx.updateTable('leases').set({ holder: null }).where('holder', '=', before).execute();
    });
    await vi.waitFor(async () => expect([null, before]).not.toContain(await holder()), PATIENCE);
    gate.open();
    await Promise.all(pushes);
    await vi.waitFor(async () => expect(await unrest()).toEqual([]), PATIENCE);
    const accounts = await store.fakes.accounts('attention');
    expect(accounts.map(({ key, vendor }) => [key, vendor['roleUUID']])).toEqual(
      admins.map((key) => [key, roleUUID]),
    );
    await one.stop(5_000);
    await two.stop(5_000);
  });

  it('is not looked at by the second one before a call of the first one must have ended, though that stopped cleanly', {
    timeout: 60_000,
  }, async () => {
    const one = await store.startInstance(undefined, CALL_TIMEOUT_MS);
    const onesId = await holder();
    const two = await store.startInstance(undefined, CALL_TIMEOUT_MS);
    await vi.waitFor(async () => expect(await leasesOf(onesId)).toBe(3), PATIENCE);
    const isOnes = (await holder()) === onesId;
    const [first, second] = isOnes ? [one, two] : [two, one];
    await store.fakes.control('attention', 'faults', { kind: 'reset-after', match: 'POST', times: 1 });
    const pushed = push(second, 'dua@example.com');
    const intents = () =>
      store.db.selectFrom('accounts').select('state').where('intent', 'is not', null).execute();
    await vi.waitFor(async () => expect(await intents()).toEqual([{ state: 'waiting' }]), PATIENCE);
    const stoppedAt = performance.now();
    await first.stop(5_000);
    await vi.waitFor(async () => expect(await intents()).toEqual([]), PATIENCE);
    const looks = gate.begun.filter(({ at }) => at > stoppedAt).map(({ at }) => at);
    expect(Math.min(...looks) - stoppedAt).toBeGreaterThanOrEqual(CALL_TIMEOUT_MS);
    const same = (await store.fakes.accounts('attention')).filter(({ key }) => key === 'dua@example.com');
    expect(same).toHaveLength(1);
    expect((await pushed).status).toBe(201);
    await second.stop(5_000);
  });
});
