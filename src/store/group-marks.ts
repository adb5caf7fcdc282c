import type { Connection } from '../core/connection.ts';
import type { ConnectionId, GroupId, UserId } from '../core/ids.ts';
import { mappedGroupIds } from '../core/mapping.ts';
import { findConnection } from './connections.ts';
import type { Transaction } from './database.ts';
import { statement } from './statement.ts';
import { markAffected, markPushed, type WriteContext } from './worklist/mark-due.ts';

/**
 * Whom a Group's write makes due. The mapping and policies decide that, as they are in the write's own transaction: they stay so until
 * it ends, since whoever saves others waits for it (`lockMapping`), and then makes every account due.
 */

/** Which mapping and policies a connection has. */
interface Edition {
  version: number;
  created_at: number;
}

const lockedEdition = statement((db, id: ConnectionId) =>
  db.selectFrom('connections').select(['version', 'created_at']).where('id', '=', id).forKeyShare().compile(),
);

/** The connection whose mapping and policies are now in force, and stay so; undefined: it was removed. */
export async function connectionInForce(tx: Transaction, known: Connection): Promise<Connection | undefined> {
  const [edition] = await lockedEdition(tx, known.id);
  return edition && inEdition(tx, known, edition);
}

/** As `connectionInForce`, where the row has been locked `forKeyShare` already: it is read only where it is not the one that is known. */
export async function inEdition(
  tx: Transaction,
  known: Connection,
  { version, created_at }: Edition,
): Promise<Connection | undefined> {
  if (version === known.version && created_at === known.createdAt) return known;
  return findConnection(tx, known.id);
}

/** Only a mirrored Group has an account of its own at the vendor. Members follow when that is made. */
export async function markGroup(
  tx: Transaction,
  connection: Connection,
  id: GroupId,
  leaving: boolean,
  context: WriteContext,
): Promise<void> {
  if (connection.policies.groups !== 'mirror') return;
  const mark = { connectionId: connection.id, kind: 'group' as const, resourceId: id, leaving };
  await markPushed(tx, { ...mark, undo: null }, context);
}

/** Members' accounts are affected only by groups that a rule names or that are mirrored. */
export async function markMembers(
  tx: Transaction,
  connection: Connection,
  groupId: GroupId,
  userIds: readonly UserId[],
  context: WriteContext,
): Promise<void> {
  if (connection.policies.groups !== 'mirror' && !mappedGroupIds(connection.mapping).has(groupId)) return;
  await markAffected(tx, connection.id, userIds, `group ${groupId}`, context);
}
