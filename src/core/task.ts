import type { AccountId, ConnectionId } from './ids.ts';
import type { Json } from './json.ts';

/** What only a human can do at the vendor; one open task an account and kind. */
export interface TaskWish {
  /** `address`, `deactivate`, `watch`, `field:<name>` … */
  kind: string;
  /** What to do, in a sentence for the operator. */
  title: string;
  /** The wanted value; another one updates the task. */
  wanted: Json;
}

export interface Task extends TaskWish {
  connectionId: ConnectionId;
  id: string;
  accountId: AccountId;
  state: 'open' | 'done' | 'obsolete';
  /** Epoch ms. */
  openedAt: number;
  updatedAt: number;
  closedAt: number | null;
}
