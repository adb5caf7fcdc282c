/** Writes what an attempt changed of its rows: only those that differ, and each only once. */
import type { Account, RowState } from '../../core/account.ts';
import type { AccountId, ConnectionId } from '../../core/ids.ts';
import { newId } from '../../core/ids.ts';
import { sameJson } from '../../core/json.ts';
import type { Transaction } from '../database.ts';
import { memberIds } from '../members.ts';
import { statement } from '../statement.ts';
import type { Claim } from '../worklist/claim.ts';
import { markAffected, RANK } from '../worklist/mark-due.ts';
import { rowToAccount } from '../worklist/row.ts';
import {
  AT_REST,
  type Columns,
  dueNow,
  jsonOrNull,
  knownColumns,
  mappedColumns,
  removeAccount,
  writeAccount,
} from '../worklist/write.ts';

/** The claimed account, its rows as they are stored and as they are to be. */
export interface RowChange {
  account: Account;
  before: readonly RowState[];
  after: readonly RowState[];
  now: number;
}

/** Throws `UniqueViolation` where another row has an address or an account. Returns the rows as they are stored now. */
export async function writeRows(tx: Transaction, change: RowChange): Promise<RowState[]> {
  const { account, before, after, now } = change;
  const stored = new Map(before.map((row) => [row.id, row]));
  const differing = after.filter((row) => {
    const old = stored.get(row.id);
    return old === undefined || !sameJson(old, row);
  });
  await freeKeys(tx, change, differing);
  // A new row may take the place of one that changes.
  for (const row of differing) {
    const old = stored.get(row.id);
    if (old === undefined) continue;
    if (row.role === 'gone') await removeAccount(tx, { ...account, id: row.id });
    else await writeAccount(tx, { ...account, id: row.id }, rowColumns(account, row, old, now));
  }
  if (account.kind === 'group' && differing.some((row) => isFirstSeen(row, stored.get(row.id)))) {
    await markMembersOf(tx, account, now);
  }
  const written: RowState[] = [];
  for (const row of after) {
    if (row.role === 'gone') continue;
    const id = stored.has(row.id) ? row.id : newId();
    if (!stored.has(row.id)) await insertRow(tx, account, { ...row, id }, now);
    written.push({ ...row, id });
  }
  return written;
}

function isFirstSeen({ known }: RowState, old: RowState | undefined): boolean {
  return known.vendorId !== null && old !== undefined && old.known.vendorId !== known.vendorId;
}

/** A Group has an id, or another one, by now: its members can have it, also where the attempt that learned it does not end well. */
async function markMembersOf(tx: Transaction, account: Account, now: number): Promise<void> {
  const members = await memberIds(tx, account.connectionId, account.resourceId);
  const userIds = members.filter(({ type }) => type === 'User').map(({ id }) => id);
  const context = { requestId: account.requestId ?? '', now };
  await markAffected(tx, account.connectionId, userIds, `group ${account.resourceId}`, context);
}

/** Two rows may exchange an address or an account: neither has it in between. */
async function freeKeys(
  tx: Transaction,
  { account, before, after }: RowChange,
  differing: readonly RowState[],
) {
  if (differing.length < 2) return;
  for (const old of before) {
    const row = after.find(({ id }) => id === old.id);
    const loses =
      row === undefined ||
      row.role === 'gone' ||
      row.known.address !== old.known.address ||
      row.known.vendorId !== old.known.vendorId;
    const had = old.known.address !== null || old.known.vendorId !== null;
    if (loses && had)
      await writeAccount(tx, { ...account, id: old.id }, { address_key: null, vendor_key: null });
  }
}

function rowColumns(account: Account, row: RowState, old: RowState, now: number): Columns {
  const { kind } = account;
  const isLeft = row.role === 'left' && old.role === 'next';
  return {
    ...(sameJson(row.known, old.known)
      ? {}
      : { ...knownColumns(kind, row.known), ...presentColumns(account, row, old, now) }),
    ...(row.mapped === old.mapped ? {} : mappedColumns(kind, row.mapped)),
    ...(sameJson(row.held, old.held) ? {} : { held: jsonOrNull(row.held) }),
    ...(sameJson(row.told, old.told)
      ? {}
      : { told: row.told.length === 0 ? null : JSON.stringify(row.told) }),
    ...(row.counted === old.counted ? {} : { counted: row.counted ? 1 : 0 }),
    ...(isLeft ? leftColumns(now) : {}),
  };
}

/** Since when the account is there, by the row that has it. */
function presentColumns(account: Account, { id, known }: RowState, old: RowState, now: number): Columns {
  if (known.vendorId === null) return { present_since: null, missing_since: null };
  if (old.known.vendorId === known.vendorId) return { missing_since: null };
  const since = id === account.id && old.known.vendorId !== null ? account.presentSince : null;
  return { present_since: since ?? (known.origin === 'adopted' ? 0 : now), missing_since: null };
}

/** A row that was held for a move is to be got rid of. */
function leftColumns(now: number) {
  return {
    role: 'left' as const,
    wanted_version: 2,
    state: 'due',
    rank: RANK.leaver,
    wanted_at: now,
    ...dueNow(now),
  };
}

async function insertRow(tx: Transaction, account: Account, row: RowState, now: number): Promise<void> {
  const isLeft = row.role === 'left';
  await tx
    .insertInto('accounts')
    .values({
      connection_id: account.connectionId,
      id: row.id,
      kind: account.kind,
      resource_id: account.resourceId,
      role: isLeft ? 'left' : 'next',
      wanted_version: 1,
      settled_version: 1,
      ...AT_REST,
      rank: RANK.leaver,
      attempts: 0,
      state: 'in-sync',
      ...knownColumns(account.kind, row.known),
      ...mappedColumns(account.kind, row.mapped),
      held: jsonOrNull(row.held),
      counted: row.counted ? 1 : 0,
      request_id: account.requestId,
      created_at: now,
      wanted_at: now,
      present_since: row.known.vendorId === null ? null : row.known.origin === 'adopted' ? 0 : now,
      ...(isLeft ? leftColumns(now) : {}),
    })
    .execute();
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

/** Null: the claim is no longer this process's. */
export async function claimedAccount(tx: Transaction, claim: Claim): Promise<Account | null> {
  const { connectionId, id, claimedEpoch } = claim.account;
  const [row] = await claimedBy(tx, connectionId, id, claim.version, claimedEpoch);
  return row === undefined ? null : rowToAccount(row);
}
