import { describe, expect, it } from 'vitest';
import { EMPTY } from '../../src/core/account.ts';
import type { Connection } from '../../src/core/connection.ts';
import { inTransaction } from '../../src/store/database.ts';
import { endAttempt } from '../../src/store/delivery/settle.ts';
import { takeOver } from '../../src/store/delivery/take-over.ts';
import { listTasks, replaceTasks } from '../../src/store/delivery/tasks.ts';
import { findUser } from '../../src/store/users.ts';
import { type Claim, findAccount, findAccountOf } from '../../src/store/worklist/claim.ts';
import { KINDS, sharedStore } from './stores.ts';
import {
  accountOf,
  addUser,
  atOnce,
  attemptEnd,
  claim,
  claimOne,
  context,
  ending,
  knowing,
  made,
  pushUser,
  removeUser,
  rowsOf,
  settledUser,
} from './writing.ts';

let people = 0;

describe.each(KINDS)('a take-over in %s', (kind) => {
  const { instance, freshConnection } = sharedStore(kind);

  const taking = (claimed: Claim, holder: string, into: 'current' | 'next' = 'current') => ({
    claim: claimed,
    before: rowsOf(claimed),
    after: rowsOf(claimed),
    holder,
    into,
    now: context().now,
  });

  /** A User whose account stays, suspended, though it is deactivated: at rest. */
  async function deactivated(connection: Connection) {
    people += 1;
    const address = `old-${people}@x`;
    const { userId, accountId } = await settledUser(instance(0), connection, address);
    await pushUser(instance(0), connection, userId, { active: false });
    await endAttempt(instance(0), attemptEnd(await claimOne(instance(0), connection)));
    return { userId, accountId, address };
  }

  /** The claim of a new User. */
  async function newcomer(connection: Connection): Promise<Claim> {
    people += 1;
    await addUser(instance(0), connection, `new-${people}`);
    return claimOne(instance(0), connection);
  }

  it('of a deactivated User’s account gives all that is known of it; that User keeps an empty row', async () => {
    const connection = await freshConnection();
    const { accountId, userId, address } = await deactivated(connection);
    const held = { step: 'remove', state: 'open', reason: 'r', by: null, at: 1 } as const;
    await inTransaction(instance(0), async (tx) => {
      const wishes = [{ kind: 'watch', title: 'Look.', wanted: 1 }];
      await replaceTasks(tx, { connectionId: connection.id, accountId }, wishes, 1);
      await tx
        .updateTable('accounts')
        .set({ held: JSON.stringify(held) })
        .where('id', '=', accountId)
        .execute();
    });
    const claimed = await newcomer(connection);
    const took = await takeOver(instance(0), taking(claimed, accountId));
    expect(took).toMatchObject({ taken: { id: claimed.account.id, known: made(address) } });
    expect(await accountOf(instance(0), claimed)).toMatchObject(made(address));
    expect(await findAccount(instance(0), connection.id, accountId)).toMatchObject({
      ...EMPTY,
      held: null,
    });
    expect(await findUser(instance(0), connection.id, userId)).toBeDefined();
    expect(await listTasks(instance(0), connection.id, { state: 'open' })).toEqual([]);
  });

  it('into `next` leaves the User’s own account alone', async () => {
    const connection = await freshConnection();
    const { accountId, address } = await deactivated(connection);
    const { userId } = await settledUser(instance(0), connection, 'own@x');
    await pushUser(instance(0), connection, userId, { title: 'moves' });
    const claimed = await claimOne(instance(0), connection);
    const took = await takeOver(instance(0), taking(claimed, accountId, 'next'));
    expect(took).toMatchObject({ taken: { role: 'next', mapped: address, known: made(address) } });
    expect(await accountOf(instance(0), claimed)).toMatchObject(made('own@x'));
  });

  it('of an observed User’s account takes that User away', async () => {
    const connection = await freshConnection();
    const { userId, accountId } = await settledUser(instance(0), connection, 'seen@x');
    await instance(0)
      .updateTable('accounts')
      .set({ state: 'observed' })
      .where('id', '=', accountId)
      .execute();
    const claimed = await newcomer(connection);
    expect(await takeOver(instance(0), taking(claimed, accountId))).toMatchObject({ taken: {} });
    expect(await findUser(instance(0), connection.id, userId)).toBeUndefined();
    expect(await findAccount(instance(0), connection.id, accountId)).toBeUndefined();
  });

  it("of a deleted User's account is one's alone of those who come back", async () => {
    const connection = await freshConnection();
    const left = await settledUser(instance(0), connection, 'left@x');
    for (let index = 0; index < 4; index += 1) await addUser(instance(0), connection, `back-${index}`);
    const rivals = await claim(instance(0), connection, 4);
    await removeUser(instance(0), connection, left.userId);
    const taken = await atOnce(4, async (index) => {
      const rival = rivals[index];
      if (rival === undefined) throw new Error('There are four rivals.');
      return takeOver(instance(index), taking(rival, left.accountId));
    });
    expect(taken.filter((one) => one !== null)).toHaveLength(1);
    expect(taken.filter((one) => one === 'lost')).toEqual([]);
    expect(await findAccount(instance(0), connection.id, left.accountId)).toBeUndefined();
  });

  it("never gives a leaver's account to a worker and to one who comes back", async () => {
    const connection = await freshConnection();
    for (let round = 0; round < 16; round += 1) {
      const left = await settledUser(instance(0), connection, `left-${round}@x`);
      const back = await newcomer(connection);
      await removeUser(instance(0), connection, left.userId);
      const [claims, took] = await Promise.all([
        claim(instance(round), connection),
        takeOver(instance(round + 1), taking(back, left.accountId)),
      ]);
      expect([claims.length, took === null]).toEqual(claims.length === 1 ? [1, true] : [0, false]);
      const ends = claims.map((one) => attemptEnd(one, { after: knowing(one, EMPTY) }));
      for (const end of ends) await endAttempt(instance(0), end);
      await endAttempt(instance(0), { ...ending(back, 'done'), before: knowing(back, EMPTY) });
    }
  });

  it("never takes a User's account who is active again, or about to be delivered", async () => {
    const connection = await freshConnection();
    for (let round = 0; round < 16; round += 1) {
      const { userId, accountId, address } = await deactivated(connection);
      const back = await newcomer(connection);
      const [took] = await Promise.all([
        takeOver(instance(round), taking(back, accountId)),
        pushUser(instance(round + 1), connection, userId, { active: true }),
      ]);
      const own = await findAccount(instance(0), connection.id, accountId);
      expect(own).toMatchObject({ vendorId: took === null ? `v-${address}` : null, state: 'due' });
      for (const one of await claim(instance(0), connection, 10)) {
        await endAttempt(instance(0), attemptEnd(one));
      }
      await endAttempt(instance(0), attemptEnd(back, { before: knowing(back, EMPTY) }));
    }
  });

  it.each([
    ['is active again', { active: true }],
    ['was written since, and is to be looked at', { title: 'new' }],
  ])('finds that the holder has changed where its User %s', async (_, attributes) => {
    const connection = await freshConnection();
    const { userId, accountId, address } = await deactivated(connection);
    const back = await newcomer(connection);
    await pushUser(instance(0), connection, userId, attributes);
    expect(await takeOver(instance(0), taking(back, accountId))).toBeNull();
    expect(await findAccount(instance(0), connection.id, accountId)).toMatchObject(made(address));
  });
});

