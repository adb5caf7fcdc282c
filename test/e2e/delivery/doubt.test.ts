import { describe, expect, it } from 'vitest';
import { pauseConnection, resumeConnection } from '../../../src/store/connections.ts';
import { ROLES } from '../../../src/vendors/attention/fake-records.ts';
import { eventually, person, startStage } from './stage.ts';

const ANA = 'ana.diaz@example.com';
const POST = 'POST /ss/api/user_access';
const SOON = { policies: { waitMs: 400 } };

describe('A call whose end is not known', () => {
  it('a push to an account in doubt does not look before the lost call is over', async () => {
    const stage = await startStage('crankwheel', { ...SOON, callTimeoutMs: 3_000 });
    await stage.fault({ kind: 'reset-before', match: POST, times: 1 });
    const begun = Date.now();
    const id = await stage.addUser(person(ANA));
    await eventually(async () => (await stage.account(id))?.intent, expect.any(Object));
    await stage.patchUser(id, { op: 'add', path: 'title', value: 'Head of sales' });
    await eventually(() => stage.state(id), 'in-sync');
    const [last] = await stage.deliveries(id);
    expect(last?.startedAt).toBeGreaterThanOrEqual(begun + 3_000);
  });
  it('a re-hire onto an account in doubt does not look before the lost call is over', async () => {
    const stage = await startStage('crankwheel', { ...SOON, callTimeoutMs: 3_000 });
    const first = await stage.addUser(person(ANA));
    await stage.fault({ kind: 'status', status: 500, match: 'DELETE', times: 1 });
    const begun = Date.now();
    await stage.send('DELETE', `/Users/${first}`);
    await eventually(async () => (await stage.account(first))?.intent, expect.any(Object));
    const second = await stage.addUser(person(ANA));
    await eventually(() => stage.state(second), 'in-sync');
    const deliveries = await stage.deliveries(second);
    expect(deliveries[0]?.endedAt).toBeGreaterThanOrEqual(begun + 3_000);
  });
  it('Retry-After of a failed create is honoured', async () => {
    const stage = await startStage('crankwheel', { ...SOON, callTimeoutMs: 300 });
    await stage.fault({
      kind: 'status',
      status: 503,
      headers: { 'Retry-After': '120' },
      match: POST,
      times: 1,
    });
    const begun = Date.now();
    const id = await stage.addUser(person(ANA));
    await eventually(async () => (await stage.account(id))?.intent, expect.any(Object));
    const account = await stage.account(id);
    expect((account?.dueAt ?? 0) - begun).toBeGreaterThan(119_000);
  });
  it.each([
    ['reset-after', [ANA], 'task'],
    ['reset-before', ['b@example.com'], 'in-sync'],
  ])('address changed while the create is in doubt (%s)', async (kind, addresses, state) => {
    const stage = await startStage('crankwheel', { ...SOON, callTimeoutMs: 500 });
    await stage.fault({ kind, match: POST, times: 1 });
    const id = await stage.addUser(person(ANA));
    await stage.patchUser(id, {
      op: 'replace',
      path: 'emails',
      value: [{ value: 'b@example.com', primary: true }],
    });
    await eventually(() => stage.state(id), state);
    expect(await stage.addresses()).toEqual(addresses);
    await stage.send('DELETE', `/Users/${id}`);
    await eventually(() => stage.account(id), undefined);
    expect(await stage.addresses()).toEqual([]);
  });

  it('a role that an uncertain create gave falls back when the group is left', async () => {
    const stage = await startStage('attention', { ...SOON, callTimeoutMs: 400 });
    const group = await stage.addGroup('Managers');
    await stage.setMapping({
      roleUUID: { rules: [{ groupId: group, groupName: 'Managers', value: ROLES[1].uuid }] },
    });
    await pauseConnection(stage.db, stage.id, 'x', Date.now());
    stage.wake();
    const id = await stage.addUser(person(ANA));
    await stage.patchGroup(group, { op: 'add', path: 'members', value: [{ value: id }] });
    await stage.fault({ kind: 'reset-after', match: 'POST /v2/organizations/users', times: 1 });
    await resumeConnection(stage.db, stage.id, Date.now());
    stage.wake();
    await eventually(() => stage.state(id), 'in-sync');
    const role = async () => (await stage.vendorAccounts())[0]?.vendor['roleUUID'];
    expect(await role()).toBe(ROLES[1].uuid);
    await stage.patchGroup(group, { op: 'remove', path: `members[value eq "${id}"]` });
    await eventually(role, ROLES[0].uuid);
  });
  it('one account that fails again and again does not stop the connection for good', async () => {
    const stage = await startStage('crankwheel', { ...SOON, callTimeoutMs: 400 });
    await stage.fault({ kind: 'status', status: 503, match: 'GET' });
    const id = await stage.addUser(person(ANA));
    for (let n = 1; n <= 5; n += 1) {
      await eventually(async () => (await stage.account(id))?.attempts, n);
      if (n < 5) stage.passTime(20_000);
    }
    await stage.endFaults();
    // The breaker's time ends before the account is due again.
    stage.passTime(1_100);
    for (let n = 0; n < 10; n += 1) await stage.send('GET', '/Users');
    stage.passTime(20_000);
    await eventually(() => stage.state(id), 'in-sync');
  });
});
