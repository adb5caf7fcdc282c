import { VendorError } from '../../core/errors.ts';
import { isActive } from '../../core/user.ts';
import type { Claim } from '../../store/worklist/claim.ts';
import type { DeliveryTools } from '../delivery/tools.ts';
import { mapUser } from './wanted.ts';

/** What a User and its Groups map to, expressions included. */
export async function mapClaim(
  tools: Pick<DeliveryTools, 'connection' | 'vendor' | 'computed'>,
  claim: Claim,
): Promise<ReturnType<typeof mapUser>> {
  const { user, groupIds, vendorGroupIds } = claim;
  const { connection, vendor } = tools;
  try {
    const computed = user === null || !isActive(user.document) ? {} : await tools.computed(user);
    return mapUser({ connection, vendor, user, groupIds, vendorGroupIds, computed });
  } catch (error) {
    if (error instanceof VendorError && error.code === 'REJECTED') return { refusal: error.message };
    throw error;
  }
}
