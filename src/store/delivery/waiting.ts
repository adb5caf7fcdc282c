/** Who waits for an address, or has to look again at what an attempt found (rules 9 and 10). */
import { sql } from 'kysely';
import type { Account, RowState } from '../../core/account.ts';
import { addressKey } from '../../core/address.ts';
import type { Transaction } from '../database.ts';
import { statement } from '../statement.ts';
import type { Claim } from '../worklist/claim.ts';
import { deliveredWith } from '../worklist/retry.ts';
import { rowState } from '../worklist/row.ts';
import { dueNow } from '../worklist/write.ts';

const waitingFor = statement(
  (db, connectionId: string, kind: Account['kind'], own: string, ...keys: string[]) =>
    db
      .selectFrom('accounts')
      .select(['id', 'state', 'mapped_key'])
      .where('connection_id', '=', connectionId)
      .where('mapped_key', 'in', keys)
      .where('kind', '=', kind)
      .where('id', '!=', own)
      .where('claimed_version', 'is', null)
      .where('state', 'in', ['waiting', 'conflict'])
      .compile(),
);

interface Waking {
  claim: Claim;
  before: readonly RowState[];
  wake: readonly string[];
  wakeUser: boolean;
  endedAt: number;
}

/**
 * Whoever waits for one of these addresses is due when this attempt ends, whatever its result; whoever was refused for one, when it
 * is freed.
 */
export async function wakeWaiting(
  tx: Transaction,
  account: Account,
  { claim, before, wake, wakeUser, endedAt: now }: Waking,
  rows: readonly RowState[],
): Promise<void> {
  const keysOf = (states: readonly RowState[]) =>
    states.flatMap(({ known: { address } }) => (address === null ? [] : [addressKey(account.kind, address)]));
  // What the attempt freed before its end counts too.
  const claimed = [claim.account, ...(claim.next === null ? [] : [claim.next])].map(rowState);
  const had = [...new Set([...keysOf(claimed), ...keysOf(before)])];
  const has = new Set(keysOf(rows));
  const freed = had.filter((key) => !has.has(key));
  if (had.length > 0) {
    const waiting = await waitingFor(tx, account.connectionId, account.kind, account.id, ...had);
    const due = waiting.filter(
      ({ state, mapped_key }) => state === 'waiting' || freed.includes(mapped_key ?? ''),
    );
    await makeDue(
      tx,
      account.connectionId,
      due.map(({ id }) => id),
      now,
    );
  }
  await makeDue(tx, account.connectionId, wake, now);
  if (wakeUser) await makeUserDue(tx, account, now);
}

/** As a new version: the one before may have its outcome. No put back reaches over it. */
function dueAgain(now: number) {
  return {
    wanted_version: sql<number>`wanted_version + 1`,
    undo: null,
    undo_version: null,
    ...dueNow(now),
    state: 'due',
    looks_first: 1,
  };
}

async function makeDue(
  tx: Transaction,
  connectionId: string,
  named: readonly string[],
  now: number,
): Promise<void> {
  const ids = await deliveredWith(tx, connectionId, named);
  if (ids.length === 0) return;
  await tx
    .updateTable('accounts')
    .set(dueNow(now))
    .where('connection_id', '=', connectionId)
    .where('id', 'in', ids)
    .where('state', '=', 'waiting')
    .execute();
  await tx
    .updateTable('accounts')
    .set(dueAgain(now))
    .where('connection_id', '=', connectionId)
    .where('id', 'in', ids)
    .where('state', 'not in', ['waiting', 'due', 'observed'])
    .where('claimed_version', 'is', null)
    .execute();
}

async function makeUserDue(tx: Transaction, account: Account, now: number): Promise<void> {
  await tx
    .updateTable('accounts')
    .set(dueAgain(now))
    .where('connection_id', '=', account.connectionId)
    .where('kind', '=', account.kind)
    .where('resource_id', '=', account.resourceId)
    .where('role', '=', 'current')
    .execute();
}
