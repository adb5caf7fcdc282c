/** The operator's word that a task is done (rule 8): Causeway looks. */
import type { ConnectionId } from '../../core/ids.ts';
import type { Transaction } from '../database.ts';
import { lockAccountOfTask } from '../locks.ts';
import { rowToAccount } from '../worklist/row.ts';
import { dueNow, writeAccount } from '../worklist/write.ts';

/** Closes an open task as done and makes its account due. Undefined: no such task is open. */
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
    .returning(['connection_id', 'account_id', 'title', 'kind'])
    .executeTakeFirst();
  if (task === undefined) return undefined;
  const { connection_id: connectionId, account_id: accountId, title, kind } = task;
  const row = await tx
    .selectFrom('accounts')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('id', '=', accountId)
    .executeTakeFirst();
  if (row !== undefined) {
    const account = rowToAccount(row);
    await writeAccount(tx, account, {
      told: JSON.stringify([...new Set([...account.told, kind])]),
      wanted_version: account.wantedVersion + 1,
      undo: null,
      undo_version: null,
      attempts: 0,
      state: 'due',
      looks_first: 1,
      ...dueNow(now),
    });
  }
  return { connectionId, title };
}
