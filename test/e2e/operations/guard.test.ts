import { describe, expect, it } from 'vitest';
import { decideHeld, listHeld } from '../../../src/admin/holds.ts';
import { erasePerson } from '../../../src/admin/people.ts';
import { leaverLimit } from '../../../src/store/delivery/leaver-guard.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';
import { compare, operatorOf } from './operate.ts';

const HOUR = 3_600_000;

async function staffed(count: number, policies = {}): Promise<{ stage: Stage; ids: string[] }> {
  const stage = await startStage('crankwheel', { policies });
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push(await stage.addUser(person(`p${n}@example.com`)));
  // They were there when the hour of the guard begins.
  stage.passTime(2 * HOUR);
  return { stage, ids };
}

describe('The guard against too many people losing access at once', () => {
  it.each([
    [0, 10],
    [3, 10],
    [4, 2],
    [6, 3],
    [19, 9],
    [20, 10],
    [60, 12],
    [1000, 200],
  ])('lets of %i accounts %i go within an hour', (established, limit) => {
    expect(leaverLimit(established, { leaverPercent: 20, leaverCount: 10 })).toBe(limit);
  });

  it('holds those beyond the limit, tells the identity provider success, and lets everything else go on', async () => {
    const { stage, ids } = await staffed(6);
    for (const id of ids) expect((await stage.setActive(id, false)).status).toBe(200);
    const states = await Promise.all(ids.map((id) => stage.state(id)));
    expect(states.filter((state) => state === 'held')).toHaveLength(3);
    expect(await stage.addresses()).toHaveLength(3);
    await stage.addUser(person('new@example.com'));
    expect(await stage.addresses()).toContain('new@example.com');
    expect(stage.alerts()).toMatchObject([{ alert: 'held' }, { alert: 'held' }, { alert: 'held' }]);
    expect(await stage.counted('causeway_alerts_total{alert="held"}')).toBe(3);
  });

  it('counts the hour across a restart', async () => {
    const { stage, ids } = await staffed(4);
    for (const id of ids.slice(0, 2)) await stage.setActive(id, false);
    await stage.stop(5_000);
    await stage.startAgain();
    for (const id of ids.slice(2)) expect((await stage.setActive(id, false)).status).toBe(200);
    expect(await stage.addresses()).toEqual(['p2@example.com', 'p3@example.com']);
  });

  it('counts those who left by a clock that was ahead for an hour, and no longer', async () => {
    const { stage, ids } = await staffed(4);
    stage.passTime(24 * HOUR);
    for (const id of ids.slice(0, 2)) await stage.setActive(id, false);
    stage.turnClock(-24 * HOUR);
    for (const id of ids.slice(2)) await stage.setActive(id, false);
    expect(await stage.addresses()).toHaveLength(2);
    stage.passTime(HOUR + 1);
    // Held is the step, until the identity provider changes the User.
    await stage.patchUser(ids[2] ?? '', { op: 'add', path: 'title', value: 'Former' });
    await eventually(() => stage.addresses(), ['p3@example.com']);
  });

  it('lets more go when the hour is over', async () => {
    const { stage, ids } = await staffed(4);
    for (const id of ids) await stage.setActive(id, false);
    expect(await stage.addresses()).toHaveLength(2);
    stage.passTime(HOUR + 1);
    const held = await listHeld(operatorOf(stage), stage.id);
    await stage.setActive(held[0]?.account.resourceId ?? '', true);
    await stage.setActive(held[0]?.account.resourceId ?? '', false);
    await eventually(async () => (await stage.addresses()).length, 1);
  });

  it('dissolves a hold by a push that no longer wants the step', async () => {
    const { stage, ids } = await staffed(4);
    for (const id of ids) await stage.setActive(id, false);
    const [held] = await listHeld(operatorOf(stage), stage.id);
    const id = held?.account.resourceId ?? '';
    expect((await stage.setActive(id, true)).status).toBe(200);
    expect(await stage.state(id)).toBe('in-sync');
    expect(await listHeld(operatorOf(stage), stage.id)).toHaveLength(1);
  });

  it('lets an operator decide of one person alone', async () => {
    const { stage, ids } = await staffed(4);
    for (const id of ids) await stage.setActive(id, false);
    const decision = { decision: 'released' as const, reason: '' };
    await decideHeld(operatorOf(stage), stage.id, { match: 'P2@example.com' }, decision);
    stage.wake();
    await eventually(() => stage.addresses(), ['p3@example.com']);
    await expect(decideHeld(operatorOf(stage), stage.id, { match: 'p0' }, decision)).rejects.toThrow(
      'held list',
    );
  });

  it('delivers what an operator releases', async () => {
    const { stage, ids } = await staffed(4);
    for (const id of ids) await stage.setActive(id, false);
    await decideHeld(operatorOf(stage), stage.id, 'all', { decision: 'released', reason: '' });
    stage.wake();
    await eventually(() => stage.addresses(), []);
  });

  it('keeps what an operator rejects, with name and reason, until the identity provider changes that User', async () => {
    const { stage, ids } = await staffed(4);
    for (const id of ids) await stage.setActive(id, false);
    const decision = { decision: 'rejected' as const, reason: 'still on the project' };
    await decideHeld(operatorOf(stage), stage.id, 'all', decision);
    stage.passTime(2 * HOUR);
    expect(await stage.addresses()).toHaveLength(2);
    const { report } = await compare(stage);
    expect(report['findings']).toMatchObject(
      ['p2@example.com', 'p3@example.com'].map((user) => ({
        kind: 'rejected',
        user,
        note: 'cli:test: still on the project',
        repaired: false,
      })),
    );
    const [held] = await listHeld(operatorOf(stage), stage.id);
    expect(held?.account.held).toMatchObject({ by: 'cli:test', reason: 'still on the project' });
    await stage.patchUser(held?.account.resourceId ?? '', { op: 'replace', path: 'title', value: 'x' });
    await eventually(async () => (await stage.addresses()).length, 1);
  });

  it('keeps what an operator rejects when a mapping changes, an hour later as well', async () => {
    const { stage, ids } = await staffed(4);
    for (const id of ids) await stage.setActive(id, false);
    const decision = { decision: 'rejected' as const, reason: 'still on the project' };
    await decideHeld(operatorOf(stage), stage.id, 'all', decision);
    stage.passTime(2 * HOUR);
    await stage.setMapping({ privilege: { source: { constant: 'user' } } });
    const [, , held = ''] = ids;
    await eventually(
      async () => (await stage.deliveries(held)).filter(({ result }) => result === 'held').length,
      2,
    );
    expect(await stage.state(held)).toBe('held');
    expect((await stage.account(held))?.lastError?.message).toContain('cli:test decided');
    expect(await stage.addresses()).toHaveLength(2);
  });

  it('never removes a protected address, and says so', async () => {
    const { stage, ids } = await staffed(1, { protectedAddresses: ['p0@example.com'] });
    const { status, body } = await stage.setActive(ids[0] ?? '', false);
    expect(status).toBe(400);
    expect(body['detail']).toContain('protected address');
    expect(await stage.addresses()).toEqual(['p0@example.com']);
    expect((await stage.openTasks()).map(({ kind }) => kind)).toEqual(['deactivate']);
  });
});

describe('Erasing a person', () => {
  it('takes what is said of them out of the history and keeps the counts', async () => {
    const stage = await startStage('crankwheel');
    const id = await stage.addUser(person('ana@example.com'));
    await stage.addUser(person('bo@example.com'));
    expect(JSON.stringify(await stage.deliveries(id))).toContain('ana@example.com');
    expect(await erasePerson(operatorOf(stage), stage.id, 'ana@example.com')).toBe(1);
    const [erased] = await stage.deliveries(id);
    expect(erased).toMatchObject({ result: 'done', steps: [], calls: [] });
  });
});
