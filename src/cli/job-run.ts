import { setTimeout as wait } from 'node:timers/promises';
import { askForJob, readJob } from '../admin/jobs.ts';
import { requireVendor } from '../admin/operator.ts';
import { OperatorError } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import type { Log } from '../core/ports.ts';
import type { Job, JobKind } from '../store/jobs.ts';
import { openDeliveryTools, TIMINGS } from '../sync/calls/open-session.ts';
import { createJobRunner } from '../sync/compare/jobs.ts';
import type { Workplace } from './store.ts';

const POLL_MS = 200;
/** Longer than another server needs to take a silent one's work over. */
const START_MS = 40_000;
/** A command prints what it did; the job's log lines are the server's. */
const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * Has a job done by the server, or by this command where no server runs: the vendor's account is never called by two at once.
 * `progress` hears the counts while it goes on.
 */
export async function runJob(
  place: Workplace,
  connectionId: ConnectionId,
  kind: JobKind,
  progress: (job: Job) => void,
): Promise<Job> {
  await askForJob(place.operator, connectionId, kind);
  const lock = place.lockAsServer();
  try {
    if (lock !== null) await runHere(place);
    const latestStart = performance.now() + START_MS;
    for (;;) {
      const job = await readJob(place.operator, connectionId, kind);
      if (job === undefined) throw new OperatorError(`The connection "${connectionId}" is gone.`);
      if (job.endedAt !== null) return ended(job);
      if (job.startedAt === null && performance.now() > latestStart) throw notStarted();
      progress(job);
      await wait(POLL_MS);
    }
  } finally {
    lock?.release();
  }
}

function notStarted(): OperatorError {
  return new OperatorError(
    'No server has begun it yet. It stays asked for: start a server, or look into the log of the one that runs.',
  );
}

function ended(job: Job): Job {
  const { failed } = job.progress;
  if (typeof failed === 'string') throw new OperatorError(failed);
  return job;
}

async function runHere({ operator }: Workplace): Promise<void> {
  const { db, keyring, clock, allowHttpLoopback } = operator;
  const observe = { delivered: () => {}, vendorCall: () => {} };
  const runner = createJobRunner(db, SILENT, {
    open: async (connection) => {
      const vendor = requireVendor(connection.vendor);
      const shared = { db, keyring, clock, allowHttpLoopback, observe, timings: TIMINGS };
      return (await openDeliveryTools({ ...shared, connection, vendor })).tools;
    },
    mine: () => true,
    ended: () => {},
  });
  await runner.run();
  await runner.idle();
}
