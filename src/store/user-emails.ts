import type { Transaction } from './database.ts';

/** Keeps the rows for look-ups by address equal to a User's folded e-mail values. */
export async function writeEmails(
  tx: Transaction,
  user: { connection_id: string; id: string },
  before: readonly string[],
  after: readonly string[],
): Promise<void> {
  const gone = before.filter((key) => !after.includes(key));
  const added = after.filter((key) => !before.includes(key));
  if (gone.length > 0) {
    await tx
      .deleteFrom('user_emails')
      .where('connection_id', '=', user.connection_id)
      .where('user_id', '=', user.id)
      .where('email_key', 'in', gone)
      .execute();
  }
  if (added.length > 0) {
    await tx
      .insertInto('user_emails')
      .values(added.map((email_key) => ({ connection_id: user.connection_id, email_key, user_id: user.id })))
      .execute();
  }
}
