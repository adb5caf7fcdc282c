import { sql } from 'kysely';
import type { Database } from '../../src/store/database.ts';

/** The id of the nth User of a crowd. */
export function crowdId(n: number): string {
  return `u-${String(n).padStart(33, '0')}`;
}

/** Users 1 to `count` in the connection, written at once; only what lists and memberships need of them. */
export async function insertCrowd(db: Database, connectionId: string, count: number): Promise<void> {
  await sql`
    insert into users (connection_id, id, user_name, user_name_key, external_id, document, folded, version, created_at, modified_at)
    with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count})
    select ${connectionId}, printf('u-%033d', n), 'user-' || n, 'user-' || n, 'x-' || n, document, document, 1, 0, 0
    from (select n, json_object('userName', 'user-' || n, 'externalId', 'x-' || n, 'active', json('true'),
      'title', 'title ' || (n % 1000), 'emails', json_array(json_object('value', 'user-' || n || '@example.com', 'type', 'work')))
      as document from numbers)`.execute(db);
  await sql`update connections set user_count = user_count + ${count} where id = ${connectionId}`.execute(db);
}
