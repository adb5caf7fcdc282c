import type { Database } from '../../src/store/database.ts';

const CHUNK = 500;

/** The id of the nth User of a crowd. */
export function crowdId(n: number): string {
  return `u-${String(n).padStart(33, '0')}`;
}

/** Users 1 to `count` with settled accounts, on either kind of store; all but the last are in the Group `g`. */
export async function insertMembers(db: Database, connection_id: string, count: number): Promise<void> {
  await insertGroup(db, connection_id, count - 1);
  for (let start = 1; start <= count; start += CHUNK) {
    const numbers = Array.from({ length: Math.min(CHUNK, count - start + 1) }, (_, index) => start + index);
    await db
      .insertInto('users')
      .values(numbers.map((n) => userRow(connection_id, n)))
      .execute();
    await db
      .insertInto('accounts')
      .values(numbers.map((n) => accountRow(connection_id, n)))
      .execute();
    const members = numbers.filter((n) => n < count);
    await db
      .insertInto('members')
      .values(members.map((n) => ({ connection_id, group_id: 'g', member_id: crowdId(n), type: 'User' })))
      .execute();
  }
  await db.updateTable('connections').set({ user_count: count, group_count: 1 }).execute();
}

function userRow(connection_id: string, n: number) {
  const name = `user-${n}`;
  const document = JSON.stringify({
    userName: name,
    externalId: `x-${n}`,
    active: true,
    title: `title ${n % 1000}`,
    emails: [{ value: `${name}@example.com`, type: 'work' }],
  });
  return {
    connection_id,
    id: crowdId(n),
    user_name: name,
    user_name_key: name,
    external_id: `x-${n}`,
    document,
    folded: document,
    version: 1,
    created_at: 0,
    modified_at: 0,
  };
}

function accountRow(connection_id: string, n: number) {
  return {
    connection_id,
    id: `a-${crowdId(n)}`,
    kind: 'user' as const,
    role: 'current' as const,
    resource_id: crowdId(n),
    wanted_version: 1,
    settled_version: 1,
    rank: 1,
    attempts: 0,
    state: 'in-sync',
    written: '{}',
    created_at: 0,
    wanted_at: 0,
  };
}

async function insertGroup(db: Database, connection_id: string, member_count: number): Promise<void> {
  await db
    .insertInto('groups')
    .values({
      connection_id,
      id: 'g',
      display_name: 'Everybody',
      display_name_key: 'everybody',
      document: '{"displayName":"Everybody"}',
      folded: '{"displayName":"everybody"}',
      member_count,
      version: 1,
      created_at: 0,
      modified_at: 0,
    })
    .execute();
}
