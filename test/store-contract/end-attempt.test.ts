import { describe, expect, it } from 'vitest';
import { type Account, EMPTY } from '../../src/core/account.ts';
import type { Connection } from '../../src/core/connection.ts';
import { inTransaction } from '../../src/store/database.ts';
import { findOutcome, listDeliveries } from '../../src/store/delivery/history.ts';
import { endAttempt, returnClaim } from '../../src/store/delivery/settle.ts';
import { closeTask, listTasks } from '../../src/store/delivery/tasks.ts';
import { UniqueViolation } from '../../src/store/errors.ts';
import { type Claim, claimDue, findAccount } from '../../src/store/worklist/claim.ts';
import { retryAccount } from '../../src/store/worklist/retry.ts';
import { heldLease } from '../unit/store/held-lease.ts';
import { KINDS, sharedStore } from './stores.ts';
import {
  accountOf,
  addUser,
  attemptEnd,
  claim,
  claimOne,
  context,
  createIntent,
  knowing,
  made,
  nextRow,
  pushUser,
  released,
  removeUser,
  rowsOf,
  settledUser,
} from './writing.ts';

const ERROR = { code: 'UNAVAILABLE', message: 'down', at: 1 } as const;

describe.each(KINDS)('the end of an attempt in %s', (kind) => {
  const { instance, freshConnection } = sharedStore(kind);
  const db = () => instance(0);

  async function claimedPush(connection: Connection) {
    const { userId } = await settledUser(db(), connection, 'ann@x');
    await pushUser(db(), connection, userId, { title: 'new' });
    return { userId, claimed: await claimOne(db(), connection) };
  }

  it('that is as wanted settles the version, and nothing is due', async () => {
    const connection = await freshConnection();
    const { claimed } = await claimedPush(connection);
    expect(await endAttempt(db(), attemptEnd(claimed))).toBe('settled');
    expect(await accountOf(db(), claimed)).toMatchObject({
      state: 'in-sync',
      settledVersion: 2,
      claimedVersion: null,
      dueAt: null,
      attempts: 0,
      lastError: null,
    });
    expect(await findOutcome(db(), connection.id, claimed.account.id, 2)).toEqual({ kind: 'settled' });
  });

  it('is written once: whoever comes later has lost the claim', async () => {
    const connection = await freshConnection();
    const { claimed } = await claimedPush(connection);
    const ends = await Promise.all([0, 1].map((index) => endAttempt(instance(index), attemptEnd(claimed))));
    expect(ends.toSorted()).toEqual(['lost', 'settled']);
    expect(
      await listDeliveries(db(), connection.id, { accountId: claimed.account.id, limit: 9 }),
    ).toHaveLength(2);
  });

  it('leaves a newer push due at once, as state `due`', async () => {
    const connection = await freshConnection();
    const { claimed, userId } = await claimedPush(connection);
    await pushUser(db(), connection, userId, { title: 'newer' });
    const due = { at: 9_000_000, inMs: 1, notBefore: null, failed: false };
    const end = attemptEnd(claimed, { due });
    await endAttempt(db(), end);
    expect(await accountOf(db(), claimed)).toMatchObject({
      state: 'due',
      settledVersion: 2,
      dueAt: end.endedAt,
    });
  });

  describe.each([
    ['that gives way', null],
    ['of which a part stands', { at: 4_000_000, inMs: 5 }],
  ])('that is tried again after a wait %s', (_, notBefore) => {
    const due = { at: 5_000_000, inMs: 7, notBefore, failed: true };

    it('is due then, and counts as failed', async () => {
      const connection = await freshConnection();
      const { claimed } = await claimedPush(connection);
      expect(await endAttempt(db(), released(claimed, { due, error: ERROR }))).toBe('released');
      expect(await accountOf(db(), claimed)).toMatchObject({
        state: 'waiting',
        dueAt: due.at,
        attempts: 1,
        settledVersion: 1,
        lastError: ERROR,
      });
      expect(await findOutcome(db(), connection.id, claimed.account.id, 2)).toBeNull();
    });

    it('is brought forward by a push that came meanwhile, but for what stands', async () => {
      const connection = await freshConnection();
      const { claimed, userId } = await claimedPush(connection);
      await pushUser(db(), connection, userId, { title: 'newer' });
      const end = released(claimed, { due });
      await endAttempt(db(), end);
      const soon = { state: 'due', dueAt: end.endedAt };
      const expected = notBefore === null ? soon : { state: 'waiting', dueAt: notBefore.at };
      expect(await accountOf(db(), claimed)).toMatchObject(expected);
    });

    it('is brought forward by a push that comes later, but for what stands', async () => {
      const connection = await freshConnection();
      const { claimed, userId } = await claimedPush(connection);
      await endAttempt(db(), released(claimed, { due }));
      await pushUser(db(), connection, userId, { title: 'newer' });
      const { dueAt, state } = await accountOf(db(), claimed);
      expect(state).toBe('due');
      if (notBefore === null) expect(dueAt).toBeLessThan(due.at);
      else expect(dueAt).toBe(notBefore.at);
    });
  });

  it('of a wait that is no failure counts none', async () => {
    const connection = await freshConnection();
    const { claimed } = await claimedPush(connection);
    const due = { at: 5_000_000, inMs: 7, notBefore: null, failed: false };
    await endAttempt(db(), released(claimed, { due }));
    expect((await accountOf(db(), claimed)).attempts).toBe(0);
  });

  it('at which nothing is left of a deleted User’s account takes its row and tasks away', async () => {
    const connection = await freshConnection();
    const { userId } = await settledUser(db(), connection, 'ann@x');
    await removeUser(db(), connection, userId);
    const watching = await claimOne(db(), connection);
    expect(watching.account.keptDocument).toMatchObject({ userName: 'ann@x' });
    const tasks = [{ row: watching.account.id, wish: { kind: 'watch', title: 'Watch.', wanted: 1 } }];
    await endAttempt(db(), attemptEnd(watching, { tasks, after: knowing(watching, EMPTY) }));
    expect(await accountOf(db(), watching)).toMatchObject({ state: 'in-sync', vendorId: null });
    await inTransaction(db(), (tx) => retryAccount(tx, connection.id, watching.account.id, context()));
    const claimed = await claimOne(db(), connection);
    await endAttempt(db(), attemptEnd(claimed, { after: knowing(claimed, EMPTY) }));
    expect(await findAccount(db(), connection.id, claimed.account.id)).toBeUndefined();
    expect((await listTasks(db(), connection.id)).filter(({ state }) => state === 'open')).toEqual([]);
  });

  it.each<[string, Partial<Account>]>([
    ['an open intent', { intent: createIntent('ann@x') }],
    ['an account', made('ann@x')],
    ['an address that a human was asked for', { asked: { kind: 'address', title: 'Make it.', wanted: 1 } }],
  ])('keeps the row of a deleted User that has %s', async (_, known) => {
    const connection = await freshConnection();
    const { userId } = await settledUser(db(), connection, 'ann@x');
    await removeUser(db(), connection, userId);
    const claimed = await claimOne(db(), connection);
    await endAttempt(db(), attemptEnd(claimed, { after: knowing(claimed, { ...EMPTY, ...known }) }));
    expect(await accountOf(db(), claimed)).toMatchObject({ ...known, keptDocument: null });
  });

  it('swaps what is known with `next`: the old account is left, counted where the move was, and due at once', async () => {
    const connection = await freshConnection();
    const { claimed } = await claimedPush(connection);
    const [own] = rowsOf(claimed);
    if (own === undefined) throw new Error('There is a row.');
    const next = { ...nextRow(made('new@x')), counted: true };
    await endAttempt(db(), attemptEnd(claimed, { after: [own, next], swap: true }));
    expect(await accountOf(db(), claimed)).toMatchObject({
      role: 'current',
      ...made('new@x'),
      settledVersion: 2,
    });
    const left = await claimOne(db(), connection);
    expect(left.account).toMatchObject({
      role: 'left',
      ...made('ann@x'),
      mapped: 'ann@x',
      counted: true,
      rank: 0,
    });
    expect(left.user).toMatchObject({ userName: 'ann@x' });
  });

  it('is refused whole where what was learned is another row’s by now', async () => {
    const connection = await freshConnection();
    const { claimed } = await claimedPush(connection);
    await addUser(db(), connection, 'ben@x');
    const ben = await claimOne(db(), connection);
    const end = attemptEnd(ben, { after: knowing(ben, made('ann@x')) });
    await expect(endAttempt(db(), end)).rejects.toThrow(UniqueViolation);
    expect(await accountOf(db(), ben)).toMatchObject({ claimedVersion: 1, vendorId: null });
    await returnClaim(db(), ben, { at: 5_000_000, inMs: 3 }, ERROR);
    expect(await accountOf(db(), ben)).toMatchObject({
      claimedVersion: null,
      dueAt: 5_000_000,
      lastError: ERROR,
    });
    expect((await accountOf(db(), claimed)).vendorId).toBe('v-ann@x');
  });

  it('of a claim that is given back leaves an open intent open', async () => {
    const connection = await freshConnection();
    await addUser(db(), connection, 'ann@x');
    const claimed = await claimOne(db(), connection);
    await inTransaction(db(), async (tx) => {
      const intent = JSON.stringify(createIntent('ann@x'));
      await tx.updateTable('accounts').set({ intent }).where('id', '=', claimed.account.id).execute();
    });
    await returnClaim(db(), claimed, { at: 1, inMs: 0 }, null);
    expect(await accountOf(db(), claimed)).toMatchObject({
      intent: createIntent('ann@x'),
      claimedVersion: null,
    });
  });

  it('of a dry run writes nothing that is known', async () => {
    const connection = await freshConnection();
    await addUser(db(), connection, 'ann@x');
    const claimed = await claimOne(db(), connection);
    const planned = { planned: true, result: 'planned', state: 'planned' } as const;
    await endAttempt(db(), attemptEnd(claimed, { ...planned, after: knowing(claimed, made('ann@x')) }));
    expect(await accountOf(db(), claimed)).toMatchObject({ state: 'planned', ...EMPTY, settledVersion: 1 });
  });

  it('keeps the word that a task is done if it came meanwhile, and a look that was asked for', async () => {
    const connection = await freshConnection();
    const { claimed } = await claimedPush(connection);
    const wish = { kind: 'watch', title: 'Watch.', wanted: 1 };
    const tasks = [{ row: claimed.account.id, wish }];
    const state = 'task' as const;
    await endAttempt(db(), attemptEnd(claimed, { tasks, state, result: 'task' }));
    await pushUser(db(), connection, claimed.account.resourceId, { title: 'newer' });
    const again = await claimOne(db(), connection);
    const [task] = await listTasks(db(), connection.id, { state: 'open' });
    await inTransaction(db(), (tx) => closeTask(tx, task?.id ?? '', context().now));
    await endAttempt(db(), attemptEnd(again));
    expect(await accountOf(db(), again)).toMatchObject({ told: ['watch'], looksFirst: true, state: 'due' });
    const last = await claimOne(db(), connection);
    await endAttempt(db(), attemptEnd(last, { after: knowing(last, made('ann@x'), { told: [] }) }));
    expect(await accountOf(db(), last)).toMatchObject({ told: [], looksFirst: false, state: 'in-sync' });
  });
});

