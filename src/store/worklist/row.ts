/** The one place where an account row becomes an `Account`. */
import type { Selectable } from 'kysely';
import type {
  Account,
  AccountError,
  AccountState,
  Hold,
  Intent,
  Known,
  RowState,
  Undo,
  VendorAccount,
} from '../../core/account.ts';
import type { FieldValues } from '../../core/field.ts';
import type { JsonObject } from '../../core/json.ts';
import type { TaskWish } from '../../core/task.ts';
import type { AccountsTable } from '../tables.ts';

export function rowToAccount(row: Selectable<AccountsTable>): Account {
  return {
    connectionId: row.connection_id,
    id: row.id,
    kind: row.kind,
    resourceId: row.resource_id,
    role: row.role,
    wantedVersion: row.wanted_version,
    settledVersion: row.settled_version,
    undo: parseOrNull<Undo>(row.undo),
    undoVersion: row.undo_version,
    dueAt: row.due_at,
    rank: row.rank,
    attempts: row.attempts,
    returns: row.returns,
    claimedVersion: row.claimed_version,
    claimedEpoch: row.claimed_epoch,
    claimedAt: row.claimed_at,
    state: row.state as AccountState,
    ...knownOf(row),
    mapped: row.mapped,
    held: parseOrNull<Hold>(row.held),
    told: parseOrNull<string[]>(row.told) ?? [],
    counted: row.counted === 1,
    lastError: parseOrNull<AccountError>(row.last_error),
    requestId: row.request_id,
    settledAt: row.settled_at,
    presentSince: row.present_since,
    missingSince: row.missing_since,
    looksFirst: row.looks_first === 1,
    openTasks: row.open_tasks,
    keptDocument: parseOrNull<JsonObject>(row.kept_document),
  };
}

function knownOf(row: Selectable<AccountsTable>): Known {
  return {
    address: row.address,
    vendorId: row.vendor_id,
    origin: row.origin,
    actual: parseOrNull<VendorAccount>(row.actual),
    written: JSON.parse(row.written) as FieldValues,
    intent: parseOrNull<Intent>(row.intent),
    asked: parseOrNull<TaskWish>(row.asked),
  };
}

/** What an attempt changes of an account. */
export function rowState(account: Account): RowState {
  const { id, role, mapped, held, told, counted } = account;
  const { address, vendorId, origin, actual, written, intent, asked } = account;
  return {
    id,
    role,
    mapped,
    known: { address, vendorId, origin, actual, written, intent, asked },
    held,
    told,
    counted,
  };
}

function parseOrNull<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T);
}
