import { OperatorError, VendorError } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import { readCredentials } from '../store/connections.ts';
import { createVendorHttp } from '../vendor-kit/http-client.ts';
import { type Operator, requireConnection, requireVendor } from './operator.ts';

/**
 * Proves the stored settings and credentials with the vendor's own harmless read, on a dry-run connection too. Throws
 * OperatorError with the vendor's reason and what to do.
 */
export async function testConnection(operator: Operator, id: ConnectionId): Promise<void> {
  const { settings, vendor: vendorId } = await requireConnection(operator.db, id);
  const vendor = requireVendor(vendorId);
  const credentials = await readCredentials(operator.db, operator.keyring, id);
  const { allowHttpLoopback } = operator;
  const http = createVendorHttp({ baseUrl: String(settings['baseUrl']), allowHttpLoopback });
  try {
    await vendor.connect(settings, credentials, http).verify();
  } catch (error) {
    if (!(error instanceof VendorError)) throw error;
    throw new OperatorError(`${error.message} ${whatToDo(error, vendor.title, id)}`, { cause: error });
  }
}

function whatToDo(error: VendorError, title: string, id: ConnectionId): string {
  switch (error.code) {
    case 'UNAUTHORISED':
      return `${title} does not accept the credential: replace it with "causeway connection edit ${id}".`;
    case 'NOT_PERMITTED':
      return `Give the credential the right to list accounts in ${title}, or use another one.`;
    case 'THROTTLED':
      return 'Try again later.';
    case 'UNAVAILABLE':
    case 'UNCERTAIN':
      return `Check the baseUrl setting and that this machine reaches ${title}, then try again.`;
    case 'REJECTED':
    case 'GONE':
    case 'CONFLICT':
    case 'UNREADABLE':
      return `Check the settings with "causeway connection show ${id}".`;
  }
}
