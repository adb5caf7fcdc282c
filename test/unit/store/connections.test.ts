import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../../src/core/errors.ts';
import type { Policies } from '../../../src/core/policy.ts';
import {
  findConnection,
  insertConnection,
  listConnections,
  type NewConnection,
  pauseConnection,
  readCredentials,
  removeConnection,
  resumeConnection,
  updateConnection,
  writeCredentials,
} from '../../../src/store/connections.ts';
import type { Database } from '../../../src/store/database.ts';
import { openKeyring } from '../../../src/store/encryption.ts';
import { openTemporary } from './temporary-store.ts';

const keyring = openKeyring(new Uint8Array(32).fill(1));

const policies: Policies = {
  waitMs: 4000,
  unsupported: 'task',
  deactivate: 'suspend',
  delete: 'remove',
  addressChange: 'task',
  adoption: 'adopt',
  groups: 'rules',
  removeGroups: false,
  allowedDomains: [],
  protectedAddresses: [],
  leaverPercent: 20,
  leaverCount: 10,
  reconcileMinutes: 60,
  drift: 'report',
  repairCreations: 10,
  imports: 'observe',
};

const attention: NewConnection = {
  id: 'attention',
  vendor: 'attention',
  title: 'Attention',
  settings: { baseUrl: 'https://api.attention.tech', scim: { enabled: true } },
  mapping: { role: { source: { constant: 'viewer' } } },
  policies: { ...policies, waitMs: 2000 },
  policyOverrides: { waitMs: 2000 },
  dryRun: true,
};

function insert(db: Database, connection: Partial<NewConnection> = {}) {
  return insertConnection(db, keyring, { ...attention, ...connection }, { apiKey: 'k-1' }, 1000);
}

describe('a connection', () => {
  it('is read back as it was made', async () => {
    const db = await openTemporary();
    const made = await insert(db);
    expect(made).toEqual({
      ...attention,
      paused: null,
      unproven: false,
      believed: null,
      createdAt: 1000,
      modifiedAt: 1000,
      version: 1,
    });
    expect(await findConnection(db, 'attention')).toEqual(made);
    expect(await findConnection(db, 'nobody')).toBeUndefined();
  });

  it('has an id of its own', async () => {
    const db = await openTemporary();
    await insert(db);
    await expect(insert(db)).rejects.toThrow(OperatorError);
    await expect(insert(db)).rejects.toThrow(/"attention" exists already/);
  });

  it('is listed by id', async () => {
    const db = await openTemporary();
    await insert(db, { id: 'b' });
    await insert(db, { id: 'a' });
    expect((await listConnections(db)).map((connection) => connection.id)).toEqual(['a', 'b']);
  });

  it('changes in what is given alone, with a new version', async () => {
    const db = await openTemporary();
    await insert(db);
    const changed = await updateConnection(db, 'attention', { title: 'Sales', dryRun: false }, 2000);
    expect(changed).toMatchObject({ title: 'Sales', dryRun: false, version: 2, modifiedAt: 2000 });
    expect(changed).toMatchObject({ settings: attention.settings, mapping: attention.mapping });
    const again = await updateConnection(
      db,
      'attention',
      { settings: { baseUrl: 'https://x.test' }, mapping: {}, policies, policyOverrides: {} },
      3000,
    );
    expect(again).toMatchObject({
      title: 'Sales',
      settings: { baseUrl: 'https://x.test' },
      mapping: {},
      policies,
    });
    expect(again).toMatchObject({ policyOverrides: {}, version: 3 });
    expect(await findConnection(db, 'attention')).toEqual(again);
  });

  it('that does not exist cannot be changed', async () => {
    const db = await openTemporary();
    await expect(updateConnection(db, 'nobody', { title: 'x' }, 1)).rejects.toThrow(/no connection "nobody"/);
    await expect(resumeConnection(db, 'nobody', 1)).rejects.toThrow(OperatorError);
    expect(await pauseConnection(db, 'nobody', 'why', 1)).toBe(false);
  });

  it('keeps the first reason while it is paused, until it is resumed', async () => {
    const db = await openTemporary();
    await insert(db);
    expect(await pauseConnection(db, 'attention', 'The key is dead.', 2000)).toBe(true);
    expect(await pauseConnection(db, 'attention', 'Another reason.', 3000)).toBe(false);
    const paused = await findConnection(db, 'attention');
    expect(paused).toMatchObject({ paused: { reason: 'The key is dead.', at: 2000 }, version: 2 });
    expect(await resumeConnection(db, 'attention', 4000)).toMatchObject({ paused: null, version: 3 });
  });
});

