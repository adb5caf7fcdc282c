import { describe, expect, it } from 'vitest';
import { readMapping, saveMapping } from '../../../src/admin/mapping.ts';
import { eventually, type Stage } from '../delivery/stage.ts';
import { operatorOf } from '../operations/operate.ts';
import {
  A,
  B,
  enter,
  found,
  groupThatGives,
  join,
  powersOf,
  quit,
  reportDone,
  stageOf,
  timePasses,
} from './harm.ts';

const PATCH = 'PATCH /v2/organizations/users';

async function dealsEnabled(stage: Stage): Promise<unknown> {
  return ((await found(stage, A))?.vendor['settings'] as { dealsEnabled?: boolean } | undefined)
    ?.dealsEnabled;
}

async function botName(stage: Stage): Promise<unknown> {
  return (await found(stage, A))?.vendor['botName'];
}

/** Somebody changed it in Attention. */
async function changeByHand(stage: Stage, values: object): Promise<void> {
  const { uuid = null } = (await found(stage, A))?.vendor ?? {};
  await stage.seed(A, { uuid, firstName: 'Ana', lastName: 'Díaz', ...values });
}

describe('A value that a rule gave and that has no default', () => {
  it.each(['answered', 'reset-after', 'garbled'])(
    'goes when the Group is left: dealsEnabled (its write was %s)',
    async (kind) => {
      const stage = await stageOf('attention');
      const group = await groupThatGives(stage, 'dealsEnabled', true);
      const id = await join(stage, A);
      if (kind !== 'answered') await stage.fault({ kind, match: PATCH, times: 1 });
      await enter(stage, group, id);
      await eventually(() => dealsEnabled(stage), true);
      await timePasses(stage);
      expect(await stage.state(id)).toBe('in-sync');
      await quit(stage, group, id);
      await timePasses(stage);
      expect(await dealsEnabled(stage)).toBe(false);
      expect(await stage.state(id)).toBe('in-sync');
    },
  );

  it('goes when the Group is deleted: dealsEnabled', async () => {
    const stage = await stageOf('attention');
    const group = await groupThatGives(stage, 'dealsEnabled', true);
    const id = await join(stage, A);
    await enter(stage, group, id);
    await eventually(() => dealsEnabled(stage), true);
    await stage.send('DELETE', `/Groups/${group}`);
    await timePasses(stage);
    expect(await dealsEnabled(stage)).toBe(false);
  });

  it('goes when its rule is taken out of the mapping: dealsEnabled', async () => {
    const stage = await stageOf('attention');
    const group = await groupThatGives(stage, 'dealsEnabled', true);
    const id = await join(stage, A);
    await enter(stage, group, id);
    await eventually(() => dealsEnabled(stage), true);
    await stage.setMapping({});
    await timePasses(stage);
    expect(await dealsEnabled(stage)).toBe(false);
    expect(await stage.state(id)).toBe('in-sync');
  });

  it('goes, or a task asks a human, when the Group is left: botName', async () => {
    const stage = await stageOf('attention');
    const group = await groupThatGives(stage, 'botName', 'Sales bot');
    const id = await join(stage, A);
    await enter(stage, group, id);
    await eventually(() => botName(stage), 'Sales bot');
    await quit(stage, group, id);
    await timePasses(stage);
    const tasks = await stage.openTasks();
    if ((await botName(stage)) === 'Sales bot') {
      expect(tasks).toMatchObject([{ kind: 'field:botName', title: expect.stringContaining(A) }]);
      await changeByHand(stage, { botName: '' });
      await reportDone(stage);
      await timePasses(stage);
    }
    expect(await botName(stage)).not.toBe('Sales bot');
    expect(await stage.openTasks()).toEqual([]);
    expect(await stage.state(id)).toBe('in-sync');
  });

  it('stays where a human has put another one in its place', async () => {
    const stage = await stageOf('attention');
    const group = await groupThatGives(stage, 'botName', 'Sales bot');
    const id = await join(stage, A);
    await enter(stage, group, id);
    await eventually(() => botName(stage), 'Sales bot');
    await timePasses(stage);
    await changeByHand(stage, { botName: 'Ana’s own' });
    await quit(stage, group, id);
    await timePasses(stage);
    expect(await botName(stage)).toBe('Ana’s own');
    expect(await stage.openTasks()).toEqual([]);
    expect(await stage.state(id)).toBe('in-sync');
  });
});

describe('A Group write that is open while the mapping is saved', () => {
  /** The request's head and first byte are sent; the rest follows when `between` is done. */
  function slowly(body: object, between: () => Promise<void>): ReadableStream {
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    return new ReadableStream({
      async start(controller) {
        controller.enqueue(bytes.slice(0, 1));
        await between();
        controller.enqueue(bytes.slice(1));
        controller.close();
      },
    });
  }

  async function saveRule(stage: Stage, group: string): Promise<void> {
    // Two requests later the slow one has been let in, with the mapping as it was.
    for (const path of ['/Users', '/Groups']) await stage.send('GET', path);
    const file = { privilege: { rules: [{ group, value: 'admin' }] } };
    const mapping = await readMapping(operatorOf(stage), stage.id, file, () => []);
    await saveMapping(operatorOf(stage), stage.id, mapping);
    stage.wake();
    // Everybody is delivered by the new mapping before the members are written.
    await timePasses(stage);
  }

  const add = (ids: string[]) => ({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [{ op: 'add', path: 'members', value: ids.map((value) => ({ value })) }],
  });
  const replace = (ids: string[]) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    displayName: 'Sales',
    members: ids.map((value) => ({ value })),
  });

  it.each([
    ['PATCH', add],
    ['PUT', replace],
  ])('gives its members what the new mapping gives them (%s)', async (method, body) => {
    const stage = await stageOf('crankwheel');
    const ids = [await join(stage, A), await join(stage, B)];
    const group = await stage.addGroup('Sales');
    const written = await stage.send(
      method,
      `/Groups/${group}`,
      slowly(body(ids), () => saveRule(stage, group)),
    );
    expect([200, 204]).toContain(written.status);
    await timePasses(stage);
    expect(await powersOf(stage, 'crankwheel', A)).toEqual(['admin', false]);
    expect(await powersOf(stage, 'crankwheel', B)).toEqual(['admin', false]);
  });

  it('takes from those who leave what the new mapping would have given them', async () => {
    const stage = await stageOf('crankwheel');
    const ids = [await join(stage, A), await join(stage, B)];
    const group = await stage.addGroup('Sales', ...ids);
    await stage.send(
      'PUT',
      `/Groups/${group}`,
      slowly(replace(ids.slice(0, 1)), () => saveRule(stage, group)),
    );
    await timePasses(stage);
    expect(await powersOf(stage, 'crankwheel', A)).toEqual(['admin', false]);
    expect(await powersOf(stage, 'crankwheel', B)).toEqual(['user', false]);
  });
});
