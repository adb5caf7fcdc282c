import { describe, expect, it } from 'vitest';
import { EMPTY } from '../../src/core/account.ts';
import type { Connection } from '../../src/core/connection.ts';
import type { Database } from '../../src/store/database.ts';
import { type Admission, admitCalls } from '../../src/store/delivery/intents.ts';
import { endAttempt } from '../../src/store/delivery/settle.ts';
import type { Claim } from '../../src/store/worklist/claim.ts';
import { intentWrite, type Refusal, removal } from './admitting.ts';
import { KINDS, sharedStore } from './stores.ts';
import {
  accountOf,
  addUser,
  atOnce,
  attemptEnd,
  claim,
  context,
  ending,
  knowing,
  pushUser,
  rowsOf,
  settledUser,
} from './writing.ts';

const HOUR = 3_600_000;

function kindsOf(admissions: readonly Admission<Refusal>[]): string[] {
  return admissions.map((admission) => (admission.kind === 'refused' ? admission.refusal : admission.kind));
}

let people = 0;

/** A userName that nobody had before. */
function newName(): string {
  people += 1;
  return `user-${people}@x`;
}

/** So many claims of Users that are not at the vendor yet. */
async function joiners(db: Database, connection: Connection, count: number): Promise<Claim[]> {
  for (let index = 0; index < count; index += 1) await addUser(db, connection, newName());
  return claim(db, connection, count);
}

