import type { VendorAccount } from '../../core/account.ts';
import { VendorError } from '../../core/errors.ts';
import { fold } from '../../core/fold.ts';
import { admitLeaver } from '../../store/delivery/leaver-guard.ts';
import { leaveBehind } from '../../store/delivery/move-address.ts';
import type { Claim } from '../../store/worklist/claim.ts';
import { type PlanInput, plan, protect, type Step } from '../plan/plan.ts';
import type { Wanted } from '../plan/wanted.ts';
import { mapClaim } from '../plan/wanted-of-claim.ts';
import { beginAttempt, describeStep, type Progress } from './attempt.ts';
import { deliverGroup } from './deliver-group.ts';
import { executeSteps } from './execute.ts';
import { noteIntent } from './intent.ts';
import { learn } from './learn.ts';
import { replaceAccount } from './replace.ts';
import { reserve } from './reserve.ts';
import type { DeliveryTools, Ending, LiveTools } from './tools.ts';

/** A plan that keeps changing under its own steps is a defect of the vendor's answers; four rounds are more than any needs. */
const ROUNDS = 4;

/** Makes one claimed account what is wanted. Never throws: how it ended is the answer. */
export async function deliver(
  tools: DeliveryTools,
  claim: Claim,
): Promise<{ progress: Progress; ending: Ending }> {
  const progress = beginAttempt(claim, tools.clock.now());
  try {
    return { progress, ending: await attempt(tools, progress) };
  } catch (error) {
    if (error instanceof VendorError && error.code === 'UNCERTAIN') {
      progress.knowledge.doubtAt = progress.callStartedAt ?? tools.clock.now();
    }
    return { progress, ending: { kind: 'failed', error } };
  }
}

async function attempt(tools: DeliveryTools, progress: Progress): Promise<Ending> {
  if (progress.claim.account.kind === 'group') return deliverGroup(tools, progress);
  const mapped = await mapClaim(tools, progress.claim);
  if ('refusal' in mapped) return refusedByMapping(tools, progress, mapped.refusal);
  const { wanted } = mapped;
  return tools.live === null
    ? planOnly(tools, progress, wanted)
    : makeWanted(tools, tools.live, progress, wanted);
}

async function makeWanted(
  tools: DeliveryTools,
  live: LiveTools,
  progress: Progress,
  wanted: Wanted,
): Promise<Ending> {
  const obstacle = await reserve(tools, progress, wanted.address);
  if (obstacle !== null) return obstacle;
  let actual = await learn(tools, live, progress, wanted);
  for (let round = 0; round < ROUNDS; round += 1) {
    if (actual === 'unknown') return leaveDoubt(tools, progress);
    if (actual === 'later') return waitForList(tools, progress, wanted);
    if (actual === 'absent' && progress.knowledge.address !== wanted.address) {
      await forsakeDoubtful(tools, progress, wanted);
      const taken = await reserve(tools, progress, wanted.address);
      if (taken !== null) return taken;
      // What is there under this address has not been looked for yet.
      if (wanted.address !== null) {
        actual = await learn(tools, live, progress, wanted);
        continue;
      }
    }
    const stop = await carryOut(tools, live, progress, wanted, actual);
    if (stop.kind !== 'plan-again') return stop;
    actual = progress.knowledge.actual ?? 'absent';
  }
  return { kind: 'failed', error: new Error('The plan did not come to an end.') };
}

/** What may have been made under another address, where nobody can see it, is left to be watched. */
async function forsakeDoubtful(tools: DeliveryTools, progress: Progress, wanted: Wanted): Promise<void> {
  const { address, doubtAt } = progress.knowledge;
  if (doubtAt === null || address === null || wanted.address === null) return;
  if (fold(address) === fold(wanted.address)) return;
  await leaveBehind(tools.db, progress.claim.account, progress.knowledge, tools.clock.now());
  progress.knowledge = { ...progress.knowledge, address: null, doubtAt: null };
}

function refusedByMapping(tools: DeliveryTools, progress: Progress, refusal: string): Ending {
  if (tools.live !== null) return { kind: 'refused', reason: refusal };
  progress.steps.push({ step: 'refuse', reason: refusal });
  return { kind: 'planned' };
}

function planOnly(tools: DeliveryTools, progress: Progress, wanted: Wanted): Ending {
  progress.steps = plan(planInput(tools, progress, wanted, progress.knowledge.actual ?? 'absent')).map(
    describeStep,
  );
  return { kind: 'planned' };
}

function leaveDoubt(tools: DeliveryTools, progress: Progress): Ending {
  const address = progress.knowledge.address ?? '';
  const title = `Look in ${tools.vendor.title} whether ${address} has an account: a call to make it ended without an answer, and repeating it is not safe.`;
  progress.tasks.push({ kind: 'doubt', title, wanted: address });
  return { kind: 'done' };
}

