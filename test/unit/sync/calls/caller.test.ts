import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VendorError } from '../../../../src/core/errors.ts';
import { endAttempt } from '../../../../src/store/delivery/settle.ts';
import type { Claim } from '../../../../src/store/worklist/claim.ts';
import { collectCalls, recordHttp } from '../../../../src/sync/calls/call-log.ts';
import { type Asked, createCaller, type Told } from '../../../../src/sync/calls/caller.ts';
import { createLimiter, guardHttp, type Pace } from '../../../../src/sync/calls/limiter.ts';
import type { VendorHttp } from '../../../../src/vendor-kit/http.ts';
import type { CreateOutcome, Session, WantedCreate } from '../../../../src/vendor-kit/vendor.ts';
import { intentWrite, type Refusal } from '../../../store-contract/admitting.ts';
import { accountOf, addUser, claim, ending } from '../../../store-contract/writing.ts';
import { storedConnection } from '../../store/stored-connection.ts';
import { account } from '../acme.ts';

const { db, freshConnection } = storedConnection();

function accounts(wanted: readonly WantedCreate[]): CreateOutcome[] {
  return wanted.map(({ address }) => ({ account: account({ address }) }));
}

interface Given {
  batch?: number;
  pace?: Pace;
  answer?: (wanted: readonly WantedCreate[]) => CreateOutcome[] | Promise<CreateOutcome[]>;
  mayCall?: () => boolean;
}

/** A vendor that notes the addresses of each call, and claims of so many Users. */
async function stage(users: number, given: Given = {}) {
  const connection = await freshConnection();
  for (let index = 0; index < users; index += 1) await addUser(db(), connection, `user-${index}@x`);
  const claims = await claim(db(), connection, users);
  const calls: string[][] = [];
  /** The intents that were stored when each call was sent. */
  const intents: number[] = [];
  const limiter = createLimiter(given.pace ?? { concurrency: 8 });
  const wire: VendorHttp = {
    now: () => 0,
    send: async () => {
      const rows = await Promise.all(claims.map((one) => accountOf(db(), one)));
      intents.push(rows.filter(({ intent }) => intent !== null).length);
      return { status: 200, headers: {}, body: '' };
    },
  };
  const http = recordHttp(limiter.http(guardHttp(wire, given.mayCall ?? (() => true))));
  const session: Session = {
    verify: () => Promise.resolve(),
    async *list() {},
    async create(wanted) {
      await http.send({ method: 'POST', path: '/users', headers: {}, effect: true });
      calls.push(wanted.map(({ address }) => address));
      return (given.answer ?? accounts)(wanted);
    },
  };
  const clock = { time: 0, now: () => clock.time, steady: () => clock.time };
  const caller = createCaller({ db: db(), session, limiter, clock, batch: given.batch ?? 1 });
  const asked = (claimed: Claim, address: string, freshUntil: number | null = null): Asked<Refusal> => {
    return { write: intentWrite(connection, claimed, address), freshUntil };
  };
  const create = (index: number, address: string, more: { freshUntil?: number; alone?: boolean } = {}) => {
    const claimed = claims[index];
    if (claimed === undefined) throw new Error(`There is no claim ${index}.`);
    const wanted = { address, fields: {} };
    return caller.create(asked(claimed, address, more.freshUntil ?? null), wanted, more.alone === true);
  };
  return { caller, create, asked, calls, intents, claims, clock };
}

