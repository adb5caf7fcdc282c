import { describe, expect, it } from 'vitest';
import { pruneDeliveries } from '../../../src/store/delivery/history.ts';
import { eventually, person, startStage } from '../delivery/stage.ts';

const DAY = 86_400_000;
const ANA = 'ana.diaz@example.com';

describe('The history of deliveries', () => {
  it('has of each attempt what was wanted, what was sent and came back, how long it took, and the push', async () => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 400 }, callTimeoutMs: 500 });
    await stage.fault({ kind: 'status', status: 503, match: 'GET', times: 1 });
    const { headers, body } = await stage.postUser(person(ANA));
    const id = String(body['id']);
    await eventually(() => stage.state(id), 'in-sync');
    const requestId = headers.get('X-Request-Id');
    const [last, first] = await stage.deliveries(id);
    expect(first).toMatchObject({
      result: 'retry',
      state: 'waiting',
      attempt: 1,
      requestId,
      error: { code: 'UNAVAILABLE' },
      calls: [{ method: 'GET', status: 503, ms: expect.any(Number) }],
    });
    expect(last).toMatchObject({
      result: 'done',
      attempt: 2,
      requestId,
      fromVersion: 0,
      toVersion: 1,
      steps: [{ step: 'create', address: ANA, fields: { email: ANA } }],
      calls: [
        { method: 'GET', body: null, status: expect.any(Number), ms: expect.any(Number) },
        { method: 'POST', body: expect.stringContaining('ana.diaz'), status: 201, reply: { email: ANA } },
      ],
    });
    expect(last?.endedAt).toBeGreaterThanOrEqual(last?.startedAt ?? Number.NaN);
    expect(JSON.stringify([first, last])).not.toContain('sandbox-crankwheel-key');
  });

  it('goes after 90 days, a small step at a time', async () => {
    const stage = await startStage('crankwheel');
    const id = await stage.addUser(person(ANA));
    for (const active of [false, true, false, true]) await stage.setActive(id, active);
    expect(await stage.deliveries(id)).toHaveLength(5);
    await pruneDeliveries(stage.db, stage.now() + 1, 2);
    expect(await stage.deliveries(id)).toHaveLength(3);
    await stage.stop(5_000);
    stage.passTime(89 * DAY);
    await stage.startAgain();
    expect(await stage.deliveries(id)).toHaveLength(3);
    await stage.setActive(id, false);
    await stage.stop(5_000);
    stage.passTime(2 * DAY);
    await stage.startAgain();
    expect(await stage.deliveries(id)).toMatchObject([{ result: 'done', steps: [{ step: 'remove' }] }]);
  });
});
