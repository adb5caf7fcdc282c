import type { ConnectionId } from '../core/ids.ts';
import { type AuditEntry, listAudit as listStored } from '../store/audit.ts';
import { type Operator, requireConnection } from './operator.ts';

/** Newest first; of every connection where `connectionId` is null, those that are gone too. */
export async function listAudit(
  operator: Operator,
  connectionId: ConnectionId | null,
  limit: number,
): Promise<AuditEntry[]> {
  if (connectionId === null) return listStored(operator.db, { limit });
  await requireConnection(operator.db, connectionId);
  return listStored(operator.db, { connectionId, limit });
}
