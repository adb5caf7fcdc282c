import type { Request, RequestHandler } from 'express';
import type { Clock } from '../core/clock.ts';
import type { Connection } from '../core/connection.ts';
import { StoreUnavailable } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import { setConnection } from '../scim/context.ts';
import { ScimError } from '../scim/errors.ts';
import { findConnection } from '../store/connections.ts';
import type { Database } from '../store/database.ts';
import type { Keyring } from '../store/encryption.ts';
import { type Access, findAccess, touchToken } from '../store/tokens.ts';
import { readCredential } from './credential.ts';
import { type Refusal, setRefusal } from './request-log.ts';

const CHALLENGE = 'Bearer realm="causeway", Basic realm="causeway", charset="UTF-8"';
const DETAIL =
  'The connection or its token is not accepted. Check the SCIM base URL and the token that the identity provider was given, or issue a new token.';

const TOUCH_INTERVAL_MS = 60_000;
const REMEMBERED_TOUCHES = 10_000;
const REMEMBERED_CONNECTIONS = 1000;

interface AuthenticateOptions {
  db: Database;
  keyring: Keyring;
  clock: Clock;
}

type Verdict = { connection: Connection; tokenId: string } | { refusal: Refusal };

/**
 * Lets through only the holder of a living token of the connection in the path. Token and connection's version are read from the
 * store at each request, so that what any process revokes, pauses or edits holds for the very next one.
 */
export function authenticate(options: AuthenticateOptions): RequestHandler<{ connection: string }> {
  const touch = throttledTouch(options);
  const connectionAt = rememberedConnections(options.db);
  return async (request, response, next) => {
    const verdict = await judge(options, connectionAt, request);
    if ('refusal' in verdict) {
      setRefusal(response, verdict.refusal);
      response.setHeader('WWW-Authenticate', CHALLENGE);
      throw new ScimError(401, undefined, DETAIL);
    }
    setConnection(response, verdict.connection);
    await touch(verdict.tokenId);
    next();
  };
}

async function judge(
  { db, keyring, clock }: AuthenticateOptions,
  connectionAt: ReturnType<typeof rememberedConnections>,
  request: Request<{ connection: string }>,
): Promise<Verdict> {
  const header = request.get('Authorization');
  if (header === undefined) return { refusal: 'no-credential' };
  const credential = readCredential(header);
  if (credential === null) return { refusal: 'malformed-credential' };
  const { connection: id } = request.params;
  const { token, connection: state } = await findAccess(db, id, keyring.digestToken(credential.token));
  const connection = state && (await connectionAt(id, state));
  if (connection === undefined) return { refusal: 'unknown-connection' };
  if (token === undefined) return { refusal: 'unknown-token' };
  if (token.connectionId !== connection.id) return { refusal: 'token-of-another-connection' };
  if (credential.userName !== null && credential.userName !== connection.id)
    return { refusal: 'other-user-name' };
  if (token.revokedAt !== null) return { refusal: 'revoked-token' };
  if (token.expiresAt !== null && token.expiresAt <= clock.now()) return { refusal: 'expired-token' };
  return { connection, tokenId: token.id };
}

/** Connections as they were read last, for as long as the store says that their version is in force. */
function rememberedConnections(db: Database) {
  const remembered = new Map<ConnectionId, Connection>();
  return async (id: ConnectionId, { version, createdAt }: NonNullable<Access['connection']>) => {
    const known = remembered.get(id);
    if (known?.version === version && known.createdAt === createdAt) return known;
    const connection = await findConnection(db, id);
    if (remembered.size >= REMEMBERED_CONNECTIONS) remembered.clear();
    if (connection !== undefined) remembered.set(id, connection);
    return connection;
  };
}

/** Notes when a token was last used, once a minute at most; a store that cannot be written now must not stop a read. */
function throttledTouch({ db, clock }: AuthenticateOptions): (tokenId: string) => Promise<void> {
  const touched = new Map<string, number>();
  return async (tokenId) => {
    const now = clock.now();
    if (now - (touched.get(tokenId) ?? Number.NEGATIVE_INFINITY) < TOUCH_INTERVAL_MS) return;
    if (touched.size >= REMEMBERED_TOUCHES) touched.clear();
    touched.set(tokenId, now);
    try {
      await touchToken(db, tokenId, now);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  };
}
