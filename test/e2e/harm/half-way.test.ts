import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { eventually, type Stage, startStage } from '../delivery/stage.ts';
import {
  A,
  ANALYSTS,
  enter,
  found,
  groupThatGives,
  join,
  leave,
  opFails,
  powersOf,
  quit,
  SOON,
  stageOf,
  TABLE,
  timePasses,
} from './harm.ts';

async function groupsOf(stage: Stage): Promise<unknown[]> {
  const groups = (await found(stage, A))?.vendor['groups'];
  return Array.isArray(groups) ? groups.map((group) => (group as { id: number }).id).sort() : [];
}

describe('Corezoid groups of which the second could not be entered', () => {
  const second = `"group_id":${ANALYSTS}`;
  const refused = (failure: JsonObject) => ({ ...opFails('link', 'user', failure), sent: second });
  const cases: [string, JsonObject][] = [
    ['is “access denied”', refused({ proc: 'error', description: 'Access denied' })],
    ['is “not found”', refused({ proc: 'obj_id_not_found' })],
    ['is refused', refused({ proc: 'error', description: 'Value is not valid' })],
    ['is answered 403', { kind: 'status', status: 403, sent: second }],
    ['is answered 503', { kind: 'status', status: 503, sent: second }],
    ['is cut off', { kind: 'reset-before', sent: second }],
    ['has an answer that nobody understands', { kind: 'garbled', sent: second }],
  ];

  async function halfEntered(fault: JsonObject) {
    const stage = await startStage('corezoid', {
      policies: { ...SOON, groups: 'rules' },
      callTimeoutMs: 300,
    });
    const group = await groupThatGives(stage, 'groups', [TABLE, ANALYSTS]);
    const id = await join(stage, A);
    await stage.fault(fault);
    await enter(stage, group, id);
    await eventually(async () => (await groupsOf(stage)).includes(TABLE), true);
    await timePasses(stage);
    await stage.endFaults();
    return { stage, group, id };
  }

  it.each(cases)('are both left again when the Group is left (the second %s)', async (_how, fault) => {
    const { stage, group, id } = await halfEntered(fault);
    await quit(stage, group, id);
    await timePasses(stage);
    expect(await groupsOf(stage)).toEqual([]);
    expect(await stage.state(id)).toBe('in-sync');
    expect(await stage.openTasks()).toEqual([]);
  });

  it.each(cases.filter((_one, index) => index % 3 === 0))(
    'leave those alone that a human gave (the second %s)',
    async (_how, fault) => {
      const stage = await startStage('corezoid', {
        policies: { ...SOON, groups: 'rules' },
        callTimeoutMs: 300,
      });
      const group = await groupThatGives(stage, 'groups', [TABLE, ANALYSTS]);
      const id = await join(stage, A);
      const { obj_id = null } = (await found(stage, A))?.vendor ?? {};
      await stage.seed(A, { obj_id, groups: [ANALYSTS] });
      await stage.fault(fault);
      await enter(stage, group, id);
      await eventually(async () => (await groupsOf(stage)).includes(TABLE), true);
      await timePasses(stage);
      await stage.endFaults();
      await quit(stage, group, id);
      await timePasses(stage);
      expect(await groupsOf(stage)).toEqual([ANALYSTS]);
    },
  );
});

describe('A change at CrankWheel whose check failed after the POST', () => {
  const checks: [string, JsonObject][] = [
    ['answered 403', { kind: 'status', status: 403 }],
    ['answered 500', { kind: 'status', status: 500 }],
    ['was cut off', { kind: 'reset-before' }],
    ['could not be read', { kind: 'garbled' }],
  ];

  /** The check alone fails: the POST is still being answered when it is made to. */
  async function promoted(check: JsonObject) {
    const stage = await stageOf('crankwheel');
    const group = await groupThatGives(stage, 'privilege', 'admin');
    const id = await join(stage, A);
    await stage.forgetCalls();
    await stage.fault({ kind: 'slow', delayMs: 250, match: 'POST ', times: 1 });
    await enter(stage, group, id);
    await eventually(async () => (await stage.calls('POST ')).length, 1);
    await stage.fault({ ...check, match: 'GET ', times: 1 });
    await eventually(() => powersOf(stage, 'crankwheel', A), ['admin', false]);
    await timePasses(stage);
    expect(await stage.calls('POST ')).toHaveLength(1);
    return { stage, group, id };
  }

  it.each(checks)('is taken back when the Group is left (the check %s)', async (_how, check) => {
    const { stage, group, id } = await promoted(check);
    await quit(stage, group, id);
    await timePasses(stage);
    expect(await powersOf(stage, 'crankwheel', A)).toEqual(['user', false]);
    expect(await stage.state(id)).toBe('in-sync');
  });

  it.each(checks)('goes with the person (the check %s)', async (_how, check) => {
    const { stage, id } = await promoted(check);
    await leave(stage, id, 'deleted');
    await timePasses(stage);
    expect(await stage.addresses()).toEqual([]);
    expect(await stage.openTasks()).toEqual([]);
  });
});