describe('credentials', () => {
  it('are read with the key they were written with, and never stand in the file in clear', async () => {
    const db = await openTemporary();
    await insert(db);
    expect(await readCredentials(db, keyring, 'attention')).toEqual({ apiKey: 'k-1' });
    const row = await db.selectFrom('connections').select('credentials').executeTakeFirstOrThrow();
    expect(row.credentials).not.toContain('k-1');
    const other = openKeyring(new Uint8Array(32).fill(2));
    await expect(readCredentials(db, other, 'attention')).rejects.toThrow(OperatorError);
  });

  it('are replaced with a new version of the connection', async () => {
    const db = await openTemporary();
    await insert(db);
    const written = await writeCredentials(db, keyring, 'attention', { apiKey: 'k-2' }, 2000);
    expect(written).toMatchObject({ version: 2, modifiedAt: 2000 });
    expect(await readCredentials(db, keyring, 'attention')).toEqual({ apiKey: 'k-2' });
  });

  it('of one connection do not open as those of another', async () => {
    const db = await openTemporary();
    await insert(db);
    await insert(db, { id: 'twin' });
    const { credentials } = await db
      .selectFrom('connections')
      .select('credentials')
      .where('id', '=', 'attention')
      .executeTakeFirstOrThrow();
    await db.updateTable('connections').set({ credentials }).where('id', '=', 'twin').execute();
    await expect(readCredentials(db, keyring, 'twin')).rejects.toThrow(/changed or moved/);
  });

  it('of no connection are an error', async () => {
    const db = await openTemporary();
    await expect(readCredentials(db, keyring, 'nobody')).rejects.toThrow(/no connection "nobody"/);
  });
});

/** Every table that belongs to connections gets a row of this one. */
async function fillTables(db: Database, id: string): Promise<string[]> {
  const tables = (await db.introspection.getTables()).filter(({ columns }) =>
    columns.some((column) => column.name === 'connection_id'),
  );
  for (const { name, columns } of tables) {
    const values = columns.map(({ dataType }) => {
      if (dataType === 'jsonb') return sql`'{}'`;
      return dataType === 'integer' || dataType === 'int8' ? sql`1` : sql`${id}`;
    });
    await sql`insert into ${sql.table(name)} values (${sql.join(values)})`.execute(db);
  }
  return tables.map((table) => table.name);
}

describe('removing a connection', () => {
  it('takes all that is its own but the audit, and nothing of another', async () => {
    const db = await openTemporary();
    for (const id of ['attention', 'twin']) await insert(db, { id });
    const tables = await fillTables(db, 'attention');
    await fillTables(db, 'twin');
    expect(await removeConnection(db, 'attention')).toBe(true);
    expect((await listConnections(db)).map(({ id }) => id)).toEqual(['twin']);
    for (const table of tables) {
      const { rows } = await sql`select connection_id as id from ${sql.table(table)} order by id`.execute(db);
      const left = table === 'audit' ? [{ id: 'attention' }, { id: 'twin' }] : [{ id: 'twin' }];
      expect([table, rows]).toEqual([table, left]);
    }
  });

  it('that does not exist changes nothing', async () => {
    const db = await openTemporary();
    await insert(db);
    expect(await removeConnection(db, 'nobody')).toBe(false);
    expect(await listConnections(db)).toHaveLength(1);
  });
});
