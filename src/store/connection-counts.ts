import type { AccountState } from '../core/account.ts';
import type { ConnectionId } from '../core/ids.ts';
import type { Database } from './database.ts';

/** How much a connection holds. */
export interface OwnedCounts {
  users: number;
  groups: number;
  accounts: Partial<Record<AccountState, number>>;
  /** Open ones. */
  tasks: number;
  /** Not revoked ones. */
  tokens: number;
}

export async function countOwned(db: Database, id: ConnectionId): Promise<OwnedCounts> {
  const resources = await db
    .selectFrom('connections')
    .select(['user_count as users', 'group_count as groups'])
    .where('id', '=', id)
    .executeTakeFirst();
  const states = await db
    .selectFrom('accounts')
    .select((row) => ['state', row.fn.countAll<number>().as('count')])
    .where('connection_id', '=', id)
    .groupBy('state')
    .execute();
  const tasks = await db
    .selectFrom('tasks')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('connection_id', '=', id)
    .where('state', '=', 'open')
    .executeTakeFirst();
  const tokens = await db
    .selectFrom('tokens')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('connection_id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return {
    users: resources?.users ?? 0,
    groups: resources?.groups ?? 0,
    accounts: Object.fromEntries(states.map(({ state, count }) => [state, Number(count)])),
    tasks: Number(tasks?.count ?? 0),
    tokens: Number(tokens?.count ?? 0),
  };
}
