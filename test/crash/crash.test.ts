import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fold } from '../../src/core/fold.ts';
import { insertConnection } from '../../src/store/connections.ts';
import { openDataFolder } from '../../src/store/data-folder.ts';
import { closeDatabase, type Database } from '../../src/store/database.ts';
import { issueToken } from '../../src/store/tokens.ts';
import { policiesInForce } from '../../src/vendor-kit/policies.ts';
import { loadFake } from '../../src/vendors/fakes.ts';
import { checkPerson, checkUsers } from '../properties/delivery/check.ts';
import { newPerson, type Person, type Push, type Pushing, pushOne } from '../properties/delivery/play.ts';
import { type Subject, subjects } from '../properties/delivery/subjects.ts';
import type { Answer } from '../properties/delivery/world.ts';
import { inMode } from '../properties/mode.ts';
import { type CausewayProcess, startProcess } from './causeway-process.ts';
import { type DurableFakes, startDurableFakes } from './fakes.ts';

const ROUNDS = Number(process.env['CAUSEWAY_TEST_ROUNDS'] ?? inMode(3, 50));
const PEOPLE = 8;
/** A process answers at most so many requests before it is killed. */
const ANSWERS = 250;
/** Calls that a killed process had begun are looked up 20 s later. */
const PATIENCE = { timeout: 120_000, interval: 250 };
const TIME_LIMIT_MS = 180_000 + ROUNDS * 10_000;

/** One connection under load: its model, and who pushes. */
interface Load extends Pushing {
  people: Person[];
}

/** The process that runs now; null while the next one is started. */
interface Life {
  process: CausewayProcess | null;
  /** Requests that this process has answered. */
  answered: number;
  ending: boolean;
}

function idOf({ vendor }: Subject): string {
  return `load-${vendor.id}`;
}

async function addConnection(dir: string, fakes: DurableFakes, subject: Subject): Promise<string> {
  const { db, keyring } = await openDataFolder({ dir, mode: 'sandbox', secretKey: null });
  try {
    const { vendor } = subject;
    const { sandbox } = await loadFake(vendor.id);
    const settings = vendor.settings.parse({
      ...sandbox.settings(`${fakes.origin}/${vendor.id}`),
      ...subject.settings,
    });
    const overrides = { leaverCount: 1000, leaverPercent: 100, waitMs: 500 };
    const policies = policiesInForce(vendor, settings, overrides);
    const rest = { mapping: {}, policyOverrides: overrides, dryRun: false };
    const connection = {
      id: idOf(subject),
      vendor: vendor.id,
      title: vendor.title,
      settings,
      policies,
      ...rest,
    };
    await insertConnection(db, keyring, connection, sandbox.credentials, Date.now());
    const token = { connectionId: idOf(subject), label: 'test', expiresAt: null, now: Date.now() };
    return (await issueToken(db, keyring, token)).token;
  } finally {
    await closeDatabase(db);
  }
}

/** Asks the process that runs; status 0: it died before it answered. */
async function ask(
  life: Life,
  id: string,
  token: string,
  [method, path, body]: [string, string, object | undefined],
): Promise<Answer> {
  await vi.waitFor(() => expect(life.process).not.toBeNull(), { timeout: 30_000, interval: 5 });
  const { process } = life;
  try {
    const response = await fetch(`${process?.url}/scim/${id}/v2${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    life.answered += 1;
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
  } catch (error) {
    if (life.process === process) throw error;
    return { status: 0, body: {} };
  }
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

async function pushOnAndOn(load: Load, person: Person, life: Life): Promise<void> {
  while (!life.ending) await pushOne(load, person, nextPush(load.subject, person));
}

/** As many rounds as asked for: load, `kill -9` at any moment, the next process on the same data. */
async function liveAndDie(dataDir: string, life: Life): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const process = await startProcess(dataDir);
    life.answered = 0;
    life.process = process;
    const last = Math.random() * ANSWERS;
    await vi.waitFor(() => expect(life.answered).toBeGreaterThan(last), { timeout: 60_000, interval: 1 });
    life.process = null;
    await process.kill();
  }
  life.process = await startProcess(dataDir);
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
    const model = { subject: load.subject, mapping: 0 as const, strangers: new Set<string>() };
    faults.push(...checkPerson(model, person, own).map((fault) => `${person.address}: ${fault}`));
  }
  return faults.map((fault) => `${vendor.title}: ${fault}`);
}

describe('A process that is killed with -9 under a load of pushes', () => {
  it(`loses nothing that it acknowledged and makes no second account, killed ${ROUNDS} times`, {
    timeout: TIME_LIMIT_MS,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'causeway-crash-'));
    const dataDir = join(folder, 'data');
    // A repeated create makes a second account at these vendors, so that it shows.
    const fakes = await startDurableFakes(
      subjects.map(({ vendor, quirks, doubles }) => ({ id: vendor.id, quirks: quirks.find(doubles) ?? {} })),
    );
    const life: Life = { process: null, answered: 0, ending: false };
    onTestFinished(async () => {
      await life.process?.kill();
      await fakes.close();
      rmSync(folder, { recursive: true, force: true });
    });
    const loads: Load[] = [];
    for (const subject of subjects) {
      const token = await addConnection(dataDir, fakes, subject);
      const send: Load['world']['send'] = (method, path, body) =>
        ask(life, idOf(subject), token, [method, path, body]);
      const people = Array.from({ length: PEOPLE }, (_, who) => newPerson(who));
      loads.push({ world: { send }, subject, groupId: '', people });
    }

    const pushing = loads.flatMap((load) => load.people.map((person) => pushOnAndOn(load, person, life)));
    await liveAndDie(dataDir, life);
    life.ending = true;
    await Promise.all(pushing);
    const { db } = await openDataFolder({ dir: dataDir, mode: 'sandbox', secretKey: null });
    onTestFinished(() => closeDatabase(db));
    await vi.waitFor(async () => {
      await fakes.acceptAll();
      expect(await unrest(db)).toEqual([]);
    }, PATIENCE);

    const faults = await Promise.all(loads.map((load) => checkLoad(load, fakes)));
    expect(faults.flat()).toEqual([]);
    // Invitations go in batches, so a vendor may have had fewer calls than people.
    for (const { subject } of loads) {
      expect((await fakes.calls(subject.vendor.id)).length, subject.vendor.title).toBeGreaterThan(1);
    }
    expect(life.process?.errors()).toEqual([]);
  });
});
