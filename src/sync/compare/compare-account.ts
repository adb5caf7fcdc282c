import type { Account, VendorAccount } from '../../core/account.ts';
import type { JsonObject } from '../../core/json.ts';
import type { TaskWish } from '../../core/task.ts';
import { isActive } from '../../core/user.ts';
import type { Claim } from '../../store/worklist/claim.ts';
import type { Roster } from '../calls/account-list.ts';
import { describeStep } from '../delivery/attempt.ts';
import type { DeliveryTools } from '../delivery/tools.ts';
import { readPerson } from '../plan/person.ts';
import { type PlanInput, plan, protect, type Step } from '../plan/plan.ts';
import { mapClaim } from '../plan/wanted-of-claim.ts';

/**
 * What a complete list says of one account. fine: as wanted, but for its tasks. changed: somebody changed it at the vendor.
 * accepted: an invitation was accepted, or a watched address appeared. missing: it is not in the list. returned: a person who
 * was taken out is there again. retry: refused before, to be tried again. skip: nothing can be said.
 */
export type Judgement =
  | { kind: 'fine'; actual: VendorAccount; tasks: TaskWish[] }
  | { kind: 'changed' | 'accepted'; actual: VendorAccount; tasks: TaskWish[]; steps: JsonObject[] }
  | { kind: 'returned'; actual: VendorAccount }
  | { kind: 'missing' | 'retry' | 'skip' };

const HUMAN: ReadonlySet<Step['step']> = new Set(['task', 'refuse', 'adopt', 'await-acceptance']);

/** Judges an account that was settled before the list began. */
export async function judgeAccount(tools: DeliveryTools, claim: Claim, roster: Roster): Promise<Judgement> {
  const { account } = claim;
  if (account.state === 'refused' || account.state === 'conflict') return { kind: 'retry' };
  if (account.vendorId === null) return judgeAbsent(claim, roster);
  const actual = roster.match({ id: account.vendorId, address: account.address });
  // Not every vendor lists invitations, so a pending account that is not listed may still be one.
  if (actual === undefined) {
    const hidden = account.actual?.presence === 'pending' && tools.supports.hidesPending === true;
    return { kind: hidden ? 'skip' : 'missing' };
  }
  const mapped = await mapClaim(tools, claim);
  if ('refusal' in mapped) return { kind: 'skip' };
  if (account.state === 'observed') return { kind: 'fine', actual, tasks: [] };
  const steps = plan(planInput(tools, account, mapped.wanted, actual));
  const tasks = steps.flatMap((step) => (step.step === 'task' ? [step.task] : []));
  const calls = steps.filter((step) => !HUMAN.has(step.step));
  if (calls.length === 0) return { kind: 'fine', actual, tasks };
  const accepted = account.actual?.presence === 'pending' && actual.presence !== 'pending';
  return { kind: accepted ? 'accepted' : 'changed', actual, tasks, steps: calls.map(describeStep) };
}

/**
 * Causeway knows of no account. One that an uncertain call was to make may appear; an active one under the address of somebody who
 * left is worth a word.
 */
function judgeAbsent(claim: Claim, roster: Roster): Judgement {
  const { account, user } = claim;
  if (account.doubtAt !== null && account.address !== null) {
    const made = roster.match({ id: null, address: account.address });
    return made === undefined ? { kind: 'skip' } : { kind: 'accepted', actual: made, tasks: [], steps: [] };
  }
  if (user === null || isActive(user.document) || account.state === 'observed') return { kind: 'skip' };
  const actual = roster.match({ id: null, address: readPerson(user.document).address });
  return actual?.presence === 'active' ? { kind: 'returned', actual } : { kind: 'skip' };
}

function planInput(
  tools: DeliveryTools,
  account: Account,
  wanted: PlanInput['wanted'],
  actual: VendorAccount,
): PlanInput {
  const { policies } = tools.connection;
  return {
    wanted,
    actual: protect(actual, policies),
    managed: true,
    created: account.origin === 'created',
    written: account.written,
    vendor: tools.vendor,
    supports: tools.supports,
    policies,
  };
}
