import type { Connection } from '../core/connection.ts';
import { OperatorError } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import { countOwned, type OwnedCounts } from '../store/connection-counts.ts';
import {
  listConnections,
  pauseConnection as pauseStored,
  removeConnection as removeStored,
  resumeConnection as resumeStored,
} from '../store/connections.ts';
import { inTransaction } from '../store/database.ts';
import { type Operator, record, requireConnection } from './operator.ts';

/** A connection with what it holds. */
export interface ConnectionOverview {
  connection: Connection;
  counts: OwnedCounts;
}

/** Every other pause is Causeway's own, for a credential that the vendor no longer takes. */
const BY_OPERATOR = 'Paused by the operator';

export function pausedByOperator(connection: Connection): boolean {
  return connection.paused?.reason.startsWith(BY_OPERATOR) === true;
}

export async function viewConnections(operator: Operator): Promise<ConnectionOverview[]> {
  const overviews: ConnectionOverview[] = [];
  for (const connection of await listConnections(operator.db)) {
    overviews.push({ connection, counts: await countOwned(operator.db, connection.id) });
  }
  return overviews;
}

export async function viewConnection(operator: Operator, id: ConnectionId): Promise<ConnectionOverview> {
  const connection = await requireConnection(operator.db, id);
  return { connection, counts: await countOwned(operator.db, id) };
}

/** Deliveries stand still and lose nothing. Throws OperatorError if it stands already. `reason`: null for none given. */
export async function pauseConnection(
  operator: Operator,
  id: ConnectionId,
  reason: string | null,
): Promise<void> {
  const now = operator.clock.now();
  await inTransaction(operator.db, async (tx) => {
    const { paused } = await requireConnection(tx, id);
    if (paused !== null)
      throw new OperatorError(`The connection "${id}" is paused already: ${paused.reason}`);
    const text = reason === null ? `${BY_OPERATOR}.` : `${BY_OPERATOR}: ${reason}`;
    await pauseStored(tx, id, text, now);
    const detail = reason === null ? {} : { reason };
    await record(operator, tx, now, { action: 'connection.pause', connectionId: id, detail });
  });
}

/** Throws OperatorError if it is not paused. */
export async function resumeConnection(operator: Operator, id: ConnectionId): Promise<void> {
  const now = operator.clock.now();
  await inTransaction(operator.db, async (tx) => {
    const { paused } = await requireConnection(tx, id);
    if (paused === null) throw new OperatorError(`The connection "${id}" is not paused.`);
    await resumeStored(tx, id, now);
    await record(operator, tx, now, { action: 'connection.resume', connectionId: id });
  });
}

/** Takes the connection and all that it holds out of Causeway; nothing happens at the vendor. */
export async function removeConnection(operator: Operator, id: ConnectionId): Promise<void> {
  const now = operator.clock.now();
  await inTransaction(operator.db, async (tx) => {
    const { vendor, title } = await requireConnection(tx, id);
    await removeStored(tx, id);
    const detail = { vendor, title };
    await record(operator, tx, now, { action: 'connection.remove', connectionId: id, detail });
  });
}
