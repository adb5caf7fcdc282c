import type { VendorAccount } from '../../core/account.ts';
import { VendorError } from '../../core/errors.ts';
import type { FieldValues } from '../../core/field.ts';
import { completeReplacement, reserveReplacement } from '../../store/delivery/move-address.ts';
import type { Progress } from './attempt.ts';
import { writtenByCreate } from './execute.ts';
import type { DeliveryTools, Ending, LiveTools } from './tools.ts';

/**
 * Moves a person to another address at a vendor that cannot change one: the new account is made and seen before the old one
 * becomes a leaver of its own, removed under the same guards as any other.
 */
export async function replaceAccount(
  tools: DeliveryTools,
  live: LiveTools,
  progress: Progress,
  wanted: { address: string; fields: FieldValues },
): Promise<Ending | { kind: 'plan-again' }> {
  const { db, clock, vendor } = tools;
  const { account } = progress.claim;
  const reserved = await reserveReplacement(db, account, wanted.address, clock.now());
  if (reserved === 'busy') return { kind: 'busy' };
  if (reserved === 'taken') {
    const reason = `The address ${wanted.address} at ${vendor.title} belongs to another account of this connection.`;
    return { kind: 'conflict', reason };
  }
  const made = await createOnce(tools, live, progress, wanted);
  const before = progress.knowledge;
  progress.knowledge = {
    address: made.address,
    vendorId: made.id,
    origin: 'created',
    actual: made,
    written: writtenByCreate(vendor.fields, wanted.fields, made),
    doubtAt: null,
  };
  await completeReplacement(db, account, before, progress.knowledge, clock.now());
  progress.changes.push('replace');
  return { kind: 'plan-again' };
}

/** An earlier attempt may have got as far as the create, so the look comes first. */
async function createOnce(
  tools: DeliveryTools,
  live: LiveTools,
  progress: Progress,
  wanted: { address: string; fields: FieldValues },
): Promise<VendorAccount> {
  const there = await live.lookup.find({ address: wanted.address });
  if (typeof there === 'object') return there;
  progress.callStartedAt = tools.clock.now();
  const outcome = await live.create(wanted);
  if ('error' in outcome) throw outcome.error;
  if (outcome.account.presence === 'pending') {
    live.lookup.note(outcome.account.address, outcome.account);
    return outcome.account;
  }
  const seen = await live.lookup.find(
    { address: wanted.address },
    { since: tools.clock.now(), urgent: true },
  );
  if (typeof seen === 'object') return seen;
  throw new VendorError(
    'UNCERTAIN',
    `${tools.vendor.title} made the account ${wanted.address} and does not show it.`,
  );
}
