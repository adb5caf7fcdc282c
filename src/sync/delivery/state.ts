/** What one attempt knows, in plain JSON: the state of the step machine (`step.ts`), of the dry run and of the explorer. */

import type {
  Account,
  AccountError,
  AccountState,
  Hold,
  Intent,
  RowState,
  VendorAccount,
} from '../../core/account.ts';
import type { DeliveryResult } from '../../core/delivery.ts';
import type { FieldTable } from '../../core/field.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Policies } from '../../core/policy.ts';
import type { TaskWish } from '../../core/task.ts';
import type { Holder } from '../../store/delivery/holder.ts';
import type { Supports } from '../../vendor-kit/vendor.ts';
import type { Wanted } from '../plan/wanted.ts';

/** This process's steady clock, ms; never stored. */
export type Moment = number;

/**
 * What a look said, when it began, and how old it may get, ms. `holder`: another row of the connection that has its vendor id, else one
 * of its addresses.
 */
export type Seen = { begun: Moment; ageMs: number; listed: boolean } & (
  | { is: 'present'; account: VendorAccount; holder: Holder | null }
  | { is: 'absent' }
  | { is: 'several' }
  | { is: 'foreign'; reason: string }
);

/** A row as the attempt has it; the next transaction writes those that differ from what is stored. */
export interface Row extends RowState {
  /** When an open intent's call can no longer take effect; null: no intent. */
  lookFrom: Moment | null;
  /** A human was asked for something about it, and may have done it. */
  hasTask: boolean;
}

/** What does not change while an attempt runs. */
export interface Rulebook {
  kind: Account['kind'];
  title: string;
  fields: FieldTable;
  supports: Supports;
  policies: Policies;
  dryRun: boolean;
  callTimeoutMs: number;
  /** How much power the values of fields with `power: 'told'` give, as the last list showed them. */
  ranks: Record<string, number>;
  epoch: number;
}

export type { Holder };

export type Op = Intent['call']['op'];

export interface Attempt {
  rules: Rulebook;
  /** What is known is looked at first: no push is to be delivered (a retry, a task done, another row's find), or the account was another row's. */
  looksFirst: boolean;
  claimed: Moment;
  now: Moment;
  wanted: Wanted;
  /** Null: nothing can be mapped; why, for the identity provider. */
  refusal: string | null;
  /** Groups of the User that have no vendor id yet, by name. */
  awaited: string[];
  /** The claimed row first, then its User's `next`, then what the attempt leaves behind. */
  rows: Row[];
  /** Who else has the wanted address. */
  holder: Holder | null;
  seen: Record<string, Seen>;
  lastCall: Moment | null;
  /** Looks since the last call. */
  looks: number;
  sent: Op[];
  /** Fields that the vendor refused in a create and that it may be made without. */
  without: string[];
  /** A batch was refused as a whole: the create goes alone. */
  alone: boolean;
  /** The vendor said that the account is gone, or that one is there: a look decides. */
  said: { code: 'GONE' | 'CONFLICT'; row: string; call: string; at: Moment; error: AccountError } | null;
  /** A call that was answered “gone” although a list shows the account. */
  disproved: { call: string; message: string } | null;
  /** A call or a look that failed: the attempt ends. */
  failure: Failure | null;
  /** A call whose answer was lost: why, for the history and for when to look. */
  lost: Failure | null;
  /** Nobody else has the role that the step takes away. */
  lastOfRole: boolean;
  /** The call under way, with what the rows were before it. */
  calling: { row: string; step: Hold['step']; rows: Row[]; steps: JsonObject[] } | null;
  /** Calls that were answered yes, as JSON: none is made twice. */
  done: string[];
  /** Steps that the guard holds. */
  heldStep: { step: Hold['step']; reason: string } | null;
  tasks: RowTask[];
  /** Rows whose delivery has to look again at what this one found. */
  wake: string[];
  /** The row's User is to look again. */
  wakeUser: boolean;
  /** What was done, for the history. */
  steps: JsonObject[];
  changes: string[];
}

/** An attempt in which nothing has happened yet. */
export const BEGINNING = {
  seen: {},
  lastCall: null,
  looks: 0,
  sent: [],
  without: [],
  alone: false,
  said: null,
  disproved: null,
  failure: null,
  lost: null,
  lastOfRole: false,
  calling: null,
  done: [],
  heldStep: null,
  tasks: [],
  wake: [],
  wakeUser: false,
  steps: [],
  changes: [],
} satisfies Partial<Attempt>;

/** Work for a human about one row. */
export interface RowTask {
  row: string;
  wish: TaskWish;
}

/** A failed call or look, with the row and call that it was about. */
export interface Failure {
  error: AccountError;
  /** Epoch ms before which no call may be made. */
  retryAt: number | null;
  /** Null: it was a look. */
  op: Op | null;
  /** Of the row, and of the create, that it was about. */
  row: string | null;
  address: string | null;
}

/** Why a call is not made. stale: its look is too old. not-called: the lease may be another's; nothing was sent. */
export type Refusal = 'taken' | 'held' | 'last-of-role' | 'stale' | 'not-called';

export type Event =
  | { on: 'claimed' }
  /** `also`: accounts of other rows that the same list shows. `holder`: who else has the wanted address by now. */
  | { on: 'seen'; key: string; seen: Seen; also?: Record<string, Seen>; holder?: Holder | null }
  | { on: 'not-seen'; failure: Failure }
  | { on: 'taken-over'; row: Row }
  | { on: 'not-admitted'; why: Refusal; holder: Holder | null; reason: string | null }
  | { on: 'answered'; account: VendorAccount | null }
  | { on: 'refused'; failure: Failure; together: boolean; without: string[] }
  | { on: 'lost'; failure: Failure; begun: Moment; answered: boolean };

export type Loses = 'access' | 'power' | null;

export interface CallMove {
  do: 'call';
  row: string;
  intent: Intent;
  /** The account that the call is about; null for a create. */
  account: VendorAccount | null;
  loses: Loses;
  /** A role of which somebody else has to stay. */
  lastOf: string | null;
  /** The look that it rests on must be no older than this when it is sent; null: it rests on none. */
  freshUntil: Moment | null;
}

export type Move =
  | { do: 'look'; key: string; id: string | null; address: string; notBefore: Moment; why: LookReason }
  /** What is known of another row becomes this one's: the claimed row's, or `next`'s. */
  | { do: 'take'; holder: string; into: 'current' | 'next' }
  | CallMove
  | { do: 'end'; end: End };

/** plan: before a call. doubt: an answer was lost. list: only a list is strong enough (a 404, a role's last holder). */
export type LookReason = 'plan' | 'doubt' | 'list';

export interface End {
  result: DeliveryResult;
  state: AccountState;
  error: AccountError | null;
  due:
    | 'never'
    | 'now'
    | 'backoff'
    | 'list'
    | 'holder'
    | { doubtUntil: Moment; retryAt: number | null }
    | { retryAt: number };
  /** settle: the version has its outcome. release: the same again later. return: as if it had not been claimed. */
  give: 'settle' | 'release' | 'return';
  /** What is known changes places with `next`. */
  swap: boolean;
}

/** What a stage makes of an attempt: a move ends the turn; `again` begins at the first stage; else the next stage goes on. */
export interface Turn {
  attempt: Attempt;
  move?: Move;
  again?: true;
}
