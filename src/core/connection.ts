import type { ConnectionId } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { Mapping } from './mapping.ts';
import type { Policies } from './policy.ts';

/** One identity-provider app joined to one vendor account. Credentials are not part of it: `store/connections` has them. */
export interface Connection {
  id: ConnectionId;
  /** The vendor's id in `vendors/index`. */
  vendor: string;
  title: string;
  /** As the vendor's own `settings` schema made it: defaults filled in. */
  settings: JsonObject;
  mapping: Mapping;
  /** In force: the vendor's defaults under these settings, with the overrides. */
  policies: Policies;
  /** Only what the operator set. */
  policyOverrides: Partial<Policies>;
  /** Stores all it is pushed and delivers nothing. */
  dryRun: boolean;
  /** Deliveries stand still until the operator resumes, or replaces the credential. */
  paused: { reason: string; at: number } | null;
  /** Its credential, or where it leads, is new: nothing is delivered before one list shows the accounts that are known. */
  unproven: boolean;
  /** A short list that the operator has confirmed: so many accounts, where so many were known. */
  believed: { listed: number; known: number } | null;
  createdAt: number;
  modifiedAt: number;
  version: number;
}
