import { describe, expect, it } from 'vitest';
import { pauseConnection, resumeConnection, writeCredentials } from '../../../src/store/connections.ts';
import { openKeyring } from '../../../src/store/encryption.ts';
import { eventually, person, type Stage, startStage } from './stage.ts';

const ANA = 'ana.diaz@example.com';
const BO = 'bo@example.com';
const POST = 'POST /ss/api/user_access';
/** Long enough for a delivery that works, short for a test of one that does not. */
const SOON = { policies: { waitMs: 400 } };

async function isDelivered(stage: Stage, id: string): Promise<void> {
  await eventually(() => stage.state(id), 'in-sync');
  expect(await stage.addresses()).toEqual([ANA]);
}

describe('A push that the vendor cannot take now', () => {
  it.each([
    ['is throttled', { kind: 'status', status: 429 }, 'THROTTLED'],
    ['finds the vendor down for reads', { kind: 'status', status: 503, match: 'GET' }, 'UNAVAILABLE'],
    ['gets a reply that nobody can read', { kind: 'garbled', match: 'GET' }, 'UNREADABLE'],
    ['is cut off before it is read', { kind: 'reset-before', match: 'GET' }, 'UNAVAILABLE'],
    ['is not answered in time', { kind: 'slow', delayMs: 3_000, match: 'GET' }, 'UNAVAILABLE'],
  ])('is answered with success when it %s, and delivered when that is over', async (_what, fault, code) => {
    const stage = await startStage('crankwheel', { ...SOON, callTimeoutMs: 300 });
    await stage.fault(fault);
    const id = await stage.addUser(person(ANA));
    await eventually(async () => (await stage.account(id))?.lastError?.code, code);
    expect(await stage.addresses()).toEqual([]);
    expect(await stage.state(id)).toBe('waiting');
    expect((await stage.send('GET', `/Users/${id}`)).status).toBe(200);
    await stage.endFaults();
    await isDelivered(stage, id);
    expect((await stage.account(id))?.attempts).toBe(0);
  });

  it('waits ever longer between attempts', async () => {
    const stage = await startStage('crankwheel', SOON);
    await stage.fault({ kind: 'status', status: 503, match: 'GET' });
    const id = await stage.addUser(person(ANA));
    for (const [attempts, leastMs] of [
      [1, 500],
      [2, 1_000],
      [3, 2_000],
    ] as const) {
      await eventually(async () => (await stage.account(id))?.attempts, attempts);
      const account = await stage.account(id);
      expect((account?.dueAt ?? 0) - (account?.lastError?.at ?? 0)).toBeGreaterThanOrEqual(leastMs);
    }
    // Attempts that did nothing and failed alike are counted on one row.
    expect(await stage.deliveries(id)).toMatchObject([{ result: 'retry', repeats: 2 }]);
  });

  it('is answered at once, without a wait, when the vendor has asked for a pause', async () => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 14_000 } });
    const throttled = { kind: 'status', status: 429, headers: { 'Retry-After': '120' } };
    await stage.fault({ ...throttled, match: 'GET', times: 1 });
    const first = await stage.addUser(person(ANA));
    const second = await stage.addUser(person(BO));
    expect(await stage.calls()).toHaveLength(1);
    const asked = (await stage.account(first))?.lastError?.at ?? Number.NaN;
    // Nor does another push of the same User make it due before that.
    await stage.patchUser(first, { op: 'add', path: 'title', value: 'Head of sales' });
    expect((await stage.account(first))?.dueAt).toBeGreaterThan(asked + 119_000);
    stage.passTime(100_000);
    stage.passTime(21_000);
    for (const id of [first, second]) {
      await eventually(() => stage.state(id), 'in-sync');
      expect((await stage.deliveries(id))[0]?.startedAt).toBeGreaterThan(asked + 119_000);
    }
  });

  it('can no longer be put back once success was answered: a later refusal stays visible', async () => {
    const stage = await startStage('crankwheel', SOON);
    await stage.fault({ kind: 'status', status: 503, match: 'GET', times: 1 });
    await stage.fault({ kind: 'status', status: 422, body: '{"error":"No seats"}', match: POST });
    const id = await stage.addUser(person(ANA));
    await eventually(() => stage.state(id), 'refused');
    expect((await stage.send('GET', `/Users/${id}`)).status).toBe(200);
    expect((await stage.account(id))?.lastError).toMatchObject({
      code: 'REJECTED',
      message: expect.stringContaining('No seats'),
    });
    await stage.endFaults();
    // The same push again is a new attempt.
    expect((await stage.send('PUT', `/Users/${id}`, person(ANA))).status).toBe(200);
    await isDelivered(stage, id);
  });

  it('is kept while the operator has paused the connection, and delivered when it is resumed', async () => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 14_000 } });
    await pauseConnection(stage.db, stage.id, 'moving house', Date.now());
    stage.wake();
    await eventually(() => stage.pauseReason(), 'moving house');
    const id = await stage.addUser(person(ANA));
    expect(await stage.state(id)).toBe('due');
    expect(await stage.calls()).toEqual([]);
    await resumeConnection(stage.db, stage.id, Date.now());
    stage.wake();
    await isDelivered(stage, id);
  });
});

