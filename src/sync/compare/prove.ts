/** Another key may be another company: one list has to show the accounts that are known (rule 19). */
import { VendorError } from '../../core/errors.ts';
import type { Log } from '../../core/ports.ts';
import { pauseConnection, proveConnection as proved } from '../../store/connections.ts';
import { listPresent } from '../../store/reconciliation.ts';
import type { DeliveryTools, LiveTools } from '../calls/open-session.ts';

/** later: the list could not be read. */
export async function proveConnection(
  { db, connection, vendor, clock }: DeliveryTools,
  { lookup }: LiveTools,
  log: Log,
): Promise<'proved' | 'paused' | 'later'> {
  const known = await listPresent(db, connection.id);
  if (known.length > 0) {
    let reason: string | null;
    try {
      const { list } = await lookup.users.after(clock.steady());
      const found = known.filter(
        ({ vendorId, address }) => list.find({ id: vendorId, address }) !== 'absent',
      );
      reason =
        found.length >= known.length / 2
          ? null
          : `${vendor.title} lists ${found.length} of the ${known.length} accounts that are known: the new credential or settings may lead to another company. Correct them, or confirm with "causeway connection resume ${connection.id}".`;
    } catch (error) {
      if (!(error instanceof VendorError)) throw error;
      if (error.code !== 'UNAUTHORISED') return 'later';
      reason = `${vendor.title} does not accept the credential: ${error.message}`;
    }
    if (reason !== null) {
      await pauseConnection(db, connection.id, reason, clock.now(), connection.version);
      log.error({ connection: connection.id, alert: 'credential', reason }, 'The connection is paused.');
      return 'paused';
    }
  }
  await proved(db, connection);
  return 'proved';
}
