import type { ConnectionId } from '../core/ids.ts';
import { inTransaction } from '../store/database.ts';
import { erasePerson as eraseStored } from '../store/erasure.ts';
import { listAccounts } from '../store/worklist/list.ts';
import { type Operator, record, requireConnection } from './operator.ts';

/** Accounts that one name can stand for; a person has one, and a past one or two. */
const MATCHES = 100;

/** Takes a person (userName or address) out of the history; the counts of deliveries stay. Returns how many were about them. */
export async function erasePerson(
  operator: Operator,
  connectionId: ConnectionId,
  name: string,
): Promise<number> {
  await requireConnection(operator.db, connectionId);
  const accounts = await listAccounts(operator.db, connectionId, { match: name, limit: MATCHES });
  const names = new Set([name, ...accounts.flatMap((one) => [one.name, one.account.address])]);
  const known = [...names].filter((one) => one !== null);
  const now = operator.clock.now();
  return inTransaction(operator.db, async (tx) => {
    const ids = accounts.map(({ account }) => account.id);
    const erased = await eraseStored(tx, connectionId, ids, known);
    // Whose data it was is what must not be kept.
    await record(operator, tx, now, { action: 'person.erase', connectionId, detail: { deliveries: erased } });
    return erased;
  });
}
