import { describe, expect, it } from 'vitest';
import { retryAccount } from '../../../src/admin/accounts.ts';
import { finishTask } from '../../../src/admin/tasks.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';
import { operatorOf } from '../operations/operate.ts';
import { settled, stateAtVendor } from '../vendors/vendor-acts.ts';
import { aWhile, HOUR, hire, moveTo, openTitles, SECOND } from './by-hand.ts';

const ANA = 'ana.diaz@example.com';
const BO = 'bo.li@example.com';
const INVITE = '"obj":"invite"';

/** Ana's invitation was answered 502, and the key sees no invitations: nobody but a human can tell whether there is one. */
async function inDoubt(): Promise<{ stage: Stage; id: string }> {
  const stage = await startStage('corezoid', {
    settings: { listsInvitations: false },
    quirks: { multiTenant: false, tellsUrl: false },
    policies: { waitMs: 300 },
    callTimeoutMs: 300,
  });
  await stage.fault({ kind: 'status', status: 502, sent: INVITE, times: 1 });
  const id = await stage.addUser(person(ANA));
  await eventually(async () => {
    stage.passTime(2 * SECOND);
    return openTitles(stage);
  }, [expect.stringContaining(ANA)]);
  return { stage, id };
}

async function reportDone(stage: Stage): Promise<void> {
  const [task] = await stage.openTasks();
  await finishTask(operatorOf(stage), task?.id ?? '');
  stage.wake();
}

/** How often somebody was invited. */
async function invitations(stage: Stage, address: string): Promise<number> {
  const calls = await stage.calls();
  return calls.filter(({ body }) => body.includes(INVITE) && body.includes(address)).length;
}

describe('A doubt that only a human can resolve leads on', () => {
  it('by `task done`: nothing is there, and the person is invited', async () => {
    const { stage, id } = await inDoubt();
    expect(await invitations(stage, ANA)).toBe(1);
    await reportDone(stage);
    await eventually(() => stateAtVendor(stage, ANA), 'pending');
    await eventually(() => stage.state(id), 'in-sync');
    expect(await openTitles(stage)).toEqual([]);
    expect(await invitations(stage, ANA)).toBe(2);
  });

  it('by `account retry`: whoever has appeared meanwhile is the one, and the task is closed', async () => {
    const { stage, id } = await inDoubt();
    await stage.seed(ANA);
    await retryAccount(operatorOf(stage), stage.id, id);
    stage.passTime(61 * SECOND);
    await eventually(() => stage.state(id), 'in-sync');
    expect(await openTitles(stage)).toEqual([]);
    expect(await invitations(stage, ANA)).toBe(1);
  });

  it('by a new push: another address is invited, and the first one stays watched', async () => {
    const { stage, id } = await inDoubt();
    expect((await moveTo(stage, id, BO)).status).toBe(200);
    await eventually(() => stateAtVendor(stage, BO), 'pending');
    await eventually(() => stage.state(id), 'in-sync');
    expect(await openTitles(stage)).toEqual([expect.stringContaining(ANA)]);
  });

  it('by DELETE: a task asks for the removal, and when that is reported nothing is left', async () => {
    const { stage, id } = await inDoubt();
    expect((await stage.send('DELETE', `/Users/${id}`)).status).toBe(204);
    await settled(stage);
    await reportDone(stage);
    await eventually(() => stage.account(id), undefined);
    expect(await openTitles(stage)).toEqual([]);
    expect(await invitations(stage, ANA)).toBe(1);
  });

  it('by a new POST after the DELETE: the new User has the task, and `done` invites', async () => {
    const { stage, id } = await inDoubt();
    await stage.send('DELETE', `/Users/${id}`);
    await settled(stage);
    const second = await stage.addUser(person(ANA));
    stage.passTime(61 * SECOND);
    await settled(stage);
    expect(await openTitles(stage)).toEqual([expect.stringContaining(ANA)]);
    await reportDone(stage);
    await eventually(() => stateAtVendor(stage, ANA), 'pending');
    await eventually(() => stage.state(second), 'in-sync');
    expect(await openTitles(stage)).toEqual([]);
  });
});

describe('A claim that had sent nothing', () => {
  it.each([
    ['crankwheel', 'GET'],
    ['attention', 'GET'],
    ['corezoid', ''],
  ])('is in no doubt after a restart (%s): it goes on at once', async (vendor, match) => {
    const stage = await startStage(vendor, { policies: { waitMs: 0 } });
    await stage.fault({ kind: 'slow', delayMs: 60_000, match, times: 1 });
    const id = await stage.addUser(person(ANA));
    await eventually(async () => (await stage.calls()).length, 1);
    await stage.stop(0);
    await stage.startAgain();
    await eventually(() => stage.addresses(), [ANA]);
    await eventually(() => stage.state(id), 'in-sync');
  });
});