function addressOf(told: Told<Refusal>): string | undefined {
  return told.kind === 'answered' ? told.account?.address : told.kind;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets what waits for company leave, and what is under way end. */
async function all<T>(told: Promise<T>[]): Promise<T[]> {
  await vi.advanceTimersByTimeAsync(50);
  return Promise.all(told);
}

describe('Creates in batches', () => {
  it('leave together when the batch is full, and each gets its own outcome', async () => {
    const { create, calls } = await stage(3, { batch: 3 });
    const told = await Promise.all(['a', 'b', 'c'].map((address, index) => create(index, address)));
    expect(calls).toEqual([['a', 'b', 'c']]);
    expect(told.map(addressOf)).toEqual(['a', 'b', 'c']);
  });

  it('wait a little for company and then leave without', async () => {
    const { create, calls } = await stage(2, { batch: 3 });
    const told = Promise.all([create(0, 'a'), create(1, 'b')]);
    await vi.advanceTimersByTimeAsync(49);
    expect(calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect((await told).map(addressOf)).toEqual(['a', 'b']);
    expect(calls).toEqual([['a', 'b']]);
  });

  it('begin a new batch after a full one', async () => {
    const { create, calls } = await stage(3, { batch: 2 });
    await all(['a', 'b', 'c'].map((address, index) => create(index, address)));
    expect(calls.toSorted()).toEqual([['a', 'b'], ['c']]);
  });

  it('go one by one, at once, where the vendor takes one a call', async () => {
    const { create, calls } = await stage(2);
    await create(0, 'a');
    await create(1, 'b');
    expect(calls).toEqual([['a'], ['b']]);
  });

  it('go alone where they are to, and leave the others their company', async () => {
    const { create, calls } = await stage(2, { batch: 3 });
    const company = create(0, 'a');
    await create(1, 'b', { alone: true });
    expect(calls).toEqual([['b']]);
    await all([company]);
    expect(calls).toEqual([['b'], ['a']]);
  });

  it('fail one by one where the vendor refuses some', async () => {
    const error = new VendorError('REJECTED', 'No seats.');
    const answer = (wanted: readonly WantedCreate[]) => [{ error }, ...accounts(wanted.slice(1))];
    const { create } = await stage(2, { batch: 2, answer });
    const [first, second] = await Promise.all([create(0, 'a'), create(1, 'b')]);
    expect(first).toMatchObject({ kind: 'failed', error, together: false });
    expect(second).toMatchObject({ kind: 'answered', account: { address: 'b' } });
  });

  it('are told where they were refused as one, so that each can be tried alone', async () => {
    const error = new VendorError('REJECTED', 'One of them is wrong.');
    const answer = (wanted: readonly WantedCreate[]) =>
      wanted.map(() => ({ error, together: true as const }));
    const { create } = await stage(2, { batch: 2, answer });
    const told = await Promise.all([create(0, 'a'), create(1, 'b')]);
    expect(told).toMatchObject([{ kind: 'failed', together: true }, { together: true }]);
  });

  it('all fail with a call that throws, and each has its intent still', async () => {
    const error = new VendorError('UNCERTAIN', 'No answer.');
    const { create } = await stage(2, { batch: 2, answer: () => Promise.reject(error) });
    const told = await Promise.all([create(0, 'a'), create(1, 'b')]);
    for (const one of told) {
      expect(one).toMatchObject({
        kind: 'failed',
        error,
        rows: [{ known: { intent: { call: { op: 'create' } } } }],
      });
    }
  });

  it('fail where the vendor’s code forgets one', async () => {
    const { create } = await stage(1, { answer: () => [] });
    const told = await create(0, 'a');
    expect(told).toMatchObject({
      kind: 'failed',
      error: new Error('The vendor gave no outcome for a create.'),
    });
  });

  it('go without a member that is not admitted, whose look is too old, or that is another’s by now', async () => {
    const { create, calls, claims, clock } = await stage(4, { batch: 4 });
    const [lost] = claims;
    if (lost === undefined) throw new Error('There are four claims.');
    await endAttempt(db(), ending(lost, 'done'));
    clock.time = 100;
    const told = await Promise.all([
      create(0, 'lost'),
      create(1, 'old', { freshUntil: 99 }),
      create(2, 'a'),
      create(3, 'A'),
    ]);
    expect(told.map(addressOf)).toEqual(['claim-lost', 'stale', 'a', 'not-admitted']);
    expect(told[3]).toMatchObject({ refusal: 'taken' });
    expect(calls).toEqual([['a']]);
  });

  it('make no call where nobody is admitted', async () => {
    const { create, calls, clock } = await stage(2, { batch: 2 });
    clock.time = 100;
    const told = await Promise.all([0, 1].map((index) => create(index, 'a', { freshUntil: 99 })));
    expect(told).toEqual([{ kind: 'stale' }, { kind: 'stale' }]);
    expect(calls).toEqual([]);
  });

  it('have the call that they share in the history of each', async () => {
    const { create } = await stage(2, { batch: 2 });
    const made = await Promise.all([0, 1].map((index) => collectCalls(() => create(index, `${index}`))));
    for (const { calls } of made) expect(calls).toMatchObject([{ method: 'POST', path: '/users' }]);
  });
});

describe('A call', () => {
  it('is sent once the intents of all its members are stored', async () => {
    const { create, intents } = await stage(3, { batch: 3 });
    await Promise.all([0, 1, 2].map((index) => create(index, `${index}`)));
    expect(intents).toEqual([3]);
  });

  it('writes its intent in its turn, not while it waits for one', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const answer = async (wanted: readonly WantedCreate[]) => {
      await promise;
      return accounts(wanted);
    };
    const { create, claims, intents } = await stage(2, { pace: { concurrency: 1 }, answer });
    const told = [create(0, 'a'), create(1, 'b')];
    await vi.waitFor(() => expect(intents).toHaveLength(1));
    const [, waiting] = claims;
    expect(waiting && (await accountOf(db(), waiting)).intent).toBeNull();
    resolve();
    expect((await Promise.all(told)).map(addressOf)).toEqual(['a', 'b']);
    expect(intents).toEqual([1, 2]);
  });

  it.each([
    ['is made on a look that is young enough', 100, 'a'],
    ['is not made on a look that has become too old', 101, 'stale'],
  ])('%s when its turn comes', async (_, at, expected) => {
    const { create, clock, claims } = await stage(1);
    clock.time = at;
    expect(addressOf(await create(0, 'a', { freshUntil: 100 }))).toBe(expected);
    const [claimed] = claims;
    const intent = claimed && (await accountOf(db(), claimed)).intent;
    expect(intent === null).toBe(expected === 'stale');
  });

  it('judges the age of its look in its turn: the wait for one counts', async () => {
    const clockAt = { end: () => {} };
    const answer = async (wanted: readonly WantedCreate[]) => {
      clockAt.end();
      return accounts(wanted);
    };
    const { create, clock } = await stage(2, { pace: { concurrency: 1 }, answer });
    clockAt.end = () => {
      clock.time = 101;
    };
    const told = await Promise.all([create(0, 'a'), create(1, 'b', { freshUntil: 100 })]);
    expect(told.map(addressOf)).toEqual(['a', 'stale']);
  });

  it('that the lease guard does not let go was not made, and its rows have the intent', async () => {
    const { create, calls } = await stage(1, { mayCall: () => false });
    expect(await create(0, 'a')).toMatchObject({
      kind: 'not-called',
      message: expect.stringContaining('has not reached the database'),
      rows: [{ known: { intent: { call: { op: 'create' } } } }],
    });
    expect(calls).toEqual([]);
  });

  it('tells when it began, for whoever has to look after it was lost', async () => {
    const error = new VendorError('UNCERTAIN', 'No answer.');
    const { create, clock } = await stage(1, { answer: () => [{ error }] });
    clock.time = 777;
    expect(await create(0, 'a')).toMatchObject({ kind: 'failed', error, begun: 777 });
  });

  it('on one account gives what the vendor answers, or nothing where there is no account any more', async () => {
    const { caller, asked, claims } = await stage(2);
    const [one, two] = claims;
    if (one === undefined || two === undefined) throw new Error('There are two claims.');
    const there = account({ address: 'a' });
    const answers = [
      await caller.call(asked(one, 'a'), () => Promise.resolve(there)),
      await caller.call(asked(two, 'b'), () => Promise.resolve(null)),
    ];
    expect(answers).toMatchObject([
      { kind: 'answered', account: there },
      { kind: 'answered', account: null },
    ]);
  });

  it('whose intent cannot be stored fails and is not made', async () => {
    const { caller, asked, claims, calls } = await stage(1);
    const [claimed] = claims;
    if (claimed === undefined) throw new Error('There is one claim.');
    const { write } = asked(claimed, 'a');
    const decide = () => {
      throw new Error('the disk is full');
    };
    const act = async () => {
      calls.push(['called']);
      return null;
    };
    const call = caller.call({ write: { ...write, decide }, freshUntil: null }, act);
    await expect(call).rejects.toThrow('the disk is full');
    expect(calls).toEqual([]);
  });
});
