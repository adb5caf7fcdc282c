import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { findJob } from '../../../src/store/jobs.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
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

describe('A clock that is set back while the server runs', () => {
  it.each<[string, JsonObject]>([
    ['whose removal was answered 429', { kind: 'status', status: 429, headers: { 'Retry-After': '30' } }],
    ['whose removal got no answer', { kind: 'reset-before' }],
    ['whose removal was answered 500', { kind: 'status', status: 500 }],
  ])('leaves a leaver %s no longer with access than was meant', async (_what, fault) => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 100 }, callTimeoutMs: 500 });
    const id = await stage.addUser(person(ANA));
    await eventually(() => stage.state(id), 'in-sync');
    await stage.fault({ ...fault, match: 'DELETE', times: 1 });
    await stage.send('DELETE', `/Users/${id}`);
    await eventually(async () => (await stage.calls('DELETE')).length, 1);
    await eventually(async () => (await waiting(stage)).length, 1);
    stage.turnClock(-5 * HOUR);
    // The server sees it by itself.
    await eventually(
      async () => (await waiting(stage)).every(({ due_at }) => (due_at ?? 0) < stage.now() + HOUR),
      true,
    );
    stage.passTime(QUARTER);
    await eventually(() => stage.addresses(), []);
  });

  it('holds no push back that comes after it', async () => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 100 }, callTimeoutMs: 500 });
    const id = await stage.addUser(person(ANA));
    await eventually(() => stage.state(id), 'in-sync');
    await stage.fault({
      kind: 'status',
      status: 429,
      headers: { 'Retry-After': '30' },
      match: 'DELETE',
      times: 1,
    });
    await stage.setActive(id, false);
    await eventually(async () => (await waiting(stage)).length, 1);
    stage.turnClock(-5 * HOUR);
    await eventually(
      async () => (await waiting(stage)).every(({ due_at }) => (due_at ?? 0) < stage.now() + HOUR),
      true,
    );
    await stage.send('DELETE', `/Users/${id}`);
    stage.passTime(QUARTER);
    await eventually(() => stage.addresses(), []);
  });
});

function waiting(stage: Stage) {
  return stage.db.selectFrom('accounts').select('due_at').where('state', '=', 'waiting').execute();
}

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
