import type { Selectable } from 'kysely';
import type { AccountId, ConnectionId } from '../../core/ids.ts';
import { newId } from '../../core/ids.ts';
import { type Json, sameJson } from '../../core/json.ts';
import type { Task, TaskWish } from '../../core/task.ts';
import type { Database, Transaction } from '../database.ts';
import { lockAccountOfTask } from '../locks.ts';
import { statement } from '../statement.ts';
import type { TasksTable } from '../tables.ts';
import { retryAccount } from '../worklist/retry.ts';
import { rowToAccount } from '../worklist/row.ts';
import { writeAccount } from '../worklist/write.ts';

export async function hasOpenTask(
  tx: Transaction,
  key: { connectionId: ConnectionId; accountId: AccountId },
): Promise<boolean> {
  const row = await tx
    .selectFrom('tasks')
    .select('id')
    .where('connection_id', '=', key.connectionId)
    .where('account_id', '=', key.accountId)
    .where('state', '=', 'open')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function listTasks(
  db: Database | Transaction,
  connectionId: ConnectionId,
  filter: { state?: Task['state']; accountId?: AccountId } = {},
): Promise<Task[]> {
  let query = db.selectFrom('tasks').selectAll().where('connection_id', '=', connectionId);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  if (filter.accountId !== undefined) query = query.where('account_id', '=', filter.accountId);
  return (await query.orderBy('id').execute()).map(rowToTask);
}

const tasksOf = statement((db, connectionId: ConnectionId, accountId: AccountId) =>
  db
    .selectFrom('tasks')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('account_id', '=', accountId)
    .orderBy('id')
    .compile(),
);

/**
 * Brings an account's tasks in line with what its newest plan leaves to a human: opened, updated when the wanted value changed, obsolete
 * when no longer wanted. `looked`: what was reported done and is not is open again; `sameWish`: nothing else is wanted than before, so what
 * is no longer needed was done. Returns how many are open.
 */
export async function replaceTasks(
  tx: Transaction,
  key: { connectionId: ConnectionId; accountId: AccountId },
  wishes: readonly TaskWish[],
  now: number,
  { looked, sameWish }: { looked: boolean; sameWish: boolean } = { looked: false, sameWish: false },
): Promise<number> {
  const tasks = (await tasksOf(tx, key.connectionId, key.accountId)).map(rowToTask);
  let open = 0;
  for (const task of tasks) {
    if (task.state === 'open' && !wishes.some((wish) => wish.kind === task.kind)) {
      const state = looked && sameWish ? ('done' as const) : ('obsolete' as const);
      await updateTask(tx, task, { state, updated_at: now, closed_at: now });
    }
  }
  for (const wish of wishes) {
    const latest = tasks.findLast((task) => task.kind === wish.kind && task.state !== 'obsolete');
    const same = latest !== undefined && sameJson(latest.wanted, wish.wanted);
    if (latest?.state === 'open') {
      open += 1;
      if (same && latest.title === wish.title) continue;
      const wanted = JSON.stringify(wish.wanted);
      await updateTask(tx, latest, { title: wish.title, wanted, updated_at: now });
    } else if (latest === undefined || !same) {
      open += 1;
      await insertTask(tx, key, wish, now);
    } else if (looked) {
      // It was not done after all.
      open += 1;
      await updateTask(tx, latest, { state: 'open', title: wish.title, updated_at: now, closed_at: null });
    }
  }
  return open;
}

async function insertTask(
  tx: Transaction,
  key: { connectionId: ConnectionId; accountId: AccountId },
  wish: TaskWish,
  now: number,
): Promise<void> {
  await tx
    .insertInto('tasks')
    .values({
      connection_id: key.connectionId,
      id: newId(),
      account_id: key.accountId,
      kind: wish.kind,
      title: wish.title,
      wanted: JSON.stringify(wish.wanted),
      state: 'open',
      opened_at: now,
      updated_at: now,
    })
    .execute();
}

async function updateTask(tx: Transaction, task: Task, change: Partial<TasksTable>): Promise<void> {
  await tx
    .updateTable('tasks')
    .set(change)
    .where('connection_id', '=', task.connectionId)
    .where('id', '=', task.id)
    .execute();
}

function rowToTask(row: Selectable<TasksTable>): Task {
  return {
    connectionId: row.connection_id,
    id: row.id,
    accountId: row.account_id,
    kind: row.kind,
    title: row.title,
    wanted: JSON.parse(row.wanted) as Json,
    state: row.state,
    openedAt: row.opened_at,
    updatedAt: row.updated_at,
    closedAt: row.closed_at,
  };
}

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
    await writeAccount(tx, account, { told: JSON.stringify([...new Set([...account.told, kind])]) });
    await retryAccount(tx, connectionId, accountId, { requestId: account.requestId, now });
  }
  return { connectionId, title };
}