describe('A credential that the vendor no longer accepts', () => {
  it('pauses the connection, loses nothing, and delivers all when it is replaced', async () => {
    const stage = await startStage('crankwheel', SOON);
    const kept = await stage.addUser(person(BO));
    await stage.fault({ kind: 'unauthorised' });
    const id = await stage.addUser(person(ANA));
    await eventually(() => stage.pauseReason(), expect.stringContaining('does not accept the credential'));
    expect(stage.alerts()).toMatchObject([{ alert: 'credential' }]);
    expect(await stage.counted('causeway_alerts_total{alert="credential"}')).toBe(1);
    expect((await stage.send('DELETE', `/Users/${kept}`)).status).toBe(204);
    await stage.forgetCalls();
    stage.wake();
    expect(await stage.addresses()).toEqual([BO]);
    expect(await stage.calls()).toEqual([]);

    await stage.endFaults();
    const credentials = { apiKey: 'sandbox-crankwheel-key' };
    await writeCredentials(stage.db, stage.keyring, stage.id, credentials, Date.now());
    await resumeConnection(stage.db, stage.id, Date.now());
    stage.passTime(2_000);
    await eventually(stage.addresses.bind(stage), [ANA]);
    await eventually(() => stage.state(id), 'in-sync');
  });

  it('and is replaced while a call is under way pauses nothing: the next attempt is made with the new one', async () => {
    const stage = await startStage('crankwheel', SOON);
    const replace = (apiKey: string) =>
      writeCredentials(stage.db, stage.keyring, stage.id, { apiKey }, Date.now());
    await replace('out of date');
    await stage.fault({ kind: 'slow', delayMs: 300, match: 'GET', times: 2 });
    const added = stage.addUser(person(ANA));
    await eventually(async () => (await stage.calls()).length, 1);
    await replace('sandbox-crankwheel-key');
    const id = await added;
    await eventually(async () => (await stage.account(id))?.lastError?.code, 'UNAUTHORISED');
    stage.passTime(2_000);
    await isDelivered(stage, id);
    expect(await stage.pauseReason()).toBeNull();
    expect(stage.alerts()).toEqual([]);
  });

  it('and cannot be read, as its secret key is lost, pauses the connection too', async () => {
    const stage = await startStage('crankwheel', SOON);
    const lost = openKeyring(new Uint8Array(32).fill(9));
    await writeCredentials(stage.db, lost, stage.id, { apiKey: 'sandbox-crankwheel-key' }, Date.now());
    const id = await stage.addUser(person(ANA));
    await eventually(() => stage.pauseReason(), expect.stringContaining('enter the credentials again'));
    expect(stage.alerts()).toMatchObject([{ alert: 'credential' }]);
    await writeCredentials(
      stage.db,
      stage.keyring,
      stage.id,
      { apiKey: 'sandbox-crankwheel-key' },
      Date.now(),
    );
    await resumeConnection(stage.db, stage.id, Date.now());
    stage.wake();
    await isDelivered(stage, id);
  });

  it('is not believed dead for one call’s answer: only that account stops, with a task', async () => {
    const stage = await startStage('crankwheel', SOON);
    await stage.fault({ kind: 'unauthorised', match: POST, times: 1 });
    const id = await stage.addUser(person(ANA));
    await eventually(() => stage.state(id), 'task');
    expect(await stage.pauseReason()).toBeNull();
    expect(await stage.openTasks()).toMatchObject([{ kind: 'not-permitted', wanted: ANA }]);
    await stage.addUser(person(BO));
    expect(await stage.addresses()).toEqual([BO]);
  });
});

