import type { AccountState } from './account-state.ts';
import type { VendorErrorCode } from './errors.ts';
import type { FieldValues } from './field.ts';
import type { AccountId, ConnectionId } from './ids.ts';
import type { JsonObject } from './json.ts';

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
export type Undo = { kind: 'create' } | { kind: 'document'; document: JsonObject; folded: JsonObject };

export interface AccountError {
  code: VendorErrorCode | 'STORE_UNAVAILABLE' | 'ADDRESS_TAKEN' | 'NOT_ALLOWED' | 'PENDING' | 'DEFECT';
  message: string;
  at: number;
}

/** A row of the work list: one User's or Group's account at the vendor. Times are epoch ms. */
export interface Account {
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
  /** When the last call began whose effect is not known; null when nothing is in doubt. */
  doubtAt: number | null;
  state: AccountState;
  /** The reserved vendor address, as sent; its folded form is unique in the connection. */
  address: string | null;
  vendorId: string | null;
  /** Whether Causeway made the account or found it there. */
  origin: 'created' | 'adopted' | null;
  actual: VendorAccount | null;
  /** The fields that Causeway itself set, with the value it set; for lists, the elements it added. */
  written: FieldValues;
  lastError: AccountError | null;
  /** Request id of the push that last changed it. */
  requestId: string | null;
  settledAt: number | null;
  /** Since when it is at the vendor; 0: since before Causeway knew of it. */
  presentSince: number | null;
  /** When a complete list first lacked it. */
  missingSince: number | null;
  guard: GuardDecision | null;
}

/** What the operator decided of a held step; the next push of the User ends it. */
export interface GuardDecision {
  decision: 'released' | 'rejected';
  by: string;
  reason: string;
  at: number;
}
