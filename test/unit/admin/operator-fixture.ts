import type { NewConnectionInput } from '../../../src/admin/connections.ts';
import { addConnection } from '../../../src/admin/connections.ts';
import type { Operator } from '../../../src/admin/operator.ts';
import { NO_POLICY_CHANGE } from '../../../src/admin/policies.ts';
import type { Connection } from '../../../src/core/connection.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { listAudit } from '../../../src/store/audit.ts';
import type { Database } from '../../../src/store/database.ts';
import { openKeyring } from '../../../src/store/encryption.ts';
import { createGroup } from '../../../src/store/groups.ts';
import { createUser } from '../../../src/store/users.ts';
import { openTemporary } from '../store/temporary-store.ts';

export const NOW = Date.parse('2026-03-01T10:00:00.000Z');

/** An operator on a store of its own, at a time that stands still. */
export async function openOperator(): Promise<Operator> {
  return {
    db: await openTemporary(),
    keyring: openKeyring(new Uint8Array(32).fill(5)),
    clock: { now: () => NOW, steady: () => NOW },
    actor: 'cli:tester',
    allowHttpLoopback: false,
  };
}

/** A connection `crm` to CrankWheel, which can remove and neither suspend nor revoke. */
export function newConnection(change: Partial<NewConnectionInput> = {}): NewConnectionInput {
  return {
    id: 'crm',
    vendor: 'crankwheel',
    title: null,
    settings: {},
    credentials: { apiKey: 'key-one' },
    policies: NO_POLICY_CHANGE,
    dryRun: false,
    ...change,
  };
}

export async function openWithConnection(
  change: Partial<NewConnectionInput> = {},
): Promise<{ operator: Operator; connection: Connection }> {
  const operator = await openOperator();
  return { operator, connection: await addConnection(operator, newConnection(change)) };
}

/** Pushes a User; its account is due. The User's id. */
export async function pushUser(db: Database, connection: Connection, userName: string): Promise<string> {
  const document: JsonObject = { userName };
  const write = { document, folded: document, userName, externalId: null };
  const { resource } = await createUser(db, connection, write, { requestId: 'push', now: NOW });
  return resource.id;
}

/** The Group's id. */
export async function pushGroup(
  db: Database,
  connection: Connection,
  displayName: string,
  ...userIds: string[]
): Promise<string> {
  const document: JsonObject = { displayName };
  const members = userIds.map((value) => ({ value, type: 'User' as const, display: null }));
  const write = { document, folded: document, displayName, externalId: null };
  const { resource } = await createGroup(db, connection, write, members, { requestId: 'push', now: NOW });
  return resource.id;
}

/** Sets columns of the one account of this User, as a delivery would have left them. */
export async function settleAccount(db: Database, userId: string, columns: object): Promise<string> {
  const { id } = await db
    .updateTable('accounts')
    .set({ due_at: null, ...columns })
    .where('resource_id', '=', userId)
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** What the audit trail says was done, oldest first: `action target`. */
export async function audited(operator: Operator): Promise<string[]> {
  const entries = await listAudit(operator.db, { limit: 100 });
  return entries
    .reverse()
    .filter(({ actor }) => actor === operator.actor)
    .map(({ action, target }) => (target === null ? action : `${action} ${target}`));
}

/** Whether every account of the connection is to be delivered again. */
export async function isFannedOut(operator: Operator, connectionId: string): Promise<boolean> {
  const rows = await operator.db
    .selectFrom('fanouts')
    .select('user_ids')
    .where('connection_id', '=', connectionId)
    .execute();
  return rows.some((row) => row.user_ids === null);
}

/** The message of the error that this is refused with. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error && error.name === 'OperatorError') return error.message;
  throw new Error('It was not refused with an OperatorError.', { cause: error });
}
