import { type Expression, sql } from 'kysely';
import type { ConnectionId } from '../../core/ids.ts';
import type { Database } from '../database.ts';
import { statement } from '../statement.ts';
import { RANKS } from './mark-due.ts';

const nextOfRank = statement((db, connectionId: ConnectionId, rank: number) =>
  db
    .selectFrom('accounts')
    .select('due_at')
    .where('connection_id', '=', connectionId)
    .where('rank', '=', rank)
    .where('claimed_version', 'is', null)
    .where('due_at', 'is not', null)
    .orderBy('due_at')
    .limit(1)
    .compile(),
);

/** When the next unclaimed account of a connection falls due (epoch ms); null: none waits. */
export async function nextDueAt(db: Database, connectionId: ConnectionId): Promise<number | null> {
  const times: number[] = [];
  for (const rank of RANKS) {
    for (const { due_at } of await nextOfRank(db, connectionId, rank))
      if (due_at !== null) times.push(due_at);
  }
  return times.length === 0 ? null : Math.min(...times);
}

/** Which connections of this holder have work that nobody has taken up. */
export async function connectionsWithWork(
  db: Database,
  holder: string,
  now: number,
): Promise<ConnectionId[]> {
  const rows = await db
    .selectFrom('leases')
    .select('connection_id')
    .where('holder', '=', holder)
    .where(({ or, exists, selectFrom }) =>
      or([
        exists(
          selectFrom('accounts')
            .select('accounts.id')
            .whereRef('accounts.connection_id', '=', 'leases.connection_id')
            .where('claimed_version', 'is', null)
            .where('due_at', '<=', now),
        ),
        exists(
          selectFrom('fanouts')
            .select('fanouts.id')
            .whereRef('fanouts.connection_id', '=', 'leases.connection_id'),
        ),
      ]),
    )
    .execute();
  return rows.map((row) => row.connection_id);
}

/** Whether more than `limit` accounts of a connection are due by `now`, claimed ones too. */
export async function isMoreDue(
  db: Database,
  connectionId: ConnectionId,
  now: number,
  limit: number,
): Promise<boolean> {
  const beyond = await db
    .selectFrom('accounts')
    .select('id')
    .where('connection_id', '=', connectionId)
    .where('due_at', '<=', now)
    .limit(1)
    .offset(Math.max(0, Math.floor(limit)))
    .execute();
  return beyond.length > 0;
}

/** A clock that was ahead when a wait of this holder's connections was written must not prolong it: no longer than was meant then. */
export async function bringForward(db: Database, holder: string, now: number): Promise<void> {
  await db
    .updateTable('accounts')
    .set((row) => ({
      due_at: sooner(row.ref('due_at'), row.ref('due_in'), now),
      not_before: sooner(row.ref('not_before'), row.ref('not_before_in'), now),
    }))
    .where(({ eb, ref }) => eb('due_at', '>', sql<number>`${now} + ${ref('due_in')}`))
    .where('claimed_version', 'is', null)
    .where('connection_id', 'in', (from) =>
      from.selectFrom('leases').select('connection_id').where('holder', '=', holder),
    )
    .execute();
}

function sooner(at: Expression<unknown>, after: Expression<unknown>, now: number) {
  return sql<number>`case when ${at} > ${now} + ${after} then ${now} + ${after} else ${at} end`;
}
