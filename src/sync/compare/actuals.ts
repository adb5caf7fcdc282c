import type { Account, VendorAccount } from '../../core/account.ts';
import { fold } from '../../core/fold.ts';
import type { Session } from '../../vendor-kit/vendor.ts';

/** What stands at the vendor for an account; `address`: the wanted one, null where none is wanted. */
export type Actuals = (account: Account, address: string | null) => Promise<VendorAccount | 'absent'>;

/** As the vendor last said when Causeway delivered. */
export const lastKnown: Actuals = (account) => Promise.resolve(account.actual ?? 'absent');

/** As the vendor's whole list says now; throws VendorError. */
export async function readActuals(session: Session): Promise<Actuals> {
  const byId = new Map<string, VendorAccount>();
  const byAddress = new Map<string, VendorAccount>();
  for await (const account of session.list()) {
    byId.set(account.id, account);
    byAddress.set(fold(account.address), account);
  }
  return ({ vendorId, address: held }, address) => {
    const known = held ?? address;
    const byName = known === null ? undefined : byAddress.get(fold(known));
    return Promise.resolve((vendorId === null ? undefined : byId.get(vendorId)) ?? byName ?? 'absent');
  };
}

/** As the vendor says when asked for this one account, from its list where it can be asked no other way; throws VendorError. */
export function lookUpActual(session: Session): Actuals {
  return async (account, address) => {
    const known = account.address ?? address;
    if (known === null) return 'absent';
    const { vendorId } = account;
    const found = await session.find?.({ ...(vendorId !== null && { id: vendorId }), address: known });
    if (found !== undefined && found !== 'unknown') return found;
    return (await readActuals(session))(account, address);
  };
}
