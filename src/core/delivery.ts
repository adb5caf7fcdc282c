import type { AccountError, AccountState } from './account.ts';
import type { AccountId, ConnectionId } from './ids.ts';
import type { JsonObject } from './json.ts';

/**
 * How one attempt ended. `done`, `nothing`, `planned`: as wanted. `task`: as wanted but for a task. `unsupported`: a task, on
 * a connection that refuses what its vendor cannot do. `retry`: not final, tried again later.
 */
export type DeliveryResult =
  | 'done'
  | 'nothing'
  | 'planned'
  | 'task'
  | 'unsupported'
  | 'refused'
  | 'conflict'
  | 'held'
  | 'retry';

/** One attempt to make one account what is wanted; covers the versions (fromVersion, toVersion]. */
export interface Delivery {
  connectionId: ConnectionId;
  id: string;
  accountId: AccountId;
  fromVersion: number;
  toVersion: number;
  result: DeliveryResult;
  /** The account's state afterwards. */
  state: AccountState;
  /** Steps in order: `{step, fields?, error?}`; no credentials. */
  steps: JsonObject[];
  /** `{method, path, body, status, reply, ms}` in order; no credentials. */
  calls: JsonObject[];
  error: AccountError | null;
  /** Attempts after this one that did nothing and ended the same way. */
  repeats: number;
  attempt: number;
  requestId: string | null;
  startedAt: number;
  endedAt: number;
}

/** What a waiting request learns about its own version. `pending`: durable, will be delivered. */
export type Outcome =
  | { kind: 'settled' }
  | { kind: 'pending' }
  | { kind: 'refused' | 'conflict' | 'unsupported'; reason: string };
