import type { Clock } from '../../core/clock.ts';
import type { Connection } from '../../core/connection.ts';
import type { FieldValues } from '../../core/field.ts';
import type { User } from '../../core/user.ts';
import type { Database } from '../../store/database.ts';
import type { AnyVendor } from '../../vendor-kit/define.ts';
import type { Supports } from '../../vendor-kit/vendor.ts';
import type { Lookup } from '../calls/lookup.ts';
import type { Executor } from './execute.ts';

/** What one connection's deliveries are made with. */
export interface DeliveryTools {
  db: Database;
  connection: Connection;
  vendor: AnyVendor;
  supports: Supports;
  clock: Clock;
  callTimeoutMs: number;
  /** What the connection's expressions give for this User. */
  computed(user: User): Promise<FieldValues>;
  /** Null on a dry-run connection: nothing can be called. */
  live: LiveTools | null;
}

export interface LiveTools extends Executor {
  lookup: Lookup;
}

/** How an attempt ended; `progress` has what it learned, whichever way. */
export type Ending =
  | { kind: 'done' }
  | { kind: 'planned' }
  | { kind: 'refused'; reason: string }
  | { kind: 'conflict'; reason: string }
  /** A guard stopped the step until an operator decides. */
  | { kind: 'held'; reason: string }
  /** An invitation has to be accepted first. */
  | { kind: 'later'; reason: string; until?: number }
  /** Another account of the same address is being delivered: ask again shortly. */
  | { kind: 'busy' }
  | { kind: 'failed'; error: unknown };
