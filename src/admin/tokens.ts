import { OperatorError } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import { inTransaction } from '../store/database.ts';
import {
  issueToken as issueStored,
  listTokens as listStored,
  revokeToken as revokeStored,
  type Token,
} from '../store/tokens.ts';
import { type Operator, record, requireConnection } from './operator.ts';

/** `token` is told this once. `expiresAt` in epoch ms; null: never. */
export async function issueToken(
  operator: Operator,
  options: { connectionId: ConnectionId; label: string; expiresAt: number | null },
): Promise<{ id: string; token: string }> {
  const { connectionId, label, expiresAt } = options;
  const now = operator.clock.now();
  if (expiresAt !== null && expiresAt <= now) {
    throw new OperatorError('The token would have expired already. Give a time that is still to come.');
  }
  return inTransaction(operator.db, async (tx) => {
    await requireConnection(tx, connectionId);
    const issued = await issueStored(tx, operator.keyring, { ...options, now });
    const target = `token ${issued.id}`;
    await record(operator, tx, now, {
      action: 'token.issue',
      connectionId,
      target,
      detail: { label, expiresAt },
    });
    return issued;
  });
}

/** Of one connection, or of all where `connectionId` is null; never their texts. */
export async function listTokens(operator: Operator, connectionId: ConnectionId | null): Promise<Token[]> {
  if (connectionId === null) return listStored(operator.db);
  await requireConnection(operator.db, connectionId);
  return listStored(operator.db, connectionId);
}

/** Requests with it are refused from now on. Throws OperatorError for one that is unknown or was revoked before. */
export async function revokeToken(operator: Operator, id: string): Promise<Token> {
  const now = operator.clock.now();
  return inTransaction(operator.db, async (tx) => {
    const token = (await listStored(tx)).find((one) => one.id === id);
    if (token === undefined) {
      throw new OperatorError(`There is no token "${id}". List their ids with "causeway token list".`);
    }
    if (!(await revokeStored(tx, id, now))) {
      throw new OperatorError(
        `The token "${id}" was revoked on ${new Date(token.revokedAt ?? now).toISOString()}.`,
      );
    }
    const { connectionId, label } = token;
    const target = `token ${id}`;
    await record(operator, tx, now, { action: 'token.revoke', connectionId, target, detail: { label } });
    return token;
  });
}
