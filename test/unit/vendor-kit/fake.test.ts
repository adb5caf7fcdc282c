import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crankwheel } from '../../../src/vendors/crankwheel/index.ts';
import { loadFake } from '../../../src/vendors/fakes.ts';
import { failureOf, listAll, openStage, type Stage } from '../../contract/vendors-setup.ts';

const ANA = 'ana.diaz@example.com';

describe('a fake', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(crankwheel);
  });
  afterEach(() => stage.close());

  const outcome = () =>
    listAll(stage.session).then(
      () => 'ok',
      (error: { code: string }) => error.code,
    );

  it('spoils as many calls as the fault says', async () => {
    await stage.fault({ kind: 'status', times: 2 });
    expect([await outcome(), await outcome(), await outcome()]).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'ok']);
  });

  it('spoils every call until the faults are deleted', async () => {
    await stage.fault({ kind: 'unauthorised' });
    expect([await outcome(), await outcome()]).toEqual(['UNAUTHORISED', 'UNAUTHORISED']);
    await stage.control('DELETE', 'faults');
    expect(await outcome()).toBe('ok');
  });

  it('spoils only calls that match', async () => {
    await stage.fault({ kind: 'status', status: 403, match: 'GET /ss/api/user_access/' });
    expect(await outcome()).toBe('ok');
    const find = stage.session.find?.({ address: ANA }) ?? Promise.resolve();
    expect((await failureOf(find)).code).toBe('NOT_PERMITTED');
  });

  it('delays an answer', async () => {
    await stage.fault({ kind: 'slow', delayMs: 60, times: 1 });
    const started = performance.now();
    expect(await outcome()).toBe('ok');
    expect(performance.now() - started).toBeGreaterThanOrEqual(55);
  });

  it('logs calls in order with the status that was sent, null where none was', async () => {
    await stage.fault({ kind: 'reset-after', times: 1 });
    await stage.fault({ kind: 'garbled', times: 1 });
    await stage.fault({ kind: 'status', status: 503, times: 1 });
    for (let count = 0; count < 4; count += 1) await outcome();
    expect((await stage.calls()).map((call) => call.status)).toEqual([null, 200, 503, 200]);
  });

  it('puts accounts there and takes them away behind our back, unlogged', async () => {
    await stage.seed(ANA, { privilege: 'admin' });
    expect(await stage.accounts()).toEqual([
      { key: ANA, state: 'active', vendor: { email: ANA, privilege: 'admin', in_demo_pool: null } },
    ]);
    await stage.control('DELETE', `accounts/${ANA}`);
    expect(await stage.accounts()).toEqual([]);
    expect(await stage.calls()).toEqual([]);
  });

  it.each([{ kind: 'explode' }, { kind: 'status', status: 'x' }, { kind: 'slow', extra: 1 }, {}])(
    'refuses the fault %j with a reason',
    async (fault) => {
      await expect(stage.fault(fault)).rejects.toThrow('400');
      expect(await outcome()).toBe('ok');
    },
  );

  it('is loaded for vendors in the list only', async () => {
    await expect(loadFake('../../etc')).rejects.toThrow('There is no vendor');
  });
});
