import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { dataFile } from '../src/store/data-folder.ts';
import { fillStore } from './fill.ts';
import { type Driver, type Measurement, measure, rest } from './measure.ts';
import { CONNECTION } from './people.ts';
import type { DeliveryFigures } from './report.ts';
import { CYCLE } from './rows.ts';
import { startCauseway, startServer } from './servers.ts';
import type { Subject } from './subject.ts';

const LOOK_MS = 25;
const CYCLE_WITHIN_MS = 300_000;
/** The cycle's directory, so that its group of 1,000 is there. */
const CYCLE_USERS = 1000;

interface Options {
  accounts: number;
  /** People of the cycle. */
  people: number;
  profiles: string | null;
}

/** `accounts` deliveries that are due when Causeway starts, to a fake vendor in a process of its own. */
export async function measureDeliveries({ accounts, profiles }: Options): Promise<DeliveryFigures> {
  return withFake(async (fakeUrl, dir) => {
    await fillStore({ dir, users: accounts, fakeUrl, due: true });
    const subject = await startCauseway(dir);
    try {
      if (profiles !== null) await subject.startProfile();
      const before = await subject.usage();
      const startedAt = performance.now();
      const waiting = countDue(dir);
      const made = await untilSettled(dir);
      const ms = performance.now() - startedAt;
      const after = await subject.usage();
      if (profiles !== null) await subject.stopProfile(join(profiles, 'deliveries.cpuprofile'));
      // What was delivered before the first look is left out of both.
      const deliveries = Math.min(waiting, made);
      return {
        deliveries,
        perSecond: (deliveries / ms) * 1000,
        cpuMsEach: (after.cpuMs - before.cpuMs) / deliveries,
      };
    } finally {
      await subject.stop();
    }
  });
}

/** The whole of an initial cycle, person by person: what the identity provider waits for includes the delivery. */
export async function measureCycle(driver: Driver, { people, profiles }: Options): Promise<Measurement> {
  return withFake(async (fakeUrl, dir) => {
    const token = await fillStore({ dir, users: CYCLE_USERS, fakeUrl, due: false });
    const subject = await startCauseway(dir);
    try {
      await rest(subject);
      return await measure(driver, subject, CYCLE, {
        base: `${subject.origin}/scim/${CONNECTION}/v2`,
        token,
        users: CYCLE_USERS,
        name: 'causeway',
        ms: CYCLE_WITHIN_MS,
        iterations: people,
        profile: profiles === null ? null : join(profiles, 'cycle.cpuprofile'),
      });
    } finally {
      await subject.stop();
    }
  });
}

async function withFake<T>(work: (fakeUrl: string, dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
  let fake: Subject | undefined;
  try {
    fake = await startServer('fake', 0, dir);
    return await work(fake.origin, dir);
  } finally {
    await fake?.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

function countDue(dir: string): number {
  const file = new DatabaseSync(dataFile(dir, 'sandbox', 'db'), { readOnly: true, timeout: 1000 });
  const row = file.prepare('select count(*) as n from accounts where due_at is not null').get();
  file.close();
  return Number(row?.['n']);
}

async function untilSettled(dir: string): Promise<number> {
  const first = countDue(dir);
  for (let due = first; due > 0; due = countDue(dir)) await pause(LOOK_MS);
  return first;
}
