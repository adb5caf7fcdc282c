import type { Connection } from '../core/connection.ts';
import { OperatorError } from '../core/errors.ts';
import type { AccountId } from '../core/ids.ts';
import type { Log } from '../core/ports.ts';
import type { Lease } from '../store/worklist/leases.ts';
import type { AnyVendor } from '../vendor-kit/define.ts';
import { type DeliveryTools, type OpenOptions, openDeliveryTools } from './calls/open-session.ts';
import { Worker } from './worker.ts';

export interface DeliveringOptions extends Omit<OpenOptions, 'connection' | 'vendor' | 'mayCall'> {
  log: Log;
  vendors: readonly AnyVendor[];
  lease: Lease;
  mayCall: () => boolean;
  notify(accountId: AccountId): void;
}

/** A connection that this instance delivers, under one lease. */
export interface Delivering {
  worker: Worker;
  /** Its tools, opened once for each version of the connection. */
  tools(connection: Connection): Promise<DeliveryTools>;
}

export function createDelivering(options: DeliveringOptions): Delivering {
  const { vendors, observe } = options;
  let opened: { version: number; tools: ReturnType<typeof openDeliveryTools> } | null = null;

  async function openTools(connection: Connection) {
    const vendor = vendors.find(({ id }) => id === connection.vendor);
    if (vendor === undefined) {
      throw new OperatorError(`Connection ${connection.id}: there is no vendor ${connection.vendor}.`);
    }
    return openDeliveryTools({ ...options, connection, vendor });
  }

  function open(connection: Connection) {
    if (opened?.version === connection.version) return opened.tools;
    const fresh = { version: connection.version, tools: openTools(connection) };
    opened = fresh;
    fresh.tools.catch(() => {
      if (opened === fresh) opened = null;
    });
    return fresh.tools;
  }

  const worker = new Worker({
    ...options,
    open,
    delivered: (connection, result) => observe.delivered(connection.vendor, result),
  });
  return { worker, tools: async (connection) => (await open(connection)).tools };
}
