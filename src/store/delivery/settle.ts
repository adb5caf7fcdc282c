import type { Account, AccountError, AccountState } from '../../core/account.ts';
import type { DeliveryResult } from '../../core/delivery.ts';
import type { AccountId, ConnectionId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { TaskWish } from '../../core/task.ts';
import { writeAudit } from '../audit.ts';
import { type Database, inTransaction, type Transaction } from '../database.ts';
import { lockGroupsOf } from '../locks.ts';
import { memberIds } from '../members.ts';
import { statement } from '../statement.ts';
import { lockUser, removeUserRows } from '../users.ts';
import type { Claim } from '../worklist/claim.ts';
import { markAffected, RANK } from '../worklist/mark-due.ts';
import { rowToAccount } from '../worklist/row.ts';
import {
  accountKey,
  type Knowledge,
  knowledgeColumns,
  removeAccount,
  UNCLAIMED,
  writeAccount,
} from '../worklist/write.ts';
import { insertDelivery } from './history.ts';
import { abandonReplacement } from './move-address.ts';
import { canRestore, restoreDocument } from './put-back.ts';
import { hasOpenTask, replaceTasks } from './tasks.ts';

/** One attempt, as far as every ending shares it. */
export interface Attempt {
  claim: Claim;
  knowledge: Knowledge;
  /** `{step, …}` in order. */
  steps: JsonObject[];
  calls: JsonObject[];
  error: AccountError | null;
  /** Names of the changes made at the vendor, for the audit: `create`, `remove` … */
  changes: readonly string[];
  startedAt: number;
  endedAt: number;
}

export interface Settlement extends Attempt {
  result: Exclude<DeliveryResult, 'retry'>;
  state: AccountState;
  tasks: readonly TaskWish[];
  /** The account is known not to be at the vendor. */
  absent: boolean;
  /** A group has its vendor id now: its members' memberships waited for it. */
  awaited?: boolean;
}

/**
 * lost: the claim was no longer this process's, and nothing was written. put-back: the refused push was taken back, or deleted
 * with its User where it was a create.
 */
export type Settled = 'settled' | 'put-back' | 'lost';

/** A change that was refused must not look accepted. */
const REFUSALS: ReadonlySet<DeliveryResult> = new Set(['refused', 'conflict', 'unsupported']);

/** Ends an attempt for good: its outcome covers every version up to the claimed one. */
export async function settle(db: Database, settlement: Settlement): Promise<Settled> {
  return inTransaction(db, async (tx) => {
    if (mayPutBack(settlement)) await lockPushed(tx, settlement.claim.account);
    const account = await claimedAccount(tx, settlement.claim);
    if (account === null) return 'lost';
    await record(tx, account, settlement, settlement.result, settlement.state);
    // A move to another address has been completed by now, or is not wanted any more.
    if (account.kind === 'user') await abandonReplacement(tx, account, settlement.endedAt);
    const { version } = settlement.claim;
    const refused = REFUSALS.has(settlement.result);
    const undoable = account.undoVersion === version && account.wantedVersion === version;
    if (refused && undoable && (await canRestore(tx, account))) {
      await putBack(tx, account, settlement);
      return 'put-back';
    }
    const open = await replaceTasks(tx, accountKey(account), settlement.tasks, settlement.endedAt);
    const state = settlement.state === 'task' && open === 0 ? 'in-sync' : settlement.state;
    const newer = account.wantedVersion > version;
    const gone = settlement.claim.user === null && settlement.claim.group === null;
    if (settlement.absent && gone && !newer) {
      await removeAccount(tx, account);
      return 'settled';
    }
    await writeAccount(tx, account, {
      ...knowledgeColumns(account, settlement.knowledge, settlement.endedAt),
      ...UNCLAIMED,
      settled_version: version,
      attempts: 0,
      due_at: newer ? (account.dueAt ?? settlement.endedAt) : null,
      state: newer ? 'due' : state,
      last_error: settlement.error === null ? null : JSON.stringify(settlement.error),
      settled_at: settlement.endedAt,
    });
    if (settlement.awaited === true) await markMembersOf(tx, account, settlement.endedAt);
    return 'settled';
  });
}

/** Ends an attempt that is to be made again at `dueAt`; what it learned and changed is kept. */
export async function release(
  db: Database,
  attempt: Attempt,
  dueAt: number,
  { tasks, failed }: { tasks: readonly TaskWish[]; failed: boolean },
): Promise<'released' | 'lost'> {
  return inTransaction(db, async (tx) => {
    const account = await claimedAccount(tx, attempt.claim);
    if (account === null) return 'lost';
    await record(tx, account, attempt, 'retry', 'waiting');
    if (tasks.length > 0) await replaceTasks(tx, accountKey(account), tasks, attempt.endedAt);
    await writeAccount(tx, account, {
      ...knowledgeColumns(account, attempt.knowledge, attempt.endedAt),
      ...UNCLAIMED,
      attempts: account.attempts + (failed ? 1 : 0),
      due_at: dueAt,
      state: 'waiting',
      last_error: attempt.error === null ? null : JSON.stringify(attempt.error),
    });
    return 'released';
  });
}

/** Gives a claim back as if it had not been made: nothing was tried. */
export async function unclaim(db: Database, claim: Claim, dueAt: number): Promise<void> {
  await inTransaction(db, async (tx) => {
    const account = await claimedAccount(tx, claim);
    if (account !== null) await writeAccount(tx, account, { ...UNCLAIMED, due_at: dueAt });
  });
}

const claimedBy = statement(
  (db, connectionId: ConnectionId, id: AccountId, version: number, epoch: number | null) =>
    db
      .selectFrom('accounts')
      .selectAll()
      .where('connection_id', '=', connectionId)
      .where('id', '=', id)
      .where('claimed_version', '=', version)
      .where('claimed_epoch', '=', epoch)
      .forUpdate()
      .compile(),
);

async function claimedAccount(tx: Transaction, claim: Claim): Promise<Account | null> {
  const { connectionId, id, claimedEpoch } = claim.account;
  const [row] = await claimedBy(tx, connectionId, id, claim.version, claimedEpoch);
  return row === undefined ? null : rowToAccount(row);
}

function mayPutBack({ result, claim }: Settlement): boolean {
  return REFUSALS.has(result) && claim.account.undoVersion === claim.version;
}

/** What put back may write, locked before the account is. */
async function lockPushed(tx: Transaction, { connectionId, resourceId }: Account): Promise<void> {
  await lockGroupsOf(tx, connectionId, resourceId);
  await lockUser(tx, connectionId, resourceId);
}

/**
 * Restores what was there before a refused push, as a new version. A User that the push created goes, and what was already made
 * of it at the vendor is removed. After effects a restored document is delivered again, so that nothing of the refused one stays.
 */
async function putBack(tx: Transaction, account: Account, settlement: Settlement): Promise<void> {
  const { claim, knowledge, endedAt: now } = settlement;
  const made = knowledge.vendorId !== null && knowledge.origin === 'created';
  const again =
    knowledge.doubtAt !== null || (account.undo?.kind === 'create' ? made : settlement.changes.length > 0);
  if (account.undo?.kind === 'create') {
    await removeUserRows(tx, account.connectionId, account.resourceId, now);
    if (!again) {
      await replaceTasks(tx, accountKey(account), [], now);
      await removeAccount(tx, account);
      return;
    }
  } else if (account.undo?.kind === 'document') {
    await restoreDocument(tx, account, now);
  }
  await writeAccount(tx, account, {
    ...knowledgeColumns(account, knowledge, now),
    ...UNCLAIMED,
    undo: null,
    undo_version: null,
    wanted_version: claim.version + (again ? 1 : 0),
    settled_version: claim.version,
    due_at: again ? now : null,
    rank: account.undo?.kind === 'create' ? RANK.leaver : RANK.change,
    attempts: 0,
    // What was left to a human before the push is so still.
    state: again ? 'due' : (await hasOpenTask(tx, accountKey(account))) ? 'task' : 'in-sync',
    last_error: settlement.error === null ? null : JSON.stringify(settlement.error),
    settled_at: now,
  });
}

async function markMembersOf(tx: Transaction, account: Account, now: number): Promise<void> {
  const members = await memberIds(tx, account.connectionId, account.resourceId);
  const userIds = members.filter(({ type }) => type === 'User').map(({ id }) => id);
  const context = { requestId: account.requestId ?? '', now };
  await markAffected(tx, account.connectionId, userIds, `group ${account.resourceId}`, context);
}

async function record(
  tx: Transaction,
  account: Account,
  attempt: Attempt,
  result: DeliveryResult,
  state: AccountState,
): Promise<void> {
  await insertDelivery(tx, {
    connectionId: account.connectionId,
    accountId: account.id,
    fromVersion: account.settledVersion,
    toVersion: attempt.claim.version,
    result,
    state,
    steps: attempt.steps,
    calls: attempt.calls,
    error: attempt.error,
    attempt: account.attempts + 1,
    requestId: attempt.claim.account.requestId,
    startedAt: attempt.startedAt,
    endedAt: attempt.endedAt,
  });
  for (const change of attempt.changes) {
    await writeAudit(tx, {
      at: attempt.endedAt,
      actor: 'worker',
      action: `account.${change}`,
      connectionId: account.connectionId,
      target: `account ${account.id}`,
      detail: { address: attempt.knowledge.address ?? account.address, requestId: account.requestId },
    });
  }
}
