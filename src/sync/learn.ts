import type { VendorAccount } from '../core/account.ts';
import { learnAbsent, learnPresent, type Progress } from './attempt.ts';
import type { DeliveryTools, LiveTools } from './tools.ts';
import type { Wanted } from './wanted.ts';

/** What is at the vendor: what is known already, or a look where that is in doubt or where a create must not be repeated. */
export async function learn(
  tools: DeliveryTools,
  live: LiveTools,
  progress: Progress,
  wanted: Wanted,
): Promise<VendorAccount | 'absent' | 'unknown'> {
  const { vendorId, actual, doubtAt } = progress.knowledge;
  if (doubtAt === null && actual !== null) {
    return actual.presence === 'pending' ? refreshPending(live, progress, actual) : actual;
  }
  const address = progress.knowledge.address ?? wanted.address;
  if (doubtAt === null && vendorId === null) {
    const mustLook = wanted.presence === 'active' && tools.supports.onRepeatedCreate === 'undocumented';
    if (!mustLook || address === null) return 'absent';
  }
  if (address === null) return 'absent';
  const since = doubtAt === null ? 0 : doubtAt + tools.callTimeoutMs;
  const key = vendorId === null ? { address } : { id: vendorId, address };
  const found = await live.lookup.find(key, since);
  if (found === 'unknown') return doubtAt === null ? 'absent' : decideRepeat(tools);
  if (found === 'absent') {
    learnAbsent(progress);
    // Under the wanted address it stays reserved; under another one it is free now.
    if (address === wanted.address) progress.knowledge.address = address;
  } else if (doubtAt !== null || vendorId !== null) {
    // An account that appears after an uncertain create is the one that Causeway made.
    progress.knowledge = {
      ...progress.knowledge,
      address: found.address,
      vendorId: found.id,
      origin: progress.knowledge.origin ?? 'created',
      actual: found,
      doubtAt: null,
    };
  }
  return found;
}

/** An invitation may have been accepted since. A list that does not show it proves nothing: not every vendor lists invitations. */
async function refreshPending(
  live: LiveTools,
  progress: Progress,
  pending: VendorAccount,
): Promise<VendorAccount> {
  const found = await live.lookup.find({ id: pending.id, address: pending.address });
  if (found === 'absent' || found === 'unknown') return pending;
  learnPresent(progress, found, null);
  return found;
}

/** After an uncertain create that nobody can look up, the vendor's word on repeated creates decides. */
function decideRepeat(tools: DeliveryTools): 'absent' | 'unknown' {
  return tools.supports.onRepeatedCreate === 'undocumented' ? 'unknown' : 'absent';
}
