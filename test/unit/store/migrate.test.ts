import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../../src/core/errors.ts';
import { closeDatabase, type Database, openDatabase } from '../../../src/store/database.ts';
import {
  type IndexDefinition,
  type IndexStatistics,
  makeTables,
  type TableDefinition,
} from '../../../src/store/migrations/migration.ts';
import { openTemporary, temporaryFile } from './temporary-store.ts';

async function names(db: Database, type: 'table' | 'index'): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from sqlite_master where type = ${type} and name not like 'sqlite%' order by name`.execute(
    db,
  );
  return rows.map((row) => row.name);
}

describe('migrations', () => {
  it('make every table on the first start', async () => {
    const db = await openTemporary();
    expect(await names(db, 'table')).toEqual([
      'accounts',
      'audit',
      'connections',
      'deliveries',
      'fake_records',
      'fanouts',
      'groups',
      'instances',
      'jobs',
      'leases',
      'leavers',
      'members',
      'meta',
      'migrations',
      'reconciliations',
      'tasks',
      'tokens',
      'user_emails',
      'users',
    ]);
  });

  it('run once, however often the store is opened, and by two connections at a time', async () => {
    const file = temporaryFile();
    const [one, two] = await Promise.all([openTemporary(file), openTemporary(file)]);
    const three = await openTemporary(file);
    for (const db of [one, two, three]) {
      const { rows } = await sql<{ name: string }>`select name from migrations`.execute(db);
      expect(rows).toEqual([{ name: '0001-first' }]);
    }
  });

  it('never touch a store that a newer version has changed', async () => {
    const file = temporaryFile();
    await closeDatabase(await openDatabase({ file, mode: 'real' }));
    const raw = new DatabaseSync(file);
    raw.exec("insert into migrations values ('9999-later', '')");
    raw.close();
    const opening = openDatabase({ file, mode: 'real' });
    await expect(opening).rejects.toThrow(OperatorError);
    await expect(opening).rejects.toThrow(/newer version of Causeway \(it has 9999-later\)/);
  });
});

describe('the digest of a migration', () => {
  const users: TableDefinition = { name: 'users', columns: { id: 'text', age: 'integer?' }, key: ['id'] };
  const byAge: IndexDefinition = { name: 'users_age', on: 'users', columns: ['age'] };
  const digest = (tables: TableDefinition[], indexes: IndexDefinition[], rows: IndexStatistics[] = []) =>
    makeTables('0001-first', { tables, indexes }, rows).digest;

  it.each([
    ['a table more', digest([users, { ...users, name: 'people' }], [byAge])],
    ['a column more', digest([{ ...users, columns: { ...users.columns, at: 'integer' } }], [byAge])],
    ['a column that may be null', digest([{ ...users, columns: { id: 'text', age: 'integer' } }], [byAge])],
    ['another key', digest([{ ...users, key: ['id', 'age'] }], [byAge])],
    ['an index less', digest([users], [])],
    ['an index that is unique', digest([users], [{ ...byAge, unique: true }])],
  ])('is another one for %s', (_, other) => {
    expect(other).not.toBe(digest([users], [byAge]));
  });

  it('is the same with other statistics', () => {
    const statistics: IndexStatistics = { table: 'users', index: 'users', rows: [5, 1] };
    expect(digest([users], [byAge], [statistics])).toBe(digest([users], [byAge]));
  });
});

describe('an empty store plans as a full one: an index serves', () => {
  it.each([
    ['a User by id', 'users', "id = 'u'", 'sqlite_autoindex_users_1'],
    ['a User by name', 'users', "user_name_key = 'ann'", 'users_user_name'],
    ['a User by external id', 'users', "external_id = 'x'", 'users_external_id'],
    [
      'Users in the order of their ids',
      'users',
      "id > 'u' order by id limit 100",
      'sqlite_autoindex_users_1',
    ],
    ['the owners of an e-mail', 'user_emails', "email_key = 'e'", 'USING PRIMARY KEY'],
    ['the e-mails of a User', 'user_emails', "user_id = 'u'", 'user_emails_user'],
    ['a Group by name', 'groups', "display_name_key = 'g'", 'groups_display_name'],
    ['the members of a Group', 'members', "group_id = 'g' order by member_id limit 100", 'USING PRIMARY KEY'],
    ['one member of a Group', 'members', "group_id = 'g' and member_id = 'm'", 'USING PRIMARY KEY'],
    ['the Groups of a member', 'members', "member_id = 'm'", 'members_member'],
    ['the accounts of a User', 'accounts', "kind = 'user' and resource_id = 'u'", 'accounts_resource'],
    [
      "the User's own account",
      'accounts',
      "kind = 'user' and resource_id = 'u' and role = 'current'",
      'accounts_resource',
    ],
    [
      'who waits for an address',
      'accounts',
      "mapped_key in ('a') and claimed_version is null and state in ('waiting', 'conflict')",
      'accounts_mapped',
    ],
    ['the account with an address', 'accounts', "address_key = 'a' and kind = 'user'", 'accounts_address'],
    [
      "the account with a vendor's id",
      'accounts',
      "kind = 'user' and vendor_key = 'v'",
      'accounts_vendor_id',
    ],
    [
      'work that is due, in its order',
      'accounts',
      'due_at <= 5 and claimed_version is null order by rank, due_at limit 20',
      'accounts_due',
    ],
    [
      'claims of a process that is gone',
      'accounts',
      'claimed_epoch < 3 and claimed_version is not null',
      'accounts_claimed',
    ],
    [
      'the delivery that covers a version',
      'deliveries',
      "account_id = 'a' and to_version >= 5 order by to_version limit 1",
      'deliveries_account',
    ],
    ['the open tasks of an account', 'tasks', "account_id = 'a' and state = 'open'", 'tasks_open'],
    ['the newest audit entries', 'audit', '1 order by id desc limit 20', 'audit_connection'],
  ])('%s', async (_what, table, condition, index) => {
    const db = await openTemporary();
    const { rows } = await sql<{ detail: string }>`
      explain query plan select * from ${sql.table(table)} where connection_id = 'c' and ${sql.raw(condition)}
    `.execute(db);
    const plan = rows.map((row) => row.detail).join('; ');
    expect(plan).toContain(`${index} (`);
    expect(plan).not.toContain('TEMP B-TREE');
  });
});
