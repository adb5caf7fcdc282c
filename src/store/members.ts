import { sql } from 'kysely';
import { UnknownMembers } from '../core/errors.ts';
import type { ConnectionId, GroupId, UserId } from '../core/ids.ts';
import type { Member } from '../core/user.ts';
import type { Database, Transaction } from './database.ts';

/** Values bound in one statement, well under every database's limit. */
const CHUNK = 500;

/** Members in the order of their ids, after `afterId`; for streaming a group of any size. */
export async function listMembers(
  db: Database | Transaction,
  connectionId: ConnectionId,
  groupId: GroupId,
  afterId: string | null,
  limit: number,
): Promise<Member[]> {
  const rows = await db
    .selectFrom('members')
    .select(['member_id', 'type', 'display'])
    .where('connection_id', '=', connectionId)
    .where('group_id', '=', groupId)
    .where('member_id', '>', afterId ?? '')
    .orderBy('member_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    value: row.member_id,
    type: row.type === 'Group' ? 'Group' : 'User',
    display: row.display,
  }));
}

/** Adds those that are not members yet; returns the ids of the Users added. Throws UnknownMembers. */
export async function addMembers(
  tx: Transaction,
  connectionId: ConnectionId,
  groupId: GroupId,
  members: readonly Member[],
): Promise<{ added: number; userIds: UserId[] }> {
  const wanted = new Map(members.map((member) => [member.value, member]));
  const types = await memberTypes(tx, connectionId, [...wanted.keys()]);
  const unknown = [...wanted.keys()].filter((id) => !types.has(id));
  if (unknown.length > 0) throw new UnknownMembers(unknown);
  let added = 0;
  const userIds: UserId[] = [];
  for (const chunk of chunks([...wanted.values()])) {
    const rows = await tx
      .insertInto('members')
      .values(
        chunk.map((member) => ({
          connection_id: connectionId,
          group_id: groupId,
          member_id: member.value,
          type: types.get(member.value) ?? 'User',
          display: member.display,
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .returning(['member_id', 'type'])
      .execute();
    added += rows.length;
    userIds.push(...rows.filter((row) => row.type === 'User').map((row) => row.member_id));
  }
  return { added, userIds };
}

/** Removes those that are members; returns the ids of the Users removed. */
export async function removeMembers(
  tx: Transaction,
  connectionId: ConnectionId,
  groupId: GroupId,
  ids: readonly string[],
): Promise<{ removed: number; userIds: UserId[] }> {
  let removed = 0;
  const userIds: UserId[] = [];
  for (const chunk of chunks([...new Set(ids)])) {
    const rows = await tx
      .deleteFrom('members')
      .where('connection_id', '=', connectionId)
      .where('group_id', '=', groupId)
      .where('member_id', 'in', chunk)
      .returning(['member_id', 'type'])
      .execute();
    removed += rows.length;
    userIds.push(...rows.filter((row) => row.type === 'User').map((row) => row.member_id));
  }
  return { removed, userIds };
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
  for (const chunk of chunks(rows.map((row) => row.group_id))) {
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

/** What each id is in this connection; ids that are neither User nor Group are absent. */
export async function memberTypes(
  db: Database | Transaction,
  connectionId: ConnectionId,
  ids: readonly string[],
): Promise<Map<string, 'User' | 'Group'>> {
  const types = new Map<string, 'User' | 'Group'>();
  for (const table of ['users', 'groups'] as const) {
    for (const chunk of chunks(ids.filter((id) => !types.has(id)))) {
      const rows = await db
        .selectFrom(table)
        .select('id')
        .where('connection_id', '=', connectionId)
        .where('id', 'in', chunk)
        .execute();
      for (const { id } of rows) types.set(id, table === 'users' ? 'User' : 'Group');
    }
  }
  return types;
}

export interface Membership {
  id: GroupId;
  displayName: string;
  /** False: by way of another group (RFC 7643 §4.1.2, `indirect`). */
  direct: boolean;
}

/** The groups of each of these Users, direct ones first; nested groups are followed, cycles end. */
export async function groupsOf(
  db: Database | Transaction,
  connectionId: ConnectionId,
  userIds: readonly UserId[],
): Promise<Map<UserId, Membership[]>> {
  const result = new Map<UserId, Membership[]>(userIds.map((id) => [id, []]));
  for (const chunk of chunks(userIds)) {
    const rows = await sql<{ user_id: string; id: string; display_name: string; depth: number }>`
      with recursive reach(user_id, group_id, depth) as (
        select member_id, group_id, 0 from members
          where connection_id = ${connectionId} and member_id in (${sql.join(chunk)})
        union
        select reach.user_id, members.group_id, 1 from reach
          join members on members.connection_id = ${connectionId} and members.member_id = reach.group_id
      )
      select reach.user_id, groups.id, groups.display_name, min(reach.depth) as depth from reach
        join groups on groups.connection_id = ${connectionId} and groups.id = reach.group_id
        group by reach.user_id, groups.id, groups.display_name
        order by reach.user_id, min(reach.depth), groups.id`.execute(db);
    for (const row of rows.rows) {
      result
        .get(row.user_id)
        ?.push({ id: row.id, displayName: row.display_name, direct: Number(row.depth) === 0 });
    }
  }
  return result;
}

function* chunks<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += CHUNK) yield items.slice(start, start + CHUNK);
}
