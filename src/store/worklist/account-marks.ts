import { sql } from 'kysely';
import type { ConnectionId } from '../../core/ids.ts';
import { namedStatement, statement } from '../statement.ts';
import type { AccountsTable } from '../tables.ts';

/** What a push has to know of its account, which is locked. */
export const accountOf = statement(
  (db, connectionId: ConnectionId, kind: 'user' | 'group', resourceId: string) =>
    db
      .selectFrom('accounts')
      .select([
        'id',
        'wanted_version',
        'settled_version',
        'claimed_version',
        'state',
        'vendor_id',
        'intent',
        'asked',
        'due_at',
        'not_before',
        'not_before_in',
        'wanted_at',
      ])
      .where('connection_id', '=', connectionId)
      .where('kind', '=', kind)
      .where('resource_id', '=', resourceId)
      .where('role', '=', 'current')
      .forUpdate()
      .compile(),
);

type Marked = Pick<
  AccountsTable,
  | 'connection_id'
  | 'id'
  | 'wanted_version'
  | 'undo'
  | 'undo_version'
  | 'due_at'
  | 'due_in'
  | 'not_before'
  | 'not_before_in'
  | 'rank'
  | 'wanted_at'
  | 'request_id'
>;

/** Due now, whatever an operator decided of it before. */
export const markAccount = namedStatement((db, { connection_id, id, ...columns }: Marked) =>
  db
    .updateTable('accounts')
    .set({ ...columns, state: 'due', held: null })
    .where('connection_id', '=', connection_id)
    .where('id', '=', id)
    .compile(),
);

type Joining = Pick<
  AccountsTable,
  | 'connection_id'
  | 'id'
  | 'kind'
  | 'resource_id'
  | 'undo'
  | 'undo_version'
  | 'due_at'
  | 'rank'
  | 'request_id'
  | 'created_at'
  | 'wanted_at'
>;

/** The account of a resource's first push. */
export const newAccount = namedStatement((db, row: Joining) =>
  db
    .insertInto('accounts')
    .values({
      ...row,
      role: 'current',
      wanted_version: 1,
      settled_version: 0,
      attempts: 0,
      state: 'due',
      written: '{}',
    })
    .compile(),
);

/** A new version of these Users' accounts, that no put back may touch. */
export const raiseAccounts = statement(
  (db, connectionId: ConnectionId, now: number, requestId: string, ...userIds: string[]) =>
    db
      .updateTable('accounts')
      .set({
        wanted_version: sql<number>`wanted_version + 1`,
        undo: null,
        undo_version: null,
        due_at: sql<number>`case when not_before > ${now} then not_before else ${now} end`,
        due_in: sql<number>`case when not_before > ${now} then not_before_in else 0 end`,
        state: 'due',
        request_id: requestId,
      })
      .where('connection_id', '=', connectionId)
      .where('kind', '=', 'user')
      .where('role', '=', 'current')
      .where('resource_id', 'in', userIds)
      .compile(),
);
