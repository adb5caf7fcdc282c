import type { VendorAccount } from '../../core/account.ts';
import type { Clock } from '../../core/clock.ts';
import { fold } from '../../core/fold.ts';
import type { AccountKey, Session } from '../../vendor-kit/vendor.ts';
import { createRoster, type Roster } from './account-list.ts';

/** One list serves all accounts that wait for it, at most one a minute. */
const SNAPSHOT_MS = 60_000;

/** From when on a look counts (epoch ms), and whether it is worth a list of its own before the minute is over. */
export interface Freshness {
  since: number;
  urgent: boolean;
}

export interface Lookup {
  /**
   * What is at the vendor under this id or address. `unknown`: the vendor cannot tell. `later`: only a newer list can tell, and
   * that has to wait for its turn.
   */
  find(key: AccountKey, fresh?: Freshness): Promise<VendorAccount | 'absent' | 'unknown' | 'later'>;
  /** A call of Causeway's own has just made this so; null: there is no account any more. */
  note(address: string, account: VendorAccount | null): void;
}

/** Looks accounts up one by one where the vendor can, else in a list of all of them. */
export function createLookup(session: Session, clock: Clock): Lookup {
  let snapshot: { startedAt: number; roster: Promise<Roster> } | null = null;

  /** What Causeway did itself; it counts until a list that began later. */
  const notes = new Map<string, { at: number; account: VendorAccount | null }>();
  let latest = 0;

  /** The time; where the clock has gone back, nobody knows any more how old what was seen is. */
  function tell(): number {
    const now = clock.now();
    if (now < latest) {
      snapshot = null;
      notes.clear();
    }
    latest = now;
    return now;
  }

  function findNote({ id, address }: AccountKey, since: number): VendorAccount | 'absent' | null {
    const note = notes.get(fold(address));
    const listedAt = snapshot?.startedAt ?? 0;
    if (note === undefined || note.at < Math.max(since, listedAt, clock.now() - SNAPSHOT_MS)) return null;
    if (note.account === null) return 'absent';
    return id === undefined || id === note.account.id ? note.account : null;
  }

  function startList(): Promise<Roster> {
    const old = clock.now() - SNAPSHOT_MS;
    for (const [address, { at }] of notes) if (at < old) notes.delete(address);
    const started = { startedAt: clock.now(), roster: Array.fromAsync(session.list()).then(createRoster) };
    started.roster.catch(() => {
      if (snapshot === started) snapshot = null;
    });
    snapshot = started;
    return started.roster;
  }

  function rosterFor({ since, urgent }: Freshness): Promise<Roster> | 'later' {
    const young = snapshot !== null && snapshot.startedAt > clock.now() - SNAPSHOT_MS;
    if (snapshot === null || !young) return startList();
    if (snapshot.startedAt >= since) return snapshot.roster;
    return urgent ? startList() : 'later';
  }

  return {
    async find(key, fresh = { since: 0, urgent: false }) {
      if (session.find !== undefined) return session.find(key);
      tell();
      const note = findNote(key, fresh.since);
      if (note !== null) return note;
      const roster = await rosterFor(fresh);
      if (roster === 'later') return 'later';
      return roster.match({ id: key.id ?? null, address: key.address }) ?? 'absent';
    },
    note(address, account) {
      if (session.find === undefined) notes.set(fold(address), { at: tell(), account });
    },
  };
}
