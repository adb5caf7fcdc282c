import type { ConnectionId } from '../../../src/core/ids.ts';
import type { Database } from '../../../src/store/database.ts';
import { joinInstances, type Lease, takeFreeLeases } from '../../../src/store/worklist/leases.ts';

/** The lease of a connection: whoever has it, or one taken for it now. */
export async function heldLease(db: Database, connectionId: ConnectionId, now = 1): Promise<Lease> {
  const row = await db
    .selectFrom('leases')
    .select(['holder', 'epoch'])
    .where('connection_id', '=', connectionId)
    .executeTakeFirst();
  if (row?.holder != null) return { connectionId, holder: row.holder, epoch: row.epoch, pauseMs: 0 };
  const holder = await joinInstances(db, 'test', 1);
  const taken = await takeFreeLeases(db, holder, 1_000, now);
  return taken.find((lease) => lease.connectionId === connectionId) ?? heldLease(db, connectionId);
}
