import type { Selectable } from 'kysely';
import type {
  Account,
  AccountError,
  AccountState,
  GuardDecision,
  Undo,
  VendorAccount,
} from '../../core/account.ts';
import type { FieldValues } from '../../core/field.ts';
import type { AccountsTable } from '../tables.ts';

/** The one place where an account row becomes an `Account`. */
export function rowToAccount(row: Selectable<AccountsTable>): Account {
  return {
    connectionId: row.connection_id,
    id: row.id,
    kind: row.kind,
    resourceId: row.resource_id,
    wantedVersion: row.wanted_version,
    settledVersion: row.settled_version,
    undo: parseOrNull<Undo>(row.undo),
    undoVersion: row.undo_version,
    dueAt: row.due_at,
    rank: row.rank,
    attempts: row.attempts,
    claimedVersion: row.claimed_version,
    claimedEpoch: row.claimed_epoch,
    claimedAt: row.claimed_at,
    doubtAt: row.doubt_at,
    state: row.state as AccountState,
    address: row.address,
    vendorId: row.vendor_id,
    origin: row.origin as Account['origin'],
    actual: parseOrNull<VendorAccount>(row.actual),
    written: JSON.parse(row.written) as FieldValues,
    lastError: parseOrNull<AccountError>(row.last_error),
    requestId: row.request_id,
    settledAt: row.settled_at,
    presentSince: row.present_since,
    missingSince: row.missing_since,
    guard: parseOrNull<GuardDecision>(row.guard),
  };
}

function parseOrNull<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T);
}
