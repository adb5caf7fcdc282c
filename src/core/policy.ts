/** What to do at the vendor when a person is deactivated or deleted (design: default policies). */
export type LeaverAction = 'suspend' | 'remove' | 'revoke' | 'task';

export interface Policies {
  /** How long a push waits for its own outcome, ms. */
  waitMs: number;
  /** What the vendor has no call for: a task, or 501 to the identity provider. */
  unsupported: 'task' | 'refuse';
  /** `active:false`. */
  deactivate: LeaverAction;
  /** DELETE. */
  delete: LeaverAction;
  /** The account's address is no longer the User's. */
  addressChange: 'task' | 'replace' | 'refuse';
  /** An account that was at the vendor before: take it over, only if no User has it, or refuse with 409. */
  adoption: 'adopt' | 'unmanaged' | 'refuse';
  /** SCIM Groups: copied to the vendor, used by rules only, or stored only. */
  groups: 'mirror' | 'rules' | 'off';
  /** Deleting a mirrored SCIM Group deletes the vendor's group too. */
  removeGroups: boolean;
  /** Nobody outside these e-mail domains is invited; empty: any. Lower case. */
  allowedDomains: string[];
  /** Nobody under these addresses is ever suspended, removed or changed. Folded (core/address). */
  protectedAddresses: string[];
  /** How many people may lose access within an hour: this share of the accounts at its start … */
  leaverPercent: number;
  /** … or this many, whichever is more, and never over half of four or more. */
  leaverCount: number;
  /** How often the vendor's list is compared, minutes; 0: only on demand. */
  reconcileMinutes: number;
  /** What that comparison does about differences: tell, or deliver again. */
  drift: 'report' | 'repair';
  /** Accounts that one repair may create, at most. */
  repairCreations: number;
  /** People at the vendor who are no User here: made Users that the identity provider can find, or left alone. */
  imports: 'observe' | 'leave';
}
