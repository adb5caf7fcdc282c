import type { VendorAccount } from '../../core/account.ts';
import { fold } from '../../core/fold.ts';

/** A person counts more than an invitation left over under the same address. */
function choose(
  known: VendorAccount | 'several' | undefined,
  account: VendorAccount,
): VendorAccount | 'several' {
  if (known === undefined || known === account) return account;
  if (known === 'several' || account.presence === 'pending') return known;
  return known.presence === 'pending' ? account : 'several';
}

/** A vendor's complete list, ready for look-ups. */
export interface Roster {
  size: number;
  /** By id, else by an address that only one account of the list has. */
  match(key: { id: string | null; address: string | null }): VendorAccount | undefined;
  /** Accounts that share an address with another one: found by id only. */
  ambiguous: readonly VendorAccount[];
  all: readonly VendorAccount[];
}

export function createRoster(listed: readonly VendorAccount[]): Roster {
  const byId = new Map(listed.map((account) => [account.id, account]));
  const byAddress = new Map<string, VendorAccount | 'several'>();
  for (const account of byId.values()) {
    for (const address of [account.address, ...(account.aliases ?? [])].map(fold)) {
      byAddress.set(address, choose(byAddress.get(address), account));
    }
  }
  const all = [...byId.values()];
  return {
    size: all.length,
    all,
    ambiguous: all.filter((account) => byAddress.get(fold(account.address)) === 'several'),
    match({ id, address }) {
      const known = id === null ? undefined : byId.get(id);
      if (known !== undefined || address === null) return known;
      const found = byAddress.get(fold(address));
      return found === 'several' ? undefined : found;
    },
  };
}
