import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { removeConnection } from '../../src/admin/connection-life.ts';
import { editConnection } from '../../src/admin/connections.ts';
import { saveMapping } from '../../src/admin/mapping.ts';
import type { Operator } from '../../src/admin/operator.ts';
import type { Connection } from '../../src/core/connection.ts';
import type { Mapping } from '../../src/core/mapping.ts';
import { findConnection, updateConnection } from '../../src/store/connections.ts';
import { type Database, inTransaction } from '../../src/store/database.ts';
import { endAttempt } from '../../src/store/delivery/settle.ts';
import { openKeyring } from '../../src/store/encryption.ts';
import { changeGroup, createGroup, deleteGroup } from '../../src/store/groups.ts';
import { lockMapping } from '../../src/store/locks.ts';
import { findAccountOf } from '../../src/store/worklist/claim.ts';
import { expandFanout } from '../../src/store/worklist/fanouts.ts';
import { KINDS, type Kind, sharedStore } from './stores.ts';
import { addUser, claim, context, ending, groupWrite } from './writing.ts';

function operatorOf(db: Database): Operator {
  const keyring = openKeyring(new Uint8Array(32).fill(1));
  const clock = { now: () => context().now, steady: () => 0 };
  return { db, keyring, clock, actor: 'cli:test', allowHttpLoopback: false };
}

function ruleFor(groupId: string): Mapping {
  return { role: { rules: [{ groupId, groupName: 'Staff', value: 'admin' }] } };
}

const member = (value: string) => ({ value, type: 'User' as const, display: null });

function join(db: Database, connection: Connection, groupId: string, userId: string) {
  const members = { kind: 'delta' as const, add: [member(userId)], remove: [] };
  const change = ({ displayName }: { displayName: string }) => ({ write: groupWrite(displayName), members });
  return changeGroup(db, connection, groupId, change, context());
}

/** A transaction that has done its work and stays open until `end` is called. */
async function heldOpen(db: Database, work: (tx: Database) => Promise<unknown>) {
  const done = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const ended = inTransaction(db, async (tx) => {
    await work(tx);
    done.resolve();
    await held.promise;
  });
  await Promise.race([done.promise, ended]);
  return {
    end: () => {
      held.resolve();
      return ended;
    },
  };
}

