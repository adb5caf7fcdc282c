import type { ConnectionOverview } from '../admin/connection-life.ts';
import type { Delivery } from '../core/delivery.ts';
import type { Task } from '../core/task.ts';
import type { Token } from '../store/tokens.ts';
import type { NamedAccount } from '../store/worklist/list.ts';
import { isoTime } from './table.ts';

/** What `--json` prints of a connection, as the other views of theirs: times in ISO, nothing internal, no secret. */
export function connectionView({ connection, counts }: ConnectionOverview, scimUrl: string) {
  const { id, vendor, title, dryRun, paused, settings, mapping, policies, policyOverrides } = connection;
  return {
    id,
    vendor,
    title,
    scimUrl,
    dryRun,
    paused: paused === null ? null : { reason: paused.reason, at: isoTime(paused.at) },
    ...counts,
    settings,
    mapping,
    policies,
    policyOverrides,
    createdAt: isoTime(connection.createdAt),
    modifiedAt: isoTime(connection.modifiedAt),
  };
}

export function tokenView(token: Token) {
  const { id, connectionId, label, hint } = token;
  return {
    id,
    connection: connectionId,
    label,
    hint,
    createdAt: isoTime(token.createdAt),
    expiresAt: isoTime(token.expiresAt),
    revokedAt: isoTime(token.revokedAt),
    lastUsedAt: isoTime(token.lastUsedAt),
  };
}

export function accountView({ account, name }: NamedAccount) {
  const { id, kind, resourceId, state, address, vendorId, origin, actual, written, lastError } = account;
  return {
    id,
    kind,
    name,
    resourceId,
    state,
    address,
    vendorId,
    origin,
    wantedVersion: account.wantedVersion,
    settledVersion: account.settledVersion,
    dueAt: isoTime(account.dueAt),
    attempts: account.attempts,
    lastError: lastError === null ? null : { ...lastError, at: isoTime(lastError.at) },
    actual,
    written,
    requestId: account.requestId,
    settledAt: isoTime(account.settledAt),
  };
}

export function deliveryView(delivery: Delivery) {
  const { id, accountId, fromVersion, toVersion, result, state, steps, calls, error, attempt, requestId } =
    delivery;
  return {
    id,
    accountId,
    fromVersion,
    toVersion,
    result,
    state,
    steps,
    calls,
    error: error === null ? null : { ...error, at: isoTime(error.at) },
    attempt,
    requestId,
    startedAt: isoTime(delivery.startedAt),
    endedAt: isoTime(delivery.endedAt),
  };
}

export function taskView(task: Task) {
  const { id, connectionId, accountId, kind, title, wanted, state } = task;
  return {
    id,
    connection: connectionId,
    accountId,
    kind,
    title,
    wanted,
    state,
    openedAt: isoTime(task.openedAt),
    updatedAt: isoTime(task.updatedAt),
    closedAt: isoTime(task.closedAt),
  };
}
