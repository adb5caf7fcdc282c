import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { lastReconciliation } from '../../../src/store/reconciliation.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';
import { accept, atVendor, changesSent, reconcile, stateAtVendor } from './vendor-acts.ts';

const ANA = 'ana.diaz@example.com';
const WOODPECKER = 'urn:ietf:params:scim:schemas:extension:woodpecker:2.0:User';
/** A key that sees no invitation and is told none: nothing can withdraw one. */
const BLIND = {
  settings: { listsInvitations: false },
  quirks: { multiTenant: false, tellsUrl: false },
};

async function findings(stage: Stage): Promise<unknown> {
  return (await lastReconciliation(stage.db, stage.id))?.report['findings'];
}

/** The invited person is pushed out before accepting, which leaves nothing but a watch. */
async function inviteAndPushOut(stage: Stage, how: 'deactivate' | 'delete', more: JsonObject = {}) {
  const id = await stage.addUser(person(ANA, more));
  stage.passTime(61_000);
  const pushed = how === 'delete' ? stage.send('DELETE', `/Users/${id}`) : stage.setActive(id, false);
  expect((await pushed).status).toBe(how === 'delete' ? 204 : 200);
  await eventually(
    async () => (await stage.openTasks()).map(({ kind, title }) => [kind, title]),
    [['watch', expect.stringContaining(`invitation of ${ANA}`)]],
  );
  expect(await stateAtVendor(stage, ANA)).toBe('pending');
  await stage.forgetCalls();
  return id;
}

describe('Somebody who accepts an invitation that could not be withdrawn', () => {
  it.each(['deactivate', 'delete'] as const)(
    'at Woodpecker has no permission as soon as a list shows it (%s), and the operator is told',
    async (how) => {
      const stage = await startStage('woodpecker');
      const id = await inviteAndPushOut(stage, how, { [WOODPECKER]: { guestPermissions: ['mailboxes'] } });
      await reconcile(stage);
      expect(await stage.writes()).toEqual([]);
      await accept(stage, ANA);
      await reconcile(stage);
      await eventually(async () => (await atVendor(stage, ANA))['guest_permissions'], []);
      expect(await stage.writes()).toEqual(['PUT /rest/v2/agency/companies/4711/guests/permissions']);
      expect((await stage.openTasks()).map(({ kind }) => kind)).toEqual(['deactivate']);
      expect(await findings(stage)).toMatchObject([
        { kind: 'accepted', address: ANA, accountId: expect.any(String) },
      ]);
      expect(await stage.state(id)).toBe('task');
    },
  );

  it('at Corezoid is blocked as soon as a list shows it', async () => {
    const stage = await startStage('corezoid', BLIND);
    const id = await inviteAndPushOut(stage, 'deactivate');
    await accept(stage, ANA);
    await reconcile(stage);
    await eventually(() => stateAtVendor(stage, ANA), 'suspended');
    expect(await changesSent(stage)).toMatchObject([{ obj: 'user_status', status: 'blocked' }]);
    expect(await stage.openTasks()).toEqual([]);
    expect(await stage.state(id)).toBe('in-sync');
  });

  it('at Corezoid is removed as soon as a list shows it where the User was deleted', async () => {
    const stage = await startStage('corezoid', BLIND);
    const id = await inviteAndPushOut(stage, 'delete');
    await accept(stage, ANA);
    await reconcile(stage);
    await eventually(() => stateAtVendor(stage, ANA), 'absent');
    expect(await changesSent(stage)).toMatchObject([{ type: 'delete', obj: 'user' }]);
    await eventually(() => stage.account(id), undefined);
  });

  it('is blocked where the invitation was accepted before the deactivation was pushed', async () => {
    const stage = await startStage('corezoid', BLIND);
    const id = await stage.addUser(person(ANA));
    await accept(stage, ANA);
    stage.passTime(61_000);
    expect((await stage.setActive(id, false)).status).toBe(200);
    await eventually(() => stateAtVendor(stage, ANA), 'suspended');
    expect(await stage.openTasks()).toEqual([]);
  });

  it('is blocked where it was accepted between the last list and the withdrawal', async () => {
    const stage = await startStage('corezoid');
    const id = await stage.addUser(person(ANA));
    await accept(stage, ANA);
    expect((await stage.setActive(id, false)).status).toBe(200);
    await eventually(async () => {
      stage.passTime(30_000);
      return stateAtVendor(stage, ANA);
    }, 'suspended');
    expect(await stage.state(id)).toBe('in-sync');
  });
});

describe('Somebody who is wanted and has not accepted', () => {
  it('gets what the invitation could not carry once the acceptance is seen', async () => {
    const stage = await startStage('woodpecker', {
      settings: { whiteLabel: true },
      quirks: { whiteLabel: true },
    });
    const id = await stage.addUser(person(ANA, { [WOODPECKER]: { guestPermissions: ['mailboxes'] } }));
    expect(JSON.parse((await stage.calls('invite_guest'))[0]?.body ?? '')).toEqual({
      guests: [{ name: 'Ana Díaz', email: ANA }],
    });
    await eventually(() => stage.state(id), 'waiting');
    await stage.forgetCalls();
    await accept(stage, ANA);
    stage.passTime(61_000);
    await eventually(async () => (await atVendor(stage, ANA))['guest_permissions'], ['mailboxes']);
    expect((await stage.calls('PUT')).map(({ body }) => body)).toEqual([
      '{"guests":[{"id":1236,"permissions":["mailboxes"]}]}',
    ]);
    await eventually(() => stage.state(id), 'in-sync');
  });

  it('is invited ten at a time, each with an outcome of its own', async () => {
    const stage = await startStage('woodpecker');
    const addresses = Array.from({ length: 12 }, (_, n) => `guest${n}@example.com`);
    const pushes = addresses.map((address) => stage.postUser(person(address)));
    const bad = stage.postUser(person('no-dots@localhost'));
    expect((await Promise.all(pushes)).map(({ status }) => status)).toEqual(addresses.map(() => 201));
    expect((await bad).status).toBe(400);
    expect(await stage.addresses()).toEqual([...addresses].sort());
    const sizes = (await stage.calls('invite_guest')).map(({ body }) => JSON.parse(body).guests.length);
    expect(Math.max(...sizes)).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10);
  });
});
