import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { OperatorError } from '../../src/core/errors.ts';
import type { Secret } from '../../src/core/secret.ts';
import { copyStore } from '../../src/store/copy.ts';
import type { StorePlace } from '../../src/store/copy-place.ts';
import { COPIED_TABLES } from '../../src/store/copy-tables.ts';
import { closeDatabase, openDatabase } from '../../src/store/database.ts';
import { lockForServer } from '../../src/store/server-lock.ts';
import { findAccountOf } from '../../src/store/worklist/claim.ts';
import { beatInstance, joinInstances, readBeats, takeFreeLeases } from '../../src/store/worklist/leases.ts';
import { insertTestConnection } from '../unit/store/stored-connection.ts';
import { columnsOf, contentsOf, execute, filledStore, temporaryFolder, USERS } from './copy-source.ts';
import { createPostgresDatabase } from './postgres-database.ts';
import { addUser, claim } from './writing.ts';

let postgres: Awaited<ReturnType<typeof createPostgresDatabase>>;

beforeAll(async () => {
  postgres = await createPostgresDatabase();
});
// Before the first copy there is no table to empty.
afterEach(() => postgres.empty().catch(() => {}));
afterAll(() => postgres.drop());

function copy(from: StorePlace, to: StorePlace, progress: (table: string, rows: number) => void = () => {}) {
  return copyStore({ from, to, actor: 'cli:test', now: 5, progress });
}

/** A server that begins to use this store; it has when this returns. */
function joinFromAnotherProcess(url: Secret): void {
  const program = `
    import { closeDatabase, openDatabase } from '${new URL('../../src/store/database.ts', import.meta.url)}';
    import { joinInstances } from '${new URL('../../src/store/worklist/leases.ts', import.meta.url)}';
    import { Secret } from '${new URL('../../src/core/secret.ts', import.meta.url)}';
    const db = await openDatabase({ url: new Secret(process.argv[1]), mode: 'real' });
    await joinInstances(db, 'host 1', 1);
    await closeDatabase(db);`;
  execFileSync(process.execPath, ['--input-type=module', '-e', program, url.reveal()]);
}

/** A run that dies while it copies Users, as by Ctrl-C. */
async function beginCopy(from: StorePlace, to: StorePlace): Promise<void> {
  const begun = copy(from, to, (table) => {
    if (table === 'users') throw new Error('stopped');
  });
  await expect(begun).rejects.toThrow('stopped');
}