describe.each(KINDS)('the transaction before a call in %s', (kind) => {
  const { instance, freshConnection } = sharedStore(kind);

  it('reserves the address and writes the intent; both are there before anything is sent', async () => {
    const connection = await freshConnection();
    const [claimed] = await joiners(instance(0), connection, 1);
    if (claimed === undefined) throw new Error('Nothing is due.');
    const write = intentWrite(connection, claimed, 'Ana@example.com');
    const admissions = await admitCalls(instance(0), [write]);
    expect(admissions).toEqual([{ kind: 'admitted', rows: write.after }]);
    expect(await accountOf(instance(1), claimed)).toMatchObject({
      address: 'Ana@example.com',
      mapped: 'Ana@example.com',
      intent: { call: { op: 'create', address: 'Ana@example.com' }, before: 'absent' },
      vendorId: null,
      claimedVersion: 1,
    });
  });

  it('writes nothing where it refuses', async () => {
    const connection = await freshConnection();
    const [claimed] = await joiners(instance(0), connection, 1);
    if (claimed === undefined) throw new Error('Nothing is due.');
    const write = { ...intentWrite(connection, claimed, 'a@x'), decide: () => 'held' as const };
    expect(kindsOf(await admitCalls(instance(0), [write]))).toEqual(['held']);
    expect(await accountOf(instance(0), claimed)).toMatchObject({ address: null, intent: null });
  });

  it('gives an address to one of those who ask for it at the same time, and tells the others who has it', async () => {
    const connection = await freshConnection();
    const claims = await joiners(instance(0), connection, 6);
    const holders: unknown[] = [];
    const admissions = await atOnce(6, async (index) => {
      const claimed = claims[index];
      if (claimed === undefined) throw new Error('There are six claims.');
      const write = intentWrite(connection, claimed, index % 2 ? 'A@x' : 'a@X');
      const { decide } = write;
      const noting: typeof decide = (facts) => {
        if (facts.holder !== null) holders.push(facts.holder.name);
        return decide(facts);
      };
      return admitCalls(instance(index), [{ ...write, decide: noting }]);
    });
    expect(kindsOf(admissions.flat()).toSorted()).toEqual(['admitted', ...Array(5).fill('taken')]);
    const winner = claims[admissions.findIndex(([one]) => one?.kind === 'admitted')];
    expect(new Set(holders)).toEqual(new Set([winner?.user?.userName]));
  });

  it('reserves an address of a letter that folds to another one for itself', async () => {
    const connection = await freshConnection();
    const claims = await joiners(instance(0), connection, 2);
    const addresses = ['Kim@x', '\u212Aim@x'];
    const writes = claims.map((one, index) => intentWrite(connection, one, addresses[index] ?? ''));
    expect(kindsOf(await admitCalls(instance(0), writes))).toEqual(['admitted', 'admitted']);
  });

  it('lets the others of a batch go where one is refused, or no longer claimed', async () => {
    const connection = await freshConnection();
    const claims = await joiners(instance(0), connection, 4);
    const [, lost] = claims;
    if (lost === undefined) throw new Error('There are four claims.');
    await endAttempt(instance(0), ending(lost, 'done'));
    const addresses = ['a@x', 'b@x', 'A@X', 'd@x'];
    const writes = claims.map((one, index) => intentWrite(connection, one, addresses[index] ?? ''));
    expect(kindsOf(await admitCalls(instance(0), writes))).toEqual(['admitted', 'lost', 'taken', 'admitted']);
    const intents = await Promise.all(claims.map(async (one) => (await accountOf(instance(0), one)).intent));
    expect(intents.map((intent) => intent !== null)).toEqual([true, false, false, true]);
  });

  it('takes the members of a batch in the order of their ids: batches in any order never wait for each other', async () => {
    const connection = await freshConnection();
    for (let round = 0; round < 8; round += 1) {
      const claims = await joiners(instance(0), connection, 8);
      const writes = claims.map((one, index) => intentWrite(connection, one, `r${round}-${index}@x`));
      const admissions = await Promise.all([
        admitCalls(instance(0), writes),
        admitCalls(instance(1), writes.toReversed()),
      ]);
      const kinds = admissions.flatMap(kindsOf);
      expect(kinds).toHaveLength(16);
      expect(new Set(kinds)).toEqual(new Set(['admitted']));
      for (const one of claims)
        await endAttempt(instance(0), { ...ending(one, 'done'), before: rowsOf(one) });
    }
  });

  it('is told of each of a batch in the batch’s own order', async () => {
    const connection = await freshConnection();
    const claims = (await joiners(instance(0), connection, 3)).toReversed();
    const writes = claims.map((one, index) => intentWrite(connection, one, `${index}@x`));
    const admissions = await admitCalls(instance(0), writes);
    const addresses = admissions.map((one) => (one.kind === 'admitted' ? one.rows[0]?.known.address : null));
    expect(addresses).toEqual(['0@x', '1@x', '2@x']);
  });

  it('where another row has the account by its id, fails alone of its batch', async () => {
    const connection = await freshConnection();
    await settledUser(instance(0), connection, 'ann@x');
    const claims = await joiners(instance(0), connection, 3);
    const writes = claims.map((one, index) => intentWrite(connection, one, `${index}@x`));
    const [first, second, third] = writes;
    if (first === undefined || second === undefined || third === undefined) throw new Error('Three are due.');
    const clash = knowing(second.claim, { ...EMPTY, address: '1@x', vendorId: 'V-ANN@x' });
    const admissions = await admitCalls(instance(0), [first, { ...second, after: clash }, third]);
    expect(kindsOf(admissions)).toEqual(['admitted', 'clash', 'admitted']);
    expect((await accountOf(instance(0), second.claim)).intent).toBeNull();
  });
});

