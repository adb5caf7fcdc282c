import { addressKey } from '../core/address.ts';
import { OperatorError } from '../core/errors.ts';
import { fold } from '../core/fold.ts';
import type { ConnectionId } from '../core/ids.ts';
import { listConnections } from '../store/connections.ts';
import { inTransaction } from '../store/database.ts';
import { decideHold, listHeld as listStored } from '../store/delivery/holds.ts';
import type { NamedAccount } from '../store/worklist/list.ts';
import { type Operator, record, requireConnection } from './operator.ts';

/** Held accounts of one connection, or of all where `connectionId` is null. */
export async function listHeld(
  operator: Operator,
  connectionId: ConnectionId | null,
): Promise<NamedAccount[]> {
  const { db } = operator;
  const connections =
    connectionId === null ? await listConnections(db) : [await requireConnection(db, connectionId)];
  return (await Promise.all(connections.map(({ id }) => listStored(db, id)))).flat();
}

/** Whom a decision is about: one account by its id, userName or address, or everybody held. */
export type Held = { match: string } | 'all';

/** Lets held steps be delivered, or rejects them with a reason. Answers those it was about; OperatorError where there are none. */
export async function decideHeld(
  operator: Operator,
  connectionId: ConnectionId,
  whom: Held,
  decision: { decision: 'released' | 'rejected'; reason: string },
): Promise<NamedAccount[]> {
  await requireConnection(operator.db, connectionId);
  const held = (await listStored(operator.db, connectionId)).filter(
    (one) => whom === 'all' || isAbout(one, whom.match),
  );
  if (held.length === 0) {
    throw new OperatorError('Nothing like that is held. List what is with "causeway held list".');
  }
  const now = operator.clock.now();
  for (const { account, name } of held) {
    await inTransaction(operator.db, async (tx) => {
      const context = { requestId: `hold ${decision.decision}`, now };
      await decideHold(tx, account, { ...decision, by: operator.actor, at: now }, context);
      await record(operator, tx, now, {
        action: `held.${decision.decision}`,
        connectionId,
        target: `account ${account.id}`,
        detail: { user: name, address: account.address, reason: decision.reason },
      });
    });
  }
  return held;
}

function isAbout({ account, name }: NamedAccount, match: string): boolean {
  const { kind, address } = account;
  if (address !== null && addressKey(kind, address) === addressKey(kind, match)) return true;
  return [account.id, account.resourceId, name].some((one) => one !== null && fold(one) === fold(match));
}
