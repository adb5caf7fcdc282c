/** What stops a whole connection until an operator acts. */
import type { Clock } from '../core/clock.ts';
import type { Connection } from '../core/connection.ts';
import { OperatorError } from '../core/errors.ts';
import type { Log } from '../core/ports.ts';
import { pauseConnection } from '../store/connections.ts';
import type { Database } from '../store/database.ts';
import type { Claim } from '../store/worklist/claim.ts';
import type { DeliveryTools } from './calls/open-session.ts';

interface Stopping {
  db: Database;
  clock: Clock;
  log: Log;
}

interface Opened {
  tools: DeliveryTools;
  slots: number;
}

/** Null: its credentials or settings cannot be used, and the connection is paused until they are replaced. */
export async function openOrPause(
  stopping: Stopping & { open(connection: Connection): Promise<Opened> },
  connection: Connection,
): Promise<Opened | null> {
  try {
    return await stopping.open(connection);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    await pause(stopping, connection, 'credential', error.message);
    return null;
  }
}

/** Whether an attempt is about a call that a newer version of Causeway began. */
export function isNewer({ account, next }: Claim): boolean {
  return [account.intent, next?.intent].some((intent) => intent != null && intent.version !== 1);
}

/** Nothing is known of what a newer version wrote, so nothing is done beside it. */
export function pauseForNewer(stopping: Stopping, connection: Connection): Promise<void> {
  const reason =
    'A call is under way that a newer version of Causeway began. Start that version again, or restore a backup from before it.';
  return pause(stopping, connection, 'newer-version', reason);
}

async function pause(
  { db, clock, log }: Stopping,
  { id, version }: Connection,
  alert: 'credential' | 'newer-version',
  reason: string,
): Promise<void> {
  await pauseConnection(db, id, reason, clock.now(), version);
  log.error({ connection: id, alert, reason }, 'The connection is paused.');
}
