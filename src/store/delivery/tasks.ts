import type { Selectable } from 'kysely';
import type { AccountId, ConnectionId } from '../../core/ids.ts';
import { newId } from '../../core/ids.ts';
import { type Json, sameJson } from '../../core/json.ts';
import type { Task, TaskWish } from '../../core/task.ts';
import type { Database, Transaction } from '../database.ts';
import { statement } from '../statement.ts';
import type { TasksTable } from '../tables.ts';

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

/** Kinds that a list can show to be done, and done wrongly. */
function isVisible(kind: string): boolean {
  return (
    ['address', 'deactivate', 'reactivate', 'watch', 'rename'].includes(kind) || kind.startsWith('field:')
  );
}

/**
 * Brings an account's tasks in line with what a complete list shows: those that are no longer needed are done, and those that
 * somebody reported done and that are not are open again. Returns how many are open.
 */
export async function judgeTasks(
  tx: Transaction,
  key: { connectionId: ConnectionId; accountId: AccountId },
  wishes: readonly TaskWish[],
  now: number,
): Promise<number> {
  let open = 0;
  for (const task of await listTasks(tx, key.connectionId, { accountId: key.accountId })) {
    const wish = wishes.find(({ kind }) => kind === task.kind);
    if (task.state === 'open' && wish === undefined && isVisible(task.kind)) {
      await updateTask(tx, task, { state: 'done', updated_at: now, closed_at: now });
    } else if (task.state === 'done' && wish !== undefined && sameJson(wish.wanted, task.wanted)) {
      await updateTask(tx, task, { state: 'open', updated_at: now, closed_at: null });
      open += 1;
    } else if (task.state === 'open') open += 1;
  }
  return open;
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
 * Brings an account's tasks in line with what its newest plan leaves to a human: opened, updated when the wanted value changed,
 * obsolete when no longer wanted. One that the operator has reported done stays closed until a list disproves it. Returns how many are open.
 */
export async function replaceTasks(
  tx: Transaction,
  key: { connectionId: ConnectionId; accountId: AccountId },
  wishes: readonly TaskWish[],
  now: number,
): Promise<number> {
  const tasks = (await tasksOf(tx, key.connectionId, key.accountId)).map(rowToTask);
  let open = 0;
  for (const task of tasks) {
    if (task.state === 'open' && !wishes.some((wish) => wish.kind === task.kind)) {
      await updateTask(tx, task, { state: 'obsolete', updated_at: now, closed_at: now });
    }
  }
  for (const wish of wishes) {
    const latest = tasks.findLast((task) => task.kind === wish.kind && task.state !== 'obsolete');
    const same = latest !== undefined && sameJson(latest.wanted, wish.wanted);
    if (latest?.state === 'open' || latest === undefined || !same) open += 1;
    if (latest?.state === 'open') {
      if (same && latest.title === wish.title) continue;
      await updateTask(tx, latest, {
        title: wish.title,
        wanted: JSON.stringify(wish.wanted),
        updated_at: now,
      });
    } else if (latest === undefined || !same) {
      await insertTask(tx, key, wish, now);
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
