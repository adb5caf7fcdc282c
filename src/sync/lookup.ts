import type { VendorAccount } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { fold } from '../core/fold.ts';
import type { AccountKey, Session } from '../vendor-kit/vendor.ts';

/** One list serves all accounts that wait for it, at most one a minute. */
const SNAPSHOT_MS = 60_000;

interface Snapshot {
  startedAt: number;
  accounts: Promise<VendorAccount[]>;
}

export interface Lookup {
  /**
   * What is at the vendor under this id or address. `since`: what was seen before that time (epoch ms) does not count. `unknown`: the
   * vendor cannot tell.
   */
  find(key: AccountKey, since?: number): Promise<VendorAccount | 'absent' | 'unknown'>;
}

/** Looks accounts up one by one where the vendor can, else in a list of all of them. */
export function createLookup(session: Session, clock: Clock): Lookup {
  let snapshot: Snapshot | null = null;

  function listSince(since: number): Promise<VendorAccount[]> {
    const usable = snapshot !== null && snapshot.startedAt >= Math.max(since, clock.now() - SNAPSHOT_MS);
    if (!usable || snapshot === null) {
      const started = { startedAt: clock.now(), accounts: Array.fromAsync(session.list()) };
      started.accounts.catch(() => {
        if (snapshot === started) snapshot = null;
      });
      snapshot = started;
    }
    return snapshot.accounts;
  }

  return {
    async find(key, since = 0) {
      if (session.find !== undefined) return session.find(key);
      const accounts = await listSince(since);
      const address = fold(key.address);
      return (
        accounts.find((account) => key.id !== undefined && account.id === key.id) ??
        accounts.find((account) => fold(account.address) === address) ??
        'absent'
      );
    },
  };
}
