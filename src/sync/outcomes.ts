import type { Clock } from '../core/clock.ts';
import type { Outcome } from '../core/delivery.ts';
import type { AccountId, ConnectionId } from '../core/ids.ts';
import { findAccount } from '../store/accounts.ts';
import type { Database } from '../store/database.ts';
import { findOutcome, stopWaiting } from '../store/deliveries.ts';

export interface Outcomes {
  /** An attempt on this account has been written. */
  notify(accountId: AccountId): void;
  wait(connectionId: ConnectionId, accountId: AccountId, version: number, deadline: number): Promise<Outcome>;
}

/** Requests that wait for the outcome of their own version. `canHelp` says whether a wait until the deadline makes sense. */
export function createOutcomes(
  db: Database,
  clock: Clock,
  canHelp: (connectionId: ConnectionId, deadline: number) => Promise<boolean>,
): Outcomes {
  const listening = new Map<AccountId, Set<Listener>>();

  async function isDueLater(connectionId: ConnectionId, accountId: AccountId, deadline: number) {
    const account = await findAccount(db, connectionId, accountId);
    return account !== undefined && account.claimedVersion === null && (account.dueAt ?? 0) > deadline;
  }

  async function waitFor(
    listener: Listener,
    connectionId: ConnectionId,
    accountId: AccountId,
    version: number,
    deadline: number,
  ): Promise<Outcome | null> {
    while (clock.now() < deadline) {
      const outcome = await findOutcome(db, connectionId, accountId, version);
      if (outcome !== null) return outcome;
      if (await isDueLater(connectionId, accountId, deadline)) return null;
      await listener.next(deadline - clock.now());
    }
    return null;
  }

  return {
    notify(accountId) {
      for (const listener of listening.get(accountId) ?? []) listener.notify();
    },
    async wait(connectionId, accountId, version, deadline) {
      if (await canHelp(connectionId, deadline)) {
        // Listening begins before the first look, so that nothing falls between.
        const listener = createListener();
        const listeners = listening.get(accountId) ?? new Set();
        listening.set(accountId, listeners.add(listener));
        try {
          const outcome = await waitFor(listener, connectionId, accountId, version, deadline);
          if (outcome !== null) return outcome;
        } finally {
          listeners.delete(listener);
          if (listeners.size === 0) listening.delete(accountId);
        }
      }
      return stopWaiting(db, connectionId, accountId, version);
    },
  };
}

interface Listener {
  notify(): void;
  /** Resolves at the next news, or at once for news since the last call, or after `timeoutMs`. */
  next(timeoutMs: number): Promise<void>;
}

function createListener(): Listener {
  let news = false;
  let wake: (() => void) | null = null;
  return {
    notify() {
      news = true;
      wake?.();
    },
    next(timeoutMs) {
      return new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          wake = null;
          news = false;
          resolve();
        };
        const timer = setTimeout(done, Math.max(0, timeoutMs));
        wake = done;
        if (news) done();
      });
    },
  };
}
