import type { AccountId, ConnectionId } from '../core/ids.ts';
import { type Database, sharedAt } from '../store/database.ts';
import { type Notifications, openNotifications } from '../store/notifications.ts';

/** What instances tell each other. Each is a hint: without it the same is found in the store a little later. */
export type Signal =
  /** There is work in a connection. */
  | { word: 'work'; connectionId: ConnectionId }
  /** A request waits for this account until the deadline (epoch ms). */
  | { word: 'wait'; connectionId: ConnectionId; accountId: AccountId; deadline: number }
  /** A delivery of it has been written. */
  | { word: 'settled'; accountId: AccountId }
  /** Nothing of it will be delivered before the deadline. */
  | { word: 'hopeless'; accountId: AccountId }
  /** Leases can be taken. */
  | { word: 'free' };

export interface Signals {
  say(signal: Signal): void;
  /** False: signals of others may be lost. */
  heard(): boolean;
  close(): Promise<void>;
}

/** What is said in one turn goes out as one notification. Where nobody shares the store nothing is said. */
export function openSignals(db: Database, hear: (signal: Signal) => void): Signals {
  const url = sharedAt(db);
  if (url === undefined) return { say: () => {}, heard: () => true, close: async () => {} };
  const notifications: Notifications = openNotifications(db, url, (line) => {
    const signal = parseSignal(line);
    if (signal !== null) hear(signal);
  });
  const said = new Set<string>();
  return {
    say(signal) {
      if (said.size === 0) {
        setImmediate(() => {
          notifications.send([...said]);
          said.clear();
        });
      }
      said.add(formatSignal(signal));
    },
    heard: () => notifications.heard(),
    close: () => notifications.close(),
  };
}

function formatSignal(signal: Signal): string {
  switch (signal.word) {
    case 'work':
      return `work ${signal.connectionId}`;
    case 'wait':
      return `wait ${signal.connectionId} ${signal.accountId} ${signal.deadline}`;
    case 'settled':
    case 'hopeless':
      return `${signal.word} ${signal.accountId}`;
    case 'free':
      return 'free';
  }
}

/** Null: not of this version's. */
function parseSignal(line: string): Signal | null {
  const [word, first, accountId, deadline] = line.split(' ');
  if (word === 'free') return { word };
  if (first === undefined) return null;
  if (word === 'work') return { word, connectionId: first };
  if (word === 'settled' || word === 'hopeless') return { word, accountId: first };
  if (word !== 'wait' || accountId === undefined || !Number.isFinite(Number(deadline))) return null;
  return { word, connectionId: first, accountId, deadline: Number(deadline) };
}
