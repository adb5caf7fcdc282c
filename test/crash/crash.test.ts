import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openDataFolder } from '../../src/store/data-folder.ts';
import { closeDatabase } from '../../src/store/database.ts';
import { subjects } from '../properties/delivery/subjects.ts';
import { inMode } from '../properties/mode.ts';
import { type CausewayProcess, startProcess } from './causeway-process.ts';
import { startDurableFakes } from './fakes.ts';
import { checkLoads, comeToRest, createLoads, pushOnAndOn, type Send } from './load.ts';

const ROUNDS = Number(process.env['CAUSEWAY_TEST_ROUNDS'] ?? inMode(3, 50));
/** As fast as it can. */
const PUSH_EVERY_MS = 1;
/** A process answers at most so many requests before it is killed. */
const ANSWERS = 250;
const TIME_LIMIT_MS = 180_000 + ROUNDS * 10_000;

/** The process that runs now; null while the next one is started. */
interface Life {
  process: CausewayProcess | null;
  /** Requests that this process has answered. */
  answered: number;
  ending: boolean;
}

/** Asks the process that runs. */
function sendTo(life: Life): Send {
  return async (id, token, [method, path, body]) => {
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
  };
}

/** As many rounds as asked for: load, `kill -9` at any moment, the next process on the same data. */
async function liveAndDie(dataDir: string, life: Life): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const process = await startProcess({ CAUSEWAY_DATA_DIR: dataDir });
    life.answered = 0;
    life.process = process;
    const last = Math.random() * ANSWERS;
    await vi.waitFor(() => expect(life.answered).toBeGreaterThan(last), { timeout: 60_000, interval: 1 });
    life.process = null;
    await process.kill();
  }
  life.process = await startProcess({ CAUSEWAY_DATA_DIR: dataDir });
}

describe('A process that is killed with -9 under a load of pushes', () => {
  it(`loses nothing that it acknowledged and makes no second account, killed ${ROUNDS} times`, {
    timeout: TIME_LIMIT_MS,
  }, async () => {
    const root = mkdtempSync(join(tmpdir(), 'causeway-crash-'));
    const dataDir = join(root, 'data');
    // A repeated create makes a second account at these vendors, so that it shows.
    const fakes = await startDurableFakes(
      subjects.map(({ vendor, quirks, doubles }) => ({ id: vendor.id, quirks: quirks.find(doubles) ?? {} })),
    );
    const life: Life = { process: null, answered: 0, ending: false };
    onTestFinished(async () => {
      await life.process?.kill();
      await fakes.close();
      rmSync(root, { recursive: true, force: true });
    });
    const folder = await openDataFolder({ dir: dataDir, mode: 'sandbox', secretKey: null });
    onTestFinished(() => closeDatabase(folder.db));
    const loads = await createLoads(folder, fakes, sendTo(life));

    const pushing = pushOnAndOn(loads, PUSH_EVERY_MS, () => life.ending);
    await liveAndDie(dataDir, life);
    life.ending = true;
    await pushing;
    await comeToRest(folder.db, fakes);

    expect(await checkLoads(loads, fakes)).toEqual([]);
    // Invitations go in batches, so a vendor may have had fewer calls than people.
    for (const { subject } of loads) {
      expect((await fakes.calls(subject.vendor.id)).length, subject.vendor.title).toBeGreaterThan(1);
    }
    expect(life.process?.errors()).toEqual([]);
  });
});
