import type { VendorAccount } from '../core/account.ts';
import type { Connection } from '../core/connection.ts';
import { fold } from '../core/fold.ts';
import { newId } from '../core/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { emailKeys } from '../core/user.ts';
import { type Database, inTransaction, type Transaction } from './database.ts';
import { writeEmails } from './user-emails.ts';
import { RANK, raiseWanted } from './worklist/mark-due.ts';

/** An account of the vendor's list, with the User document that it would make. */
export interface Imported {
  account: VendorAccount;
  document: JsonObject;
}

/** How many accounts were managed already, belonged to a User, became observed Users, or were left alone. */
export interface ImportCounts {
  managed: number;
  matched: number;
  observed: number;
  left: number;
}

/** Takes a part of the vendor's list in, in one transaction; doing it again changes nothing. */
export async function importAccounts(
  db: Database,
  connection: Connection,
  batch: readonly Imported[],
  now: number,
): Promise<ImportCounts> {
  return inTransaction(db, async (tx) => {
    const counts: ImportCounts = { managed: 0, matched: 0, observed: 0, left: 0 };
    for (const imported of batch) counts[await importAccount(tx, connection, imported, now)] += 1;
    if (counts.observed > 0) {
      await tx
        .updateTable('connections')
        .set((eb) => ({ user_count: eb('user_count', '+', counts.observed) }))
        .where('id', '=', connection.id)
        .execute();
    }
    return counts;
  });
}

async function importAccount(
  tx: Transaction,
  connection: Connection,
  { account, document }: Imported,
  now: number,
): Promise<keyof ImportCounts> {
  const key = fold(account.address);
  const managed = await tx
    .selectFrom('accounts')
    .select('id')
    .where('connection_id', '=', connection.id)
    .where('kind', '=', 'user')
    .where((eb) => eb.or([eb('address_key', '=', key), eb('vendor_id', '=', account.id)]))
    .executeTakeFirst();
  if (managed !== undefined) return 'managed';
  const userId = await userOf(tx, connection.id, key);
  if (userId !== undefined) {
    await raiseWanted(tx, connection.id, [userId], { requestId: 'import', now });
    return 'matched';
  }
  if (connection.policies.imports === 'leave') return 'left';
  await insertObserved(tx, connection.id, account, document, now);
  return 'observed';
}

async function userOf(tx: Transaction, connectionId: string, key: string): Promise<string | undefined> {
  const byName = await tx
    .selectFrom('users')
    .select('id')
    .where('connection_id', '=', connectionId)
    .where('user_name_key', '=', key)
    .executeTakeFirst();
  if (byName !== undefined) return byName.id;
  const byEmail = await tx
    .selectFrom('user_emails')
    .select('user_id as id')
    .where('connection_id', '=', connectionId)
    .where('email_key', '=', key)
    .executeTakeFirst();
  return byEmail?.id;
}

/** Settled from the start: nothing is planned for it until the identity provider writes it. */
async function insertObserved(
  tx: Transaction,
  connectionId: string,
  account: VendorAccount,
  document: JsonObject,
  now: number,
): Promise<void> {
  const id = newId();
  await tx
    .insertInto('users')
    .values({
      connection_id: connectionId,
      id,
      user_name: account.address,
      user_name_key: fold(account.address),
      external_id: null,
      document: JSON.stringify(document),
      folded: JSON.stringify(foldTexts(document)),
      version: 1,
      created_at: now,
      modified_at: now,
    })
    .execute();
  await writeEmails(tx, { connection_id: connectionId, id }, [], emailKeys(document));
  await tx
    .insertInto('accounts')
    .values({
      connection_id: connectionId,
      id: newId(),
      kind: 'user',
      resource_id: id,
      wanted_version: 1,
      settled_version: 1,
      rank: RANK.change,
      attempts: 0,
      state: 'observed',
      address: account.address,
      address_key: fold(account.address),
      vendor_id: account.id,
      origin: 'adopted',
      actual: JSON.stringify(account),
      written: '{}',
      created_at: now,
      settled_at: now,
      wanted_at: now,
      present_since: 0,
    })
    .execute();
}

/** Every text of an imported document is one whose case does not matter (names and addresses). */
function foldTexts(value: Json): Json {
  if (typeof value === 'string') return fold(value);
  if (Array.isArray(value)) return value.map(foldTexts);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, foldTexts(part)]));
}
