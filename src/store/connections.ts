import type { Updateable } from 'kysely';
import type { Connection } from '../core/connection.ts';
import { OperatorError } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import {
  CONNECTION_COLUMNS,
  type ConnectionChanges,
  changedColumns,
  connectionColumns,
  rowToConnection,
} from './connection-rows.ts';
import { type Database, inTransaction, type Transaction } from './database.ts';
import type { Keyring } from './encryption.ts';
import { UniqueViolation } from './errors.ts';
import { lockMapping } from './locks.ts';
import { statement } from './statement.ts';
import type { ConnectionsTable } from './tables.ts';

export type NewConnection = Required<ConnectionChanges> & Pick<Connection, 'id' | 'vendor'>;

/** What one connection owns besides its own row. The audit trail stays. */
const OWNED_TABLES = [
  'tokens',
  'members',
  'user_emails',
  'users',
  'groups',
  'accounts',
  'deliveries',
  'tasks',
  'fanouts',
  'jobs',
  'leavers',
  'reconciliations',
  'leases',
] as const;

/** Throws `OperatorError` if the id is taken. */
export async function insertConnection(
  db: Database | Transaction,
  keyring: Keyring,
  connection: NewConnection,
  credentials: JsonObject,
  now: number,
): Promise<Connection> {
  const { id, vendor } = connection;
  try {
    const row = await db
      .insertInto('connections')
      .values({
        ...connectionColumns(connection),
        id,
        vendor,
        credentials: sealCredentials(keyring, id, credentials),
        created_at: now,
        modified_at: now,
        version: 1,
      })
      .returning(CONNECTION_COLUMNS)
      .executeTakeFirstOrThrow();
    return rowToConnection(row);
  } catch (error) {
    if (!(error instanceof UniqueViolation)) throw error;
    throw new OperatorError(`A connection with the id "${id}" exists already. Choose another id.`, {
      cause: error,
    });
  }
}

export async function findConnection(
  db: Database | Transaction,
  id: ConnectionId,
): Promise<Connection | undefined> {
  const row = await db
    .selectFrom('connections')
    .select(CONNECTION_COLUMNS)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && rowToConnection(row);
}

const versionOf = statement((db, id: ConnectionId) =>
  db.selectFrom('connections').select(['version', 'created_at']).where('id', '=', id).compile(),
);

/** Reads one connection again and again: the whole of it only when its version is another. */
export function connectionReader(db: Database, id: ConnectionId): () => Promise<Connection | undefined> {
  let known: Connection | undefined;
  return async () => {
    const [state] = await versionOf(db, id);
    const same = state?.version === known?.version && state?.created_at === known?.createdAt;
    if (!same) known = state && (await findConnection(db, id));
    return known;
  };
}

/** By id. */
export async function listConnections(db: Database | Transaction): Promise<Connection[]> {
  const rows = await db.selectFrom('connections').select(CONNECTION_COLUMNS).orderBy('id').execute();
  return rows.map(rowToConnection);
}

/** Throws `OperatorError` if there is no such connection. */
export async function updateConnection(
  db: Database | Transaction,
  id: ConnectionId,
  changes: ConnectionChanges,
  now: number,
): Promise<Connection> {
  return write(db, id, changedColumns(changes), now);
}

/** The connection, its directory, its work and its tokens; false if there was none. Nothing happens at the vendor. */
export async function removeConnection(db: Database | Transaction, id: ConnectionId): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    await lockMapping(tx, id);
    for (const table of OWNED_TABLES) await tx.deleteFrom(table).where('connection_id', '=', id).execute();
    const removed = await tx.deleteFrom('connections').where('id', '=', id).executeTakeFirst();
    return removed.numDeletedRows > 0n;
  });
}

/** Throws `OperatorError` if there is no such connection, or if they were sealed with another key. */
export async function readCredentials(
  db: Database | Transaction,
  keyring: Keyring,
  id: ConnectionId,
): Promise<JsonObject> {
  const row = await db
    .selectFrom('connections')
    .select('credentials')
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw missing(id);
  return JSON.parse(keyring.open(row.credentials, credentialsOf(id)));
}

/** Raises the version, so that sessions with the old credentials end; another key may be another company's. */
export async function writeCredentials(
  db: Database | Transaction,
  keyring: Keyring,
  id: ConnectionId,
  credentials: JsonObject,
  now: number,
): Promise<Connection> {
  return write(db, id, { credentials: sealCredentials(keyring, id, credentials), unproven: 1 }, now);
}

/** False if it was paused already (the first reason stays), does not exist, or has another `version` than that given. */
export async function pauseConnection(
  db: Database | Transaction,
  id: ConnectionId,
  reason: string,
  at: number,
  version?: number,
): Promise<boolean> {
  let update = db
    .updateTable('connections')
    .set((row) => ({
      paused_reason: reason,
      paused_at: at,
      modified_at: at,
      version: row('version', '+', 1),
    }))
    .where('id', '=', id)
    .where('paused_at', 'is', null);
  if (version !== undefined) update = update.where('version', '=', version);
  const updated = await update.executeTakeFirst();
  return updated.numUpdatedRows > 0n;
}

/**
 * It may go on; `confirmed`: the operator's word, whatever a list shows of a new credential. Throws `OperatorError` if there is no such
 * connection.
 */
export async function resumeConnection(
  db: Database | Transaction,
  id: ConnectionId,
  now: number,
  confirmed = true,
): Promise<Connection> {
  const going = { paused_reason: null, paused_at: null };
  return write(db, id, confirmed ? { ...going, unproven: 0 } : going, now);
}

/** The credential may lead to other accounts than before: one list has to show them first. */
export async function doubtConnection(
  db: Database | Transaction,
  id: ConnectionId,
  now: number,
): Promise<Connection> {
  return write(db, id, { unproven: 1 }, now);
}

/** One list has shown the accounts that are known. Nothing happens where the connection has another `version` by now. */
export async function proveConnection(db: Database, { id, version }: Connection): Promise<void> {
  await db
    .updateTable('connections')
    .set((row) => ({ unproven: 0, version: row('version', '+', 1) }))
    .where('id', '=', id)
    .where('version', '=', version)
    .execute();
}

/** The operator says that a short list is right. */
export async function believeList(
  db: Database | Transaction,
  id: ConnectionId,
  believed: NonNullable<Connection['believed']>,
  now: number,
): Promise<Connection> {
  return write(db, id, { believed: JSON.stringify(believed) }, now);
}

async function write(
  db: Database | Transaction,
  id: ConnectionId,
  columns: Updateable<ConnectionsTable>,
  now: number,
): Promise<Connection> {
  const row = await db
    .updateTable('connections')
    .set((current) => ({ ...columns, modified_at: now, version: current('version', '+', 1) }))
    .where('id', '=', id)
    .returning(CONNECTION_COLUMNS)
    .executeTakeFirst();
  if (row === undefined) throw missing(id);
  return rowToConnection(row);
}

function missing(id: ConnectionId): OperatorError {
  return new OperatorError(`There is no connection "${id}". List them with "causeway connection list".`);
}

function credentialsOf(id: ConnectionId): string {
  return `credentials of ${id}`;
}

function sealCredentials(keyring: Keyring, id: ConnectionId, credentials: JsonObject): string {
  return keyring.seal(JSON.stringify(credentials), credentialsOf(id));
}
