import type { Transaction } from './database.ts';
import { statement } from './statement.ts';

const deleteEmails = statement((db, connection_id: string, user_id: string, ...keys: string[]) =>
  db
    .deleteFrom('user_emails')
    .where('connection_id', '=', connection_id)
    .where('user_id', '=', user_id)
    .where('email_key', 'in', keys)
    .compile(),
);

const insertEmails = statement((db, connection_id: string, user_id: string, ...keys: string[]) =>
  db
    .insertInto('user_emails')
    .values(keys.map((email_key) => ({ connection_id, email_key, user_id })))
    .compile(),
);

/** Keeps the rows for look-ups by address equal to a User's folded e-mail values. */
export async function writeEmails(
  tx: Transaction,
  user: { connection_id: string; id: string },
  before: readonly string[],
  after: readonly string[],
): Promise<void> {
  const gone = before.filter((key) => !after.includes(key));
  const added = after.filter((key) => !before.includes(key));
  if (gone.length > 0) await deleteEmails(tx, user.connection_id, user.id, ...gone);
  if (added.length > 0) await insertEmails(tx, user.connection_id, user.id, ...added);
}
