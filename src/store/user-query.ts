import { fold } from '../core/fold.ts';
import type { ConnectionId } from '../core/ids.ts';
import type { Page, ResourceQuery } from '../core/query.ts';
import type { Database } from './database.ts';
import { listPage } from './list-page.ts';
import { type StoredUser, storedUser, USER_COLUMNS, type UserRow } from './rows.ts';
import { statement } from './statement.ts';

const userByName = statement((db, connectionId: ConnectionId, userNameKey: string) =>
  db
    .selectFrom('users as r')
    .select(USER_COLUMNS)
    .where('connection_id', '=', connectionId)
    .where('user_name_key', '=', userNameKey)
    .compile(),
);

/** One page of Users; no effect on the store, so that any handle on it will do. */
export async function listUsers(
  db: Database,
  connectionId: ConnectionId,
  query: ResourceQuery,
): Promise<Page<StoredUser>> {
  const name = nameSought(query);
  if (name !== null) {
    const found = (await userByName(db, connectionId, fold(name))).map((row) =>
      storedUser(connectionId, row),
    );
    return { totalResults: found.length, resources: found, startIndex: 1 };
  }
  const page = await listPage<UserRow>(db, { table: 'users', connectionId, query });
  return { ...page, resources: page.resources.map((row) => storedUser(connectionId, row)) };
}

/** The userName of `userName eq "…"`, which identity providers ask before every push; null: another query. */
function nameSought({ filter, page, count }: ResourceQuery): string | null {
  if (filter?.kind !== 'compare' || filter.operator !== 'eq' || typeof filter.value !== 'string') return null;
  const { source, keys } = filter.ref;
  const isName = source === 'document' && keys.length === 1 && keys[0] === 'userName';
  return isName && page.kind === 'index' && page.startIndex === 1 && count > 0 ? filter.value : null;
}
