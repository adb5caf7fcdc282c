/** What a run of the step machine is made with. */
import type { VendorError } from '../../../core/errors.ts';
import type { Claim } from '../../../store/worklist/claim.ts';
import type { DeliveryTools, LiveTools } from '../../calls/open-session.ts';

export interface RunContext {
  tools: DeliveryTools;
  live: LiveTools;
  claim: Claim;
  /** The look has to wait for a list: others may have the slot. */
  waits(isWaiting: boolean): void;
  /** Whether a bad-key answer is about the key: pauses the connection if it is. */
  confirm(error: VendorError): Promise<VendorError>;
  /** A call of this row was begun, and nobody knows how it ended; null: it is known. */
  doubt(row: string, begun: number | null): void;
}
