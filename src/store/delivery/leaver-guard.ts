/** How many people may lose access or power within an hour (rule 15). */
import type { Account } from '../../core/account.ts';
import type { ConnectionId } from '../../core/ids.ts';
import type { Policies } from '../../core/policy.ts';
import type { Transaction } from '../database.ts';
import { lockSubject } from '../locks.ts';

/** The guard counts within a rolling hour. */
const WINDOW_MS = 3_600_000;
/** From this many accounts on, no setting lets more than half of them go in an hour. */
const HALF_FROM = 4;

/** Those counted within the hour, `account` left out, and how many may be; null: it was counted already. */
export async function readGuard(
  tx: Transaction,
  account: Pick<Account, 'connectionId' | 'id'>,
  policies: Policies,
  now: number,
): Promise<{ lost: number; limit: number } | null> {
  await lockSubject(tx, account.connectionId, 'leavers');
  const since = now - WINDOW_MS;
  await forgetBefore(tx, account.connectionId, since, now);
  const gone = await leaversOf(tx, account.connectionId);
  if (gone.has(account.id)) return null;
  const limit = leaverLimit(await establishedAt(tx, account.connectionId, since, gone), policies);
  return { lost: gone.size, limit };
}

/** Counts somebody who is about to lose access or power. */
export async function countLeaver(
  tx: Transaction,
  account: Pick<Account, 'connectionId' | 'id' | 'presentSince'>,
  now: number,
): Promise<void> {
  const established = account.presentSince !== null && account.presentSince <= now - WINDOW_MS;
  await tx
    .insertInto('leavers')
    .values({
      connection_id: account.connectionId,
      account_id: account.id,
      at: now,
      established: established ? 1 : 0,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Those counted by a clock that has gone back since count from now on, for an hour. */
async function forgetBefore(
  tx: Transaction,
  connectionId: ConnectionId,
  since: number,
  now: number,
): Promise<void> {
  await tx.deleteFrom('leavers').where('connection_id', '=', connectionId).where('at', '<=', since).execute();
  await tx
    .updateTable('leavers')
    .set({ at: now })
    .where('connection_id', '=', connectionId)
    .where('at', '>', now)
    .execute();
}

/**
 * How many people may lose access within an hour, of so many accounts at its start.
 * @internal
 */
export function leaverLimit(
  established: number,
  policies: Pick<Policies, 'leaverPercent' | 'leaverCount'>,
): number {
  const share = Math.floor((established * policies.leaverPercent) / 100);
  const limit = Math.max(share, policies.leaverCount);
  return established >= HALF_FROM ? Math.min(limit, Math.floor(established / 2)) : limit;
}

async function leaversOf(tx: Transaction, connectionId: ConnectionId): Promise<Set<string>> {
  const rows = await tx
    .selectFrom('leavers')
    .select('account_id')
    .where('connection_id', '=', connectionId)
    .execute();
  return new Set(rows.map((row) => row.account_id));
}

/** The accounts that were at the vendor when the hour began: those still there, and those that left since. */
async function establishedAt(
  tx: Transaction,
  connectionId: ConnectionId,
  since: number,
  gone: ReadonlySet<string>,
): Promise<number> {
  const present = await tx
    .selectFrom('accounts')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('connection_id', '=', connectionId)
    .where('kind', '=', 'user')
    .where('vendor_id', 'is not', null)
    .where('present_since', '<=', since)
    .executeTakeFirstOrThrow();
  if (gone.size === 0) return Number(present.n);
  const left = await tx
    .selectFrom('leavers')
    .leftJoin('accounts', (join) =>
      join
        .onRef('accounts.connection_id', '=', 'leavers.connection_id')
        .onRef('accounts.id', '=', 'leavers.account_id')
        .on('accounts.vendor_id', 'is not', null),
    )
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('leavers.connection_id', '=', connectionId)
    .where('leavers.established', '=', 1)
    .where('accounts.id', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(present.n) + Number(left.n);
}
