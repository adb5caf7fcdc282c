import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { OperatorError } from '../core/errors.ts';
import { type ConnectionId, newId } from '../core/ids.ts';
import { type Database, inTransaction, type Transaction } from './database.ts';
import type { Keyring } from './encryption.ts';
import { statement } from './statement.ts';

/** What the operator may see of a token; its text is shown once, by `issueToken`. Times are epoch ms. */
export interface Token {
  id: string;
  connectionId: ConnectionId;
  label: string;
  /** Its first characters, for telling tokens apart. */
  hint: string;
  createdAt: number;
  /** Null: never. */
  expiresAt: number | null;
  revokedAt: number | null;
  lastUsedAt: number | null;
}

const PREFIX = 'cwy_';
const RANDOM_BYTES = 32;
const HINT_LENGTH = PREFIX.length + 4;

/** Throws `OperatorError` if there is no such connection. Several tokens of one may be valid at once. */
export async function issueToken(
  db: Database | Transaction,
  keyring: Keyring,
  options: { connectionId: ConnectionId; label: string; expiresAt: number | null; now: number },
): Promise<{ id: string; token: string }> {
  const { connectionId, label, expiresAt, now } = options;
  const token = PREFIX + randomBytes(RANDOM_BYTES).toString('base64url');
  const id = newId();
  await inTransaction(db, async (tx) => {
    const owner = await tx.selectFrom('connections').select('id').where('id', '=', connectionId).execute();
    if (owner.length === 0) throw new OperatorError(`There is no connection "${connectionId}".`);
    await tx
      .insertInto('tokens')
      .values({
        id,
        connection_id: connectionId,
        label,
        digest: keyring.digestToken(token),
        hint: token.slice(0, HINT_LENGTH),
        created_at: now,
        expires_at: expiresAt,
        revoked_at: null,
        last_used_at: null,
      })
      .execute();
  });
  return { id, token };
}

/** Of one connection, or all; oldest first, expired and revoked ones included. */
export async function listTokens(db: Database | Transaction, connectionId?: ConnectionId): Promise<Token[]> {
  let query = db.selectFrom('tokens').selectAll().orderBy('connection_id').orderBy('id');
  if (connectionId !== undefined) query = query.where('connection_id', '=', connectionId);
  const rows = await query.execute();
  return rows.map((row) => ({
    id: row.id,
    connectionId: row.connection_id,
    label: row.label,
    hint: row.hint,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  }));
}

/** False if there is no such token or it was revoked before. */
export async function revokeToken(db: Database | Transaction, id: string, now: number): Promise<boolean> {
  const updated = await db
    .updateTable('tokens')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return updated.numUpdatedRows > 0n;
}

/** By `Keyring.digestToken`. The caller judges connection, expiry and revocation, so that its log can tell them apart. */
export async function findToken(
  db: Database | Transaction,
  digest: string,
): Promise<Pick<Token, 'id' | 'connectionId' | 'expiresAt' | 'revokedAt'> | undefined> {
  const row = await db
    .selectFrom('tokens')
    .select(['id', 'connection_id', 'expires_at', 'revoked_at'])
    .where('digest', '=', digest)
    .executeTakeFirst();
  return (
    row && {
      id: row.id,
      connectionId: row.connection_id,
      expiresAt: row.expires_at,
      revokedAt: row.revoked_at,
    }
  );
}

/** What a request's credential comes to in one read: the token, and which state of the connection is in force. */
export interface Access {
  token: Pick<Token, 'id' | 'connectionId' | 'expiresAt' | 'revokedAt'> | undefined;
  /** `version` starts anew where a connection of the same id was removed and made again: `createdAt` tells them apart. */
  connection: { version: number; createdAt: number } | undefined;
}

const accessOf = statement((db, connectionId: ConnectionId, digest: string) =>
  sql<AccessRow>`
    select connections.version, connections.created_at, tokens.id, tokens.connection_id, tokens.expires_at, tokens.revoked_at
    from (select 1 as one) as request
    left join connections on connections.id = ${connectionId}
    left join tokens on tokens.digest = ${digest}`.compile(db),
);

interface AccessRow {
  version: number | null;
  created_at: number | null;
  id: string | null;
  connection_id: string | null;
  expires_at: number | null;
  revoked_at: number | null;
}

/** As `findToken`, with the connection that the request is for: every request asks, so that it is one read. */
export async function findAccess(db: Database, connectionId: ConnectionId, digest: string): Promise<Access> {
  const [row] = await accessOf(db, connectionId, digest);
  const { version = null, created_at = null, id = null, connection_id = null } = row ?? {};
  return {
    token:
      id === null || connection_id === null
        ? undefined
        : {
            id,
            connectionId: connection_id,
            expiresAt: row?.expires_at ?? null,
            revokedAt: row?.revoked_at ?? null,
          },
    connection: version === null || created_at === null ? undefined : { version, createdAt: created_at },
  };
}

/** Records that the token was used; the caller decides how often that is worth a write. */
export async function touchToken(db: Database | Transaction, id: string, now: number): Promise<void> {
  await db.updateTable('tokens').set({ last_used_at: now }).where('id', '=', id).execute();
}
