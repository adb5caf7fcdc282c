import { OperatorError } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import type { Task } from '../core/task.ts';
import { listConnections } from '../store/connections.ts';
import { inTransaction } from '../store/database.ts';
import { closeTask, listTasks as listStored } from '../store/delivery/tasks.ts';
import { type Operator, record, requireConnection } from './operator.ts';

/** Oldest first; of every connection where `connectionId` is null, in every state where `state` is. */
export async function listTasks(
  operator: Operator,
  connectionId: ConnectionId | null,
  state: Task['state'] | null,
): Promise<Task[]> {
  const { db } = operator;
  const connections =
    connectionId === null ? await listConnections(db) : [await requireConnection(db, connectionId)];
  const filter = state === null ? {} : { state };
  const lists = await Promise.all(connections.map(({ id }) => listStored(db, id, filter)));
  return lists.flat();
}

/** The operator has done it at the vendor. Throws OperatorError if no such task is open. */
export async function finishTask(operator: Operator, id: string): Promise<void> {
  const now = operator.clock.now();
  await inTransaction(operator.db, async (tx) => {
    const closed = await closeTask(tx, id, now);
    if (closed === undefined) {
      throw new OperatorError(`No task "${id}" is open. List the open ones with "causeway task list".`);
    }
    const { connectionId, title } = closed;
    const target = `task ${id}`;
    await record(operator, tx, now, { action: 'task.done', connectionId, target, detail: { title } });
  });
}
