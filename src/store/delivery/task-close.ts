import type { ConnectionId } from '../../core/ids.ts';
import type { Transaction } from '../database.ts';
import { lockAccountOfTask } from '../locks.ts';

/** Closes an open task as done; an account that waited for nothing else is in sync then. Undefined: no such task is open. */
export async function closeTask(
  tx: Transaction,
  id: string,
  now: number,
): Promise<{ connectionId: ConnectionId; title: string } | undefined> {
  await lockAccountOfTask(tx, id);
  const task = await tx
    .updateTable('tasks')
    .set({ state: 'done', updated_at: now, closed_at: now })
    .where('id', '=', id)
    .where('state', '=', 'open')
    .returning(['connection_id', 'account_id', 'title'])
    .executeTakeFirst();
  if (task === undefined) return undefined;
  const { connection_id: connectionId, account_id: accountId, title } = task;
  const left = await tx
    .selectFrom('tasks')
    .select('id')
    .where('connection_id', '=', connectionId)
    .where('account_id', '=', accountId)
    .where('state', '=', 'open')
    .limit(1)
    .execute();
  if (left.length === 0) {
    await tx
      .updateTable('accounts')
      .set({ state: 'in-sync' })
      .where('connection_id', '=', connectionId)
      .where('id', '=', accountId)
      .where('state', '=', 'task')
      .execute();
  }
  return { connectionId, title };
}
