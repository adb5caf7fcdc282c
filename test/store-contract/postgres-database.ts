import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { inject } from 'vitest';
import { Secret } from '../../src/core/secret.ts';

const EMPTY = `do $$ begin execute (
  select 'truncate ' || string_agg(quote_ident(tablename), ', ') from pg_tables
  where schemaname = 'public' and tablename <> 'migrations'
); end $$`;

/** An empty PostgreSQL database, on the server of CAUSEWAY_TEST_DATABASE_URL (a user who may create databases) or the run's own. */
export async function createPostgresDatabase(): Promise<{
  url: Secret;
  /** Forgets all rows, once the store has been opened. */
  empty(): Promise<void>;
  /** Has the server's administrator do something: `$1` and `%I` are the database's name. */
  administer(statement: string): Promise<void>;
  drop(): Promise<void>;
}> {
  const server = process.env['CAUSEWAY_TEST_DATABASE_URL'] ?? (await startedServer());
  const name = `causeway_test_${randomBytes(6).toString('hex')}`;
  await execute(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: new Secret(url.href),
    empty: () => execute(url.href, EMPTY),
    administer: (statement) => execute(server, statement.replace('%I', name).replace('$1', `'${name}'`)),
    drop: () => execute(server, `drop database ${name} with (force)`),
  };
}

async function startedServer(): Promise<string> {
  const answer = await text(connect(inject('postgresSocket')));
  if (!answer.startsWith('postgresql:')) throw new Error(answer);
  return answer;
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
