import type { Clock } from '../core/clock.ts';
import type { Outcome } from '../core/delivery.ts';
import type { AccountId, ConnectionId } from '../core/ids.ts';
import type { Database } from '../store/database.ts';
import { findOutcome, stopWaiting } from '../store/delivery/history.ts';
import { findAccount } from '../store/worklist/claim.ts';

export interface Outcomes {
  /** An attempt on this account has been written. */
  notify(accountId: AccountId): void;
  /** Nothing of it will be delivered in time. */
  giveUp(accountId: AccountId): void;
  wait(connectionId: ConnectionId, accountId: AccountId, version: number, deadline: number): Promise<Outcome>;
}

export interface OutcomeOptions {
  /** Whether a wait until the deadline makes sense, as far as this instance knows. */
  canHelp(connectionId: ConnectionId, deadline: number): Promise<boolean>;
  /** A request waits: whoever delivers the connection may have to be told. */
  announce(connectionId: ConnectionId, accountId: AccountId, deadline: number): void;
  /** Without news the store is looked at after so long. */
  lookEveryMs(): number;
}

/** Requests that wait for the outcome of their own version. */
export function createOutcomes(db: Database, clock: Clock, options: OutcomeOptions): Outcomes {
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
    options.announce(connectionId, accountId, deadline);
    // By the steady clock: the wall's may go back an hour meanwhile.
    const end = performance.now() + deadline - clock.now();
    while (performance.now() < end) {
      const outcome = await findOutcome(db, connectionId, accountId, version);
      if (outcome !== null) return outcome;
      if (listener.hopeless || (await isDueLater(connectionId, accountId, deadline))) return null;
      await listener.next(Math.min(end - performance.now(), options.lookEveryMs()));
    }
    return null;
  }

  return {
    notify(accountId) {
      for (const listener of listening.get(accountId) ?? []) listener.notify();
    },
    giveUp(accountId) {
      for (const listener of listening.get(accountId) ?? []) {
        listener.hopeless = true;
        listener.notify();
      }
    },
    async wait(connectionId, accountId, version, deadline) {
      if (await options.canHelp(connectionId, deadline)) {
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
  hopeless: boolean;
  notify(): void;
  /** Resolves at the next news, or at once for news since the last call, or after `timeoutMs`. */
  next(timeoutMs: number): Promise<void>;
}

function createListener(): Listener {
  let news = false;
  let wake: (() => void) | null = null;
  return {
    hopeless: false,
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
