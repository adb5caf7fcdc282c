/** Looks accounts up: one by one where the vendor can, else in a list of all of them (rule 5). */
import type { VendorAccount } from '../../core/account.ts';
import type { Clock } from '../../core/clock.ts';
import type { Found, Session } from '../../vendor-kit/vendor.ts';
import type { AccountList } from './account-list.ts';
import { type Lists, tookMs } from './lists.ts';

/** What a look said; `short`: it is absent from a list that shows nobody absent. */
export interface Looked {
  begun: number;
  listed: boolean;
  /** How old it may be when the call that rests on it is sent, ms: as given, or twice as long as it took. */
  ageMs: number;
  found: Found | 'short';
  /** What else the list shows; null: it was no list. */
  list: AccountList | null;
}

export interface LookOptions {
  id: string | null;
  address: string;
  /** By the steady clock: an earlier look does not count. */
  notBefore: number;
  /** Only a list is strong enough. */
  byList: boolean;
}

export interface Lookup {
  /** Throws VendorError. `waits` hears that the look has to wait for a list, and that it has it. */
  look(kind: 'user' | 'group', options: LookOptions, waits: (isWaiting: boolean) => void): Promise<Looked>;
  /** Others who have a role, as the newest list shows them; none who lost it since. */
  othersInRole(role: string, id: string): string[];
  /** A call that takes a role away was made. */
  noteLost(id: string): void;
  /** How much power the values of ranked fields give, as the newest list shows it. */
  ranks(): Record<string, number>;
  users: Lists;
  groups: Lists | null;
}

export function createLookup(
  session: Session,
  clock: Clock,
  { users, groups, lookAgeMs }: { users: Lists; groups: Lists | null; lookAgeMs: number },
): Lookup {
  const lost = new Map<string, number>();

  async function fromList(lists: Lists, options: LookOptions, waits: (isWaiting: boolean) => void) {
    waits(true);
    try {
      const { begun, ageMs, list, isShort } = await lists.after(options.notBefore);
      const found = list.find(options);
      const told = found === 'absent' && isShort ? ('short' as const) : found;
      return { begun, listed: true, ageMs, found: told, list };
    } finally {
      waits(false);
    }
  }

  function inRole(role: string): VendorAccount[] {
    const all = users.latest()?.list.all ?? [];
    return all.filter(({ lastOf, presence }) => lastOf === role && presence === 'active');
  }

  return {
    users,
    groups,
    async look(kind, options, waits) {
      if (kind === 'group') {
        if (groups === null) throw new Error('The vendor has no groups.');
        return fromList(groups, options, waits);
      }
      if (session.find === undefined || options.byList) return fromList(users, options, waits);
      const begun = clock.steady();
      const { id, address } = options;
      const found = await session.find({ ...(id !== null && { id }), address });
      const ageMs = Math.max(lookAgeMs, 2 * tookMs(begun, clock.steady()));
      return { begun, listed: false, ageMs, found, list: null };
    },
    othersInRole(role, id) {
      const begun = users.latest()?.begun ?? 0;
      return inRole(role)
        .map((account) => account.id)
        .filter((other) => other !== id && (lost.get(other) ?? -1) < begun);
    },
    noteLost: (id) => void lost.set(id, clock.steady()),
    ranks: () => {
      const all = users.latest()?.list.all ?? [];
      return Object.assign({}, ...all.map(({ ranks }) => ranks ?? {}));
    },
  };
}
