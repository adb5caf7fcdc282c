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
}
