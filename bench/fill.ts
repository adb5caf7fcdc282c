import { sql } from 'kysely';
import type { JsonObject } from '../src/core/json.ts';
import { vendorUrn } from '../src/core/vendor-urn.ts';
import { foldDocument } from '../src/scim/normalise.ts';
import { resourceSchemas } from '../src/scim/schema.ts';
import { insertConnection } from '../src/store/connections.ts';
import { type DataFolder, openDataFolder } from '../src/store/data-folder.ts';
import { closeDatabase, type Database, inTransaction, type Transaction } from '../src/store/database.ts';
import { namedStatement, statement } from '../src/store/statement.ts';
import type { UsersTable } from '../src/store/tables.ts';
import { issueToken } from '../src/store/tokens.ts';
import { policiesInForce } from '../src/vendor-kit/policies.ts';
import { loadFake } from '../src/vendors/fakes.ts';
import { vendorById } from '../src/vendors/index.ts';
import {
  CONNECTION,
  GROUP_SIZES,
  groupId,
  groupTitle,
  OUTSIDERS,
  personDocument,
  userId,
  userName,
} from './people.ts';

const CHUNK = 20_000;
/** Nothing is kept if the filling fails, so that nothing is written twice or waited for; the server sets its own again. */
const FILL_PRAGMAS = ['journal_mode = off', 'synchronous = off', 'cache_size = -1000000'];
const VENDOR = 'crankwheel';

/** How the bench's connection delivers: not at all, or to a fake at `fakeUrl`. */
export interface Filling {
  dir: string;
  users: number;
  fakeUrl: string | null;
  /** Every account is due, as after an import of Users. */
  due: boolean;
}

/** Makes a sandbox's store with one connection of `users` Users and its groups; answers the connection's token. */
export async function fillStore(filling: Filling): Promise<string> {
  const folder = await openDataFolder({ dir: filling.dir, mode: 'sandbox', secretKey: null });
  try {
    const token = await makeConnection(folder, filling);
    const { db } = folder;
    for (const pragma of FILL_PRAGMAS) await sql`pragma ${sql.raw(pragma)}`.execute(db);
    const total = filling.users + (filling.due ? 0 : OUTSIDERS);
    for (let start = 0; start < total; start += CHUNK) {
      await insertPeople(db, start, Math.min(total, start + CHUNK), filling.due);
    }
    if (!filling.due) await insertGroups(db, filling.users);
    return token;
  } finally {
    await closeDatabase(folder.db);
  }
}

async function makeConnection({ db, keyring }: DataFolder, { fakeUrl }: Filling): Promise<string> {
  const vendor = vendorById(VENDOR);
  if (vendor === undefined) throw new Error(`There is no vendor ${VENDOR}.`);
  const { sandbox } = await loadFake(VENDOR);
  const settings = vendor.settings.parse({
    ...sandbox.settings(fakeUrl ?? 'http://127.0.0.1:9'),
    concurrency: 8,
    requestsPerSecond: 1000,
  });
  const now = Date.now();
  const policies = policiesInForce(vendor, settings, {});
  await insertConnection(
    db,
    keyring,
    {
      id: CONNECTION,
      vendor: VENDOR,
      title: 'Benchmark',
      settings,
      mapping: {},
      policies,
      policyOverrides: {},
      dryRun: fakeUrl === null,
    },
    sandbox.credentials,
    now,
  );
  return (await issueToken(db, keyring, { connectionId: CONNECTION, label: 'bench', expiresAt: null, now }))
    .token;
}

const { user: schema } = resourceSchemas({ urn: vendorUrn(VENDOR), vendorTitle: VENDOR, fields: [] });

const insertUser = namedStatement((db, row: Pick<UsersTable, keyof UsersTable>) =>
  db.insertInto('users').values(row).compile(),
);

const insertEmails = statement((db, user_id: string, work: string, home: string) =>
  db
    .insertInto('user_emails')
    .values([work, home].map((email_key) => ({ connection_id: CONNECTION, email_key, user_id })))
    .compile(),
);

const insertAccount = statement(
  (
    db,
    resource_id: string,
    id: string,
    settled: number,
    rank: number,
    state: string,
    due: number | null,
    at: number,
  ) =>
    db
      .insertInto('accounts')
      .values({
        connection_id: CONNECTION,
        id,
        kind: 'user',
        role: 'current',
        resource_id,
        wanted_version: 1,
        settled_version: settled,
        rank,
        attempts: 0,
        state,
        written: '{}',
        created_at: at,
        wanted_at: at,
        settled_at: due === null ? at : null,
        due_at: due,
      })
      .compile(),
);

async function insertPeople(db: Database, start: number, end: number, due: boolean): Promise<void> {
  const now = Date.now();
  await inTransaction(db, async (tx) => {
    for (let n = start; n < end; n += 1) {
      const document = personDocument(n);
      const folded: JsonObject = foldDocument(schema, document);
      const name = userName(n);
      const id = userId(n);
      await insertUser(tx, {
        connection_id: CONNECTION,
        id,
        user_name: name,
        user_name_key: name,
        external_id: String(document['externalId']),
        document: JSON.stringify(document),
        folded: JSON.stringify(folded),
        version: 1,
        created_at: now,
        modified_at: now,
      });
      await insertEmails(tx, id, name, `home.${name}`);
      const account = id.replace('-7000-', '-7002-');
      if (due) await insertAccount(tx, id, account, 0, 2, 'due', now, now);
      else await insertAccount(tx, id, account, 1, 1, 'planned', null, now);
    }
    await sql`update connections set user_count = user_count + ${end - start} where id = ${CONNECTION}`.execute(
      tx,
    );
  });
}

async function insertGroups(db: Database, users: number): Promise<void> {
  for (const size of GROUP_SIZES.filter((members) => members <= users)) {
    await inTransaction(db, (tx) => insertGroup(tx, size));
  }
}

async function insertGroup(tx: Transaction, size: number): Promise<void> {
  const id = groupId(size);
  const title = groupTitle(size);
  const document = JSON.stringify({ displayName: title });
  const folded = document.toLowerCase().replace('displayname', 'displayName');
  const ids = JSON.stringify(Array.from({ length: size }, (_, n) => userId(n)));
  await sql`
    insert into groups (connection_id, id, display_name, display_name_key, document, folded, member_count, version, created_at, modified_at)
    values (${CONNECTION}, ${id}, ${title}, ${title.toLowerCase()}, ${document}, ${folded}, ${size}, 1, 0, 0)`.execute(
    tx,
  );
  await sql`
    insert into members (connection_id, group_id, member_id, type)
    select ${CONNECTION}, ${id}, value, 'User' from json_each(${ids})`.execute(tx);
  await sql`update connections set group_count = group_count + 1 where id = ${CONNECTION}`.execute(tx);
}
