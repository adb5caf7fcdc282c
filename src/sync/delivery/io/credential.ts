/** Whether a bad-key answer is about the key. */
import { VendorError } from '../../../core/errors.ts';
import type { Log } from '../../../core/ports.ts';
import { pauseConnection } from '../../../store/connections.ts';
import type { DeliveryTools, LiveTools } from '../../calls/open-session.ts';

/** One call's bad-key answer may be about that call alone: `verify` tells, and pauses the connection if the key is dead. */
export async function confirmCredential(
  log: Log,
  { db, connection, vendor, clock }: DeliveryTools,
  { session }: LiveTools,
  error: VendorError,
): Promise<VendorError> {
  if (error.code !== 'UNAUTHORISED') return error;
  try {
    await session.verify();
  } catch (told) {
    if (!(told instanceof VendorError)) throw told;
    if (told.code !== 'UNAUTHORISED') return told;
    const reason = `${vendor.title} does not accept the credential: ${told.message}`;
    const { id, version } = connection;
    const paused = await pauseConnection(db, id, reason, clock.now(), version).catch((err: unknown) => {
      // The next attempt finds the key dead again.
      log.error({ connection: id, err }, 'The connection could not be paused yet.');
      return false;
    });
    if (paused) log.error({ connection: id, alert: 'credential', reason }, 'The connection is paused.');
    return error;
  }
  const { message, status, answered } = error;
  return new VendorError('NOT_PERMITTED', message, { status, answered, cause: error });
}
