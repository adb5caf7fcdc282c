/** A vendor's complete list, ready for look-ups. */
import type { VendorAccount } from '../../core/account.ts';
import { addressKey } from '../../core/address.ts';

export interface AccountList {
  size: number;
  /** By id, else by an address; `several`: more than one account has it. */
  find(key: { id: string | null; address: string | null }): VendorAccount | 'absent' | 'several';
  all: readonly VendorAccount[];
}

/** A person counts more than an invitation left over under the same address. */
function choose(
  known: VendorAccount | 'several' | undefined,
  account: VendorAccount,
): VendorAccount | 'several' {
  if (known === undefined || known === account) return account;
  if (known === 'several' || account.presence === 'pending') return known;
  return known.presence === 'pending' ? account : 'several';
}

export function createAccountList(kind: 'user' | 'group', listed: readonly VendorAccount[]): AccountList {
  const byId = new Map(listed.map((account) => [account.id, account]));
  const byAddress = new Map<string, VendorAccount | 'several'>();
  for (const account of byId.values()) {
    for (const address of [account.address, ...(account.aliases ?? [])]) {
      const key = addressKey(kind, address);
      byAddress.set(key, choose(byAddress.get(key), account));
    }
  }
  return {
    size: byId.size,
    all: [...byId.values()],
    find({ id, address }) {
      const known = id === null ? undefined : byId.get(id);
      if (known !== undefined || address === null) return known ?? 'absent';
      return byAddress.get(addressKey(kind, address)) ?? 'absent';
    },
  };
}
