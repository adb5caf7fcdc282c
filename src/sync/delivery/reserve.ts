import { fold } from '../../core/fold.ts';
import { reserveAddress } from '../../store/delivery/reserve-address.ts';
import type { Progress } from './attempt.ts';
import type { DeliveryTools, Ending } from './tools.ts';

/** Before any call that can create or adopt, the address is reserved: one address, one account. */
export async function reserve(
  tools: DeliveryTools,
  progress: Progress,
  address: string | null,
): Promise<Ending | null> {
  const { knowledge, claim } = progress;
  if (address === null || knowledge.vendorId !== null) return null;
  // What an uncertain create may have left under the old address has to be found before another address is taken.
  const held = knowledge.address;
  if (knowledge.doubtAt !== null && held !== null && fold(held) !== fold(address)) return null;
  const { db, connection, vendor, clock } = tools;
  const reservation = await reserveAddress(db, connection, claim.account, address, clock.now());
  switch (reservation.kind) {
    case 'reserved':
      progress.knowledge = { ...knowledge, address };
      return null;
    case 'taken-over': {
      const { vendorId, origin, actual, written, doubtAt } = reservation.account;
      progress.knowledge = {
        address: reservation.account.address,
        vendorId,
        origin,
        actual,
        written,
        doubtAt,
      };
      progress.steps.push({ step: 'rehire', address });
      return null;
    }
    case 'busy':
      return { kind: 'busy' };
    case 'taken': {
      const holder = reservation.userName === null ? 'a deleted User' : `the User ${reservation.userName}`;
      const reason = `The address ${address} at ${vendor.title} belongs to ${holder} of this connection.`;
      return { kind: 'conflict', reason };
    }
  }
}
