/** What a claimed User and its Groups map to, expressions included. */
import { VendorError } from '../../core/errors.ts';
import type { FieldValues } from '../../core/field.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Claim } from '../../store/worklist/claim.ts';
import { type MappingInput, mapUser } from './wanted.ts';

export interface Mapper extends Pick<MappingInput, 'connection' | 'vendor'> {
  /** What the connection's expressions give for this document. */
  computed(document: JsonObject): Promise<FieldValues>;
}

export async function wantedOfClaim(
  { connection, vendor, computed }: Mapper,
  claim: Claim,
): Promise<ReturnType<typeof mapUser>> {
  const { user, groupIds, vendorGroupIds } = claim;
  const kept = claim.account.keptDocument;
  const document = user?.document ?? kept;
  try {
    const values = document === null ? {} : await computed(document);
    return mapUser({ connection, vendor, user, kept, groupIds, vendorGroupIds, computed: values });
  } catch (error) {
    if (!(error instanceof VendorError) || error.code !== 'REJECTED') throw error;
    if (user !== null && user.document['active'] !== false) return { refusal: error.message };
    return mapUser({ connection, vendor, user, kept: null, groupIds, vendorGroupIds, computed: {} });
  }
}
