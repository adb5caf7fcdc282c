import type { VendorAccount } from '../../core/account.ts';
import type { Clock } from '../../core/clock.ts';
import { VendorError, type VendorErrorCode } from '../../core/errors.ts';
import type { FieldTable, FieldValues } from '../../core/field.ts';
import { sameJson } from '../../core/json.ts';
import type { Changes, CreateOutcome, Session, WantedCreate } from '../../vendor-kit/vendor.ts';
import { callsSoFar, hadEffect } from '../calls/call-log.ts';
import type { Lookup } from '../calls/lookup.ts';
import { mergeWritten } from '../plan/differences.ts';
import type { Step } from '../plan/plan.ts';
import { describeStep, learnAbsent, learnPresent, type Progress } from './attempt.ts';

export interface Executor {
  session: Session;
  /** Creates one account, in company with others where the vendor takes several a call. */
  create(wanted: WantedCreate): Promise<CreateOutcome>;
  /** Hears what each call has made of an account, so that no list from before it denies that. */
  lookup: Pick<Lookup, 'note'>;
  fields: FieldTable;
  clock: Clock;
}

/** Why execution of a plan stopped before its end. */
export type Stop =
  | { kind: 'plan-again' }
  | { kind: 'refused' | 'later'; reason: string }
  | { kind: 'replace'; address: string; fields: FieldValues };

/** Carries out the steps in order and notes what each one did. Null: all done. Throws VendorError. */
export async function executeSteps(
  executor: Executor,
  progress: Progress,
  steps: readonly Step[],
): Promise<Stop | null> {
  for (const step of steps) {
    progress.steps.push(describeStep(step));
    const stop = await executeStep(executor, progress, step);
    if (stop !== null) return stop;
  }
  return null;
}

async function executeStep(executor: Executor, progress: Progress, step: Step): Promise<Stop | null> {
  switch (step.step) {
    case 'create':
      await create(executor, progress, step.address, step.fields);
      return { kind: 'plan-again' };
    case 'adopt':
      learnPresent(progress, step.account, 'adopted');
      progress.changes.push('adopt');
      return null;
    case 'task':
      progress.tasks.push(step.task);
      return null;
    case 'refuse':
      return { kind: 'refused', reason: step.reason };
    case 'await-acceptance':
      return { kind: 'later', reason: step.reason };
    case 'replace':
      return { kind: 'replace', address: step.address, fields: step.fields };
    default:
      return changeAccount(executor, progress, step);
  }
}

async function create(
  executor: Executor,
  progress: Progress,
  address: string,
  fields: FieldValues,
): Promise<void> {
  progress.callStartedAt = executor.clock.now();
  const outcome = await executor.create({ address, fields });
  if ('error' in outcome) throw outcome.error;
  learnPresent(progress, outcome.account, 'created');
  executor.lookup.note(outcome.account.address, outcome.account);
  progress.knowledge.written = writtenByCreate(executor.fields, fields, outcome.account);
  progress.changes.push('create');
}

/** What a create wrote; of a list that the vendor tells, only the elements that are there. */
export function writtenByCreate(table: FieldTable, fields: FieldValues, account: VendorAccount): FieldValues {
  const written: FieldValues = {};
  for (const { name, set, compared } of table) {
    const value = fields[name];
    if (set === 'key' || compared === false || value === undefined) continue;
    const told = account.fields[name];
    const taken = Array.isArray(value) && Array.isArray(told);
    written[name] = taken ? value.filter((item) => told.some((other) => sameJson(other, item))) : value;
  }
  return written;
}

type AccountStep = Extract<
  Step,
  { step: 'update' | 'suspend' | 'reactivate' | 'remove' | 'revoke' | 'withdraw' }
>;

/** Failures after which an account may be neither as it was nor as wanted. */
const HALF_DONE: ReadonlySet<VendorErrorCode> = new Set([
  'REJECTED',
  'THROTTLED',
  'UNAUTHORISED',
  'UNAVAILABLE',
  'UNREADABLE',
]);

async function changeAccount(
  executor: Executor,
  progress: Progress,
  step: AccountStep,
): Promise<Stop | null> {
  const account = progress.knowledge.actual;
  if (account === null) throw new Error(`The plan wants ${step.step} of an account that is not known.`);
  progress.callStartedAt = executor.clock.now();
  const before = callsSoFar();
  try {
    await callFor(executor, progress, step, account);
  } catch (error) {
    if (!(error instanceof VendorError)) {
      if (hadEffect(before)) progress.knowledge.doubtAt = progress.callStartedAt;
      throw error;
    }
    // What may have been added counts as Causeway's, so that it can be taken back; what may have been set is set again.
    if (error.code === 'UNCERTAIN' && step.step === 'update') {
      noteUpdate(executor, progress, { set: {}, add: step.changes.add, remove: {} });
    }
    // The step took several calls and not all were made: what the account is like now has to be looked up.
    if (HALF_DONE.has(error.code) && hadEffect(before)) progress.knowledge.doubtAt = progress.callStartedAt;
    if (error.code !== 'GONE') throw error;
    learnAbsent(progress);
    return { kind: 'plan-again' };
  }
  progress.changes.push(step.step);
  return step.step === 'reactivate' ? { kind: 'plan-again' } : null;
}

function noteUpdate({ fields }: Executor, progress: Progress, changes: Changes): void {
  progress.knowledge.written = mergeWritten(fields, progress.knowledge.written, changes);
}

async function callFor(
  executor: Executor,
  progress: Progress,
  step: AccountStep,
  account: VendorAccount,
): Promise<void> {
  const { session, lookup } = executor;
  if (step.step === 'remove' || step.step === 'withdraw') {
    await supported(session[step.step])(account);
    lookup.note(account.address, null);
    learnAbsent(progress);
    return;
  }
  const after =
    step.step === 'update'
      ? await supported(session.update)(account, step.changes)
      : await supported(session[step.step])(account);
  lookup.note(after.address, after);
  learnPresent(progress, after, null);
  if (step.step === 'update') noteUpdate(executor, progress, step.changes);
}

/** The plan never asks for what `supports` does not declare; the contract test holds session and `supports` equal. */
function supported<Method>(method: Method | undefined): Method {
  if (method === undefined) throw new Error('The vendor declares a call that its session does not have.');
  return method;
}
