import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Order, Sample } from './messages.ts';
import type { Row, SubjectName } from './rows.ts';
import type { Subject } from './subject.ts';

/** One cell group of the table: what one server needed for one row. */
export interface Measurement {
  row: string;
  title: string;
  subject: SubjectName;
  users: number;
  requests: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** CPU time of the whole server process, all its threads, what it does after the answers included. */
  cpuMs: number;
  /** The largest that the server has been since it started. */
  peakRssMb: number;
  failure: string | null;
}

export interface Target {
  base: string;
  token: string;
  users: number;
}

const CONNECTIONS = 8;
/** Until the engine has compiled what the row runs through: so long, and on a busy machine until so many requests (or as long as it is measured). */
const WARM_MS = 600;
const WARM_REQUESTS = 2000;
/** A server is at rest when it uses less than this share of one core. */
const REST_SHARE = 0.08;
const REST_LOOK_MS = 100;
const REST_WITHIN_MS = 15_000;

/** The load process, for all rows of a run. */
export class Driver {
  readonly #process: ChildProcess = fork(new URL('./driver.ts', import.meta.url).pathname, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });

  async send(order: Order): Promise<Sample> {
    const answered = once(this.#process, 'message');
    this.#process.send(order);
    const [sample] = await answered;
    return sample as Sample;
  }

  stop(): void {
    this.#process.disconnect();
  }
}

/** Warms the row up and measures it for `ms`, or until `iterations` are done; `profile` is the file for the server's CPU profile. */
export async function measure(
  driver: Driver,
  subject: Subject,
  row: Row,
  about: Target & { name: SubjectName; ms: number; profile: string | null; iterations?: number },
): Promise<Measurement> {
  const { base, token, users: size, ms } = about;
  const connections = row.connections ?? CONNECTIONS;
  const order: Order = {
    row: row.name,
    base,
    token,
    size,
    connections,
    ms,
    iterations: about.iterations ?? 1e9,
  };
  const warm = await driver.send({ ...order, iterations: 1e9, ms: WARM_MS });
  const missing = WARM_REQUESTS - warm.requests;
  if (missing > 0 && warm.failure === null) await driver.send({ ...order, iterations: missing, ms });
  await rest(subject);
  if (about.profile !== null) await subject.startProfile();
  const before = await subject.usage();
  // A row that one iteration of warming already took long for is measured by one more.
  const sample = await driver.send(
    warm.ms > 2 * Math.max(ms, WARM_MS) ? { ...order, connections: 1, ms: 0 } : order,
  );
  await rest(subject);
  const after = await subject.usage();
  if (about.profile !== null) await subject.stopProfile(about.profile);
  const requests = Math.max(1, sample.requests);
  return {
    row: row.name,
    title: row.title,
    subject: about.name,
    users: size,
    requests: sample.requests,
    perSecond: (sample.requests / Math.max(1, sample.ms)) * 1000,
    p50Ms: sample.p50Ms,
    p99Ms: sample.p99Ms,
    cpuMs: (after.cpuMs - before.cpuMs) / requests,
    peakRssMb: after.peakRssBytes / 1_048_576,
    failure: sample.failure ?? warm.failure,
  };
}

/** Waits until the server has done what its answers left over. */
export async function rest(subject: Subject): Promise<void> {
  const until = performance.now() + REST_WITHIN_MS;
  let last = await subject.usage();
  while (performance.now() < until) {
    await pause(REST_LOOK_MS);
    const usage = await subject.usage();
    if (usage.cpuMs - last.cpuMs < REST_LOOK_MS * REST_SHARE) return;
    last = usage;
  }
}
