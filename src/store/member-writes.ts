import { UnknownMembers } from '../core/errors.ts';
import type { ConnectionId, GroupId, UserId } from '../core/ids.ts';
import { inTurns, Turn } from '../core/turn.ts';
import type { Member } from '../core/user.ts';
import type { Transaction } from './database.ts';
import { listMembers } from './members.ts';
import { statement } from './statement.ts';

/** Values bound in one statement, well under every database's limit. */
const CHUNK = 500;

/** A change of members as differences, so that its cost does not grow with the group; or the whole new list. */
export type MembersWrite =
  | { kind: 'delta'; add: readonly Member[]; remove: readonly string[] }
  | { kind: 'replace'; members: readonly Member[] };

/** What a change came to; `userIds`: the Users that were added or removed. */
interface MembersMoved {
  added: number;
  removed: number;
  userIds: UserId[];
}

const MEMBER_VALUES = 3;

/** `values`: id, type and display of each. */
const insertMembers = statement(
  (db, connection_id: ConnectionId, group_id: GroupId, ...values: (string | null)[]) => {
    const rows = Array.from({ length: values.length / MEMBER_VALUES }, (_, index) => {
      const [member_id, type, display] = values.slice(index * MEMBER_VALUES, (index + 1) * MEMBER_VALUES);
      return {
        connection_id,
        group_id,
        member_id: String(member_id),
        type: String(type),
        display: display ?? null,
      };
    });
    return db
      .insertInto('members')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .returning(['member_id', 'type'])
      .compile();
  },
);

const deleteMembers = statement((db, connectionId: ConnectionId, groupId: GroupId, ...ids: string[]) =>
  db
    .deleteFrom('members')
    .where('connection_id', '=', connectionId)
    .where('group_id', '=', groupId)
    .where('member_id', 'in', ids)
    .returning(['member_id', 'type'])
    .compile(),
);

/** Those of the ids that there are; on PostgreSQL they stay until the transaction ends. */
const existing = { users: existingIn('users'), groups: existingIn('groups') };

function existingIn(table: 'users' | 'groups') {
  return statement((db, connectionId: ConnectionId, ...ids: string[]) =>
    db
      .selectFrom(table)
      .select('id')
      .where('connection_id', '=', connectionId)
      .where('id', 'in', ids)
      .forKeyShare()
      .compile(),
  );
}

/** Throws UnknownMembers. However many they are, everything but the store has its turn meanwhile. */
export async function writeMembers(
  tx: Transaction,
  connectionId: ConnectionId,
  groupId: GroupId,
  write: MembersWrite,
): Promise<MembersMoved> {
  const { add, remove } =
    write.kind === 'delta' ? write : await differences(tx, connectionId, groupId, write.members);
  const gone = await removeMembers(tx, connectionId, groupId, remove);
  const come = await addMembers(tx, connectionId, groupId, add);
  const moved: MembersMoved = { added: come.length, removed: gone.length, userIds: [] };
  for await (const rows of inTurns([...come, ...gone])) moved.userIds.push(...usersAmong(rows));
  return moved;
}

/** Adds those that are not members yet. */
export async function addMembers(
  tx: Transaction,
  connectionId: ConnectionId,
  groupId: GroupId,
  members: readonly Member[],
): Promise<MemberRow[]> {
  const wanted = new Map<string, Member>();
  for await (const part of inTurns(members)) for (const member of part) wanted.set(member.value, member);
  const types = await memberTypes(tx, connectionId, [...wanted.keys()]);
  const unknown = [...wanted.keys()].filter((id) => !types.has(id));
  if (unknown.length > 0) throw new UnknownMembers(unknown);
  const added: MemberRow[] = [];
  for await (const chunk of inTurns([...wanted.values()], CHUNK)) {
    const values = chunk.flatMap((member) => [
      member.value,
      types.get(member.value) ?? 'User',
      member.display,
    ]);
    added.push(...(await insertMembers(tx, connectionId, groupId, ...values)));
  }
  return added;
}

/** Takes every member out of a Group; returns the Users among them. */
export async function removeAllMembers(
  tx: Transaction,
  connectionId: ConnectionId,
  groupId: GroupId,
): Promise<UserId[]> {
  return (await writeMembers(tx, connectionId, groupId, { kind: 'replace', members: [] })).userIds;
}

interface MemberRow {
  member_id: string;
  type: string;
}

function usersAmong(rows: readonly MemberRow[]): UserId[] {
  return rows.filter(({ type }) => type === 'User').map((row) => row.member_id);
}

/** What has to be added and removed for the Group to have these members. */
async function differences(
  tx: Transaction,
  connectionId: ConnectionId,
  groupId: GroupId,
  members: readonly Member[],
): Promise<{ add: Member[]; remove: string[] }> {
  const add = new Map<string, Member>();
  for await (const part of inTurns(members)) for (const member of part) add.set(member.value, member);
  const remove: string[] = [];
  const turn = new Turn();
  for (let last: string | null = null, isLast = false; !isLast; ) {
    const present: Member[] = await listMembers(tx, connectionId, groupId, last, CHUNK);
    for (const { value } of present) if (!add.delete(value)) remove.push(value);
    last = present.at(-1)?.value ?? null;
    isLast = present.length < CHUNK;
    await turn.pause();
  }
  return { add: [...add.values()], remove };
}

/** Removes those that are members. */
async function removeMembers(
  tx: Transaction,
  connectionId: ConnectionId,
  groupId: GroupId,
  ids: readonly string[],
): Promise<MemberRow[]> {
  const removed: MemberRow[] = [];
  for await (const chunk of inTurns([...new Set(ids)], CHUNK)) {
    removed.push(...(await deleteMembers(tx, connectionId, groupId, ...chunk)));
  }
  return removed;
}

/** What each id is in this connection, and stays until the transaction ends; ids that are neither User nor Group are absent. */
async function memberTypes(
  tx: Transaction,
  connectionId: ConnectionId,
  ids: readonly string[],
): Promise<Map<string, 'User' | 'Group'>> {
  const types = new Map<string, 'User' | 'Group'>();
  for (const table of ['users', 'groups'] as const) {
    const open = ids.filter((id) => !types.has(id));
    for await (const chunk of inTurns(open, CHUNK)) {
      const rows = await existing[table](tx, connectionId, ...chunk);
      for (const { id } of rows) types.set(id, table === 'users' ? 'User' : 'Group');
    }
  }
  return types;
}
