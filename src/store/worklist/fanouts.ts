import { sql } from 'kysely';
import type { ConnectionId } from '../../core/ids.ts';
import { type Database, inTransaction, type Transaction } from '../database.ts';
import { statement } from '../statement.ts';
import { raiseWanted } from './mark-due.ts';
import { mirrorAllGroups } from './mirroring.ts';

/** Accounts marked due in one transaction. */
const CHUNK = 1000;

const anyFanout = statement((db, connectionId: ConnectionId) =>
  db.selectFrom('fanouts').select('id').where('connection_id', '=', connectionId).limit(1).compile(),
);

/** Groups' accounts, and what moves have left behind: what they waited for may have changed as well. */
async function raiseOthers(tx: Transaction, connectionId: ConnectionId, now: number): Promise<void> {
  await tx
    .updateTable('accounts')
    .set({
      wanted_version: sql<number>`wanted_version + 1`,
      undo: null,
      undo_version: null,
      due_at: sql<number>`case when not_before > ${now} then not_before else ${now} end`,
      due_in: sql<number>`case when not_before > ${now} then not_before_in else 0 end`,
      state: 'due',
    })
    .where('connection_id', '=', connectionId)
    .where(({ or, and, eb }) =>
      or([eb('role', '=', 'left'), and([eb('kind', '=', 'group'), eb('role', '=', 'current')])]),
    )
    .execute();
}

/** Marks the next chunk of accounts that a change of mapping or membership affects. False: nothing was left to mark. */
export async function expandFanout(db: Database, connectionId: ConnectionId, now: number): Promise<boolean> {
  const pending = await anyFanout(db, connectionId);
  if (pending.length === 0) return false;
  await inTransaction(db, async (tx) => {
    const row = await tx
      .selectFrom('fanouts')
      .selectAll()
      .where('connection_id', '=', connectionId)
      .orderBy('id')
      .limit(1)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) return;
    const context = { requestId: `fanout ${row.id}`, now };
    const userIds =
      row.user_ids === null ? await nextUsers(row.cursor) : (JSON.parse(row.user_ids) as string[]);
    await raiseWanted(tx, connectionId, userIds, context);
    const last = userIds.at(-1);
    const fanout = { connection_id: connectionId, id: row.id };
    if (row.user_ids === null && last !== undefined) {
      await tx
        .updateTable('fanouts')
        .set({ cursor: last })
        .where('connection_id', '=', fanout.connection_id)
        .where('id', '=', fanout.id)
        .execute();
    } else {
      if (row.user_ids === null) {
        await mirrorAllGroups(tx, connectionId, context);
        await raiseOthers(tx, connectionId, context.now);
      }
      await tx
        .deleteFrom('fanouts')
        .where('connection_id', '=', fanout.connection_id)
        .where('id', '=', fanout.id)
        .execute();
    }

    /** Accounts of every User but the observed ones, which nobody but the identity provider may touch, and rows of moves. */
    async function nextUsers(after: string): Promise<string[]> {
      const rows = await tx
        .selectFrom('accounts')
        .select('resource_id')
        .where('connection_id', '=', connectionId)
        .where('kind', '=', 'user')
        .where('resource_id', '>', after)
        .where('role', '=', 'current')
        .where('state', '!=', 'observed')
        .orderBy('resource_id')
        .limit(CHUNK)
        .execute();
      return rows.map((account) => account.resource_id);
    }
  });
  return true;
}
