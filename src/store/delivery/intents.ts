import type { Account, VendorAccount } from '../../core/account.ts';
import type { FieldValues } from '../../core/field.ts';
import { type Database, inTransaction } from '../database.ts';
import { lockClaimed } from '../locks.ts';
import { writeAccount } from '../worklist/write.ts';

/** What is known of a claimed account before a call whose end may be lost. Throws `LeaseLost` where the claim is another's. */
export async function storeIntent(
  db: Database,
  account: Account,
  known: { actual: VendorAccount; origin: Account['origin']; written: FieldValues },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await lockClaimed(tx, account);
    await writeAccount(tx, account, {
      vendor_id: known.actual.id,
      origin: known.origin,
      actual: JSON.stringify(known.actual),
      written: JSON.stringify(known.written),
    });
  });
}
