import type { VendorAccount } from '../core/account.ts';
import { addressFault, foldAddress } from '../core/address.ts';
import type { Connection } from '../core/connection.ts';
import { fold } from '../core/fold.ts';
import { newId } from '../core/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { emailKeys, emailValues } from '../core/user.ts';
import { type Database, inTransaction, type Transaction } from './database.ts';
import { writeEmails } from './user-emails.ts';
import { RANK, raiseWanted } from './worklist/mark-due.ts';
import { knownColumns, mappedColumns, vendorKey } from './worklist/write.ts';

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
  // No User can have it: whoever it is, nothing is done about them.
  if (addressFault(account.address) !== null) return 'left';
  const key = foldAddress(account.address);
  const managed = await tx
    .selectFrom('accounts')
    .select('id')
    .where('connection_id', '=', connection.id)
    .where('kind', '=', 'user')
    .where((eb) => eb.or([eb('address_key', '=', key), eb('vendor_key', '=', vendorKey('user', account.id))]))
    .executeTakeFirst();
  if (managed !== undefined) return 'managed';
  const users = await usersNamed(tx, connection.id, fold(account.address));
  const user = users.find((one) => hasAddress(one, key));
  if (user !== undefined) {
    await raiseWanted(tx, connection.id, [user.id], { requestId: 'import', now });
    return 'matched';
  }
  // To SCIM the names are equal, to the vendor the addresses are not.
  if (users.length > 0) return 'left';
  if (connection.policies.imports === 'leave') return 'left';
  await insertObserved(tx, connection.id, account, document, now);
  return 'observed';
}

interface NamedUser {
  id: string;
  user_name: string;
  document: string;
}

/** The Users that SCIM's look-ups find by this name or e-mail address; those fold more than A–Z. */
async function usersNamed(tx: Transaction, connectionId: string, key: string): Promise<NamedUser[]> {
  const users = tx
    .selectFrom('users')
    .select(['users.id', 'users.user_name', 'users.document'])
    .where('users.connection_id', '=', connectionId);
  const byName = await users.where('users.user_name_key', '=', key).execute();
  const byEmail = await users
    .innerJoin('user_emails', (join) =>
      join
        .onRef('user_emails.connection_id', '=', 'users.connection_id')
        .onRef('user_emails.user_id', '=', 'users.id'),
    )
    .where('user_emails.email_key', '=', key)
    .execute();
  return [...byName, ...byEmail];
}

function hasAddress({ user_name, document }: NamedUser, key: string): boolean {
  const addresses = [user_name, ...emailValues(JSON.parse(document) as JsonObject)];
  return addresses.some((address) => foldAddress(address) === key);
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
      role: 'current',
      wanted_version: 1,
      settled_version: 1,
      rank: RANK.change,
      attempts: 0,
      state: 'observed',
      ...knownColumns('user', {
        address: account.address,
        vendorId: account.id,
        origin: 'adopted',
        actual: account,
        written: {},
        intent: null,
        asked: null,
      }),
      ...mappedColumns('user', account.address),
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