/** Follows `work` until it ends or waits for the lock of another transaction; on SQLite it can only wait. */
async function untilItWaits(kind: Kind, db: Database, work: Promise<unknown>): Promise<'waits' | 'ended'> {
  let ended = false;
  const end = () => {
    ended = true;
  };
  work.then(end, end);
  if (kind === 'SQLite') return 'waits';
  for (;;) {
    const { rows } = await sql`
      select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
      db,
    );
    if (ended) return 'ended';
    if (rows.length > 0) return 'waits';
  }
}

describe.each(KINDS)('whom a Group’s write makes due in %s', (kind) => {
  const { instance, freshConnection } = sharedStore(kind);

  /** A Group, and a User whose account is in sync and who is a member if so wished. */
  async function directory({ joined = false } = {}) {
    const connection = await freshConnection();
    const db = instance(0);
    const { resource: user } = await addUser(db, connection, 'ann');
    const members = joined ? [member(user.id)] : [];
    const { resource: group } = await createGroup(db, connection, groupWrite('Staff'), members, context());
    for (const made of await claim(db, connection)) await endAttempt(db, ending(made, 'done'));
    return { connection, userId: user.id, groupId: group.id };
  }

  const userState = async ({ id }: Connection, userId: string) =>
    (await findAccountOf(instance(0), id, 'user', userId))?.state;

  describe.each([
    [
      'that is joined',
      false,
      ({ connection, groupId, userId }: Awaited<ReturnType<typeof directory>>) =>
        join(instance(0), connection, groupId, userId),
    ],
    [
      'that is deleted',
      true,
      ({ connection, groupId }: Awaited<ReturnType<typeof directory>>) =>
        deleteGroup(instance(0), connection, groupId, () => {}, context()),
    ],
  ])('a Group %s', (_, joined, write) => {
    it('is judged by the mapping that was saved after the request had begun', async () => {
      const scene = await directory({ joined });
      await updateConnection(instance(1), scene.connection.id, { mapping: ruleFor(scene.groupId) }, 5);
      await write(scene);
      expect(await userState(scene.connection, scene.userId)).toBe('due');
    });

    it('is judged by the mapping whose save it has to wait for', async () => {
      const scene = await directory({ joined });
      const { id } = scene.connection;
      const save = await heldOpen(instance(1), (tx) =>
        saveMapping(operatorOf(tx), id, ruleFor(scene.groupId)),
      );
      const writing = write(scene);
      expect(await untilItWaits(kind, instance(0), writing)).toBe('waits');
      await Promise.all([save.end(), writing]);
      expect(await userState(scene.connection, scene.userId)).toBe('due');
    });

    it('makes nobody due where no rule names it, though the connection was changed', async () => {
      const scene = await directory({ joined });
      await updateConnection(instance(1), scene.connection.id, { mapping: ruleFor('another') }, 5);
      await write(scene);
      expect(await userState(scene.connection, scene.userId)).toBe('in-sync');
    });
  });

  it.each([
    [
      'a saved mapping',
      (db: Database, id: string, groupId: string) => saveMapping(operatorOf(db), id, ruleFor(groupId)),
    ],
    [
      'an edited connection',
      (db: Database, id: string) => editConnection(operatorOf(db), id, { settings: { concurrency: 1 } }),
    ],
  ])('waits for the writes under way, after %s: its fan-out finds their members', async (_, change) => {
    const { connection, groupId, userId } = await directory();
    const write = await heldOpen(instance(0), (tx) => join(tx, connection, groupId, userId));
    const changing = change(instance(1), connection.id, groupId);
    expect(await untilItWaits(kind, instance(0), changing)).toBe('waits');
    await Promise.all([write.end(), changing]);
    while (await expandFanout(instance(0), connection.id, context().now));
    const [claimed] = await claim(instance(0), connection);
    expect(claimed?.groupIds).toEqual(new Set([groupId]));
  });

  it('lets Groups be written, and Users counted, beside a write that is under way', async () => {
    const { connection, groupId, userId } = await directory();
    const write = await heldOpen(instance(0), (tx) => join(tx, connection, groupId, userId));
    const others = (async () => {
      await createGroup(instance(1), connection, groupWrite('Others'), [], context());
      await addUser(instance(1), connection, 'bob');
    })();
    expect(await untilItWaits(kind, instance(0), others)).toBe(kind === 'SQLite' ? 'waits' : 'ended');
    await Promise.all([write.end(), others]);
  });

  it('is the new Group itself, by the policy whose save its creation has to wait for; members follow it', async () => {
    const { connection, userId } = await directory();
    const policies = { ...connection.policies, groups: 'mirror' as const };
    const save = await heldOpen(instance(1), async (tx) => {
      await inTransaction(tx, (inner) => lockMapping(inner, connection.id));
      await updateConnection(tx, connection.id, { policies }, 5);
    });
    const writing = createGroup(instance(0), connection, groupWrite('New'), [member(userId)], context());
    expect(await untilItWaits(kind, instance(0), writing)).toBe('waits');
    const [, { resource }] = await Promise.all([save.end(), writing]);
    const account = await findAccountOf(instance(0), connection.id, 'group', resource.id);
    expect([account?.state, await userState(connection, userId)]).toEqual(['due', 'in-sync']);
  });

  it('is nobody where the connection is removed meanwhile: nothing of it is left', async () => {
    const { connection, groupId } = await directory();
    const write = await heldOpen(instance(0), (tx) =>
      createGroup(tx, connection, groupWrite('New'), [], context()),
    );
    const removing = removeConnection(operatorOf(instance(1)), connection.id);
    await untilItWaits(kind, instance(0), removing);
    await Promise.all([write.end(), removing]);
    expect(await findConnection(instance(0), connection.id)).toBeUndefined();
    const left = await instance(0)
      .selectFrom('groups')
      .select('id')
      .where('connection_id', '=', connection.id)
      .execute();
    expect(left).toEqual([]);
    await expect(createGroup(instance(0), connection, groupWrite('New'), [], context())).rejects.toThrow(
      /removed meanwhile/,
    );
    expect(await deleteGroup(instance(0), connection, groupId, () => {}, context())).toBe(false);
  });
});
