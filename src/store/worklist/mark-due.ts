import type { Undo } from '../../core/account.ts';
import type { ConnectionId, UserId } from '../../core/ids.ts';
import { newId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Transaction } from '../database.ts';
import { lockAccountsOf } from '../locks.ts';
import { accountOf, markAccount, newAccount, raiseAccounts } from './account-marks.ts';
import { dueColumns, dueNow, writeAccount } from './write.ts';

/** Who wrote, and when: every push carries it. */
export interface WriteContext {
  requestId: string;
  /** Epoch ms. */
  now: number;
  /** Nobody waits for what becomes of it: it is accepted once it is committed, and never put back. */
  accepted?: boolean;
}

/** What a waiting request waits for. */
export interface Wait {
  accountId: string;
  version: number;
}

/** Work order within a connection: leavers, then changes, then joiners. */
export const RANK = { leaver: 0, change: 1, joiner: 2 } as const;
export const RANKS: readonly number[] = Object.values(RANK);

/** States in which the last word was a refusal: the account counts as unsettled for put back. */
const REFUSED_STATES = ['refused', 'conflict'];

interface PushMark {
  connectionId: ConnectionId;
  kind: 'user' | 'group';
  resourceId: string;
  /** Presence is no longer wanted: goes first, and is never put back. */
  leaving: boolean;
  /** What the push had before it; null: never put back. */
  undo: Undo | null;
  /** The document of a User that is deleted: its address is still to be mapped. */
  deleted?: JsonObject;
}

/**
 * Marks the account of a pushed resource due, in the push's own transaction. The push can be put back only if it found the
 * account settled and is no deprovision (docs/delivery, "Put back").
 */
export async function markPushed(tx: Transaction, mark: PushMark, context: WriteContext): Promise<Wait> {
  const [row] = await accountOf(tx, mark.connectionId, mark.kind, mark.resourceId);
  if (row === undefined) return insertAccount(tx, mark, context);
  const settled =
    row.settled_version === row.wanted_version &&
    row.claimed_version === null &&
    row.due_at === null &&
    !REFUSED_STATES.includes(row.state) &&
    row.state !== 'held';
  const version = row.wanted_version + 1;
  const undo = settled && !mark.leaving && context.accepted !== true ? mark.undo : null;
  await markAccount(tx, {
    connection_id: mark.connectionId,
    id: row.id,
    wanted_version: version,
    undo: undo === null ? null : JSON.stringify(undo),
    undo_version: undo === null ? null : version,
    ...dueOf(row, context.now),
    rank: rankOf(row, mark.leaving),
    wanted_at: settled ? context.now : row.wanted_at,
    request_id: context.requestId,
  });
  if (mark.deleted !== undefined) {
    const account = { connectionId: mark.connectionId, id: row.id };
    await writeAccount(tx, account, { kept_document: JSON.stringify(mark.deleted) });
  }
  return { accountId: row.id, version };
}

/** Only who has an account, or may have one, goes first as a leaver. */
function rankOf(
  row: { vendor_id: string | null; intent: string | null; asked: string | null },
  leaving: boolean,
): number {
  const known = row.vendor_id !== null || row.intent !== null || row.asked !== null;
  if (!known) return RANK.joiner;
  return leaving ? RANK.leaver : RANK.change;
}

async function insertAccount(tx: Transaction, mark: PushMark, context: WriteContext): Promise<Wait> {
  const id = newId();
  const undo = mark.leaving || context.accepted === true ? null : mark.undo;
  await newAccount(tx, {
    connection_id: mark.connectionId,
    id,
    kind: mark.kind,
    resource_id: mark.resourceId,
    undo: undo === null ? null : JSON.stringify(undo),
    undo_version: undo === null ? null : 1,
    due_at: context.now,
    rank: RANK.joiner,
    request_id: context.requestId,
    created_at: context.now,
    wanted_at: context.now,
  });
  return { accountId: id, version: 1 };
}

/**
 * A push that changed nothing raises no version. An account that is not in sync is due now all the same; one that was refused,
 * or left to a human, is tried again as a new version, since the old one has its outcome already. Null: in sync, nothing to wait for.
 */
export async function markUnchanged(
  tx: Transaction,
  key: { connectionId: ConnectionId; kind: 'user' | 'group'; resourceId: string },
  context: WriteContext,
): Promise<Wait | null> {
  const [row] = await accountOf(tx, key.connectionId, key.kind, key.resourceId);
  if (row === undefined) return null;
  const refused = REFUSED_STATES.includes(row.state) || row.state === 'task';
  if (row.settled_version === row.wanted_version && !refused) return null;
  const version = row.wanted_version + (refused ? 1 : 0);
  await tx
    .updateTable('accounts')
    .set({
      wanted_version: version,
      ...dueOf(row, context.now),
      state: 'due',
      request_id: context.requestId,
      ...(refused ? { undo: null, undo_version: null } : {}),
    })
    .where('connection_id', '=', key.connectionId)
    .where('id', '=', row.id)
    .execute();
  return { accountId: row.id, version };
}

/** Some waits stand (Retry-After, a lost call's time, a list's pace, an awaited address); any other gives way to a new push. */
function dueOf(row: { not_before: number | null; not_before_in: number | null }, now: number) {
  const { not_before: from, not_before_in: fromIn } = row;
  if (from === null || from <= now) return dueNow(now);
  const standing = { at: from, inMs: fromIn ?? 0 };
  return dueColumns({ ...standing, notBefore: standing });
}

/** Up to this many accounts are marked in the push's own transaction; more go through `fanouts`. */
const DIRECT_FANOUT = 100;
const FANOUT_CHUNK = 1000;

/** Marks the accounts of these Users due because something other than themselves changed (membership, mapping). */
export async function markAffected(
  tx: Transaction,
  connectionId: ConnectionId,
  userIds: readonly UserId[],
  reason: string,
  context: WriteContext,
): Promise<void> {
  if (userIds.length <= DIRECT_FANOUT) {
    await raiseWanted(tx, connectionId, userIds, context);
    return;
  }
  for (let start = 0; start < userIds.length; start += FANOUT_CHUNK) {
    await insertFanout(tx, connectionId, userIds.slice(start, start + FANOUT_CHUNK), reason, context.now);
  }
}

/** Marks every account of the connection, in chunks (a changed mapping, dry-run ended). */
export async function markAll(
  tx: Transaction,
  connectionId: ConnectionId,
  reason: string,
  now: number,
): Promise<void> {
  await insertFanout(tx, connectionId, null, reason, now);
}

async function insertFanout(
  tx: Transaction,
  connectionId: ConnectionId,
  userIds: readonly string[] | null,
  reason: string,
  now: number,
): Promise<void> {
  await tx
    .insertInto('fanouts')
    .values({
      connection_id: connectionId,
      id: newId(),
      user_ids: userIds === null ? null : JSON.stringify(userIds),
      reason,
      cursor: '',
      created_at: now,
    })
    .execute();
}

/** A later write than a push that could be put back: it raises the version and clears `undo`. */
export async function raiseWanted(
  tx: Transaction,
  connectionId: ConnectionId,
  userIds: readonly string[],
  context: WriteContext,
): Promise<void> {
  if (userIds.length === 0) return;
  await lockAccountsOf(tx, connectionId, userIds);
  await raiseAccounts(tx, connectionId, context.now, context.requestId, ...userIds);
}