describe('A move that is changed under way', () => {
  it('from A to B (cut before the invitation), to C and to B again settles, and nothing spins', async () => {
    const stage = await startStage('corezoid', {
      settings: { listsInvitations: false },
      quirks: { multiTenant: false },
      policies: { addressChange: 'replace', waitMs: 0 },
    });
    const id = await hire(stage, ANA);
    await stage.fault({ kind: 'reset-before', sent: INVITE, times: 1 });
    await moveTo(stage, id, 'b@example.com');
    await eventually(() => invitations(stage, 'b@example.com'), 1);
    await moveTo(stage, id, 'c@example.com');
    stage.passTime(21 * SECOND);
    await eventually(() => invitations(stage, 'c@example.com'), 1);
    await moveTo(stage, id, 'b@example.com');
    // Whether there is an invitation of B only a human can tell, who is asked once or not at all.
    await eventually(async () => {
      stage.passTime(61 * SECOND);
      if ((await stage.openTasks()).length > 0) await reportDone(stage);
      return [await stage.state(id), await stage.addresses()];
    }, ['in-sync', ['b@example.com']]);
    expect(await invitations(stage, 'b@example.com')).toBe(2);
    await settled(stage);
    expect(await openTitles(stage)).toEqual([]);
    await stage.forgetCalls();
    stage.passTime(30 * SECOND);
    await aWhile(stage);
    expect((await stage.calls()).length).toBeLessThan(3);
    expect((await stage.deliveries(id)).length).toBeLessThan(20);
  });

  it('and tried again by the address that it moves to (`account retry`) makes one account there', async () => {
    const stage = await startStage('attention', { policies: { addressChange: 'replace', waitMs: 0 } });
    const id = await hire(stage, ANA);
    await stage.forgetCalls();
    const POST = 'POST /v2/organizations/users';
    await stage.fault({ kind: 'slow', delayMs: 500, match: POST, times: 1 });
    await moveTo(stage, id, 'b@example.com');
    await eventually(async () => (await stage.calls()).some(({ method }) => method === 'POST'), true);
    await retryAccount(operatorOf(stage), stage.id, 'b@example.com');
    stage.wake();
    await settled(stage);
    expect((await stage.calls()).filter(({ method }) => method === 'POST')).toHaveLength(1);
    expect(await stage.addresses()).toEqual(['b@example.com']);
    // By the person's name it is one account too, though it has two rows.
    expect((await retryAccount(operatorOf(stage), stage.id, ANA)).account.role).toBe('current');
  });

  it('and whose task is reported done goes on as a whole: who moves is invited anew, and only there', async () => {
    const stage = await startStage('corezoid', {
      settings: { listsInvitations: false },
      quirks: { multiTenant: false, tellsUrl: false },
      policies: { addressChange: 'replace', waitMs: 0 },
      callTimeoutMs: 300,
    });
    const id = await hire(stage, ANA);
    await stage.fault({ kind: 'status', status: 502, sent: INVITE, times: 1 });
    await moveTo(stage, id, 'b@example.com');
    await eventually(async () => {
      stage.passTime(2 * SECOND);
      return openTitles(stage);
    }, [expect.stringContaining('b@example.com')]);
    await reportDone(stage);
    await eventually(() => stage.state(id), 'in-sync');
    await settled(stage);
    expect(await stage.addresses()).toEqual(['b@example.com']);
    expect(await invitations(stage, 'b@example.com')).toBe(2);
    expect(await openTitles(stage)).toEqual([]);
  });

  it.each([true, false])(
    '“Sales” deleted and “Sales two” renamed to “Sales” settles (`removeGroups: %s`)',
    async (removeGroups) => {
      const stage = await startStage('corezoid', { policies: { removeGroups } });
      const sales = await stage.addGroup('Sales');
      const two = await stage.addGroup('Sales two');
      await settled(stage);
      await stage.send('DELETE', `/Groups/${sales}`);
      await stage.patchGroup(two, { op: 'replace', path: 'displayName', value: 'Sales' });
      for (let n = 0; n < 4; n += 1) {
        stage.passTime(HOUR);
        await settled(stage);
      }
      const titles = await vendorTitles(stage);
      expect(titles).toEqual(removeGroups ? ['Sales'] : ['Sales', 'Sales two']);
      await stage.forgetCalls();
      stage.passTime(HOUR);
      await aWhile(stage);
      expect(await stage.calls()).toEqual([]);
    },
  );
});

describe('A process that is stopped for an hour', () => {
  it.each(['attention', 'corezoid', 'woodpecker', 'crankwheel', 'agendize'])(
    'in the middle of a look (%s) looks anew when it goes on, and delivers at once',
    async (vendor) => {
      const stage = await startStage(vendor, { policies: { waitMs: 0 } });
      const id = await hire(stage, ANA);
      await stage.forgetCalls();
      await stage.fault({ kind: 'slow', delayMs: 300, times: 1 });
      await stage.setActive(id, false);
      await eventually(async () => (await stage.calls()).length, 1);
      stage.passTime(HOUR);
      await settled(stage);
      expect((await stage.deliveries(id)).map(({ error }) => error?.code).includes('DEFECT')).toBe(false);
      expect(await stage.state(id)).toBe(vendor === 'woodpecker' ? 'task' : 'in-sync');
    },
  );
});

/** Of the groups that Causeway made. */
async function vendorTitles(stage: Stage): Promise<unknown[]> {
  const titles = new Map<unknown, unknown>();
  for (const { body, status } of await stage.calls()) {
    const [op] = (JSON.parse(body) as { ops: Record<string, unknown>[] }).ops;
    if (op?.['obj'] !== 'group' || op['type'] === 'list' || status !== 200) continue;
    if (op['type'] === 'create') titles.set(op['title'], op['title']);
    if (op['type'] === 'modify') titles.set('Sales two', op['title']);
    if (op['type'] === 'delete') titles.delete('Sales');
  }
  return [...titles.values()].sort();
}
