import type { VendorAccount } from '../core/account.ts';
import { VendorError, type VendorErrorCode } from '../core/errors.ts';
import type { CreateOutcome, WantedCreate } from './vendor.ts';

/** They are about the connection, not about one account: the next call would end the same way. */
const ENDS_ROUND: ReadonlySet<VendorErrorCode> = new Set(['UNAUTHORISED', 'THROTTLED', 'UNAVAILABLE']);

/** `Session.create` for a vendor that takes one account a call. */
export async function createEach(
  wanted: readonly WantedCreate[],
  createOne: (wanted: WantedCreate) => Promise<VendorAccount>,
): Promise<CreateOutcome[]> {
  const outcomes: CreateOutcome[] = [];
  let ended: VendorError | undefined;
  for (const one of wanted) {
    const outcome = ended ? { error: ended } : await settle(() => createOne(one));
    if ('error' in outcome && ENDS_ROUND.has(outcome.error.code)) ended = outcome.error;
    outcomes.push(outcome);
  }
  return outcomes;
}

async function settle(create: () => Promise<VendorAccount>): Promise<CreateOutcome> {
  try {
    return { account: await create() };
  } catch (error) {
    if (error instanceof VendorError) return { error };
    throw error;
  }
}
