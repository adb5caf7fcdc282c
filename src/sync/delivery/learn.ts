import type { VendorAccount } from '../../core/account.ts';
import { sameJson } from '../../core/json.ts';
import type { Wanted } from '../plan/wanted.ts';
import { learnAbsent, learnPresent, type Progress } from './attempt.ts';
import { writtenByCreate } from './execute.ts';
import { judgeIntent } from './intent.ts';
import type { DeliveryTools, LiveTools } from './tools.ts';

/** What an attempt knows of the account before it plans; later: a newer list has to be waited for. */
export type Learned = VendorAccount | 'absent' | 'unknown' | 'later';

/** What is at the vendor: what is known already, or a look where that is in doubt or where a create must not be repeated. */
export async function learn(
  tools: DeliveryTools,
  live: LiveTools,
  progress: Progress,
  wanted: Wanted,
): Promise<Learned> {
  const { vendorId, actual, doubtAt } = progress.knowledge;
  if (doubtAt !== null) return resolveDoubt(tools, live, progress, wanted, doubtAt);
  if (actual?.presence === 'pending') return refreshPending(tools, live, progress, wanted, actual);
  if (actual !== null) return actual;
  const address = progress.knowledge.address ?? wanted.address;
  if (address === null) return 'absent';
  const looks = tools.supports.onRepeatedCreate === 'undocumented' || !tools.supports.find;
  if (vendorId === null && (wanted.presence !== 'active' || !looks)) return 'absent';
  const found = await live.lookup.find(vendorId === null ? { address } : { id: vendorId, address });
  if (found === 'unknown') return 'absent';
  if (typeof found === 'object' && vendorId !== null) learnPresent(progress, found, null);
  return found;
}

/** A call ended without an answer: nothing is repeated before a look that began after the call can no longer take effect. */
async function resolveDoubt(
  tools: DeliveryTools,
  live: LiveTools,
  progress: Progress,
  wanted: Wanted,
  doubtAt: number,
): Promise<Learned> {
  const { vendorId, actual } = progress.knowledge;
  const address = progress.knowledge.address ?? wanted.address;
  if (address === null) return 'absent';
  const certainAt = doubtAt + tools.callTimeoutMs;
  const now = tools.clock.now();
  // A clock that has gone back since: the call began no later than now.
  if (doubtAt > now) progress.knowledge.doubtAt = now;
  if (now < certainAt) return 'later';
  const key = vendorId === null ? { address } : { id: vendorId, address };
  const found = await live.lookup.find(key, { since: certainAt, urgent: true });
  if (found === 'later') return found;
  const invited = actual === null || actual.presence === 'pending';
  if (found === 'unknown' || (found === 'absent' && invited && tools.supports.hidesPending === true)) {
    // The vendor's word on repeated creates decides what nobody can look up; what may be there cannot be taken away unseen.
    const repeats = wanted.presence === 'active' && tools.supports.onRepeatedCreate !== 'undocumented';
    return repeats ? 'absent' : 'unknown';
  }
  if (found === 'absent') {
    learnAbsent(progress);
    // Under the wanted address it stays reserved; under another one it is free now.
    if (address === wanted.address) progress.knowledge.address = address;
  } else {
    // An account that appears after an uncertain create is the one that Causeway made, with all that it has.
    if (vendorId === null)
      progress.knowledge.written = writtenByCreate(tools.vendor.fields, found.fields, found);
    else {
      judgeIntent(progress, found);
      noteArrived(progress, wanted, found);
    }
    learnPresent(progress, found, 'created');
  }
  return found;
}

/** What an uncertain update was to write and is there now was written by it. */
function noteArrived(progress: Progress, wanted: Wanted, found: VendorAccount): void {
  const arrived = Object.entries(wanted.fields).filter(([name, { value, from }]) => {
    return (
      (from === 'idp' || from === 'rule') && !Array.isArray(value) && sameJson(found.fields[name], value)
    );
  });
  const values = Object.fromEntries(arrived.map(([name, { value }]) => [name, value]));
  progress.knowledge.written = { ...progress.knowledge.written, ...values };
}

/**
 * An invitation may have been accepted since. Only a look from after Causeway last heard of it counts; for a leaver, one from after
 * the push. One that can be taken back needs no look: an accepted one makes that call fail.
 */
async function refreshPending(
  tools: DeliveryTools,
  live: LiveTools,
  progress: Progress,
  wanted: Wanted,
  pending: VendorAccount,
): Promise<Learned> {
  const { settledAt, dueAt } = progress.claim.account;
  const leaving = wanted.presence !== 'active';
  if (leaving && pending.withdrawable === true) return pending;
  const since = leaving ? Math.max(settledAt ?? 0, dueAt ?? 0) : (settledAt ?? 0);
  const key = { id: pending.id, address: pending.address };
  const found = await live.lookup.find(key, { since, urgent: false });
  if (typeof found === 'object') learnPresent(progress, found, null);
  else if (found === 'absent' && tools.supports.hidesPending !== true) learnAbsent(progress);
  else if (found !== 'later' || !leaving) return pending;
  return found;
}
