import type { AccountError, VendorAccount } from '../../core/account.ts';
import type { JsonObject } from '../../core/json.ts';
import type { TaskWish } from '../../core/task.ts';
import type { Attempt } from '../../store/delivery/settle.ts';
import type { Claim } from '../../store/worklist/claim.ts';
import type { Knowledge } from '../../store/worklist/write.ts';
import type { Step } from '../plan/plan.ts';

/** What one attempt has learned and done so far; it is kept however the attempt ends. */
export interface Progress {
  claim: Claim;
  knowledge: Knowledge;
  steps: JsonObject[];
  /** The vendor calls made, without credentials. */
  calls: JsonObject[];
  changes: string[];
  tasks: TaskWish[];
  startedAt: number;
  /** When the latest call with effects began (epoch ms). */
  callStartedAt: number | null;
}

export function beginAttempt(claim: Claim, now: number): Progress {
  const { address, vendorId, origin, actual, written, doubtAt } = claim.account;
  return {
    claim,
    knowledge: { address, vendorId, origin, actual, written, doubtAt },
    steps: [],
    calls: [],
    changes: [],
    tasks: [],
    startedAt: now,
    callStartedAt: null,
  };
}

export function endAttempt(progress: Progress, error: AccountError | null, now: number): Attempt {
  const { claim, knowledge, steps, calls, changes, startedAt } = progress;
  return { claim, knowledge, steps, calls, changes, error, startedAt, endedAt: now };
}

/** The account is there: what is known of it from now on. */
export function learnPresent(progress: Progress, account: VendorAccount, origin: Knowledge['origin']): void {
  const { knowledge } = progress;
  progress.knowledge = {
    ...knowledge,
    address: account.address,
    vendorId: account.id,
    origin: knowledge.origin ?? origin,
    actual: account,
    doubtAt: null,
  };
}

/** The account is certainly not there: its address is free. */
export function learnAbsent(progress: Progress): void {
  progress.knowledge = {
    address: null,
    vendorId: null,
    origin: null,
    actual: null,
    written: {},
    doubtAt: null,
  };
}

/** A step as the history shows it. */
export function describeStep(step: Step): JsonObject {
  switch (step.step) {
    case 'create':
    case 'replace':
      return { step: step.step, address: step.address, fields: step.fields };
    case 'adopt':
      return { step: 'adopt', address: step.account.address };
    case 'update':
      return {
        step: 'update',
        fields: step.shown.map(({ field, before, after, why }) => ({ field, before, after, why })),
      };
    case 'task':
      return { step: 'task', kind: step.task.kind, title: step.task.title };
    case 'refuse':
    case 'await-acceptance':
      return { step: step.step, reason: step.reason };
    default:
      return { step: step.step };
  }
}
