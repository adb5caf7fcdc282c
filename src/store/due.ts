import type { ConnectionId } from '../core/ids.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';

const nextDue = statement((db, connectionId: ConnectionId) =>
  db
    .selectFrom('accounts')
    .select(({ fn }) => fn.min('due_at').as('next'))
    .where('connection_id', '=', connectionId)
    .where('claimed_version', 'is', null)
    .where('due_at', 'is not', null)
    .compile(),
);

/** When the next unclaimed account of a connection falls due (epoch ms); null: none waits. */
export async function nextDueAt(db: Database, connectionId: ConnectionId): Promise<number | null> {
  const [row] = await nextDue(db, connectionId);
  return row?.next ?? null;
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

/** How many accounts of a connection are due by `now`, claimed ones too. */
export async function countDue(db: Database, connectionId: ConnectionId, now: number): Promise<number> {
  const row = await db
    .selectFrom('accounts')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('connection_id', '=', connectionId)
    .where('due_at', '<=', now)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

/** A clock that was ahead when `due_at` was written must not hold accounts back: no later than the largest backoff. */
export async function bringForward(db: Database, latest: number): Promise<void> {
  await db
    .updateTable('accounts')
    .set({ due_at: latest })
    .where('due_at', '>', latest)
    .where('claimed_version', 'is', null)
    .execute();
}