describe.each(KINDS)('the guard in %s', (kind) => {
  const { instance, freshConnection } = sharedStore(kind);

  /** So many claims of Users that are at the vendor and leave. */
  async function leavers(connection: Connection, count: number): Promise<Claim[]> {
    const present = [];
    for (let index = 0; index < count; index += 1) {
      present.push(await settledUser(instance(0), connection, newName()));
    }
    for (const { userId } of present) await pushUser(instance(0), connection, userId, { active: false });
    return claim(instance(0), connection, count);
  }

  it('lets no more people go than it allows, however many intents are written at once', async () => {
    const connection = await freshConnection({ leaverCount: 3, leaverPercent: 0 });
    const claims = await leavers(connection, 12);
    const now = context().now + HOUR;
    const admissions = await atOnce(12, (index) => {
      const claimed = claims[index];
      if (claimed === undefined) throw new Error('Twelve leave.');
      return admitCalls(instance(index), [removal(connection, claimed, { now })]);
    });
    const kinds = kindsOf(admissions.flat()).toSorted();
    expect(kinds).toEqual([...Array(3).fill('admitted'), ...Array(9).fill('held')]);
  });

  it('counts each of one transaction before the next', async () => {
    const connection = await freshConnection({ leaverCount: 2, leaverPercent: 0 });
    const claims = await leavers(connection, 4);
    const now = context().now + HOUR;
    const writes = claims.map((one) => removal(connection, one, { now }));
    expect(kindsOf(await admitCalls(instance(0), writes))).toEqual(['admitted', 'admitted', 'held', 'held']);
  });

  it('counts nobody twice within the hour, and nobody who was not admitted', async () => {
    const connection = await freshConnection({ leaverCount: 1, leaverPercent: 0 });
    const [first, second] = await leavers(connection, 2);
    if (first === undefined || second === undefined) throw new Error('Two leave.');
    const now = context().now + HOUR;
    const ask = async (claimed: Claim, at: number) =>
      kindsOf(await admitCalls(instance(0), [removal(connection, claimed, { now: at })]));
    expect(await ask(first, now)).toEqual(['admitted']);
    expect(await ask(first, now + 1)).toEqual(['admitted']);
    expect(await ask(second, now + 2)).toEqual(['held']);
    expect(await ask(second, now + HOUR)).toEqual(['admitted']);
  });

  it('lets a step go that the operator has released, and counts it', async () => {
    const connection = await freshConnection({ leaverCount: 1, leaverPercent: 0 });
    const claims = await leavers(connection, 3);
    const now = context().now + HOUR;
    const writes = claims.map((one, index) => removal(connection, one, { now, released: index === 1 }));
    expect(kindsOf(await admitCalls(instance(0), writes))).toEqual(['admitted', 'admitted', 'held']);
  });

  it.each([
    ['the last one stays', [], 'last-of-role'],
    ['somebody else has it', ['v-stranger'], 'admitted'],
  ])('asks who else has a role before it is taken away: %s', async (_, others, expected) => {
    const connection = await freshConnection();
    const [claimed] = await leavers(connection, 1);
    if (claimed === undefined) throw new Error('One leaves.');
    expect(kindsOf(await admitCalls(instance(0), [removal(connection, claimed, { others })]))).toEqual([
      expected,
    ]);
  });

  it('keeps one of two who have a role and leave at the same time, seen in one list', async () => {
    const connection = await freshConnection();
    for (let round = 0; round < 8; round += 1) {
      const claims = await leavers(connection, 2);
      const ids = claims.map(({ account }) => account.vendorId ?? '');
      const admissions = await Promise.all(
        claims.map((one, index) => {
          const others = ids.filter((id) => id !== one.account.vendorId);
          return admitCalls(instance(index), [removal(connection, one, { others })]);
        }),
      );
      expect(kindsOf(admissions.flat()).toSorted()).toEqual(['admitted', 'last-of-role']);
      for (const one of claims) {
        await endAttempt(instance(0), attemptEnd(one, { after: knowing(one, EMPTY) }));
      }
    }
  });

  it('knows those who lose a role by their ids in any case where these are addresses', async () => {
    const connection = await freshConnection();
    const claims = await leavers(connection, 2);
    const [first, second] = claims;
    if (first === undefined || second === undefined) throw new Error('Two leave.');
    await admitCalls(instance(0), [removal(connection, first, { others: ['v-stranger'] })]);
    const others = [(first.account.vendorId ?? '').toUpperCase()];
    expect(kindsOf(await admitCalls(instance(0), [removal(connection, second, { others })]))).toEqual([
      'last-of-role',
    ]);
  });

  it('allows its share of the accounts that were there when the hour began, never over half of four', async () => {
    const connection = await freshConnection({ leaverCount: 10, leaverPercent: 20 });
    const claims = await leavers(connection, 6);
    const now = context().now + HOUR;
    const writes = claims.map((one) => removal(connection, one, { now }));
    const kinds = kindsOf(await admitCalls(instance(0), writes));
    expect(kinds.filter((one) => one === 'admitted')).toHaveLength(3);
  });
});
