import type { VendorAccount } from '../../core/account.ts';
import type { FieldValues } from '../../core/field.ts';
import { sameJson } from '../../core/json.ts';
import { storeIntent } from '../../store/delivery/intents.ts';
import { mergeWritten } from '../plan/differences.ts';
import type { Step } from '../plan/plan.ts';
import type { Progress } from './attempt.ts';
import type { DeliveryTools } from './tools.ts';

/**
 * Stores what an update is about to give an account for the first time, so that it can be taken back even if nobody hears the end of
 * the call: a person who leaves the admins' group meanwhile must not stay an admin.
 */
export async function noteIntent(
  tools: DeliveryTools,
  progress: Progress,
  steps: readonly Step[],
  actual: VendorAccount | 'absent',
): Promise<void> {
  const update = steps.find((step) => step.step === 'update');
  // After a reactivation the rest is planned again.
  if (update === undefined || actual === 'absent' || steps.some(({ step }) => step === 'reactivate')) return;
  const { written, origin } = progress.knowledge;
  const { set, add } = update.changes;
  const first = pick(set, (name) => actual.fields[name] !== undefined && written[name] === undefined);
  const added = pick(add, (name) => actual.fields[name] !== undefined);
  const intended = mergeWritten(tools.vendor.fields, written, { set: first, add: added, remove: {} });
  if (sameJson(intended, written)) return;
  progress.knowledge.written = intended;
  const known = { actual, origin: origin ?? ('adopted' as const), written: intended };
  await storeIntent(tools.db, progress.claim.account, known);
}

function pick<Value>(values: Record<string, Value>, isIn: (name: string) => boolean): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => isIn(name)));
}

/**
 * What Causeway wrote of an account that was in doubt, now that it is seen: a value that changed meanwhile is the lost call's; one that
 * an account which was there before still has is not Causeway's.
 */
export function judgeIntent(progress: Progress, found: VendorAccount): void {
  const { written, actual, origin } = progress.knowledge;
  const known: FieldValues = {};
  for (const [name, value] of Object.entries(written)) {
    const told = found.fields[name];
    if (told === undefined || Array.isArray(value) || sameJson(told, value)) known[name] = value;
    else if (origin === 'created' || !sameJson(told, actual?.fields[name])) known[name] = told;
  }
  progress.knowledge.written = known;
}
