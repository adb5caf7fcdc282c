import type { Selectable } from 'kysely';
import type { ConnectionId } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { Database, Transaction } from './database.ts';
import type { JobsTable } from './tables.ts';

export type JobKind = JobsTable['kind'];

export interface Job {
  connectionId: ConnectionId;
  kind: JobKind;
  requestedAt: number;
  requestedBy: string;
  startedAt: number | null;
  endedAt: number | null;
  /** What has been done so far, and in the end how it went. */
  progress: JsonObject;
}

/** Asks for a job; one of its kind that has not ended yet serves for both. */
export async function requestJob(
  db: Database | Transaction,
  key: { connectionId: ConnectionId; kind: JobKind },
  by: string,
  now: number,
): Promise<void> {
  const row = { connection_id: key.connectionId, kind: key.kind, requested_at: now, requested_by: by };
  const fresh = { ...row, started_at: null, ended_at: null, progress: '{}' };
  await db
    .insertInto('jobs')
    .values(fresh)
    .onConflict((conflict) =>
      conflict.columns(['connection_id', 'kind']).doUpdateSet(fresh).where('jobs.ended_at', 'is not', null),
    )
    .execute();
}

export async function findJob(
  db: Database,
  connectionId: ConnectionId,
  kind: JobKind,
): Promise<Job | undefined> {
  const row = await db
    .selectFrom('jobs')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('kind', '=', kind)
    .executeTakeFirst();
  return row === undefined ? undefined : rowToJob(row);
}

/** Jobs that have been asked for and have not ended; one that a process left unfinished is begun again. */
export async function openJobs(db: Database): Promise<Job[]> {
  const rows = await db.selectFrom('jobs').selectAll().where('ended_at', 'is', null).execute();
  return rows.map(rowToJob);
}

export async function updateJob(
  db: Database,
  job: Pick<Job, 'connectionId' | 'kind'>,
  change: { startedAt?: number; endedAt?: number; progress?: JsonObject },
): Promise<void> {
  await db
    .updateTable('jobs')
    .set({
      ...(change.startedAt === undefined ? {} : { started_at: change.startedAt }),
      ...(change.endedAt === undefined ? {} : { ended_at: change.endedAt }),
      ...(change.progress === undefined ? {} : { progress: JSON.stringify(change.progress) }),
    })
    .where('connection_id', '=', job.connectionId)
    .where('kind', '=', job.kind)
    .execute();
}

function rowToJob(row: Selectable<JobsTable>): Job {
  return {
    connectionId: row.connection_id,
    kind: row.kind,
    requestedAt: row.requested_at,
    requestedBy: row.requested_by,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    progress: JSON.parse(row.progress) as JsonObject,
  };
}
