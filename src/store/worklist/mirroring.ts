import type { ConnectionId, GroupId } from '../../core/ids.ts';
import { newId } from '../../core/ids.ts';
import type { Transaction } from '../database.ts';
import { RANK, type WriteContext } from './mark-due.ts';

/** Groups taken up in one statement. */
const CHUNK = 500;

/** On a connection that mirrors groups, every Group gets an account of its own where it has none yet. */
export async function mirrorAllGroups(
  tx: Transaction,
  connectionId: ConnectionId,
  context: WriteContext,
): Promise<void> {
  const connection = await tx
    .selectFrom('connections')
    .select('policies')
    .where('id', '=', connectionId)
    .executeTakeFirst();
  const policies = JSON.parse(connection?.policies ?? '{}') as { groups?: string };
  if (policies.groups !== 'mirror') return;
  const missing = await groupsWithAccounts(tx, connectionId)
    .select('groups.id')
    .where('accounts.id', 'is', null)
    .execute();
  for (let start = 0; start < missing.length; start += CHUNK) {
    const rows = missing.slice(start, start + CHUNK).map(({ id }) => ({
      connection_id: connectionId,
      id: newId(),
      kind: 'group' as const,
      role: 'current' as const,
      resource_id: id,
      wanted_version: 1,
      settled_version: 0,
      due_at: context.now,
      rank: RANK.joiner,
      attempts: 0,
      state: 'due',
      written: '{}',
      request_id: context.requestId,
      created_at: context.now,
      wanted_at: context.now,
    }));
    await tx.insertInto('accounts').values(rows).execute();
  }
}

/** Each Group with the account that it has, if any. */
function groupsWithAccounts(tx: Transaction, connectionId: ConnectionId) {
  return tx
    .selectFrom('groups')
    .leftJoin('accounts', (join) =>
      join
        .onRef('accounts.connection_id', '=', 'groups.connection_id')
        .onRef('accounts.resource_id', '=', 'groups.id')
        .on('accounts.kind', '=', 'group')
        .on('accounts.role', '=', 'current'),
    )
    .where('groups.connection_id', '=', connectionId);
}

/** A Group as its members' accounts need it. */
interface MirroredGroup {
  name: string;
  vendorId: string | null;
  /** It is still to be made, or may have been. One that is refused is nobody's to wait for. */
  isAwaited: boolean;
}

export async function mirroredGroups(
  tx: Transaction,
  connectionId: ConnectionId,
  groupIds: readonly GroupId[],
): Promise<Map<GroupId, MirroredGroup>> {
  if (groupIds.length === 0) return new Map();
  const rows = await groupsWithAccounts(tx, connectionId)
    .select(['groups.id', 'groups.display_name', 'accounts.vendor_id', 'accounts.intent', 'accounts.state'])
    .where('groups.id', 'in', groupIds)
    .execute();
  return new Map(
    rows.map((row) => {
      const isRefused = row.intent === null && (row.state === 'refused' || row.state === 'conflict');
      const isAwaited = row.vendor_id === null && !isRefused;
      return [row.id, { name: row.display_name, vendorId: row.vendor_id, isAwaited }];
    }),
  );
}
