import type { AccountId, ConnectionId } from '../../core/ids.ts';
import type { Transaction } from '../database.ts';
import type { WriteContext } from './mark-due.ts';
import { dueNow } from './write.ts';

/** Makes an account due at once as a new version: no backoff stands, and a push before it can no longer be put back. */
export async function retryAccount(
  tx: Transaction,
  connectionId: ConnectionId,
  id: AccountId,
  context: WriteContext,
): Promise<void> {
  await tx
    .updateTable('accounts')
    .set((row) => ({
      wanted_version: row('wanted_version', '+', 1),
      undo: null,
      undo_version: null,
      ...dueNow(context.now),
      attempts: 0,
      state: 'due',
      looks_first: 1,
      request_id: context.requestId,
    }))
    .where('connection_id', '=', connectionId)
    .where('id', '=', id)
    .execute();
}
