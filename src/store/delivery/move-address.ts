import { sql } from 'kysely';
import type { Account } from '../../core/account.ts';
import { fold } from '../../core/fold.ts';
import { type ConnectionId, newId } from '../../core/ids.ts';
import { type Database, inTransaction, type Transaction } from '../database.ts';
import { lockClaimed } from '../locks.ts';
import { statement } from '../statement.ts';
import { RANK } from '../worklist/mark-due.ts';
import type { Knowledge } from '../worklist/write.ts';

/** How the resources of such rows begin. */
export const REPLACEMENT = 'replacement:';

/** The resource of the row that holds an account's next address until the account has moved there. */
export function replacementOf(account: Pick<Account, 'id'>): string {
  return `${REPLACEMENT}${account.id}`;
}

/** The account that such a row holds an address for; null: it is another kind of row, or an account left behind. */
export function replacedBy(resourceId: string): string | null {
  return /^replacement:([^:]+)$/.exec(resourceId)?.[1] ?? null;
}

/**
 * Reserves a second address for an account that is to move to it. What an abandoned move of the same account left there is taken back;
 * `busy` while it is being delivered or in doubt. `taken`: the address is another account's.
 */
export async function reserveReplacement(
  db: Database,
  account: Account,
  address: string,
  now: number,
): Promise<'reserved' | 'busy' | 'taken'> {
  return inTransaction(db, async (tx) => {
    await lockClaimed(tx, account);
    const holders = await tx
      .selectFrom('accounts')
      .select(['id', 'resource_id', 'address_key', 'claimed_version', 'doubt_at'])
      .where('connection_id', '=', account.connectionId)
      .where('kind', '=', 'user')
      .where((eb) =>
        eb.or([eb('address_key', '=', fold(address)), eb('resource_id', '=', replacementOf(account))]),
      )
      .forUpdate()
      .execute();
    const own = holders.find((holder) => holder.resource_id === replacementOf(account));
    if (own?.address_key === fold(address)) return 'reserved';
    const holder = holders.find(({ id }) => id !== own?.id);
    const left = holder?.resource_id.startsWith(`${replacementOf(account)}:`) === true;
    if (holder !== undefined && !left) return 'taken';
    if (holder !== undefined && (holder.claimed_version !== null || holder.doubt_at !== null)) return 'busy';
    if (own !== undefined) await abandonReplacement(tx, account, now);
    if (holder === undefined) {
      const row = leaverRow(account, replacementOf(account), address, now);
      await tx.insertInto('accounts').values(row).execute();
    } else await takeBack(tx, account, holder.id);
    return 'reserved';
  });
}

/** What a move left behind holds the address for the account again, at rest. */
async function takeBack(tx: Transaction, account: Account, id: string): Promise<void> {
  await tx
    .updateTable('accounts')
    .set((eb) => ({
      resource_id: replacementOf(account),
      settled_version: eb.ref('wanted_version'),
      due_at: null,
      state: 'in-sync',
    }))
    .where('connection_id', '=', account.connectionId)
    .where('id', '=', id)
    .execute();
}

/** A row of its own, at rest, that holds an address for `account`. */
function leaverRow(account: Account, resourceId: string, address: string, now: number) {
  return {
    address,
    address_key: fold(address),
    connection_id: account.connectionId,
    id: newId(),
    kind: 'user' as const,
    resource_id: resourceId,
    wanted_version: 1,
    settled_version: 1,
    rank: RANK.leaver,
    attempts: 0,
    state: 'in-sync',
    written: '{}',
    created_at: now,
    wanted_at: now,
  };
}

const replacementHeld = statement((db, connectionId: ConnectionId, resourceId: string) =>
  db
    .selectFrom('accounts')
    .select('id')
    .where('connection_id', '=', connectionId)
    .where('kind', '=', 'user')
    .where('resource_id', '=', resourceId)
    .compile(),
);

/**
 * The account does not move to the address that was held for it. Something may have been made there all the same, by a call that
 * nobody heard the end of: it is looked for and removed as a deleted User's account.
 */
export async function abandonReplacement(tx: Transaction, account: Account, now: number): Promise<void> {
  const held = await replacementHeld(tx, account.connectionId, replacementOf(account));
  if (held.length === 0) return;
  await tx
    .updateTable('accounts')
    .set({
      resource_id: `${replacementOf(account)}:${newId()}`,
      wanted_version: sql<number>`wanted_version + 1`,
      due_at: now,
      doubt_at: now,
      state: 'due',
      request_id: account.requestId,
    })
    .where('connection_id', '=', account.connectionId)
    .where('kind', '=', 'user')
    .where('resource_id', '=', replacementOf(account))
    .execute();
}

/**
 * A create under the address that the account holds may have made an invitation that nobody can see, and another address is wanted
 * now: the old one becomes a leaver of its own, looked for and watched, and the account holds none.
 */
export async function leaveBehind(
  db: Database,
  account: Account,
  knowledge: Knowledge,
  now: number,
): Promise<void> {
  const { address, doubtAt } = knowledge;
  if (address === null) return;
  await inTransaction(db, async (tx) => {
    await lockClaimed(tx, account);
    await tx
      .updateTable('accounts')
      .set({ address: null, address_key: null, doubt_at: null })
      .where('connection_id', '=', account.connectionId)
      .where('id', '=', account.id)
      .execute();
    const row = leaverRow(account, `${replacementOf(account)}:${newId()}`, address, now);
    await tx
      .insertInto('accounts')
      .values({
        ...row,
        wanted_version: 2,
        due_at: now,
        state: 'due',
        doubt_at: doubtAt,
        request_id: account.requestId,
      })
      .execute();
  });
}

/** The account is `next` from now on; what it was is a deleted User's account, to be removed. */
export async function completeReplacement(
  db: Database,
  account: Account,
  before: Knowledge,
  next: Knowledge,
  now: number,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await lockClaimed(tx, account);
    const key = { connection: account.connectionId, replacement: replacementOf(account) };
    const replacement = tx
      .updateTable('accounts')
      .where('connection_id', '=', key.connection)
      .where('kind', '=', 'user')
      .where('resource_id', '=', key.replacement);
    await replacement.set({ address: null, address_key: null }).execute();
    await tx
      .updateTable('accounts')
      .set(columnsOf(next))
      .where('connection_id', '=', key.connection)
      .where('id', '=', account.id)
      .execute();
    // Its own resource id from now on, so that the account can move once more.
    await replacement
      .set({
        ...columnsOf(before),
        resource_id: `${key.replacement}:${newId()}`,
        wanted_version: sql<number>`wanted_version + 1`,
        due_at: now,
        state: 'due',
        request_id: account.requestId,
      })
      .execute();
  });
}

function columnsOf(knowledge: Knowledge) {
  return {
    address: knowledge.address,
    address_key: knowledge.address === null ? null : fold(knowledge.address),
    vendor_id: knowledge.vendorId,
    origin: knowledge.origin,
    actual: knowledge.actual === null ? null : JSON.stringify(knowledge.actual),
    written: JSON.stringify(knowledge.written),
  };
}
