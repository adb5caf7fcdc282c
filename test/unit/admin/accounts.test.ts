import { describe, expect, it } from 'vitest';
import { listAccounts, retryAccount, showAccount } from '../../../src/admin/accounts.ts';
import { finishTask, listTasks } from '../../../src/admin/tasks.ts';
import { inTransaction } from '../../../src/store/database.ts';
import { replaceTasks } from '../../../src/store/delivery/tasks.ts';
import { deleteUser } from '../../../src/store/users.ts';
import { audited, NOW, openWithConnection, pushUser, refusal, settleAccount } from './operator-fixture.ts';

describe('accounts', () => {
  it('are found by userName and address in any case, and by their own and their User’s id', async () => {
    const { operator, connection } = await openWithConnection();
    const ana = await pushUser(operator.db, connection, 'ana');
    await pushUser(operator.db, connection, 'ben');
    const address = { address: 'Ana@Example.com', address_key: 'ana@example.com' };
    const id = await settleAccount(operator.db, ana, address);
    for (const match of ['ANA', 'ANA@example.com', ana, id]) {
      const found = await listAccounts(operator, 'crm', { match, limit: 10 });
      expect(found.map(({ account, name }) => [account.id, name])).toEqual([[id, 'ana']]);
    }
  });

  it('are listed by state, and outlive their User without a name', async () => {
    const { operator, connection } = await openWithConnection();
    const ana = await pushUser(operator.db, connection, 'ana');
    const ben = await pushUser(operator.db, connection, 'ben');
    await settleAccount(operator.db, ben, { state: 'refused' });
    await deleteUser(operator.db, connection, ana, () => {}, { requestId: 'push', now: NOW });
    const names = async (state: 'refused' | 'due') =>
      (await listAccounts(operator, 'crm', { state, limit: 10 })).map(({ name }) => name);
    expect(await names('refused')).toEqual(['ben']);
    expect(await names('due')).toEqual([null]);
  });

  it('that nobody or several people go by are refused with what to do', async () => {
    const { operator, connection } = await openWithConnection();
    const ana = await pushUser(operator.db, connection, 'ana@example.com');
    const ben = await pushUser(operator.db, connection, 'ben@example.com');
    const taken = await settleAccount(operator.db, ben, {
      address: 'ana@example.com',
      address_key: 'ana@example.com',
    });
    expect(await refusal(showAccount(operator, 'crm', 'eve'))).toContain('causeway account list crm');
    const message = await refusal(showAccount(operator, 'crm', 'ana@example.com'));
    expect(message).toContain('Name one by its id');
    expect(message).toContain(taken);
    expect((await showAccount(operator, 'crm', ana)).name).toBe('ana@example.com');
  });
});

describe('a retry', () => {
  it('makes a refused account due now as a new version that cannot be put back', async () => {
    const { operator, connection } = await openWithConnection();
    const ana = await pushUser(operator.db, connection, 'ana');
    await settleAccount(operator.db, ana, { state: 'refused', settled_version: 1, attempts: 4 });
    await retryAccount(operator, 'crm', 'ana');
    const { account } = await showAccount(operator, 'crm', 'ana');
    expect(account).toMatchObject({
      state: 'due',
      dueAt: NOW,
      wantedVersion: 2,
      settledVersion: 1,
      attempts: 0,
      undo: null,
      undoVersion: null,
      requestId: 'cli:tester',
    });
    expect(await audited(operator)).toEqual(['connection.add', `account.retry account ${account.id}`]);
  });

  it('does not wait for a backoff', async () => {
    const { operator, connection } = await openWithConnection();
    const ana = await pushUser(operator.db, connection, 'ana');
    await settleAccount(operator.db, ana, { state: 'waiting', due_at: NOW + 3_600_000 });
    await retryAccount(operator, 'crm', 'ana');
    expect((await showAccount(operator, 'crm', 'ana')).account.dueAt).toBe(NOW);
  });

  it('is refused for an account that is only observed', async () => {
    const { operator, connection } = await openWithConnection();
    const ana = await pushUser(operator.db, connection, 'ana');
    await settleAccount(operator.db, ana, { state: 'observed' });
    expect(await refusal(retryAccount(operator, 'crm', 'ana'))).toContain('only observed');
    expect((await showAccount(operator, 'crm', 'ana')).account.state).toBe('observed');
  });
});

describe('a task', () => {
  async function openTasks(...kinds: string[]) {
    const { operator, connection } = await openWithConnection();
    const ana = await pushUser(operator.db, connection, 'ana');
    const accountId = await settleAccount(operator.db, ana, { state: 'task' });
    const wishes = kinds.map((kind) => ({ kind, title: `Do ${kind}.`, wanted: kind }));
    await inTransaction(operator.db, (tx) =>
      replaceTasks(tx, { connectionId: 'crm', accountId }, wishes, NOW),
    );
    const accountNow = async () => (await showAccount(operator, 'crm', accountId)).account;
    return { operator, accountNow, tasks: await listTasks(operator, null, 'open') };
  }

  it('that is done is closed, and its account is looked at', async () => {
    const { operator, tasks, accountNow } = await openTasks('address', 'deactivate');
    const [first, second] = tasks.map(({ id }) => id);
    await finishTask(operator, first ?? '');
    expect(await accountNow()).toMatchObject({
      state: 'due',
      dueAt: NOW,
      told: ['address'],
      looksFirst: true,
      wantedVersion: 2,
      undo: null,
    });
    await finishTask(operator, second ?? '');
    expect((await accountNow()).told).toEqual(['address', 'deactivate']);
    expect(await listTasks(operator, 'crm', 'open')).toEqual([]);
    expect((await listTasks(operator, 'crm', null)).map(({ state }) => state)).toEqual(['done', 'done']);
    expect((await audited(operator)).slice(1)).toEqual([
      `task.done task ${first}`,
      `task.done task ${second}`,
    ]);
  });

  it('is done only once', async () => {
    const { operator, tasks } = await openTasks('address');
    const id = tasks[0]?.id ?? '';
    await finishTask(operator, id);
    expect(await refusal(finishTask(operator, id))).toContain('causeway task list');
  });
});
