import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { eventually, type Stage } from '../delivery/stage.ts';
import {
  A,
  found,
  hasAccess,
  join,
  leave,
  opFails,
  reportDone,
  stageOf,
  stateOf,
  timePasses,
  type VendorId,
  WOODPECKER,
} from './harm.ts';

const NOT_FOUND = { kind: 'status', status: 404, headers: { 'Content-Type': 'application/json' } };
const GONE_ID = { proc: 'obj_id_not_found' };
const OTHER_REASON = { proc: 'error', description: 'New owner of the objects not found' };

type Case = [vendor: VendorId, call: string, fault: JsonObject];

const REMOVALS: Case[] = [
  ['attention', '404', { ...NOT_FOUND, match: 'DELETE', body: '{"error":"User not found"}' }],
  [
    'agendize',
    '404',
    { ...NOT_FOUND, match: 'DELETE', body: '{"error":{"code":404,"reason":"notFound","message":"no"}}' },
  ],
  ['crankwheel', '404', { ...NOT_FOUND, match: 'DELETE', body: '{"error":"Not found"}' }],
  ['corezoid', 'obj_id_not_found', opFails('delete', 'user', GONE_ID)],
  ['corezoid', '“not found” for another reason', opFails('delete', 'user', OTHER_REASON)],
];

const SUSPENSIONS: Case[] = [
  ['attention', '404', { ...NOT_FOUND, match: 'PATCH /v2/scim', body: '{"status":"404"}' }],
  [
    'agendize',
    '404',
    { ...NOT_FOUND, match: 'PUT', body: '{"error":{"code":404,"reason":"notFound","message":"no"}}' },
  ],
  ['corezoid', 'obj_id_not_found', opFails('modify', 'user_status', GONE_ID)],
  ['corezoid', '“not found” for another reason', opFails('modify', 'user_status', OTHER_REASON)],
  [
    'woodpecker',
    'E_RECORD_NOT_FOUND',
    { ...NOT_FOUND, match: 'PUT', body: '{"status":{"code":"E_RECORD_NOT_FOUND"}}' },
  ],
];

/** The operator is told of the person who is still there, and whoever reports that done without doing it is not believed. */
async function expectNobodyForgotten(stage: Stage): Promise<void> {
  expect(await hasAccess(stage, A)).toBe(true);
  expect((await stage.openTasks()).map(({ title }) => title)).toEqual([expect.stringContaining(A)]);
  await stage.endFaults();
  await reportDone(stage);
  await timePasses(stage);
  expect(await hasAccess(stage, A)).toBe(false);
}

describe('A removal that is answered “not found” while the account is there', () => {
  it.each(REMOVALS)('is not believed when the User is deleted (%s: %s)', async (vendor, _call, fault) => {
    const stage = await stageOf(vendor, { delete: 'remove' });
    const id = await join(stage, A);
    await stage.fault(fault);
    await leave(stage, id, 'deleted');
    await timePasses(stage);
    await expectNobodyForgotten(stage);
    expect(await stage.openTasks()).toEqual([]);
  });

  it.each(REMOVALS)('is not believed when the User is deactivated (%s: %s)', async (vendor, _call, fault) => {
    const stage = await stageOf(vendor, { deactivate: 'remove' });
    const id = await join(stage, A);
    await stage.fault(fault);
    await leave(stage, id, 'deactivated');
    await timePasses(stage);
    expect(await stage.state(id)).toBe('task');
    await expectNobodyForgotten(stage);
    expect(await stage.state(id)).toBe('in-sync');
  });

  it.each(REMOVALS)(
    'is not believed once, and the person is not invited a second time (%s: %s)',
    async (vendor, _call, fault) => {
      const stage = await stageOf(vendor, { deactivate: 'remove', adoption: 'refuse' });
      const id = await join(stage, A);
      const before = await found(stage, A);
      await stage.fault({ ...fault, times: 1 });
      await leave(stage, id, 'deactivated');
      await eventually(async () => (await stage.openTasks()).length, 1);
      expect((await stage.setActive(id, true)).status).toBe(200);
      await timePasses(stage);
      expect(await found(stage, A)).toEqual(before);
      expect(await stage.state(id)).toBe('in-sync');
      expect(await stage.openTasks()).toEqual([]);
    },
  );
});

describe('A suspension that is answered “not found” while the account is there', () => {
  it.each(SUSPENSIONS)(
    'is not believed when the User is deactivated (%s: %s)',
    async (vendor, _call, fault) => {
      const stage = await stageOf(vendor);
      const id = await join(stage, A, { [WOODPECKER]: { guestPermissions: ['mailboxes'] } });
      await stage.fault(fault);
      await leave(stage, id, 'deactivated');
      await timePasses(stage);
      expect(await stage.state(id)).toBe('task');
      await expectNobodyForgotten(stage);
      if (vendor !== 'woodpecker') expect(await stateOf(stage, A)).toBe('suspended');
    },
  );
});
