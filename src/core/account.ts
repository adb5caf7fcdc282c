import type { AccountState } from './account-state.ts';
import type { VendorErrorCode } from './errors.ts';
import type { Changes, FieldValues } from './field.ts';
import type { AccountId, ConnectionId } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { TaskWish } from './task.ts';

export type { AccountState } from './account-state.ts';

export type Presence = 'active' | 'suspended' | 'absent';

/** A person (or group) at the vendor, as the vendor last described it. */
export interface VendorAccount {
  /** The vendor's id; for a vendor without ids, the address. */
  id: string;
  /** As the vendor writes it. For a group: its title. */
  address: string;
  /** Other addresses by which the same person is known there. */
  aliases?: string[];
  /** `pending`: invited and not yet accepted. */
  presence: 'active' | 'suspended' | 'pending';
  /** Names of the field table; what the vendor does not tell is absent. */
  fields: FieldValues;
  /** A pending invitation that the vendor's API can take back. */
  withdrawable?: boolean;
  /** A role of which one active holder has to stay, such as `active administrator in Attention`; absent: it has none. */
  lastOf?: string;
  /** How much power a value of a field with `power: 'told'` gives, by the value, as far as this account shows it. */
  ranks?: Record<string, number>;
  /** Why Causeway must never suspend, remove or change this account (owner, superadmin, team member). */
  protected?: string;
  /** What the vendor's own calls need later and nobody else reads (an invitation's hash). Never a secret. */
  extra?: JsonObject;
}

/** What the push had before it, so that a refused change can be put back (docs/delivery). */
export type Undo = ({ kind: 'create' } | { kind: 'document'; document: JsonObject; folded: JsonObject }) & {
  /** The account that was taken over, and the row that had it. */
  taken?: { from: AccountId; vendorId: string };
};

export interface AccountError {
  code:
    | VendorErrorCode
    | 'STORE_UNAVAILABLE'
    | 'ADDRESS_TAKEN'
    | 'NOT_ALLOWED'
    | 'PENDING'
    | 'SHORT_LIST'
    | 'DEFECT';
  message: string;
  at: number;
}

/** One call with effects. */
export type Call =
  | { op: 'create'; address: string; fields: FieldValues }
  /** Also a group's title, as the field `title`. */
  | { op: 'update'; changes: Changes }
  | { op: 'suspend' | 'reactivate' | 'remove' | 'revoke' | 'withdraw' };

/** The one call with effects that an account has under way: written before it is sent, open until its outcome is written. */
export interface Intent {
  version: 1;
  call: Call;
  /** What the look before it said; null: none was needed, and this is what was known. */
  before: VendorAccount | 'absent' | 'hidden' | null;
  /** Of the lease under which it was sent. */
  epoch: number;
  /** It was answered yes, and this is what the check after it said. */
  refusal?: AccountError;
}

/** What is known of an account at the vendor. */
export interface Known {
  /** The reserved vendor address, as sent; its folded form is unique in the connection and kind. */
  address: string | null;
  vendorId: string | null;
  /** Whether Causeway made the account or took it over; null: nobody knows yet, or there is none. */
  origin: 'created' | 'adopted' | null;
  actual: VendorAccount | null;
  /** The fields that Causeway itself set, with the value it set; for lists, the elements it added. */
  written: FieldValues;
  intent: Intent | null;
  /** A task asks a human for an account at this address. */
  asked: TaskWish | null;
}

/** Nothing is known of an account. */
export const EMPTY: Known = {
  address: null,
  vendorId: null,
  origin: null,
  actual: null,
  written: {},
  intent: null,
  asked: null,
};

/** A step that the guard holds until an operator decides or the identity provider changes the User. */
export interface Hold {
  /** The call that is held; `move`: to another address. */
  step: Call['op'] | 'move';
  state: 'open' | 'released' | 'rejected';
  reason: string;
  /** Who decided; null: nobody yet. */
  by: string | null;
  at: number;
}

/**
 * current: the User's or Group's own. next: the one a User is moving to. left: nobody's any more, to be got rid of.
 */
export type Role = 'current' | 'next' | 'left';

/** A row as an attempt changes it; `gone`: it is to be deleted. Ids that begin with `new-` are not stored yet. */
export interface RowState {
  id: AccountId;
  role: Role | 'gone';
  /** The address last mapped. */
  mapped: string | null;
  known: Known;
  held: Hold | null;
  /** Kinds of the tasks that the operator reported done and no attempt has looked at yet. */
  told: string[];
  /** The guard has counted its move. */
  counted: boolean;
}

/** A row of the work list: one User's or Group's account at the vendor. Times are epoch ms. */
export interface Account extends Known {
  connectionId: ConnectionId;
  id: AccountId;
  kind: 'user' | 'group';
  /** The User or Group it belongs to; that row may be deleted already. */
  resourceId: string;
  wantedVersion: number;
  settledVersion: number;
  undo: Undo | null;
  undoVersion: number | null;
  dueAt: number | null;
  /** Work order: 0 leavers, 1 changes, 2 joiners. */
  rank: number;
  /** Failed attempts in a row. */
  attempts: number;
  claimedVersion: number | null;
  claimedEpoch: number | null;
  claimedAt: number | null;
  state: AccountState;
  role: Role;
  /** The address last mapped. */
  mapped: string | null;
  held: Hold | null;
  /** Kinds of the tasks that the operator reported done and no delivery has looked at yet. */
  told: string[];
  /** The guard has counted its move. */
  counted: boolean;
  /** Claims in a row that were given back without a call. */
  returns: number;
  lastError: AccountError | null;
  /** Request id of the push that last changed it. */
  requestId: string | null;
  settledAt: number | null;
  /** Since when it is at the vendor; 0: since before Causeway knew of it. */
  presentSince: number | null;
  /** When a complete list first lacked it. */
  missingSince: number | null;
  /** The next delivery looks before it plans: it was not a push that made the account due. */
  looksFirst: boolean;
  /** Tasks about it that are open. */
  openTasks: number;
  /** A deleted User's document, until its address is mapped. */
  keptDocument: JsonObject | null;
}
