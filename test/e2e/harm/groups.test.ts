import { describe, expect, it } from 'vitest';
import { retryAccount } from '../../../src/admin/accounts.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { findConnection } from '../../../src/store/connections.ts';
import { sign } from '../../../src/vendors/corezoid/client.ts';
import { eventually, type Stage, startStage } from '../delivery/stage.ts';
import { operatorOf } from '../operations/operate.ts';
import { settled } from '../vendors/vendor-acts.ts';
import { hire, hireAll } from './by-hand.ts';
import { compareTwice, enter, leave, quiet, timePasses } from './harm.ts';

const A = 'a@example.com';
const B = 'b@example.com';
const COMPANY = 'i702619617';
const CALLS = {
  corezoid: { create: { sent: '"create","obj":"group"' }, rename: { sent: '"modify","obj":"group"' } },
  attention: {
    create: { match: 'POST /v2/organizations/teams' },
    rename: { match: 'PATCH /v2/organizations/teams' },
  },
};
const FAILURES: [string, JsonObject][] = [
  ['gets no answer', { kind: 'reset-after' }],
  ['is never sent', { kind: 'reset-before' }],
  ['is answered 429', { kind: 'status', status: 429, headers: { 'Retry-After': '5' } }],
  ['is answered 500', { kind: 'status', status: 500 }],
];

async function groupsAtVendor(stage: Stage): Promise<string[]> {
  const accounts = await stage.vendorAccounts();
  return accounts.map(({ vendor }) => JSON.stringify(vendor['groups'] ?? vendor['teams']));
}

describe.each(['corezoid', 'attention'] as const)('A Group whose create got no answer (%s)', (vendor) => {
  it.each(FAILURES)('and whose new name %s is given to its members all the same', async (_what, failure) => {
    const stage = await startStage(vendor, {
      policies: { waitMs: 0, groups: 'mirror' },
      callTimeoutMs: 400,
    });
    const ids = await hireAll(stage, [A, B]);
    await stage.fault({ kind: 'reset-after', times: 1, ...CALLS[vendor].create });
    await stage.fault({ ...failure, times: 1, ...CALLS[vendor].rename });
    const group = await stage.addGroup('Finance', ...ids);
    await stage.patchGroup(group, { op: 'replace', path: 'displayName', value: 'Sales' });
    await timePasses(stage);
    await compareTwice(stage);
    const sales = expect.stringContaining('Sales');
    expect(await groupsAtVendor(stage)).toEqual([sales, sales]);
  });
});

/** A human's act in Corezoid, whose API the fake's own is. */
async function byHand(stage: Stage, op: JsonObject): Promise<void> {
  const connection = await findConnection(stage.db, stage.id);
  const body = JSON.stringify({ ops: [{ id: '1', company_id: COMPANY, ...op }] });
  const time = Math.floor(Date.now() / 1000);
  const signature = sign(time, 'sandbox-corezoid-secret', body);
  const url = `${connection?.settings['baseUrl']}/sandbox-corezoid-login/${time}/${signature}`;
  const reply = await fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
  expect(await reply.json()).toMatchObject({ ops: [{ proc: 'ok' }] });
}

it('A Group that a human deleted and made anew has its members again once it is tried again', async () => {
  const stage = await startStage('corezoid', { policies: { waitMs: 200 } });
  const ids = await hireAll(stage, [A, B]);
  await stage.addGroup('Finance', ...ids);
  await timePasses(stage);
  const [row] = await stage.db.selectFrom('accounts').selectAll().where('kind', '=', 'group').execute();
  await byHand(stage, { type: 'delete', obj: 'group', obj_id: Number(row?.vendor_id) });
  await byHand(stage, { type: 'create', obj: 'group', obj_type: 'admins', title: 'Finance' });
  await retryAccount(operatorOf(stage), stage.id, row?.id ?? '');
  stage.wake();
  await timePasses(stage);
  const finance = expect.stringContaining('Finance');
  expect(await groupsAtVendor(stage)).toEqual([finance, finance]);
});

describe('A Group whose title is somebody else’s', () => {
  it.each([true, false])(
    'holds up no member: neither who comes later nor who leaves (`refuse`, joined before: %s)',
    async (before) => {
      const stage = await startStage('corezoid', { policies: { waitMs: 200, adoption: 'refuse' } });
      const id = await hire(stage, A);
      const group = await stage.addGroup('Analysts', ...(before ? [id] : []));
      await quiet(stage);
      if (!before) await enter(stage, group, id);
      await timePasses(stage);
      expect(await stage.state(id)).toBe('in-sync');
      await leave(stage, id, 'deactivated');
      await settled(stage);
      await eventually(() => stage.state(id), 'in-sync');
    },
  );
});
