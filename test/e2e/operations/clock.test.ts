import { describe, expect, it } from 'vitest';
import { findJob } from '../../../src/store/jobs.ts';
import { eventually, person, startStage } from '../delivery/stage.ts';

const DAY = 86_400_000;
const QUARTER = 15 * 60_000;
const ANA = 'ana.diaz@example.com';
const POST = 'POST /ss/api/user_access';

describe('A clock that was a day ahead', () => {
  it('holds no delivery back: what was to be tried by it is tried within the largest backoff', async () => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 400 }, callTimeoutMs: 500 });
    stage.turnClock(DAY);
    await stage.fault({ kind: 'reset-after', match: POST, times: 1 });
    const id = await stage.addUser(person(ANA));
    await eventually(async () => (await stage.account(id))?.intent, expect.any(Object));
    await stage.stop(5_000);
    stage.turnClock(-DAY);
    await stage.startAgain();
    expect((await stage.account(id))?.dueAt).toBeLessThanOrEqual(stage.now() + QUARTER);
    stage.passTime(QUARTER);
    await eventually(() => stage.state(id), 'in-sync');
    expect(await stage.calls(POST)).toHaveLength(1);
  });

  it('holds no comparison with the vendor’s list back', async () => {
    const stage = await startStage('crankwheel');
    const requestedAt = async () => (await findJob(stage.db, stage.id, 'reconcile'))?.requestedAt ?? 0;
    const startAgainAfter = async (ms: number) => {
      await stage.stop(5_000);
      stage.turnClock(ms);
      await stage.startAgain();
    };
    await startAgainAfter(DAY);
    expect(await requestedAt()).toBeGreaterThan(Date.now());
    await startAgainAfter(-DAY);
    expect(await requestedAt()).toBeGreaterThan(0);
    expect(await requestedAt()).toBeLessThanOrEqual(stage.now());
  });
});

describe('A clock that goes a day ahead', () => {
  it('makes what was waiting due, once', async () => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 400 }, callTimeoutMs: 500 });
    await stage.fault({ kind: 'status', status: 429, headers: { 'Retry-After': '3600' }, times: 1 });
    const id = await stage.addUser(person(ANA));
    stage.passTime(DAY);
    await eventually(() => stage.state(id), 'in-sync');
    expect(await stage.calls(POST)).toHaveLength(1);
  });
});

describe('A vendor that asks for a pause of years', () => {
  it('is granted a day', async () => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 400 } });
    await stage.fault({ kind: 'status', status: 429, headers: { 'Retry-After': '99999999' }, times: 1 });
    const id = await stage.addUser(person(ANA));
    expect((await stage.account(id))?.dueAt).toBeLessThanOrEqual(stage.now() + DAY);
    stage.passTime(DAY);
    await eventually(() => stage.state(id), 'in-sync');
  });
});
