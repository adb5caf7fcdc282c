import { describe, expect, it } from 'vitest';
import { EMPTY } from '../../src/core/account.ts';
import type { Connection } from '../../src/core/connection.ts';
import { inTransaction } from '../../src/store/database.ts';
import { endAttempt } from '../../src/store/delivery/settle.ts';
import { raiseWanted } from '../../src/store/worklist/mark-due.ts';
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

describe.each(KINDS)('a push in %s', (kind) => {
  const { instance, freshConnection } = sharedStore(kind);
  const db = () => instance(0);

  /** The names in the order in which they are claimed. */
  async function order(connection: Connection) {
    return (await claim(db(), connection, 100)).map(({ user, account }) => user?.userName ?? account.address);
  }

  it('of a leaver goes before changes, and these before joiners', async () => {
    const connection = await freshConnection();
    const [leaver, changed] = [
      await settledUser(db(), connection, 'leaver@x'),
      await settledUser(db(), connection, 'changed@x'),
    ];
    await addUser(db(), connection, 'joiner@x');
    await pushUser(db(), connection, changed.userId, { title: 'new' });
    await removeUser(db(), connection, leaver.userId);
    expect(await order(connection)).toEqual(['leaver@x', 'changed@x', 'joiner@x']);
  });

  it('of an inactive User that has no account goes behind a joiner who came first, before one who came later', async () => {
    const connection = await freshConnection();
    await addUser(db(), connection, 'first@x');
    for (const name of ['i1', 'i2', 'i3']) await addUser(db(), connection, name, false);
    await addUser(db(), connection, 'last@x');
    expect(await order(connection)).toEqual(['first@x', 'i1', 'i2', 'i3', 'last@x']);
  });

  it.each([
    ['an intent', { intent: createIntent('a@x') }],
    ['an account', made('a@x')],
    ['an address that a human was asked for', { asked: { kind: 'address', title: 'Make it.', wanted: 1 } }],
  ])('of a leaver who has %s goes first', async (_, known) => {
    const connection = await freshConnection();
    const { resource } = await addUser(db(), connection, 'a@x');
    const claimed = await claimOne(db(), connection);
    await endAttempt(db(), attemptEnd(claimed, { after: knowing(claimed, { ...EMPTY, ...known }) }));
    await addUser(db(), connection, 'joiner@x');
    await removeUser(db(), connection, resource.id);
    const [first] = await claim(db(), connection, 2);
    expect(first?.account.id).toBe(claimed.account.id);
  });

  it('keeps a deleted User’s document until an attempt has ended', async () => {
    const connection = await freshConnection();
    const { userId } = await settledUser(db(), connection, 'a@x');
    await removeUser(db(), connection, userId);
    const claimed = await claimOne(db(), connection);
    expect(claimed.account.keptDocument).toEqual({ userName: 'a@x', active: true });
    const due = { at: 1, inMs: 0, notBefore: null, failed: true };
    await endAttempt(db(), released(claimed, { due }));
    const again = await claimOne(db(), connection);
    expect(again.account.keptDocument).toEqual({ userName: 'a@x', active: true });
    await endAttempt(db(), attemptEnd(again));
    expect((await accountOf(db(), again)).keptDocument).toBeNull();
  });

  const HELD = { step: 'remove', state: 'rejected', reason: 'no', by: 'ops', at: 1 } as const;

  it('ends what an operator had decided of the account; a change of a Group does not', async () => {
    const connection = await freshConnection();
    const { userId } = await settledUser(db(), connection, 'a@x');
    await pushUser(db(), connection, userId, { active: false });
    const claimed = await claimOne(db(), connection);
    const end = { result: 'held', state: 'held' } as const;
    await endAttempt(
      db(),
      attemptEnd(claimed, { ...end, after: knowing(claimed, made('a@x'), { held: HELD }) }),
    );
    await inTransaction(db(), (tx) => raiseWanted(tx, connection.id, [userId], context()));
    expect(await accountOf(db(), claimed)).toMatchObject({ state: 'due', held: HELD });
    await pushUser(db(), connection, userId, { title: 'x' });
    expect(await accountOf(db(), claimed)).toMatchObject({ state: 'due', held: null });
  });

  it.each([
    [
      'a push',
      (connection: Connection, userId: string) => pushUser(db(), connection, userId, { title: 'x' }),
    ],
    [
      'the same push again',
      (connection: Connection, userId: string) => pushUser(db(), connection, userId, {}),
    ],
    [
      'a change of a Group',
      (connection: Connection, userId: string) =>
        inTransaction(db(), (tx) => raiseWanted(tx, connection.id, [userId], context())),
    ],
  ])('waits for the part of a wait that stands, and for no other, after %s', async (_, act) => {
    for (const notBefore of [{ at: 8_000_000, inMs: 4 }, null]) {
      const connection = await freshConnection();
      const { resource } = await addUser(db(), connection, 'a@x');
      const claimed = await claimOne(db(), connection);
      const due = { at: 9_000_000, inMs: 5, notBefore, failed: true };
      await endAttempt(db(), released(claimed, { due }));
      await act(connection, resource.id);
      const { dueAt } = await accountOf(db(), claimed);
      if (notBefore === null) expect(dueAt).toBeLessThan(due.at);
      else expect(dueAt).toBe(notBefore.at);
    }
  });

  it('is claimed with the row that its User is moving to', async () => {
    const connection = await freshConnection();
    const { userId } = await settledUser(db(), connection, 'a@x');
    await pushUser(db(), connection, userId, { title: 'moves' });
    const claimed = await claimOne(db(), connection);
    expect(claimed.next).toBeNull();
    const known = { ...EMPTY, address: 'b@x', intent: createIntent('b@x') };
    const due = { at: 1, inMs: 0, notBefore: null, failed: true };
    await endAttempt(db(), released(claimed, { after: [...rowsOf(claimed), nextRow(known)], due }));
    const again = await claim(db(), connection, 5);
    expect(again).toHaveLength(1);
    expect(again[0]?.next).toMatchObject({ role: 'next', ...known });
  });
});
