import { describe, expect, it } from 'vitest';
import type { Task } from '../../../src/core/task.ts';
import { inTransaction } from '../../../src/store/database.ts';
import { closeTask, listTasks } from '../../../src/store/delivery/tasks.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';
import { joined, reconcile, stateAtVendor } from './vendor-acts.ts';

const ANA = 'ana.diaz@example.com';
const URN = 'urn:ietf:params:scim:schemas:extension:crankwheel:2.0:User';

/** Kind, state and wanted value of every task there ever was, oldest first. */
async function tasks(stage: Stage): Promise<unknown[]> {
  return (await listTasks(stage.db, stage.id)).map(({ kind, state, wanted }) => [kind, state, wanted]);
}

async function openTask(stage: Stage): Promise<Task> {
  const [task] = await stage.openTasks();
  if (task === undefined) throw new Error('No task is open.');
  return task;
}

async function reportDone(stage: Stage): Promise<void> {
  const { id } = await openTask(stage);
  await inTransaction(stage.db, (tx) => closeTask(tx, id, Date.now()));
  stage.wake();
}

async function setPrivilege(stage: Stage, id: string, value: string): Promise<void> {
  const { status } = await stage.patchUser(id, { op: 'replace', path: `${URN}:privilege`, value });
  expect(status).toBe(200);
}

describe('A task', () => {
  it('is opened once, says what to do, and is updated when the wanted value changes', async () => {
    const stage = await startStage('crankwheel');
    const id = await joined(stage, ANA, { [URN]: { privilege: 'user' } });
    await setPrivilege(stage, id, 'admin');
    const first = await openTask(stage);
    expect(first.title).toBe(`Set privilege of ${ANA} to admin in CrankWheel.`);
    await setPrivilege(stage, id, 'reporting');
    const second = await openTask(stage);
    expect(second).toMatchObject({ id: first.id, wanted: 'reporting' });
    expect(second.title).toContain('reporting');
    expect(await tasks(stage)).toHaveLength(1);
  });

  it('is obsolete when what is there is wanted again', async () => {
    const stage = await startStage('crankwheel');
    const id = await joined(stage, ANA, { [URN]: { privilege: 'user' } });
    await setPrivilege(stage, id, 'admin');
    await setPrivilege(stage, id, 'user');
    expect(await tasks(stage)).toEqual([['field:privilege', 'obsolete', 'admin']]);
    expect(await stage.state(id)).toBe('in-sync');
    await setPrivilege(stage, id, 'admin');
    expect(await tasks(stage)).toEqual([
      ['field:privilege', 'obsolete', 'admin'],
      ['field:privilege', 'open', 'admin'],
    ]);
  });

  it('is done when a later list shows it done', async () => {
    const stage = await startStage('crankwheel');
    const id = await joined(stage, ANA, { [URN]: { privilege: 'user' } });
    await setPrivilege(stage, id, 'admin');
    await reconcile(stage);
    expect(await tasks(stage)).toEqual([['field:privilege', 'open', 'admin']]);
    await stage.seed(ANA, { privilege: 'admin' });
    await reconcile(stage);
    expect(await tasks(stage)).toEqual([['field:privilege', 'done', 'admin']]);
    expect(await stage.state(id)).toBe('in-sync');
    expect(await stage.writes()).toEqual([]);
  });

  it('that is reported done and is not is open again, and not doubled', async () => {
    const stage = await startStage('crankwheel');
    const id = await joined(stage, ANA, { [URN]: { privilege: 'user' } });
    await setPrivilege(stage, id, 'admin');
    const { id: taskId } = await openTask(stage);
    await reportDone(stage);
    // Causeway looks.
    await eventually(() => tasks(stage), [['field:privilege', 'open', 'admin']]);
    expect((await openTask(stage)).id).toBe(taskId);
    await eventually(() => stage.state(id), 'task');
  });

  it('that is reported done and is done is not asked for again', async () => {
    const stage = await startStage('crankwheel');
    const id = await joined(stage, ANA, { [URN]: { privilege: 'user' } });
    await setPrivilege(stage, id, 'admin');
    await stage.seed(ANA, { privilege: 'admin' });
    await reportDone(stage);
    await eventually(() => stage.state(id), 'in-sync');
    expect(await tasks(stage)).toEqual([['field:privilege', 'done', 'admin']]);
  });

  it('to take a guest out of Woodpecker is done when two lists lack the guest', async () => {
    const stage = await startStage('woodpecker');
    const id = await joined(stage, ANA);
    await stage.setActive(id, false);
    expect((await openTask(stage)).kind).toBe('deactivate');
    await stage.forget(ANA);
    await reconcile(stage);
    expect((await openTask(stage)).kind).toBe('deactivate');
    await reconcile(stage);
    await eventually(() => stage.openTasks(), []);
    expect((await tasks(stage)).map((task) => (task as string[])[1])).toEqual(['done']);
    expect(await stage.account(id)).toMatchObject({ state: 'in-sync', vendorId: null });
  });

  it('to reactivate somebody by hand is opened where the vendor cannot', async () => {
    const stage = await startStage('attention', {
      settings: { scim: { enabled: false } },
      quirks: { onDelete: 'deactivated' },
    });
    const id = await joined(stage, ANA);
    await stage.setActive(id, false);
    expect(await stateAtVendor(stage, ANA)).toBe('suspended');
    expect((await stage.setActive(id, true)).status).toBe(200);
    expect((await openTask(stage)).title).toBe(`Reactivate ${ANA} in Attention.`);
    expect(await stage.state(id)).toBe('task');
  });

  it('goes with the User: a person who is deleted and removed leaves none open', async () => {
    const stage = await startStage('crankwheel');
    const id = await joined(stage, ANA, { [URN]: { privilege: 'user' } });
    await setPrivilege(stage, id, 'admin');
    await stage.send('DELETE', `/Users/${id}`);
    await eventually(() => stage.account(id), undefined);
    expect(await stage.openTasks()).toEqual([]);
  });
});

describe('A person’s tasks', () => {
  it('are one a kind, side by side', async () => {
    const stage = await startStage('crankwheel');
    const id = await joined(stage, ANA, { [URN]: { privilege: 'user', inDemoPool: false } });
    const emails = [{ value: 'ana.roca@example.com', type: 'work', primary: true }];
    await stage.send('PUT', `/Users/${id}`, {
      ...person(ANA, { [URN]: { privilege: 'admin', inDemoPool: true } }),
      emails,
    });
    expect((await stage.openTasks()).map(({ kind }) => kind).toSorted()).toEqual([
      'address',
      'field:inDemoPool',
      'field:privilege',
    ]);
  });
});
