import type { VendorAccount } from '../core/account.ts';
import { foldAddress } from '../core/address.ts';
import { VendorError } from '../core/errors.ts';
import type { AccountKey } from './vendor.ts';

/** What the call returns, or `absent` where it ends in GONE. */
export async function orAbsent<T>(call: () => Promise<T>): Promise<T | 'absent'> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof VendorError && error.code === 'GONE') return 'absent';
    throw error;
  }
}

export type FoundInList = VendorAccount | 'absent' | 'several';

/** `Session.find` in accounts that were listed. One that is listed twice is one. */
export function findInList(accounts: readonly VendorAccount[], { id, address }: AccountKey): FoundInList {
  const known = accounts.find((account) => account.id === id);
  if (known) return known;
  const [first, ...others] = accounts.filter((account) => hasAddress(account, address));
  if (!first) return 'absent';
  return others.some((other) => other.id !== first.id) ? 'several' : first;
}

function hasAddress(account: VendorAccount, address: string): boolean {
  const addresses = [account.address, ...(account.aliases ?? [])];
  return addresses.some((one) => foldAddress(one) === foldAddress(address));
}