describe.each(KINDS)('who is due when an attempt ends, in %s:', (kind) => {
  const { instance, freshConnection } = sharedStore(kind);
  const db = () => instance(0);
  const WAIT = { at: 9_000_000, inMs: 60_000, notBefore: null, failed: false };

  /** Ann at `ann@x`, whose claim is under way; Ben waits for that address, or was refused for it. */
  async function scene(ben: 'waiting' | 'conflict', mapped = 'ANN@x') {
    const connection = await freshConnection();
    const { userId } = await settledUser(db(), connection, 'ann@x');
    const { wait } = await addUser(db(), connection, 'ben@x');
    const claimed = await claimOne(db(), connection);
    const after = knowing(claimed, EMPTY, { mapped });
    await endAttempt(
      db(),
      ben === 'waiting'
        ? released(claimed, { after, due: WAIT })
        : attemptEnd(claimed, {
            after,
            result: 'conflict',
            state: 'conflict',
            error: { ...ERROR, code: 'ADDRESS_TAKEN' },
          }),
    );
    return {
      connection,
      userId,
      benId: wait?.accountId ?? '',
      put: await findAccount(db(), connection.id, wait?.accountId ?? ''),
    };
  }

  async function claimAnn(connection: Connection, userId: string): Promise<Claim> {
    await pushUser(db(), connection, userId, { title: 'new' });
    return claimOne(db(), connection);
  }

  it.each([
    ['settles', (claimed: Claim) => attemptEnd(claimed)],
    ['is released', (claimed: Claim) => released(claimed)],
    ['frees the address', (claimed: Claim) => attemptEnd(claimed, { after: knowing(claimed, EMPTY) })],
  ])('whoever waits for the address of one that %s', async (_, end) => {
    const { connection, userId, benId } = await scene('waiting');
    const claimed = await claimAnn(connection, userId);
    const ended = end(claimed);
    await endAttempt(db(), ended);
    expect(await findAccount(db(), connection.id, benId)).toMatchObject({
      dueAt: ended.endedAt,
    });
  });

  it('nobody who waits for another address', async () => {
    const { connection, userId, benId } = await scene('waiting', 'other@x');
    await endAttempt(db(), attemptEnd(await claimAnn(connection, userId)));
    expect(await findAccount(db(), connection.id, benId)).toMatchObject({ state: 'waiting', dueAt: WAIT.at });
  });

  it('nobody who is delivered just now', async () => {
    const { connection, userId, benId } = await scene('waiting');
    const lease = await heldLease(db(), connection.id);
    const [ben] = await claimDue(db(), lease, { now: WAIT.at, limit: 1, mirrored: false });
    await endAttempt(db(), attemptEnd(await claimAnn(connection, userId)));
    expect(await findAccount(db(), connection.id, benId)).toMatchObject({
      claimedVersion: ben?.version,
      dueAt: WAIT.at,
    });
  });

  it('whoever is named, as a new version where the old one has its outcome', async () => {
    const { connection, userId } = await scene('waiting', 'other@x');
    const cy = await settledUser(db(), connection, 'cy@x');
    const claimed = await claimAnn(connection, userId);
    await endAttempt(db(), attemptEnd(claimed, { wake: [cy.accountId] }));
    expect(await findAccount(db(), connection.id, cy.accountId)).toMatchObject({
      state: 'due',
      wantedVersion: 2,
      looksFirst: true,
      undo: null,
    });
  });
});