describe('a store', () => {
  it('goes to PostgreSQL and back, with every row of every table as it was', async () => {
    const file = await filledStore('real', USERS);
    const there = await copy({ file }, { url: postgres.url });
    const dir = temporaryFolder();
    const back = await copy({ url: postgres.url }, { dir });
    const wanted = contentsOf(file);
    wanted['leases'] = (wanted['leases'] as object[]).map((row) => ({ ...row, holder: null }));
    const { audit, ...found } = contentsOf(join(dir, 'causeway.db'));
    const entry = { actor: 'cli:test', action: 'store.copy', at: 5 };
    expect(audit).toMatchObject([entry, entry, {}, {}, {}]);
    expect(audit?.slice(2)).toEqual(wanted['audit']);
    expect(found).toEqual({ ...wanted, audit: undefined });
    const digests = (report: typeof there) => report.tables.filter(({ name }) => name !== 'audit');
    expect(digests(back)).toEqual(digests(there));
    expect(there.tables.find(({ name }) => name === 'users')?.rows).toBe(USERS);
  });

  it('goes on where a copy ended, which no server could open meanwhile', async () => {
    const from = { file: await filledStore('real', USERS) };
    const dir = temporaryFolder();
    await beginCopy(from, { dir });
    await expect(openDatabase({ file: join(dir, 'causeway.db'), mode: 'real' })).rejects.toThrow(
      OperatorError,
    );
    await expect(openDatabase({ file: join(dir, 'causeway.db'), mode: 'sandbox' })).rejects.toThrow(
      OperatorError,
    );
    const copied = new Map<string, number>();
    await copy(from, { dir }, (table, rows) => copied.set(table, rows));
    expect([copied.get('connections'), copied.get('users')]).toEqual([undefined, USERS - 2_000]);
    await closeDatabase(await openDatabase({ file: join(dir, 'causeway.db'), mode: 'real' }));
  });

  it('gives back what was claimed, to whoever delivers next', async () => {
    const file = join(temporaryFolder(), 'causeway.db');
    const source = await openDatabase({ file, mode: 'real' });
    const connection = await insertTestConnection(source, 'crm');
    await addUser(source, connection, 'ana@example.com');
    const [claimed] = await claim(source, connection);
    await closeDatabase(source);
    await copy({ file }, { url: postgres.url });
    const target = await openDatabase({ url: postgres.url, mode: 'real' });
    onTestFinished(() => closeDatabase(target));
    const id = await joinInstances(target, 'host 1', 1);
    await takeFreeLeases(target, id, 10, 8);
    const account = await findAccountOf(target, 'crm', 'user', claimed?.user?.id ?? '');
    expect(account).toMatchObject({ dueAt: 8, claimedVersion: null, returns: 1 });
  });

  it.each(['SQLite', 'PostgreSQL'])(
    'that has changed since an unfinished copy to %s is copied as it is now',
    async (kind) => {
      const file = await filledStore('real', USERS);
      const dir = temporaryFolder();
      const to = kind === 'SQLite' ? { dir } : { url: postgres.url };
      await beginCopy({ file }, to);
      execute(
        file,
        `update connections set title = 'changed';
         create temp table last_copied as
           select connection_id, id, user_name_key from users order by connection_id, id limit 1 offset 1999;
         update users set user_name_key = 'another' where (connection_id, id) in (select connection_id, id from last_copied);
         update users set (connection_id, id, user_name_key) = (select connection_id, '😀😀', user_name_key from last_copied)
           where connection_id = (select max(connection_id) from users);
         delete from tokens where id = (select min(id) from tokens)`,
      );
      const { tables } = await copy({ file }, to);
      expect(tables.find(({ name }) => name === 'tokens')?.rows).toBe(2);
      if (kind === 'PostgreSQL') await copy(to, { dir });
      const [wanted, found] = [contentsOf(file), contentsOf(join(dir, 'causeway.db'))];
      for (const name of ['connections', 'users', 'tokens']) expect(found[name]).toEqual(wanted[name]);
    },
  );

  it('that is changed while it is copied is copied as it was when that began', async () => {
    const file = await filledStore();
    const dir = temporaryFolder();
    const wanted = contentsOf(file);
    await copy({ file }, { dir }, (table) => {
      if (table === 'connections') execute(file, 'delete from users');
    });
    expect(contentsOf(join(dir, 'causeway.db'))['users']).toEqual(wanted['users']);
  });

  it('is not copied while a server has its data folder, nor to such a folder', async () => {
    const [file, other] = [await filledStore(), await filledStore()];
    const lock = lockForServer(file.replace(/db$/, 'lock'));
    onTestFinished(() => lock.release());
    await expect(copy({ file }, { dir: temporaryFolder() })).rejects.toThrow(/Stop that one first/);
    await expect(copy({ file: other }, { file })).rejects.toThrow(/Stop that one first/);
  });

  it('in PostgreSQL is not copied while a server beats, and is after one that stands still', async () => {
    await copy({ file: await filledStore() }, { url: postgres.url });
    const db = await openDatabase({ url: postgres.url, mode: 'real' });
    onTestFinished(() => closeDatabase(db));
    const id = await joinInstances(db, 'host 1', 1);
    let isOver = false;
    const copying = copy({ url: postgres.url }, { dir: temporaryFolder() }).finally(() => {
      isOver = true;
    });
    const refused = expect(copying).rejects.toThrow(
      /A Causeway server uses the store in PostgreSQL database causeway_test_.*Stop all of its servers/,
    );
    while (!isOver) await beatInstance(db, id);
    await refused;
    const dir = temporaryFolder();
    await copy({ url: postgres.url }, { dir });
    const copied = await openDatabase({ file: join(dir, 'causeway.db'), mode: 'real' });
    onTestFinished(() => closeDatabase(copied));
    expect(await readBeats(copied)).toEqual([]);
  }, 30_000);

  it('that a server begins to use while it is copied is not taken for copied', async () => {
    await copy({ file: await filledStore() }, { url: postgres.url });
    let hasJoined = false;
    const dir = temporaryFolder();
    const copying = copy({ url: postgres.url }, { dir }, () => {
      if (!hasJoined) joinFromAnotherProcess(postgres.url);
      hasJoined = true;
    });
    await expect(copying).rejects.toThrow(/Stop all of its servers/);
    await expect(openDatabase({ file: join(dir, 'causeway.db'), mode: 'real' })).rejects.toThrow(
      OperatorError,
    );
  });

  it('is never put over another one, finished or not, nor among a stranger’s tables', async () => {
    const [one, two] = [await filledStore('real', USERS), await filledStore()];
    await expect(copy({ file: one }, { file: two })).rejects.toThrow(/There is a store in .* already/);
    await expect(copy({ file: one }, { file: one })).rejects.toThrow(/to itself/);
    const dir = temporaryFolder();
    await beginCopy({ file: one }, { dir });
    await expect(copy({ file: two }, { dir })).rejects.toThrow(/unfinished copy of another store/);
    await expect(copy({ dir }, { dir: temporaryFolder() })).rejects.toThrow(/is an unfinished copy/);
    const strange = join(temporaryFolder(), 'strange.db');
    execute(strange, 'create table users (id text)');
    await expect(copy({ file: one }, { file: strange })).rejects.toThrow(/tables of another program/);
    await expect(copy({ file: strange }, { dir: temporaryFolder() })).rejects.toThrow(/no store of Causeway/);
  });

  it('of a sandbox becomes a sandbox and nothing else', async () => {
    const file = await filledStore('sandbox');
    const dir = temporaryFolder();
    await expect(copy({ file }, { url: postgres.url })).rejects.toThrow(
      /A sandbox keeps its store in a file/,
    );
    await expect(copy({ file }, { file: join(dir, 'causeway.db') })).rejects.toThrow(
      /the source is a sandbox/,
    );
    await expect(copy({ file: await filledStore() }, { file: join(dir, 'sandbox.db') })).rejects.toThrow(
      /the source is no sandbox/,
    );
    await copy({ file }, { dir });
    await closeDatabase(await openDatabase({ file: join(dir, 'sandbox.db'), mode: 'sandbox' }));
  });

  it('of another version is copied by that version', async () => {
    const file = await filledStore();
    execute(file, "insert into migrations values ('9999-later', '')");
    await expect(copy({ file }, { dir: temporaryFolder() })).rejects.toThrow(/left by another version/);
  });

  it.each(['source', 'target'])(
    'is not copied where the %s was made by another pre-release',
    async (which) => {
      const [from, to] = [await filledStore(), await filledStore()];
      const other = which === 'source' ? from : to;
      execute(other, "update migrations set digest = 'of other tables'");
      await expect(copy({ file: from }, { file: to })).rejects.toThrow(
        `The store ${other} was made by another pre-release of Causeway and cannot be used. Move the folder ${dirname(other)} away`,
      );
    },
  );

  it('with a character that PostgreSQL does not take says where it is', async () => {
    const file = await filledStore();
    execute(file, "update tasks set title = 'a' || char(0) || 'b' where id like 'a-%'");
    await expect(copy({ file }, { url: postgres.url })).rejects.toThrow(
      /title of the row .* of tasks .*U\+0000/s,
    );
  });

  it('is copied whole: every table is listed with its own key', async () => {
    const db = new DatabaseSync(await filledStore(), { readOnly: true });
    onTestFinished(() => db.close());
    const tables = db.prepare("select name from sqlite_schema where type = 'table'").all();
    const elsewhere = /^(sqlite_|meta$|migrations$|instances$)/;
    const names = tables.map(({ name }) => String(name)).filter((name) => !elsewhere.test(name));
    expect(COPIED_TABLES.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    for (const { name, key } of COPIED_TABLES) {
      const inKey = columnsOf(db, name).filter(({ pk }) => pk > 0);
      expect(key).toEqual(inKey.toSorted((a, b) => a.pk - b.pk).map((column) => column.name));
    }
  });
});