async function carryOut(
  tools: DeliveryTools,
  live: LiveTools,
  progress: Progress,
  wanted: Wanted,
  actual: VendorAccount | 'absent',
): Promise<Ending | { kind: 'plan-again' }> {
  const managed = progress.knowledge.vendorId !== null;
  if (actual !== 'absent' && !managed && tools.connection.policies.adoption === 'refuse') {
    const reason = `${actual.address} has an account at ${tools.vendor.title} already, and this connection takes none over (adoption).`;
    return { kind: 'conflict', reason };
  }
  progress.tasks = [];
  const { written } = progress.knowledge;
  try {
    const steps = plan(planInput(tools, progress, wanted, actual));
    const held = await holdLeaver(tools, progress, steps, actual);
    if (held !== null) return held;
    await noteIntent(tools, progress, steps, actual);
    const stop = (await executeSteps(live, progress, steps)) ?? { kind: 'done' as const };
    return stop.kind === 'replace' ? await replaceAccount(tools, live, progress, stop) : stop;
  } catch (error) {
    if (!(error instanceof VendorError)) throw error;
    if (error.code !== 'UNCERTAIN' && progress.knowledge.doubtAt === null)
      progress.knowledge.written = written;
    if (error.code !== 'CONFLICT') throw error;
    return adoptOrConflict(tools, live, progress, wanted, error);
  }
}

/** The vendor says that the address is there already: take it over if it can be seen, else it is somebody else's. */
async function adoptOrConflict(
  tools: DeliveryTools,
  live: LiveTools,
  progress: Progress,
  wanted: Wanted,
  error: VendorError,
): Promise<Ending | { kind: 'plan-again' }> {
  if (wanted.address === null || progress.knowledge.vendorId !== null) throw error;
  const found = await live.lookup.find(
    { address: wanted.address },
    { since: tools.clock.now(), urgent: true },
  );
  if (typeof found === 'string') return { kind: 'conflict', reason: error.message };
  return carryOut(tools, live, progress, wanted, found);
}

/** A newer list has to be waited for; what a human can do meanwhile is said at once. */
function waitForList(tools: DeliveryTools, progress: Progress, wanted: Wanted): Ending {
  const { actual } = progress.knowledge;
  const steps = actual === null ? [] : plan(planInput(tools, progress, wanted, actual));
  progress.tasks = steps.flatMap((step) => (step.step === 'task' ? [step.task] : []));
  const { doubtAt } = progress.knowledge;
  if (doubtAt === null)
    return { kind: 'later', reason: `A newer list of ${tools.vendor.title} tells what is there.` };
  const reason = `A call to ${tools.vendor.title} ended without an answer; it is looked up when it can no longer take effect.`;
  return { kind: 'later', reason, until: doubtAt + tools.callTimeoutMs };
}

const LEAVING: ReadonlySet<Step['step']> = new Set(['suspend', 'remove', 'revoke']);

/** More people losing access at once than the connection allows looks like a mistake: the operator is asked first. */
async function holdLeaver(
  tools: DeliveryTools,
  progress: Progress,
  steps: readonly Step[],
  actual: VendorAccount | 'absent',
): Promise<Ending | null> {
  const { account } = progress.claim;
  if (actual === 'absent' || actual.presence !== 'active') return null;
  if (!steps.some((step) => LEAVING.has(step.step)) || account.guard?.decision === 'released') return null;
  const { policies } = tools.connection;
  const rejected = account.guard?.decision === 'rejected' ? account.guard : null;
  if (rejected === null && (await admitLeaver(tools.db, account, policies, tools.clock.now()))) return null;
  progress.steps.push(...steps.map(describeStep));
  if (rejected !== null) {
    const reason = `${rejected.by} decided that ${actual.address} keeps the access until the identity provider changes the User: ${rejected.reason}`;
    return { kind: 'held', reason };
  }
  const reason = `More people would lose access to ${tools.vendor.title} within an hour than this connection allows; ${actual.address} keeps it until an operator releases the step.`;
  return { kind: 'held', reason };
}

function planInput(
  tools: DeliveryTools,
  progress: Progress,
  wanted: Wanted,
  actual: VendorAccount | 'absent',
): PlanInput {
  return {
    wanted,
    actual: actual === 'absent' ? actual : protect(actual, tools.connection.policies),
    managed: progress.knowledge.vendorId !== null,
    created: progress.knowledge.origin === 'created',
    written: progress.knowledge.written,
    vendor: tools.vendor,
    supports: tools.supports,
    policies: tools.connection.policies,
  };
}
