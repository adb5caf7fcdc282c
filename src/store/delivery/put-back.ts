import type { Account } from '../../core/account.ts';
import { fold } from '../../core/fold.ts';
import type { Transaction } from '../database.ts';
import { findUser, overwriteUser } from '../users.ts';

/** Another User may have taken the name that this one had before: then the refused document has to stay. */
export async function canRestore(tx: Transaction, account: Account): Promise<boolean> {
  if (account.undo?.kind !== 'document') return true;
  const holder = await tx
    .selectFrom('users')
    .select('id')
    .where('connection_id', '=', account.connectionId)
    .where('user_name_key', '=', fold(String(account.undo.document['userName'])))
    .where('id', '!=', account.resourceId)
    .executeTakeFirst();
  return holder === undefined;
}

export async function restoreDocument(tx: Transaction, account: Account, now: number): Promise<void> {
  const user = await findUser(tx, account.connectionId, account.resourceId);
  if (user === undefined || account.undo?.kind !== 'document') return;
  const { document, folded } = account.undo;
  await overwriteUser(
    tx,
    user,
    {
      document,
      folded,
      userName: String(document['userName']),
      externalId: typeof document['externalId'] === 'string' ? document['externalId'] : null,
    },
    now,
  );
}
