import { expect, vi } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../../src/core/json.ts';
import { findConnection } from '../../../src/store/connections.ts';
import { closeDatabase, openDatabase, originOf } from '../../../src/store/database.ts';
import { findJob, requestJob } from '../../../src/store/jobs.ts';
import type { FakeAccount } from '../../../src/vendor-kit/fake.ts';
import { eventually, person, type Stage } from '../delivery/stage.ts';

/** What a poll may take on a machine that does other things too. */
const PATIENCE = { timeout: 30_000, interval: 20 };
/** More than any two lists may be apart. */
const LIST_PACE_MS = 61_000;

/** What the vendor was asked to create for this address: a form's members, a JSON body, a guest, an op. Undefined: nothing. */
export async function createdWith(stage: Stage, address: string): Promise<JsonObject | undefined> {
  const calls = await stage.calls('POST');
  return calls.flatMap(({ body }) => createsIn(body)).find((one) => addressIn(one) === address);
}

function createsIn(body: string): JsonObject[] {
  if (!body.startsWith('{')) return [Object.fromEntries(new URLSearchParams(body))];
  const { guests, ops, ...rest } = JSON.parse(body) as JsonObject;
  if (Array.isArray(guests)) return guests.filter(isJsonObject);
  if (Array.isArray(ops)) return ops.filter(isJsonObject).filter((op) => op['obj'] === 'invite');
  return [rest];
}

function addressIn(created: JsonObject): Json | undefined {
  return created['user_access[email]'] ?? created['email'] ?? created['login'];
}

/** The op of each call to Corezoid that changes something, without its id and company. */
export async function opsSent(stage: Stage): Promise<JsonObject[]> {
  const bodies = (await stage.calls('POST')).map(({ body }) => JSON.parse(body) as { ops: JsonObject[] });
  const ops = bodies.flatMap((body) => body.ops).filter((op) => op['type'] !== 'list');
  return ops.map(({ id: _, company_id: _company, ...op }) => op);
}

/** What changed something, whatever the vendor: `METHOD /path`, or the op. */
export async function changesSent(stage: Stage): Promise<unknown[]> {
  const writes = await stage.writes();
  return writes.some((call) => call.includes('/api/2/json/')) ? opsSent(stage) : writes;
}

/** The invited person accepts. */
export async function accept(stage: Stage, address: string): Promise<void> {
  const connection = await findConnection(stage.db, stage.id);
  const { origin } = new URL(String(connection?.settings['baseUrl']));
  const path = `/_fake/accounts/${encodeURIComponent(address)}/accept`;
  expect((await fetch(origin + path, { method: 'POST' })).status).toBe(204);
}

/** As `causeway reconcile` in another process asks for it: the vendor's list is compared, and what it shows is delivered. */
export async function reconcile(stage: Stage): Promise<void> {
  const origin = originOf(stage.db);
  if (origin === undefined) throw new Error('The store has no file.');
  // A list tells only of accounts that were settled before it began, and one list serves a minute.
  stage.passTime(LIST_PACE_MS);
  await settled(stage);
  const beside = await openDatabase(origin);
  await requestJob(beside, { connectionId: stage.id, kind: 'reconcile' }, 'cli:test', Date.now());
  await closeDatabase(beside);
  await vi.waitFor(async () => {
    const job = await findJob(stage.db, stage.id, 'reconcile');
    expect(job).toMatchObject({ endedAt: expect.any(Number), progress: { result: expect.any(String) } });
  }, PATIENCE);
  await settled(stage);
}

/** Waits until nothing is due or under way. */
export async function settled(stage: Stage): Promise<void> {
  await vi.waitFor(async () => {
    const open = await stage.db
      .selectFrom('accounts')
      .select(['id', 'state'])
      .where((eb) => eb.or([eb('state', '=', 'due'), eb('claimed_version', 'is not', null)]))
      .execute();
    const fanouts = await stage.db.selectFrom('fanouts').select('id').execute();
    expect([...open, ...fanouts]).toEqual([]);
  }, PATIENCE);
}

/** The vendor's own description of an account; `{}` where there is none. */
export async function atVendor(stage: Stage, address: string): Promise<JsonObject> {
  return (await findAtVendor(stage, address))?.vendor ?? {};
}

export async function stateAtVendor(stage: Stage, address: string): Promise<string> {
  return (await findAtVendor(stage, address))?.state ?? 'absent';
}

async function findAtVendor(stage: Stage, address: string): Promise<FakeAccount | undefined> {
  return (await stage.vendorAccounts()).find(({ key }) => key === address);
}

/** A person who has accepted where the vendor invites, known by the vendor's own id; the calls made so far are forgotten. */
export async function joined(stage: Stage, address: string, more: JsonObject = {}): Promise<string> {
  const id = await stage.addUser(person(address, more));
  if ((await stateAtVendor(stage, address)) === 'pending') {
    await accept(stage, address);
    await reconcile(stage);
    await eventually(async () => (await stage.account(id))?.actual?.presence, 'active');
  }
  await stage.forgetCalls();
  return id;
}
