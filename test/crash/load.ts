import { setInterval } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { fold } from '../../src/core/fold.ts';
import { insertConnection } from '../../src/store/connections.ts';
import type { DataFolder } from '../../src/store/data-folder.ts';
import type { Database } from '../../src/store/database.ts';
import { issueToken } from '../../src/store/tokens.ts';
import { policiesInForce } from '../../src/vendor-kit/policies.ts';
import { loadFake } from '../../src/vendors/fakes.ts';
import { checkPerson, checkUsers } from '../properties/delivery/check.ts';
import { newPerson, type Person, type Push, type Pushing, pushOne } from '../properties/delivery/pushing.ts';
import { type Subject, subjects } from '../properties/delivery/subjects.ts';
import type { Answer } from '../properties/delivery/world.ts';
import type { DurableFakes } from './fakes.ts';

const PEOPLE = 8;
/** Calls that a killed process had begun are looked up 20 s later. */
const PATIENCE = { timeout: 120_000, interval: 250 };

/** One connection under load: its model, and who pushes. */
export interface Load extends Pushing {
  people: Person[];
}

/** Sends a request to a process that runs; status 0: it died before it answered. */
export type Send = (
  id: string,
  token: string,
  request: [method: string, path: string, body: object | undefined],
) => Promise<Answer>;

/** A connection for each vendor, with people whose identity provider pushes them. */
export async function createLoads(folder: DataFolder, fakes: DurableFakes, send: Send): Promise<Load[]> {
  const loads: Load[] = [];
  for (const subject of subjects) {
    const token = await addConnection(folder, fakes, subject);
    const world = {
      send: (method: string, path: string, body?: object) => send(idOf(subject), token, [method, path, body]),
    };
    const people = Array.from({ length: PEOPLE }, (_, who) => newPerson(who));
    loads.push({ world, subject, groupId: '', people });
  }
  return loads;
}

function idOf({ vendor }: Subject): string {
  return `load-${vendor.id}`;
}

async function addConnection(
  { db, keyring }: DataFolder,
  fakes: DurableFakes,
  subject: Subject,
): Promise<string> {
  const { vendor } = subject;
  const { sandbox } = await loadFake(vendor.id);
  const settings = vendor.settings.parse({
    ...sandbox.settings(`${fakes.origin}/${vendor.id}`),
    ...subject.settings,
  });
  const overrides = { leaverCount: 1000, leaverPercent: 100, waitMs: 500 };
  const policies = policiesInForce(vendor, settings, overrides);
  const rest = { mapping: {}, policyOverrides: overrides, dryRun: false };
  const id = idOf(subject);
  const connection = { id, vendor: vendor.id, title: vendor.title, settings, policies, ...rest };
  await insertConnection(db, keyring, connection, sandbox.credentials, Date.now());
  const token = { connectionId: id, label: 'test', expiresAt: null, now: Date.now() };
  return (await issueToken(db, keyring, token)).token;
}

/** What one person's identity provider pushes, again and again. Invitations that nobody can withdraw are left alone. */
function nextPush(subject: Subject, { who, id, active }: Person): Push {
  const dice = Math.random();
  if (id === null) return { do: 'create', who, active: true, and: false };
  if (!subject.moves || dice < 0.5)
    return { do: 'change', who, by: dice < 0.25 ? 'put' : 'patch', and: false };
  if (dice < 0.7) return { do: active ? 'deactivate' : 'reactivate', who, and: false };
  return { do: dice < 0.85 ? 'delete' : 'repeat', who, and: false };
}

/** Pushes everybody again and again until `ending`, each person at most so often; resolves when the last push is answered. */
export async function pushOnAndOn(
  loads: readonly Load[],
  everyMs: number,
  ending: () => boolean,
): Promise<void> {
  const pushing = loads.flatMap((load) =>
    load.people.map((person) => pushPerson(load, person, everyMs, ending)),
  );
  await Promise.all(pushing);
}

async function pushPerson(load: Load, person: Person, everyMs: number, ending: () => boolean): Promise<void> {
  for await (const _ of setInterval(everyMs)) {
    if (ending()) return;
    await pushOne(load, person, nextPush(load.subject, person));
  }
}

async function unrest(db: Database): Promise<unknown[]> {
  const rows = await db
    .selectFrom('accounts')
    .select(['connection_id', 'address', 'state', 'due_at', 'claimed_version', 'last_error'])
    .where('connection_id', 'like', 'load-%')
    .where((eb) => eb.or([eb('due_at', 'is not', null), eb('claimed_version', 'is not', null)]))
    .execute();
  return rows;
}

async function checkLoad(load: Load, fakes: DurableFakes): Promise<string[]> {
  const { vendor } = load.subject;
  const accounts = await fakes.accounts(vendor.id);
  const faults = await checkUsers(load, load.people);
  for (const [address, same] of Map.groupBy(accounts, ({ key }) => fold(key))) {
    if (same.length > 1) faults.push(`${address} has ${same.length} accounts`);
  }
  for (const person of load.people) {
    const own = accounts.filter(({ key }) => person.addresses.has(fold(key)));
    const model = { subject: load.subject, mapping: 0 as const, title: '', strangers: new Set<string>() };
    faults.push(...checkPerson(model, person, own).map((fault) => `${person.address}: ${fault}`));
  }
  return faults.map((fault) => `${vendor.title}: ${fault}`);
}

/** Waits until everything is delivered, while everybody who is invited accepts. */
export async function comeToRest(db: Database, fakes: DurableFakes): Promise<void> {
  await vi.waitFor(async () => {
    await fakes.acceptAll();
    expect(await unrest(db)).toEqual([]);
  }, PATIENCE);
  // Whoever was invited since.
  await fakes.acceptAll();
}

/** What is not as it should be: nothing lost, nobody twice. */
export async function checkLoads(loads: readonly Load[], fakes: DurableFakes): Promise<string[]> {
  const faults = await Promise.all(loads.map((load) => checkLoad(load, fakes)));
  return faults.flat();
}
