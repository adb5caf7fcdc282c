/** Differences between the vendor's list and what is wanted. */
import type { JsonObject } from '../../core/json.ts';

export interface Finding {
  /** changed, missing, returned, accepted (by somebody who was to have no access), unmanaged, ambiguous, rejected. */
  kind: string;
  address: string | null;
  /** The userName, where a User belongs to it. */
  user: string | null;
  accountId: string | null;
  steps?: JsonObject[];
  /** What was done about it: delivered again, or nothing. */
  repaired: boolean;
  note?: string;
}
