import type { Presence, VendorAccount } from '../../core/account.ts';
import type { FieldValue } from '../../core/field.ts';
import type { Claim } from '../../store/worklist/claim.ts';
import { describeStep } from '../delivery/attempt.ts';
import type { DeliveryTools } from '../delivery/tools.ts';
import type { FieldChange } from '../plan/differences.ts';
import { plan, protect, type Step } from '../plan/plan.ts';
import type { Wanted } from '../plan/wanted.ts';
import { mapClaim } from '../plan/wanted-of-claim.ts';
import type { Actuals } from './actuals.ts';

/** One field as a step would change it; `why` says where the new value comes from. */
export type PreviewField = FieldChange;

export interface PreviewStep {
  step: Step['step'];
  /** What to read of it beyond its fields: an address, a task, a reason. */
  text: string | null;
  fields: PreviewField[];
}

/** What a delivery of one account would do now; nothing is changed to find out. */
export interface Preview {
  accountId: string;
  /** The userName; of a deleted User, what is known of the account. */
  name: string;
  /** Null where the mapping gives nothing that the vendor takes. */
  wanted: Presence | null;
  /** None: nothing to do. A refusal is a step. */
  steps: PreviewStep[];
}

/** Plans one account without a delivery. `tools.live` is not used: what is at the vendor comes from `actuals`. */
export async function previewAccount(tools: DeliveryTools, claim: Claim, actuals: Actuals): Promise<Preview> {
  const { account, user } = claim;
  const about = { accountId: account.id, name: user?.userName ?? account.address ?? account.id };
  const mapped = await mapClaim(tools, claim);
  if ('refusal' in mapped) return { ...about, wanted: null, steps: [refusal(mapped.refusal)] };
  const { wanted } = mapped;
  if (account.state === 'observed') return { ...about, wanted: wanted.presence, steps: [] };
  const { connection, vendor, supports } = tools;
  const found = await actuals(account, wanted.address);
  const actual = found === 'absent' ? found : protect(found, connection.policies);
  const managed = account.vendorId !== null;
  if (actual !== 'absent' && !managed && connection.policies.adoption === 'refuse') {
    const reason = `${actual.address} has an account at ${vendor.title} already, and this connection takes none over (adoption).`;
    return { ...about, wanted: wanted.presence, steps: [refusal(reason)] };
  }
  const { written, origin } = account;
  const created = origin === 'created';
  const { policies } = connection;
  const steps = plan({ wanted, actual, managed, created, written, vendor, supports, policies });
  return { ...about, wanted: wanted.presence, steps: steps.map((step) => showStep(step, wanted, actual)) };
}

function refusal(reason: string): PreviewStep {
  return { step: 'refuse', text: reason, fields: [] };
}

function showStep(step: Step, wanted: Wanted, actual: VendorAccount | 'absent'): PreviewStep {
  switch (step.step) {
    case 'create':
    case 'replace':
      return { step: step.step, text: step.address, fields: createdFields(step.fields, wanted) };
    case 'update':
      return { step: 'update', text: null, fields: step.shown };
    case 'task':
      return { step: 'task', text: step.task.title, fields: [] };
    default: {
      const { reason, address } = describeStep(step);
      const shown = reason ?? address ?? (actual === 'absent' ? null : actual.address);
      return { step: step.step, text: typeof shown === 'string' ? shown : null, fields: [] };
    }
  }
}

function createdFields(fields: Record<string, FieldValue>, wanted: Wanted): PreviewField[] {
  return Object.entries(fields).map(([field, after]) => {
    return { field, before: null, after, why: wanted.fields[field]?.from ?? 'default' };
  });
}
