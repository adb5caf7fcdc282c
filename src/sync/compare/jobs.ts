import type { Connection } from '../../core/connection.ts';
import type { ConnectionId } from '../../core/ids.ts';
import type { Log } from '../../core/ports.ts';
import { findConnection, listConnections } from '../../store/connections.ts';
import type { Database } from '../../store/database.ts';
import { findJob, type Job, openJobs, requestJob, updateJob } from '../../store/jobs.ts';
import type { DeliveryTools } from '../calls/open-session.ts';
import { importRoster } from './import.ts';
import { reconcile } from './reconcile.ts';

export interface JobRunner {
  /** Asks for those that the clock is due for. */
  askFor(now: number): Promise<void>;
  /** Starts all that are open; returns before they end. */
  run(): Promise<void>;
  /** Resolves when none is under way, of this connection or of any. */
  idle(connectionId?: ConnectionId): Promise<void>;
}

export interface JobOptions {
  open(connection: Connection): Promise<DeliveryTools>;
  /** Whether this process may call the connection's vendor now. */
  mine(connectionId: ConnectionId): boolean;
  ended(connectionId: ConnectionId): void;
}

/** Runs the jobs of whole connections, one a connection at a time. */
export function createJobRunner(db: Database, log: Log, options: JobOptions): JobRunner {
  const running = new Map<ConnectionId, Promise<void>>();

  async function runJob(job: Job): Promise<void> {
    const connection = await findConnection(db, job.connectionId);
    if (connection === undefined || connection.paused !== null) return;
    const tools = await options.open(connection);
    await updateJob(db, job, { startedAt: tools.clock.now() });
    try {
      await updateJob(db, job, { endedAt: tools.clock.now(), progress: await perform(tools, job) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ connection: job.connectionId, job: job.kind, err: error }, 'A job ended early.');
      await updateJob(db, job, { endedAt: tools.clock.now(), progress: { failed: reason } });
    }
    options.ended(job.connectionId);
  }

  async function perform(tools: DeliveryTools, job: Job) {
    if (tools.live === null) return { failed: 'A dry-run connection does not read the vendor.' };
    if (job.kind === 'import') {
      const counts = await importRoster(tools, tools.live, (progress) =>
        updateJob(db, job, { progress: { ...progress } }),
      );
      return { ...counts };
    }
    const { result, listed } = await reconcile(tools, tools.live, log);
    return { result, listed };
  }

  return {
    async askFor(now) {
      for (const connection of await listConnections(db)) {
        if (options.mine(connection.id)) await requestIfDue(db, connection, now);
      }
    },
    async run() {
      for (const job of await openJobs(db)) {
        if (running.has(job.connectionId) || !options.mine(job.connectionId)) continue;
        const under = runJob(job)
          .catch((error: unknown) =>
            log.error({ connection: job.connectionId, err: error }, 'A job broke off.'),
          )
          .finally(() => running.delete(job.connectionId));
        running.set(job.connectionId, under);
      }
    },
    async idle(connectionId) {
      await (connectionId === undefined ? Promise.all(running.values()) : running.get(connectionId));
    },
  };
}

async function requestIfDue(db: Database, connection: Connection, now: number): Promise<void> {
  const { reconcileMinutes } = connection.policies;
  if (reconcileMinutes === 0 || connection.dryRun || connection.paused !== null) return;
  const last = await findJob(db, connection.id, 'reconcile');
  const since = Math.max(last?.requestedAt ?? 0, connection.createdAt);
  const clockWentBack = since > now;
  if (!clockWentBack && now - since < reconcileMinutes * 60_000) return;
  await requestJob(db, { connectionId: connection.id, kind: 'reconcile' }, 'clock', now);
}
