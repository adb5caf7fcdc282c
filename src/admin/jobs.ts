import { OperatorError } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import { believeList } from '../store/connections.ts';
import { inTransaction } from '../store/database.ts';
import { findJob, type Job, type JobKind, requestJob } from '../store/jobs.ts';
import { lastReconciliation, type Reconciliation } from '../store/reconciliation.ts';
import { type Operator, record, requireConnection } from './operator.ts';

/** Asks for work on a whole connection; whoever runs its deliveries does it. */
export async function askForJob(
  operator: Operator,
  connectionId: ConnectionId,
  kind: JobKind,
): Promise<void> {
  const connection = await requireConnection(operator.db, connectionId);
  if (connection.dryRun) {
    throw new OperatorError(`The connection "${connectionId}" is in dry-run and does not read the vendor.`);
  }
  if (connection.paused !== null) {
    throw new OperatorError(
      `The connection "${connectionId}" is paused: ${connection.paused.reason} Resume it first with "causeway connection resume ${connectionId}".`,
    );
  }
  const now = operator.clock.now();
  await inTransaction(operator.db, async (tx) => {
    await requestJob(tx, { connectionId, kind }, operator.actor, now);
    await record(operator, tx, now, { action: `${kind}.request`, connectionId });
  });
}

/** The newest job of a kind; undefined: none was ever asked for. */
export function readJob(
  operator: Operator,
  connectionId: ConnectionId,
  kind: JobKind,
): Promise<Job | undefined> {
  return findJob(operator.db, connectionId, kind);
}

/** The newest comparison with the vendor's list; undefined: there was none yet. */
export async function readDrift(
  operator: Operator,
  connectionId: ConnectionId,
): Promise<Reconciliation | undefined> {
  await requireConnection(operator.db, connectionId);
  return lastReconciliation(operator.db, connectionId);
}

/** The operator says that the newest comparison's short list is right. Throws OperatorError where that list was not short. */
export async function believeDrift(operator: Operator, connectionId: ConnectionId): Promise<void> {
  const last = await readDrift(operator, connectionId);
  if (last?.result !== 'short-list') {
    throw new OperatorError(
      `The newest comparison of "${connectionId}" found no short list, so there is nothing to confirm. Compare with "causeway drift ${connectionId} --now".`,
    );
  }
  const now = operator.clock.now();
  const known = Number(last.report['known'] ?? 0);
  const believed = { listed: last.listed, known };
  await inTransaction(operator.db, async (tx) => {
    await believeList(tx, connectionId, believed, now);
    await record(operator, tx, now, { action: 'drift.believe', connectionId, detail: believed });
  });
}
