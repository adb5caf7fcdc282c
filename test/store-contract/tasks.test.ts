import { describe, expect, it } from 'vitest';
import type { Task, TaskWish } from '../../src/core/task.ts';
import { inTransaction } from '../../src/store/database.ts';
import { closeTask, listTasks, replaceTasks } from '../../src/store/delivery/tasks.ts';
import { findAccount } from '../../src/store/worklist/claim.ts';
import { KINDS, sharedStore } from './stores.ts';
import { addUser, atOnce } from './writing.ts';

const WATCH: TaskWish = { kind: 'watch', title: 'Watch it.', wanted: { address: 'a@x' } };
const MOVE: TaskWish = { kind: 'address', title: 'Move it to b@x.', wanted: 'b@x' };
const MOVE_ON: TaskWish = { kind: 'address', title: 'Move it to c@x.', wanted: 'c@x' };

describe.each(KINDS)('the tasks of an account in %s', (kind) => {
  const { instance, freshConnection } = sharedStore(kind);

  async function scene() {
    const connection = await freshConnection();
    const { wait } = await addUser(instance(0), connection, 'ann');
    const key = { connectionId: connection.id, accountId: wait?.accountId ?? '' };
    let now = 100;
    const plan = (wishes: TaskWish[], looked = false, by = 0) => {
      now += 1;
      return inTransaction(instance(by), (tx) =>
        replaceTasks(tx, key, wishes, now, { looked, sameWish: looked && wishes.length === 0 }),
      );
    };
    const close = (task: Task | undefined) =>
      inTransaction(instance(0), (tx) => closeTask(tx, task?.id ?? '', 500));
    const tasks = () => listTasks(instance(0), connection.id, { accountId: key.accountId });
    const told = async () => (await tasks()).map(({ title, state }) => `${title} ${state}`);
    return { connection, key, plan, close, tasks, told };
  }

  it('are opened by the plan, and say how many are open', async () => {
    const { plan, tasks } = await scene();
    expect(await plan([WATCH, MOVE])).toBe(2);
    expect(await tasks()).toMatchObject([
      { ...WATCH, state: 'open', openedAt: 101, closedAt: null },
      { ...MOVE, state: 'open' },
    ]);
  });

  it('stay as they are while the plan wants the same', async () => {
    const { plan, tasks } = await scene();
    await plan([WATCH]);
    const before = await tasks();
    expect(await plan([WATCH], true)).toBe(1);
    expect(await tasks()).toEqual(before);
  });

  it('are updated, not opened again, where another value is wanted', async () => {
    const { plan, tasks } = await scene();
    await plan([MOVE]);
    expect(await plan([MOVE_ON])).toBe(1);
    expect(await tasks()).toMatchObject([{ ...MOVE_ON, state: 'open', openedAt: 101, updatedAt: 102 }]);
  });

  it.each([
    ['obsolete where nobody has looked', false, 'obsolete'],
    ['done where a look has shown that nothing is left of it', true, 'done'],
  ])('that are no longer wanted are %s', async (_, looked, state) => {
    const { plan, tasks } = await scene();
    await plan([WATCH]);
    expect(await plan([], looked)).toBe(0);
    expect(await tasks()).toMatchObject([{ state, closedAt: 102 }]);
  });

  it('that give way to another kind are obsolete, also after a look', async () => {
    const { plan, told } = await scene();
    await plan([WATCH]);
    await plan([MOVE], true);
    expect(await told()).toEqual(['Watch it. obsolete', 'Move it to b@x. open']);
  });

  it('that were reported done make their account due for a look, as a new version', async () => {
    const { plan, close, tasks, key } = await scene();
    await plan([WATCH]);
    const [task] = await tasks();
    expect(await close(task)).toEqual({ connectionId: key.connectionId, title: 'Watch it.' });
    expect(await tasks()).toMatchObject([{ state: 'done', closedAt: 500 }]);
    expect(await findAccount(instance(0), key.connectionId, key.accountId)).toMatchObject({
      told: ['watch'],
      state: 'due',
      dueAt: 500,
      wantedVersion: 2,
      undo: null,
      looksFirst: true,
    });
  });

  it('that were reported done stay so until somebody looks, and are open again where it was not done', async () => {
    const { plan, close, tasks, told } = await scene();
    await plan([WATCH]);
    await close((await tasks())[0]);
    expect(await plan([WATCH])).toBe(0);
    expect(await told()).toEqual(['Watch it. done']);
    expect(await plan([WATCH], true)).toBe(1);
    expect(await tasks()).toMatchObject([{ state: 'open', openedAt: 101, closedAt: null }]);
  });

  it('that were done once are opened anew for another value', async () => {
    const { plan, close, tasks, told } = await scene();
    await plan([MOVE]);
    await close((await tasks())[0]);
    expect(await plan([MOVE_ON])).toBe(1);
    expect(await told()).toEqual(['Move it to b@x. done', 'Move it to c@x. open']);
  });

  it('are closed once, whoever reports them done at the same time', async () => {
    const { plan, tasks, key } = await scene();
    await plan([WATCH]);
    const [task] = await tasks();
    const closed = await atOnce(6, (index) =>
      inTransaction(instance(index), (tx) => closeTask(tx, task?.id ?? '', 500)),
    );
    expect(closed.filter((one) => one !== undefined)).toHaveLength(1);
    expect(await findAccount(instance(0), key.connectionId, key.accountId)).toMatchObject({
      told: ['watch'],
      wantedVersion: 2,
    });
  });

  it('of different kinds that are reported done at the same time are both remembered', async () => {
    const { plan, tasks, key } = await scene();
    await plan([WATCH, MOVE]);
    const open = await tasks();
    await atOnce(2, (index) =>
      inTransaction(instance(index), (tx) => closeTask(tx, open[index]?.id ?? '', 500)),
    );
    const account = await findAccount(instance(0), key.connectionId, key.accountId);
    expect([account?.told.toSorted(), account?.wantedVersion]).toEqual([['address', 'watch'], 3]);
  });
});
