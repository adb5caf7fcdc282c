import type { ZodType } from 'zod';
import type { VendorAccount } from '../core/account.ts';
import type { VendorError } from '../core/errors.ts';
import type { FieldTable, FieldValues } from '../core/field.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Policies } from '../core/policy.ts';
import type { VendorHttp } from './http.ts';

/** What a vendor's API can do under given settings. What is absent or false has no method on the session. */
export interface Supports {
  /** Addresses and ids by which `find` can look one account up; absent: only `list` can. */
  find: boolean;
  suspend: boolean;
  /** Takes the account away for good. */
  remove: boolean;
  /** Leaves the account and takes away all that it may do (no call to remove it). */
  revoke: boolean;
  /** Takes back an invitation that nobody has accepted yet (of accounts that say `withdrawable`). */
  withdraw: boolean;
  /** Names of the fields that `update` can change. */
  update: readonly string[];
  /** `update` sends the whole record, not only what changed: what others changed since the last look would be undone. */
  wholeRecord: boolean;
  /** One `update` moves one element of one list: it is given exactly one, in `add` or in `remove`, and nothing else. */
  oneElementACall: boolean;
  /** Wanted accounts one `create` takes, at most. */
  batch: number;
  groups: { create: boolean; rename: boolean; remove: boolean } | null;
  /**
   * A create for an address that is there already. conflict: refused as such. idempotent: nothing happens. resends: mails
   * again, nothing else. undocumented: never repeat without having looked.
   */
  onRepeatedCreate: 'conflict' | 'idempotent' | 'resends' | 'undocumented';
  /** The list leaves out invitations that nobody has accepted: absence from it proves nothing about one. */
  hidesPending?: boolean;
}

/** What a new account shall be: `fields` has every field that is sent with the create call, the address too. */
export interface WantedCreate {
  address: string;
  fields: FieldValues;
}

/**
 * Field changes of one account. `set`: new values. Lists are given as differences, so that what others added stays:
 * `add` and `remove` hold elements, in order of preference.
 */
export interface Changes {
  set: FieldValues;
  add: Record<string, Json[]>;
  remove: Record<string, Json[]>;
}

/**
 * An account whose id the vendor does not tell yet is `pending`, its id the address. `together`: the whole batch was refused as one
 * and none was made; each may be tried alone.
 */
export type CreateOutcome = { account: VendorAccount } | { error: VendorError; together?: true };

/** By what an account is looked up. */
export interface AccountKey {
  id?: string;
  address: string;
}

/** What a look by id or address says. several: two accounts have the address. foreign: the vendor says it is another customer's. */
export type Found = VendorAccount | 'absent' | 'several' | { foreign: string };

/**
 * One vendor account, credentials bound. Every method throws only `VendorError` (see its codes); a method that is not
 * supported is absent. None makes more than one call with effects, nor repeats one; reads may come before and after it. If one that
 * comes after an answered call fails, or does not show what was asked for, the error is `answered`. An account that is not there
 * is GONE. Nothing here logs, retries, waits or stores.
 */
export interface Session {
  /** Proves the credential with a harmless read: "Test connection". UNAUTHORISED if it is dead. */
  verify(): Promise<void>;
  /** The whole list, every page; throws rather than end early. Only accounts of people. */
  list(): AsyncIterable<VendorAccount>;
  /** By the id if that is given and there, else by the address. `absent`: certainly neither. */
  find?(key: AccountKey): Promise<Found>;
  /** One call for `supports.batch` accounts at most: one outcome for each, in order; never throws for the sake of one of them. */
  create(wanted: readonly WantedCreate[]): Promise<CreateOutcome[]>;
  /** The account afterwards. */
  update?(account: VendorAccount, changes: Changes): Promise<VendorAccount>;
  suspend?(account: VendorAccount): Promise<VendorAccount>;
  reactivate?(account: VendorAccount): Promise<VendorAccount>;
  remove?(account: VendorAccount): Promise<void>;
  revoke?(account: VendorAccount): Promise<VendorAccount>;
  /** Takes a pending invitation back. */
  withdraw?(account: VendorAccount): Promise<void>;
  groups?: GroupSession;
}

export interface GroupSession {
  list(): AsyncIterable<VendorAccount>;
  create(title: string): Promise<VendorAccount>;
  rename(id: string, title: string): Promise<VendorAccount>;
  remove?(id: string): Promise<void>;
}

/** A named set of settings that the contract test runs with. */
export interface Preset<Settings> {
  name: string;
  settings: Partial<Settings>;
}

/** Everything Causeway knows of one vendor: a value, made without effects. */
export interface Vendor<Settings = JsonObject, Credentials = JsonObject> {
  /** Lower case; the folder's name. */
  id: string;
  title: string;
  /** Where the vendor documents its API. */
  documentation: string;
  /** Checked on save; its descriptions drive help and forms. Always has `baseUrl`. */
  settings: ZodType<Settings>;
  credentials: ZodType<Credentials>;
  fields: FieldTable;
  /** The settings that say which company's accounts these are: `baseUrl`, and the company where it is one. */
  identity: readonly string[];
  supports(settings: Settings): Supports;
  /** Requests under way at once, and a second. */
  limits(settings: Settings): { concurrency: number; perSecond?: number };
  /** The vendor's row of the default-policy table, under these settings. */
  policies(settings: Settings): Pick<Policies, 'deactivate' | 'delete' | 'groups'>;
  connect(settings: Settings, credentials: Credentials, http: VendorHttp): Session;
  presets: readonly Preset<Settings>[];
}
