import { describe, expect, it } from 'vitest';
import { EMPTY, type RowState } from '../../src/core/account.ts';
import { inTransaction } from '../../src/store/database.ts';
import { writeRows } from '../../src/store/delivery/attempt-rows.ts';
import { endAttempt } from '../../src/store/delivery/settle.ts';
import { UniqueViolation } from '../../src/store/errors.ts';
import type { Claim } from '../../src/store/worklist/claim.ts';
import { findAccount } from '../../src/store/worklist/claim.ts';
import { KINDS, sharedStore } from './stores.ts';
import {
  accountOf,
  addUser,
  attemptEnd,
  claimOne,
  createIntent,
  knowing,
  made,
  nextRow,
  pushUser,
  rowsOf,
  settledUser,
} from './writing.ts';

const NOW = 50_000;

describe.each(KINDS)('an attempt’s rows in %s', (kind) => {
  const { instance, freshConnection } = sharedStore(kind);

  function write(claim: Claim, after: RowState[], before = rowsOf(claim)) {
    return inTransaction(instance(0), (tx) =>
      writeRows(tx, { account: claim.account, before, after, now: NOW }),
    );
  }

  /** A claimed User whose account is at the vendor under `a@x`. */
  async function claimedUser() {
    const connection = await freshConnection();
    const { userId, accountId } = await settledUser(instance(0), connection, 'a@x');
    await pushUser(instance(0), connection, userId, { title: 'new' });
    return { connection, userId, accountId, claim: await claimOne(instance(0), connection) };
  }

  const stored = async (claim: Claim, id: string) => findAccount(instance(1), claim.account.connectionId, id);

  it('are written where they differ, and a new one gets its id', async () => {
    const { claim } = await claimedUser();
    const [own, next] = await write(claim, [...rowsOf(claim), nextRow({ ...EMPTY, address: 'b@x' })]);
    expect(own).toEqual(rowsOf(claim)[0]);
    expect(next?.id).not.toBe('new-1');
    expect(await stored(claim, next?.id ?? '')).toMatchObject({
      role: 'next',
      resourceId: claim.account.resourceId,
      address: 'b@x',
      mapped: 'b@x',
      dueAt: null,
      presentSince: null,
    });
  });

  it('that did not change are left as another has written them meanwhile', async () => {
    const { claim } = await claimedUser();
    await write(claim, knowing(claim, made('a@x', { written: { role: 'admin' } })));
    await write(claim, rowsOf(claim));
    expect((await accountOf(instance(0), claim)).written).toEqual({ role: 'admin' });
  });

  it('are refused where another row has the address or the account, whatever its case', async () => {
    const { connection, claim } = await claimedUser();
    await endAttempt(instance(0), attemptEnd(claim));
    await addUser(instance(0), connection, 'new@x');
    const other = await claimOne(instance(0), connection);
    for (const known of [made('A@X'), made('free@x', { vendorId: 'V-A@x' })]) {
      await expect(write(other, knowing(other, known))).rejects.toThrow(UniqueViolation);
    }
    expect(await accountOf(instance(0), other)).toMatchObject({ address: null, vendorId: null });
  });

  it('exchange their accounts and their addresses', async () => {
    const { claim } = await claimedUser();
    const [own, next] = await write(claim, [...rowsOf(claim), nextRow(made('b@x'))]);
    if (own === undefined || next === undefined) throw new Error('There are two rows.');
    const after = [
      { ...own, known: next.known },
      { ...next, known: own.known },
    ];
    await write(claim, after, [own, next]);
    expect(await stored(claim, own.id)).toMatchObject({ address: 'b@x', vendorId: 'v-b@x' });
    expect(await stored(claim, next.id)).toMatchObject({ address: 'a@x', vendorId: 'v-a@x' });
  });

  it('leave their account to a row of its own, which is due at once as a leaver', async () => {
    const { claim } = await claimedUser();
    const [own] = rowsOf(claim);
    if (own === undefined) throw new Error('There is a row.');
    const left = { ...own, id: 'new-1', role: 'left' as const, mapped: 'a@x' };
    const [, row] = await write(claim, [{ ...own, known: { ...EMPTY, intent: createIntent('b@x') } }, left]);
    expect(await stored(claim, row?.id ?? '')).toMatchObject({
      role: 'left',
      vendorId: 'v-a@x',
      state: 'due',
      dueAt: NOW,
      rank: 0,
      wantedVersion: 2,
      settledVersion: 1,
    });
    expect(await accountOf(instance(0), claim)).toMatchObject({ vendorId: null, address: null });
  });

  it('that were held for a move and are given up are due at once as leavers', async () => {
    const { claim } = await claimedUser();
    const before = await write(claim, [
      ...rowsOf(claim),
      nextRow({ ...EMPTY, address: 'b@x', intent: createIntent('b@x') }),
    ]);
    const after = before.map((row) => (row.role === 'next' ? { ...row, role: 'left' as const } : row));
    await write(claim, after, before);
    expect(await stored(claim, before[1]?.id ?? '')).toMatchObject({
      role: 'left',
      state: 'due',
      dueAt: NOW,
      rank: 0,
    });
  });

  it('that are gone are deleted', async () => {
    const { claim } = await claimedUser();
    const before = await write(claim, [...rowsOf(claim), nextRow({ ...EMPTY, address: 'b@x' })]);
    const [own] = await write(
      claim,
      before.map((row) => (row.role === 'next' ? { ...row, role: 'gone' as const } : row)),
      before,
    );
    expect(own?.id).toBe(claim.account.id);
    expect(await stored(claim, before[1]?.id ?? '')).toBeUndefined();
  });

  it('that are gone give their address to another one of them in the same breath', async () => {
    const { claim } = await claimedUser();
    const before = await write(claim, [...rowsOf(claim), nextRow({ ...EMPTY, address: 'b@x' })]);
    const renamed = made('a@x', { address: 'b@x' });
    const after = before.map((row) =>
      row.role === 'next' ? { ...row, role: 'gone' as const } : { ...row, known: renamed },
    );
    await write(claim, after, before);
    expect(await accountOf(instance(0), claim)).toMatchObject({ address: 'b@x', vendorId: 'v-a@x' });
  });

  it('say since when the account is there: since now if it was made, since ever if it was adopted', async () => {
    const { claim } = await claimedUser();
    const since = async (known: RowState['known']) => {
      await write(claim, knowing(claim, EMPTY));
      await write(claim, knowing(claim, known), knowing(claim, EMPTY));
      return (await accountOf(instance(0), claim)).presentSince;
    };
    expect(await since(made('a@x'))).toBe(NOW);
    expect(await since(made('a@x', { origin: 'adopted' }))).toBe(0);
    await write(claim, knowing(claim, EMPTY), knowing(claim, made('a@x')));
    expect((await accountOf(instance(0), claim)).presentSince).toBeNull();
  });

  it('keep that time while the account is the same, and where its id becomes another', async () => {
    const { claim } = await claimedUser();
    const { presentSince } = claim.account;
    expect(presentSince).not.toBeNull();
    await write(claim, knowing(claim, made('a@x', { written: { role: 'user' } })));
    expect((await accountOf(instance(0), claim)).presentSince).toBe(presentSince);
    await write(claim, knowing(claim, made('a@x', { vendorId: 'accepted' })));
    expect((await accountOf(instance(0), claim)).presentSince).toBe(presentSince);
  });
});