describe.each(KINDS)('what was taken over and is put back, in %s,', (kind) => {
  const { instance, freshConnection } = sharedStore(kind);
  const REFUSED = {
    result: 'refused',
    state: 'refused',
    error: { code: 'REJECTED', message: 'no', at: 1 },
  } as const;

  async function leaver(connection: Connection, origin: 'created' | 'adopted', isDeleted: boolean) {
    const { userId, accountId } = await settledUser(instance(0), connection, 'u@x');
    await instance(0).updateTable('accounts').set({ origin }).where('id', '=', accountId).execute();
    if (isDeleted) await removeUser(instance(0), connection, userId);
    else {
      await pushUser(instance(0), connection, userId, { active: false });
      await endAttempt(instance(0), attemptEnd(await claimOne(instance(0), connection)));
    }
    return { userId, accountId };
  }

  async function take(claimed: Claim, holder: string, into: 'current' | 'next') {
    const rows = rowsOf(claimed);
    const now = context().now;
    const took = await takeOver(instance(0), {
      claim: claimed,
      before: rows,
      after: rows,
      holder,
      into,
      now,
    });
    if (took === null || took === 'lost') throw new Error('It was not taken over.');
    return took.rows;
  }

  async function rowsWith(connection: Connection, vendorId: string) {
    const rows = await instance(0)
      .selectFrom('accounts')
      .select(['id', 'role', 'resource_id', 'state', 'address_key'])
      .where('connection_id', '=', connection.id)
      .where('vendor_key', '=', vendorId)
      .execute();
    return rows;
  }

  it.each(['created', 'adopted'] as const)(
    'by a refused create, is its User’s again and due (%s)',
    async (origin) => {
      const connection = await freshConnection();
      const { accountId } = await leaver(connection, origin, false);
      const { resource } = await addUser(instance(0), connection, 'v@x');
      const claimed = await claimOne(instance(0), connection);
      const rows = await take(claimed, accountId, 'current');
      expect(
        await endAttempt(instance(0), attemptEnd(claimed, { before: rows, after: rows, ...REFUSED })),
      ).toBe('put-back');
      expect(await findUser(instance(0), connection.id, resource.id)).toBeUndefined();
      expect(await findAccountOf(instance(0), connection.id, 'user', resource.id)).toBeUndefined();
      expect(await rowsWith(connection, 'v-u@x')).toMatchObject([
        { id: accountId, state: 'due', address_key: 'u@x' },
      ]);
    },
  );

  it('by a refused move, is its User’s again; the mover keeps its own account', async () => {
    const connection = await freshConnection();
    const { accountId } = await leaver(connection, 'created', false);
    const mover = await settledUser(instance(0), connection, 'v@x');
    await pushUser(instance(0), connection, mover.userId, { title: 'moves to u@x' });
    const claimed = await claimOne(instance(0), connection);
    const rows = await take(claimed, accountId, 'next');
    const end = attemptEnd(claimed, {
      before: rows,
      after: rows,
      swap: true,
      changes: ['create'],
      ...REFUSED,
    });
    expect(await endAttempt(instance(0), end)).toBe('put-back');
    expect(await rowsWith(connection, 'v-u@x')).toMatchObject([{ id: accountId, state: 'due' }]);
    expect(await rowsWith(connection, 'v-v@x')).toMatchObject([
      { id: mover.accountId, role: 'current', state: 'due' },
    ]);
  });

  it('by a move that had swapped before it was refused, is its User’s again; the mover takes its own back', async () => {
    const connection = await freshConnection();
    const { accountId } = await leaver(connection, 'created', false);
    const mover = await settledUser(instance(0), connection, 'v@x');
    await pushUser(instance(0), connection, mover.userId, { title: 'moves to u@x' });
    const claimed = await claimOne(instance(0), connection);
    const rows = await take(claimed, accountId, 'next');
    const due = { at: 1, inMs: 0, notBefore: null, failed: false };
    const swap = {
      before: rows,
      after: rows,
      swap: true,
      result: 'retry',
      state: 'waiting',
      give: 'release',
      due,
    } as const;
    expect(await endAttempt(instance(0), attemptEnd(claimed, swap))).toBe('released');
    const again = (await claim(instance(0), connection, 2)).find(({ account }) => account.role === 'current');
    if (again === undefined) throw new Error('The mover is due.');
    expect(again.account).toMatchObject({ id: mover.accountId, vendorId: 'v-u@x' });
    expect(await endAttempt(instance(0), attemptEnd(again, REFUSED))).toBe('put-back');
    expect(await rowsWith(connection, 'v-u@x')).toMatchObject([{ id: accountId, state: 'due' }]);
    expect(await rowsWith(connection, 'v-v@x')).toMatchObject([{ role: 'left', resource_id: mover.userId }]);
  });

  it.each([
    ['created', 'current'],
    ['adopted', 'current'],
    ['created', 'next'],
    ['adopted', 'next'],
  ] as const)(
    'where its User is gone, is left to be got rid of, and due (%s, taken as %s)',
    async (origin, into) => {
      const connection = await freshConnection();
      const { accountId } = await leaver(connection, origin, true);
      if (into === 'next') {
        const mover = await settledUser0(connection);
        await pushUser(instance(0), connection, mover.userId, { title: 'moves to u@x' });
      } else await addUser(instance(0), connection, 'v@x');
      const claims = await claim(instance(0), connection, 2);
      const claimed = claims.find(({ user }) => user !== null);
      if (claimed === undefined) throw new Error('The User is due.');
      // The leaver waits; its claim is given back.
      await instance(0)
        .updateTable('accounts')
        .set({ claimed_version: null })
        .where('id', '=', accountId)
        .execute();
      const rows = await take(claimed, accountId, into);
      expect(
        await endAttempt(instance(0), attemptEnd(claimed, { before: rows, after: rows, ...REFUSED })),
      ).toBe('put-back');
      expect(await rowsWith(connection, 'v-u@x')).toMatchObject([
        { role: 'left', state: 'due', address_key: 'u@x' },
      ]);
    },
  );

  /** A settled User beside a leaver that is due. */
  async function settledUser0(connection: Connection) {
    const { resource, wait } = await addUser(instance(0), connection, 'v@x');
    const claims = await claim(instance(0), connection, 2);
    for (const one of claims) {
      if (one.account.id === wait?.accountId) await endAttempt(instance(0), ending(one, 'done'));
    }
    await instance(0)
      .updateTable('accounts')
      .set({ claimed_version: null })
      .where('connection_id', '=', connection.id)
      .execute();
    return { userId: resource.id };
  }
});