describe('A call that the credential may not make', () => {
  it('stops one account, with a task, and others go on', async () => {
    const stage = await startStage('crankwheel');
    const first = await stage.addUser(person(ANA));
    const second = await stage.addUser(person(BO));
    await stage.fault({ kind: 'status', status: 403, match: 'DELETE /ss/api/user_access/ana' });
    expect((await stage.setActive(first, false)).status).toBe(200);
    expect((await stage.setActive(second, false)).status).toBe(200);
    expect(await stage.addresses()).toEqual([ANA]);
    expect(await stage.openTasks()).toMatchObject([{ kind: 'not-permitted', wanted: ANA }]);
    expect(await stage.state(first)).toBe('task');
    expect(await stage.state(second)).toBe('in-sync');
  });
});

describe('A create whose end nobody has seen', () => {
  it.each([
    ['took effect and was cut off', { kind: 'reset-after' }],
    ['took effect and took too long', { kind: 'slow', delayMs: 3_000 }],
    ['took effect and was answered with rubbish', { kind: 'garbled' }],
  ])(
    'is never made twice when it %s: the account is looked up and is the one that was made',
    async (_what, fault) => {
      const stage = await startStage('crankwheel', { ...SOON, callTimeoutMs: 500 });
      await stage.fault({ ...fault, match: POST, times: 1 });
      const id = await stage.addUser(person(ANA));
      await isDelivered(stage, id);
      expect(await stage.calls('POST')).toHaveLength(1);
      expect(await stage.account(id)).toMatchObject({ origin: 'created', address: ANA, intent: null });
    },
  );

  it.each([
    ['was cut off before it took effect', { kind: 'reset-before' }],
    ['was answered 500', { kind: 'status', status: 500 }],
  ])('is made again when it %s, after a look', async (_what, fault) => {
    const stage = await startStage('crankwheel', { ...SOON, callTimeoutMs: 500 });
    await stage.fault({ ...fault, match: POST, times: 1 });
    const id = await stage.addUser(person(ANA));
    await eventually(async () => (await stage.account(id))?.intent, expect.any(Object));
    await stage.forgetCalls();
    await isDelivered(stage, id);
    expect((await stage.calls()).map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  it('is looked up no sooner than the lost call can still take effect', async () => {
    const stage = await startStage('crankwheel', { ...SOON, callTimeoutMs: 3_000 });
    await stage.fault({ kind: 'reset-before', match: POST, times: 1 });
    const begun = Date.now();
    const id = await stage.addUser(person(ANA));
    await eventually(async () => (await stage.account(id))?.state, 'waiting');
    expect((await stage.account(id))?.dueAt).toBeGreaterThanOrEqual(begun + 3_000);
  });

  it('is removed after all when its User was deleted meanwhile', async () => {
    const stage = await startStage('crankwheel', { ...SOON, callTimeoutMs: 500 });
    await stage.fault({ kind: 'reset-after', match: POST, times: 1 });
    const id = await stage.addUser(person(ANA));
    await eventually(async () => (await stage.account(id))?.intent, expect.any(Object));
    expect((await stage.send('DELETE', `/Users/${id}`)).status).toBe(204);
    await eventually(() => stage.account(id), undefined);
    expect(await stage.addresses()).toEqual([]);
  });
});
