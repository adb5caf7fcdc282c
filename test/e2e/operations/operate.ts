import type { Operator } from '../../../src/admin/operator.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { findJob, type JobKind, requestJob } from '../../../src/store/jobs.ts';
import { lastReconciliation, type Reconciliation } from '../../../src/store/reconciliation.ts';
import { openDeliveryTools } from '../../../src/sync/calls/open-session.ts';
import { createJobRunner } from '../../../src/sync/compare/jobs.ts';
import { vendorById } from '../../../src/vendors/index.ts';
import type { Stage } from '../delivery/stage.ts';

/** The operator of a stage, as the command line has it. */
export function operatorOf(stage: Stage): Operator {
  const clock = { now: () => stage.now(), steady: () => stage.steady() };
  return { db: stage.db, keyring: stage.keyring, clock, actor: 'cli:test', allowHttpLoopback: true };
}

/** Does a job on the stage's connection, as the server does those that the command line asks for. */
export async function runJob(stage: Stage, kind: JobKind): Promise<JsonObject> {
  const operator = operatorOf(stage);
  await requestJob(stage.db, { connectionId: stage.id, kind }, 'cli:test', stage.now());
  const runner = createJobRunner(stage.db, stage.log, {
    open: async (connection) => {
      const vendor = vendorById(connection.vendor);
      if (vendor === undefined) throw new Error(`There is no vendor ${connection.vendor}.`);
      const observe = { delivered: () => {}, vendorCall: () => {} };
      const { timings } = stage;
      return (await openDeliveryTools({ ...operator, observe, timings, connection, vendor })).tools;
    },
    mine: () => true,
    ended: () => stage.wake(),
  });
  await runner.run();
  await runner.idle();
  return (await findJob(stage.db, stage.id, kind))?.progress ?? {};
}

/** Compares with the vendor's list and answers what was found. */
export async function compare(stage: Stage): Promise<Reconciliation> {
  await runJob(stage, 'reconcile');
  const found = await lastReconciliation(stage.db, stage.id);
  if (found === undefined) throw new Error('Nothing was compared.');
  return found;
}

/** The kinds of difference that were found, with whose they are. */
export function findings({ report }: Reconciliation): [unknown, unknown][] {
  const found = report['findings'] as JsonObject[];
  return found.map((finding) => [finding['kind'], finding['address']]);
}
