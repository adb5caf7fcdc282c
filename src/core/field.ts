import type { Json } from './json.ts';

/**
 * The value of a vendor field. Lists are sets in the order of preference (the first team is the primary one);
 * an element may be an object, such as a tag with its colour.
 */
export type FieldValue = string | number | boolean | Json[];

export type FieldValues = Record<string, FieldValue>;

/**
 * Field changes of one account. `set`: new values. Lists are given as differences, so that what others added stays:
 * `add` and `remove` hold elements, in order of preference.
 */
export interface Changes {
  set: FieldValues;
  add: Record<string, Json[]>;
  remove: Record<string, Json[]>;
}

/** Where a field's value comes from when neither the IdP nor a rule nor the connection's own source gives one. */
export type DefaultSource =
  | { from: 'constant'; value: FieldValue }
  /** A setting of the connection, by name. */
  | { from: 'setting'; name: string }
  /** The shared sources of docs/mapping: address, given, family, full, and two plain attributes. */
  | { from: 'address' | 'given' | 'family' | 'full' | 'displayName' | 'externalId' }
  | { from: 'none' };

/** One field of a vendor's payload, as an admin sees it. */
export interface Field {
  /** The vendor's own name in camelCase: the extension attribute and the mapping's key. */
  name: string;
  description: string;
  type: 'string' | 'boolean' | 'integer' | 'list';
  /** The type of a list's elements; `object` elements are described by `itemKeys`. */
  items?: 'string' | 'integer' | 'object';
  /** The members of an object element; the first one identifies it. */
  itemKeys?: readonly string[];
  /** The only values allowed (of each element, for a list). Absent: any. */
  values?: readonly string[];
  /** Greatest length in characters (of each element, for a list). */
  maxLength?: number;
  minLength?: number;
  /** A pattern of the vendor's, with what it means in words. */
  pattern?: { regex: RegExp; meaning: string };
  /** Patterns of an object element's other members; a member that has one must be there, as a text. */
  itemPatterns?: Readonly<Record<string, { regex: RegExp; meaning: string }>>;
  /** `key`: the address. `create`: only with the create call. `always`: with create and later. `update`: only later. */
  set: 'key' | 'create' | 'always' | 'update';
  required?: boolean;
  /** Missing required value: what the admin has to map, e.g. `name.givenName`. */
  sourceHint?: string;
  /** A value over `maxLength` is left out instead of refused. */
  omitIfTooLong?: boolean;
  /** False: what the vendor says of it later is never compared (a flag of the create call alone). Default true. */
  compared?: boolean;
  /** What a later change means where the vendor has no call for it: a task, or nothing (shown in drift). */
  withoutCall: 'task' | 'ignore';
  /** On a connection that mirrors groups, the vendor's ids of the User's groups are elements of it. */
  mirrored?: boolean;
  /**
   * The field says what the person may do, so that the guard counts its loss. list: emptied. ranks: from the least power to the
   * most. told: by `VendorAccount.ranks`. any: no value is known to give less, so each change counts.
   */
  power?: 'list' | 'told' | 'any' | { ranks: readonly string[] };
  /** What is written when a rule's value goes and nothing takes its place; absent: a task asks a human. */
  cleared?: FieldValue;
  /** The least number of elements a list must keep. */
  minItems?: number;
  default: DefaultSource;
  /** A setting (boolean) that switches the field off where the vendor turns out not to take it. */
  offBySetting?: string;
}

export type FieldTable = readonly Field[];
