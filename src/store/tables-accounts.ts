import type { Generated } from 'kysely';

/** One row an account at the vendor that Causeway has, wants, or has still to get rid of. Times are epoch ms, JSON is text. */
export interface AccountsTable {
  connection_id: string;
  id: string;
  kind: 'user' | 'group';
  resource_id: string;
  /** A deleted User's or Group's `current` row counts as `left`. */
  role: 'current' | 'next' | 'left';
  wanted_version: number;
  settled_version: number;
  undo: string | null;
  undo_version: number | null;
  due_at: number | null;
  /** How far ahead `due_at` was when it was written, ms: what a clock that jumps cannot change. */
  due_in: number | null;
  /** No push makes it due before this (Retry-After, a lost call's time), and how far ahead that was. */
  not_before: number | null;
  not_before_in: number | null;
  rank: number;
  /** Failed attempts in a row. */
  attempts: number;
  /** Claims in a row that were given back without a call. */
  returns: Generated<number>;
  claimed_version: number | null;
  claimed_epoch: number | null;
  claimed_at: number | null;
  state: string;
  /** Reserved; unique by `address_key` in its connection and kind. */
  address: string | null;
  address_key: string | null;
  /** The address last mapped; who waits for an address is found by it. */
  mapped: string | null;
  mapped_key: string | null;
  /** Unique by `vendor_key`: folded where it is an address. */
  vendor_id: string | null;
  vendor_key: string | null;
  origin: 'created' | 'adopted' | null;
  /** Of `actual`. */
  presence: 'active' | 'suspended' | 'pending' | null;
  actual: string | null;
  written: string;
  /** The one call with effects under way. */
  intent: string | null;
  /** The task that asks a human for an account at this address. */
  asked: string | null;
  held: string | null;
  /** Kinds of tasks that were reported done and not looked at yet. */
  told: string | null;
  /** 1: the guard has counted its move. */
  counted: Generated<number>;
  /** 1: the next delivery looks before it plans, as it was not a push that made the account due. */
  looks_first: Generated<number>;
  /** Tasks about it that are open. */
  open_tasks: Generated<number>;
  /** A deleted User's document, until its address is mapped. */
  kept_document: string | null;
  error_code: string | null;
  last_error: string | null;
  request_id: string | null;
  created_at: number;
  settled_at: number | null;
  /** When the oldest change that is not settled was pushed. */
  wanted_at: number;
  /** Since when it is at the vendor; 0: since before Causeway knew of it. */
  present_since: number | null;
  /** When a complete list first lacked it. */
  missing_since: number | null;
}