describe.each(KINDS)('whoever was refused for an address, in %s,', (kind) => {
  const { instance, freshConnection } = sharedStore(kind);
  const db = () => instance(0);

  /** A User that wants `ann@x`, which Ann has, and was refused for it. */
  async function refused() {
    const connection = await freshConnection();
    const ann = await settledUser(db(), connection, 'ann@x');
    const ben = await settledUser(db(), connection, 'ben@x');
    await pushUser(db(), connection, ben.userId, { title: 'wants ann@x' });
    await pushUser(db(), connection, ben.userId, { title: 'wants ann@x still' });
    const claimed = await claimOne(db(), connection);
    const after = knowing(claimed, made('ben@x'), { mapped: 'ann@x' });
    await endAttempt(
      db(),
      attemptEnd(claimed, { after, result: 'conflict', state: 'conflict', error: ERROR }),
    );
    await pushUser(db(), connection, ann.userId, { title: 'new' });
    return { connection, ben, ann: await claimOne(db(), connection) };
  }

  it('is due when it is freed', async () => {
    const { connection, ben, ann } = await refused();
    await endAttempt(db(), attemptEnd(ann, { after: knowing(ann, EMPTY) }));
    expect(await findAccount(db(), connection.id, ben.accountId)).toMatchObject({
      state: 'due',
      wantedVersion: 4,
    });
  });

  it('is not while it is kept', async () => {
    const { connection, ben, ann } = await refused();
    await endAttempt(db(), attemptEnd(ann));
    expect(await findAccount(db(), connection.id, ben.accountId)).toMatchObject({
      state: 'conflict',
      dueAt: null,
    });
  });

  it('is not where another address than that is freed', async () => {
    const { connection, ben, ann } = await refused();
    const [own] = rowsOf(ann);
    if (own === undefined) throw new Error('There is a row.');
    await endAttempt(
      db(),
      attemptEnd(ann, {
        after: [own, nextRow({ ...EMPTY, address: 'new@x', intent: createIntent('new@x') })],
      }),
    );
    await pushUser(db(), connection, ann.account.resourceId, { title: 'newer' });
    const [again] = (await claim(db(), connection, 2)).filter(({ next }) => next !== null);
    if (again === undefined) throw new Error('Ann is due.');
    const after = rowsOf(again).map((row) => (row.role === 'next' ? { ...row, role: 'gone' as const } : row));
    await endAttempt(db(), attemptEnd(again, { after }));
    expect(await findAccount(db(), connection.id, ben.accountId)).toMatchObject({
      state: 'conflict',
      dueAt: null,
    });
  });
});
