import { CompiledQuery } from 'kysely';
import { describe, expect, it } from 'vitest';
import { readQuery } from '../../../src/scim/query.ts';
import { listUsers } from '../../../src/store/user-query.ts';
import { userSchema } from '../scim/schema-fixture.ts';
import { insertConnection } from './directory-fixture.ts';
import { openTemporary } from './temporary-store.ts';

describe('a look-up that an identity provider sends', () => {
  /** How SQLite reads the table `r`: by which index, by which of its columns. */
  async function planOf(filter: string): Promise<string[]> {
    const db = await openTemporary();
    await insertConnection(db, 'c');
    const statements: CompiledQuery[] = [];
    const recording = db.withPlugin({
      transformQuery: ({ node, queryId }) => {
        statements.push(db.getExecutor().compileQuery(node, queryId));
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    await listUsers(recording, 'c', readQuery(userSchema, { filter }));
    const [statement] = statements;
    expect(statements).toHaveLength(1);
    if (statement === undefined) throw new Error('No statement was seen.');
    const explained = CompiledQuery.raw(`explain query plan ${statement.sql}`, [...statement.parameters]);
    const { rows } = await db.executeQuery<{ detail: string }>(explained);
    return rows.map(({ detail }) => detail).filter((detail) => / r( |$)/.test(detail));
  }

  const byId = '(connection_id=? AND id=?)';

  it.each([
    ['userName eq "a"', 'users_user_name (connection_id=? AND user_name_key=?)'],
    ['externalId eq "a"', 'users_external_id (connection_id=? AND external_id=?)'],
    ['id eq "a"', byId],
    ['id eq "a" and manager eq "b"', byId],
    ['emails eq "a"', byId],
    ['emails[type eq "work"].value eq "a"', byId],
    ['emails[type eq "work" and value eq "a"]', byId],
    ['groups.value eq "g-1"', byId],
    ['groups[value eq "g-1"]', byId],
  ])('%s is one query that uses an index', async (filter, plan) => {
    expect(await planOf(filter)).toEqual([expect.stringMatching(/^SEARCH r USING INDEX /)]);
    expect(await planOf(filter)).toEqual([expect.stringContaining(plan)]);
  });
});
