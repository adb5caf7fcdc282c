import { fold } from '../core/fold.ts';
import type { ConnectionId, GroupId } from '../core/ids.ts';
import type { Database, Transaction } from './database.ts';

export interface GroupName {
  id: GroupId;
  displayName: string;
}

/** Groups by id or displayName (case does not matter); a Group's id wins over another one's name. */
export async function findGroups(
  db: Database | Transaction,
  connectionId: ConnectionId,
  references: readonly string[],
): Promise<(reference: string) => GroupName | undefined> {
  const found = new Map<string, GroupName>();
  for (const reference of new Set(references)) {
    const rows = await db
      .selectFrom('groups')
      .select(['id', 'display_name as displayName'])
      .where('connection_id', '=', connectionId)
      .where((where) =>
        where.or([where('id', '=', reference), where('display_name_key', '=', fold(reference))]),
      )
      .execute();
    const group = rows.find(({ id }) => id === reference) ?? rows[0];
    if (group !== undefined) found.set(reference, group);
  }
  return (reference) => found.get(reference);
}
