/** Makes accounts due again that no push has made so. */
import type { AccountId, ConnectionId } from '../../core/ids.ts';
import type { Transaction } from '../database.ts';
import { dueNow } from './write.ts';

/** The rows that these are delivered with: what a User moves to goes with the User's own. */
export async function deliveredWith(
  tx: Transaction,
  connectionId: ConnectionId,
  ids: readonly AccountId[],
): Promise<AccountId[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .selectFrom('accounts as one')
    .innerJoin('accounts as own', (join) =>
      join
        .onRef('own.connection_id', '=', 'one.connection_id')
        .onRef('own.kind', '=', 'one.kind')
        .onRef('own.resource_id', '=', 'one.resource_id')
        .on(({ or, and, eb, ref }) =>
          or([
            eb('own.id', '=', ref('one.id')),
            and([eb('one.role', '=', 'next'), eb('own.role', '=', 'current')]),
          ]),
        ),
    )
    .select('own.id')
    .where('one.connection_id', '=', connectionId)
    .where('one.id', 'in', ids)
    .where('own.role', '!=', 'next')
    .execute();
  return rows.map(({ id }) => id);
}

/** Makes an account due at once as a new version: no backoff stands, and a push before it can no longer be put back. */
export async function retryAccount(
  tx: Transaction,
  connectionId: ConnectionId,
  id: AccountId,
  { requestId, now }: { requestId: string | null; now: number },
): Promise<void> {
  const ids = await deliveredWith(tx, connectionId, [id]);
  if (ids.length === 0) return;
  await tx
    .updateTable('accounts')
    .set((row) => ({
      wanted_version: row('wanted_version', '+', 1),
      undo: null,
      undo_version: null,
      ...dueNow(now),
      attempts: 0,
      state: 'due',
      looks_first: 1,
      request_id: requestId,
    }))
    .where('connection_id', '=', connectionId)
    .where('id', 'in', ids)
    .execute();
}
