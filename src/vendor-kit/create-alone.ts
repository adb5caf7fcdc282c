import type { VendorAccount } from '../core/account.ts';
import { VendorError } from '../core/errors.ts';
import type { CreateOutcome, WantedCreate } from './vendor.ts';

/** `Session.create` for a vendor that takes one account a call: it is given one. */
export function createAlone(create: (wanted: WantedCreate) => Promise<VendorAccount>) {
  return async ([wanted, ...others]: readonly WantedCreate[]): Promise<CreateOutcome[]> => {
    if (!wanted || others.length > 0) throw new Error('This vendor takes one account a call.');
    try {
      return [{ account: await create(wanted) }];
    } catch (error) {
      if (error instanceof VendorError) return [{ error }];
      throw error;
    }
  };
}
