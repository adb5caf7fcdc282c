import { type RawBuilder, sql } from 'kysely';
import type { ConnectionId, GroupId, UserId } from '../core/ids.ts';
import { inTurns } from '../core/turn.ts';
import type { Member } from '../core/user.ts';
import type { Database, Transaction } from './database.ts';
import { statement } from './statement.ts';

/** Values bound in one statement, well under every database's limit. */
const CHUNK = 500;

const membersAfter = statement(
  (db, connectionId: ConnectionId, groupId: GroupId, afterId: string, limit: number) =>
    sql<{ member_id: string; type: string; display: string | null }>`
      select member_id, type, display from members
      where connection_id = ${connectionId} and group_id = ${groupId} and member_id > ${afterId}
      order by member_id limit ${limit}`.compile(db),
);

/** Members in the order of their ids, after `afterId`; for streaming a group of any size. */
export async function listMembers(
  db: Database | Transaction,
  connectionId: ConnectionId,
  groupId: GroupId,
  afterId: string | null,
  limit: number,
): Promise<Member[]> {
  const rows = await membersAfter(db, connectionId, groupId, afterId ?? '', limit);
  return rows.map((row) => ({
    value: row.member_id,
    type: row.type === 'Group' ? 'Group' : 'User',
    display: row.display,
  }));
}

/** Every member's id, in order. */
export async function memberIds(
  tx: Database | Transaction,
  connectionId: ConnectionId,
  groupId: GroupId,
): Promise<{ id: string; type: string }[]> {
  return tx
    .selectFrom('members')
    .select(['member_id as id', 'type'])
    .where('connection_id', '=', connectionId)
    .where('group_id', '=', groupId)
    .orderBy('member_id')
    .execute();
}

/** Takes a deleted User or Group out of every group it was in; those groups change with it. */
export async function leaveAllGroups(
  tx: Transaction,
  connectionId: ConnectionId,
  memberId: string,
  now: number,
): Promise<void> {
  const rows = await tx
    .deleteFrom('members')
    .where('connection_id', '=', connectionId)
    .where('member_id', '=', memberId)
    .returning('group_id')
    .execute();
  const groupIds = rows.map((row) => row.group_id);
  for await (const chunk of inTurns(groupIds, CHUNK)) {
    await tx
      .updateTable('groups')
      .set((eb) => ({
        member_count: eb('member_count', '-', 1),
        version: eb('version', '+', 1),
        modified_at: now,
      }))
      .where('connection_id', '=', connectionId)
      .where('id', 'in', chunk)
      .execute();
  }
}

export interface Membership {
  id: GroupId;
  displayName: string;
  /** False: by way of another group (RFC 7643 §4.1.2, `indirect`). */
  direct: boolean;
}

interface GroupRow {
  user_id: string;
  id: string;
  display_name: string;
  /** 1: the group is in groups itself. */
  nested: number;
}

const directGroups = statement((db, connectionId: ConnectionId, ...userIds: UserId[]) =>
  groupsWhere(sql`members.member_id in (${sql.join(userIds)})`, connectionId).compile(db),
);

const directGroupsBetween = statement((db, connectionId: ConnectionId, first: UserId, last: UserId) =>
  groupsWhere(sql`members.member_id between ${first} and ${last}`, connectionId).compile(db),
);

function groupsWhere(condition: RawBuilder<unknown>, connectionId: ConnectionId) {
  return sql<GroupRow>`
    select members.member_id as user_id, groups.id, groups.display_name,
      case when exists (select 1 from members as outer_members where outer_members.connection_id = members.connection_id
        and outer_members.member_id = members.group_id) then 1 else 0 end as nested
    from members join groups on groups.connection_id = members.connection_id and groups.id = members.group_id
    where members.connection_id = ${connectionId} and ${condition}
    order by members.member_id, groups.id`;
}

const groupsReached = statement((db, connectionId: ConnectionId, ...userIds: UserId[]) =>
  sql<{ user_id: string; id: string; display_name: string; depth: number }>`
    with recursive reach(user_id, group_id, depth) as (
      select member_id, group_id, 0 from members
        where connection_id = ${connectionId} and member_id in (${sql.join(userIds)})
      union
      select reach.user_id, members.group_id, 1 from reach
        join members on members.connection_id = ${connectionId} and members.member_id = reach.group_id
    )
    select reach.user_id, groups.id, groups.display_name, min(reach.depth) as depth from reach
      join groups on groups.connection_id = ${connectionId} and groups.id = reach.group_id
      group by reach.user_id, groups.id, groups.display_name
      order by reach.user_id, min(reach.depth), groups.id`.compile(db),
);

/**
 * The groups of each of these Users, direct ones first; nested groups are followed, cycles end. `inSequence`: there are no other Users
 * between the first and the last of these.
 */
export async function groupsOf(
  db: Database | Transaction,
  connectionId: ConnectionId,
  userIds: readonly UserId[],
  { inSequence = false } = {},
): Promise<Map<UserId, Membership[]>> {
  const result = new Map<UserId, Membership[]>(userIds.map((id) => [id, []]));
  const [first] = userIds;
  const last = userIds.at(-1);
  if (first === undefined || last === undefined) return result;
  if (userIds.length <= CHUNK) {
    const rows = inSequence
      ? await directGroupsBetween(db, connectionId, first, last)
      : await directGroups(db, connectionId, ...userIds);
    // Few directories nest groups, and following them costs more than all else of the answer.
    if (rows.every(({ nested }) => nested === 0)) {
      const memberships = new Map<GroupId, Membership>();
      for (const { user_id, id, display_name } of rows) {
        let membership = memberships.get(id);
        if (membership === undefined) {
          membership = { id, displayName: display_name, direct: true };
          memberships.set(id, membership);
        }
        result.get(user_id)?.push(membership);
      }
      return result;
    }
  }
  for await (const chunk of inTurns(userIds, CHUNK)) {
    for (const row of await groupsReached(db, connectionId, ...chunk)) {
      result
        .get(row.user_id)
        ?.push({ id: row.id, displayName: row.display_name, direct: Number(row.depth) === 0 });
    }
  }
  return result;
}
