/** Writes account rows: what is known as columns, and statements that are compiled once. */
import type { Account, AccountError, Known } from '../../core/account.ts';
import { addressKey, foldAddress } from '../../core/address.ts';
import type { Transaction } from '../database.ts';
import { namedStatement } from '../statement.ts';
import type { AccountsTable } from '../tables.ts';

/** Nobody's claim any more. */
export const UNCLAIMED = { claimed_version: null, claimed_epoch: null, claimed_at: null };

/** When an account is due, epoch ms, and how far ahead that is; no push brings it before `notBefore`. */
export interface Due {
  at: number;
  inMs: number;
  notBefore: { at: number; inMs: number } | null;
}

/** Due at no time. */
export const AT_REST = { due_at: null, due_in: null, not_before: null, not_before_in: null };

export function dueColumns({ at, inMs, notBefore }: Due) {
  const { at: from = null, inMs: fromIn = null } = notBefore ?? {};
  return { due_at: at, due_in: inMs, not_before: from, not_before_in: fromIn };
}

export function dueNow(now: number) {
  return { due_at: now, due_in: 0, not_before: null, not_before_in: null };
}

/** The code beside the text, so that nobody has to read it out of it. */
export function errorColumns(error: AccountError | null) {
  return { error_code: error?.code ?? null, last_error: error === null ? null : JSON.stringify(error) };
}

/** A vendor's id as it is compared: where it is an address, as addresses are. */
export function vendorKey(kind: Account['kind'], id: string): string {
  return kind === 'user' && id.includes('@') ? foldAddress(id) : id;
}

export function knownColumns(kind: Account['kind'], known: Known) {
  const { address, vendorId, origin, actual, written, intent, asked } = known;
  return {
    address,
    address_key: address === null ? null : addressKey(kind, address),
    vendor_id: vendorId,
    vendor_key: vendorId === null ? null : vendorKey(kind, vendorId),
    origin,
    presence: actual?.presence ?? null,
    actual: jsonOrNull(actual),
    written: JSON.stringify(written),
    intent: jsonOrNull(intent),
    asked: jsonOrNull(asked),
  };
}

export function mappedColumns(kind: Account['kind'], mapped: string | null) {
  return { mapped, mapped_key: mapped === null ? null : addressKey(kind, mapped) };
}

export function jsonOrNull(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

export type Columns = Partial<
  Omit<AccountsTable, 'connection_id' | 'id' | 'returns' | 'counted' | 'looks_first' | 'open_tasks'>
> & {
  returns?: number;
  counted?: number;
  looks_first?: number;
  open_tasks?: number;
};

/** By the names of the columns: the writers have a dozen sets of them between them. */
const updates = new Map<string, ReturnType<typeof updateOf>>();

function updateOf() {
  return namedStatement((db, { connection_id, id, ...columns }: Columns & AccountRowKey) =>
    db
      .updateTable('accounts')
      .set(columns)
      .where('connection_id', '=', connection_id)
      .where('id', '=', id)
      .compile(),
  );
}

type AccountRowKey = Pick<AccountsTable, 'connection_id' | 'id'>;

export async function writeAccount(
  tx: Transaction,
  account: Pick<Account, 'connectionId' | 'id'>,
  columns: Columns,
): Promise<void> {
  const names = Object.keys(columns);
  if (names.length === 0) return;
  const name = names.join();
  const update = updates.get(name) ?? updateOf();
  updates.set(name, update);
  await update(tx, { ...columns, connection_id: account.connectionId, id: account.id });
}

export async function removeAccount(
  tx: Transaction,
  account: Pick<Account, 'connectionId' | 'id'>,
): Promise<void> {
  await tx
    .deleteFrom('accounts')
    .where('connection_id', '=', account.connectionId)
    .where('id', '=', account.id)
    .execute();
}

export function accountKey(account: Pick<Account, 'connectionId' | 'id'>) {
  return { connectionId: account.connectionId, accountId: account.id };
}
