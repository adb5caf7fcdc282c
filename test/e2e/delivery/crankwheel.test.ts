import { describe, expect, it } from 'vitest';
import { eventually, person, startStage } from './stage.ts';

const URN = 'urn:ietf:params:scim:schemas:extension:crankwheel:2.0:User';
const ANA = 'ana.diaz+x@example.com';
/** The wire examples of CrankWheel's `user_access`. */
const CREATE =
  'user_access%5Bemail%5D=ana.diaz%2Bx%40example.com&user_access%5Bprivilege%5D=user&user_access%5Bin_demo_pool%5D=false&user_access%5Bsend_onboarding_email%5D=false';
const POST = 'POST /ss/api/user_access';
const DELETE = 'DELETE /ss/api/user_access/ana.diaz%2Bx%40example.com';

describe('A person at CrankWheel', () => {
  it('is created with the four keys of the wire example, and the identity provider is told 201', async () => {
    const stage = await startStage('crankwheel');
    const { status, headers, body } = await stage.postUser(person(ANA));
    expect(status).toBe(201);
    expect(headers.get('ETag')).toBe('W/"1"');
    expect(body).toMatchObject({ userName: ANA, active: true });
    expect(await stage.calls('POST')).toEqual([
      { method: 'POST', path: '/ss/api/user_access', status: 201, body: CREATE },
    ]);
    expect(await stage.state(String(body['id']))).toBe('in-sync');
  });

  it('is created with what its extension attributes say', async () => {
    const stage = await startStage('crankwheel');
    await stage.addUser(
      person(ANA, { [URN]: { privilege: 'reporting', inDemoPool: true, sendOnboardingEmail: true } }),
    );
    const [call] = await stage.calls(POST);
    expect(call?.body).toBe(CREATE.replace('D=user', 'D=reporting').replaceAll('D=false', 'D=true'));
  });

  it('is changed by a repeated POST and a look where the connection allows that', async () => {
    const stage = await startStage('crankwheel', { settings: { updateByRepeatedPost: true } });
    const id = await stage.addUser(person(ANA));
    await stage.forgetCalls();
    const { status } = await stage.patchUser(id, {
      op: 'replace',
      path: `${URN}:privilege`,
      value: 'admin',
    });
    expect(status).toBe(200);
    const calls = await stage.calls();
    expect(calls.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET']);
    expect(calls[1]?.body).toBe(CREATE.replace('D=user', 'D=admin'));
  });

  it('has a change of its privilege as a task where CrankWheel has no call for it', async () => {
    const stage = await startStage('crankwheel');
    const id = await stage.addUser(person(ANA));
    await stage.forgetCalls();
    const change = { op: 'replace', path: `${URN}:privilege`, value: 'admin' };
    expect((await stage.patchUser(id, change)).status).toBe(200);
    expect(await stage.calls()).toEqual([]);
    expect(await stage.openTasks()).toMatchObject([
      { kind: 'field:privilege', wanted: 'admin', title: `Set privilege of ${ANA} to admin in CrankWheel.` },
    ]);
    expect(await stage.state(id)).toBe('task');
    await stage.patchUser(id, { op: 'remove', path: `${URN}:privilege` });
    expect(await stage.openTasks()).toEqual([]);
  });

  it('is refused with 501 where the connection refuses what CrankWheel cannot do, and is as before', async () => {
    const stage = await startStage('crankwheel', { policies: { unsupported: 'refuse' } });
    const id = await stage.addUser(person(ANA));
    const change = { op: 'replace', path: `${URN}:privilege`, value: 'admin' };
    const { status, body } = await stage.patchUser(id, change);
    expect(status).toBe(501);
    expect(body['detail']).toContain(`Set privilege of ${ANA} to admin in CrankWheel.`);
    expect((await stage.send('GET', `/Users/${id}`)).body[URN]).toBeUndefined();
    expect(await stage.openTasks()).toEqual([]);
  });

  it('gets and loses what the rule of a group gives', async () => {
    const stage = await startStage('crankwheel', { settings: { updateByRepeatedPost: true } });
    const id = await stage.addUser(person(ANA));
    const groupId = await stage.addGroup('CrankWheel admins', id);
    await stage.setMapping({
      privilege: { rules: [{ groupId, groupName: 'CrankWheel admins', value: 'admin' }] },
    });
    const privileges = async () => (await stage.vendorAccounts()).map(({ vendor }) => vendor['privilege']);
    await eventually(privileges, ['admin']);
    const leave = { op: 'remove', path: `members[value eq "${id}"]` };
    expect((await stage.patchGroup(groupId, leave)).status).toBeLessThan(300);
    await eventually(privileges, ['user']);
  });

  it('is removed when deactivated, created again when reactivated, and removed when deleted', async () => {
    const stage = await startStage('crankwheel');
    const id = await stage.addUser(person(ANA));
    await stage.forgetCalls();

    const deactivated = await stage.setActive(id, false);
    expect(deactivated).toMatchObject({ status: 200, body: { active: false } });
    const [look, ...others] = await stage.calls();
    expect(look).toMatchObject({ method: 'GET', status: 200 });
    expect(others).toEqual([{ method: 'DELETE', path: DELETE.slice(7), status: 204, body: '' }]);
    expect(await stage.addresses()).toEqual([]);

    await stage.forgetCalls();
    expect(await stage.setActive(id, true)).toMatchObject({ status: 200, body: { active: true } });
    expect((await stage.calls(POST)).map(({ body }) => body)).toEqual([CREATE]);

    await stage.forgetCalls();
    expect((await stage.send('DELETE', `/Users/${id}`)).status).toBe(204);
    expect((await stage.send('GET', `/Users/${id}`)).status).toBe(404);
    await eventually(stage.writes.bind(stage), [DELETE]);
    await eventually(() => stage.account(id), undefined);
  });

  it('is not made while it is pushed inactive', async () => {
    const stage = await startStage('crankwheel');
    const id = await stage.addUser(person(ANA, { active: false }));
    expect(await stage.writes()).toEqual([]);
    expect(await stage.state(id)).toBe('in-sync');
  });

  it('is never removed while it owns the company account', async () => {
    const stage = await startStage('crankwheel');
    await stage.seed(ANA, { privilege: 'owner' });
    const id = await stage.addUser(person(ANA));
    await stage.forgetCalls();
    const { status, body } = await stage.setActive(id, false);
    expect(status).toBe(400);
    expect(body['detail']).toContain('an owner');
    expect(await stage.writes()).toEqual([]);
    expect((await stage.send('GET', `/Users/${id}`)).body['active']).toBe(false);
    expect(await stage.openTasks()).toMatchObject([{ kind: 'deactivate' }]);
  });

  it('keeps its account under the old address, and a task says so, when its address changes', async () => {
    const stage = await startStage('crankwheel');
    const id = await stage.addUser(person(ANA));
    await stage.forgetCalls();
    const emails = [{ value: 'ana.roca@example.com', type: 'work', primary: true }];
    expect((await stage.patchUser(id, { op: 'replace', path: 'emails', value: emails })).status).toBe(200);
    expect(await stage.writes()).toEqual([]);
    expect(await stage.openTasks()).toMatchObject([{ kind: 'address', wanted: 'ana.roca@example.com' }]);
    expect((await stage.send('DELETE', `/Users/${id}`)).status).toBe(204);
    await eventually(stage.addresses.bind(stage), []);
  });

  it('moves to the new address, the new account before the old one goes, under `addressChange: replace`', async () => {
    const stage = await startStage('crankwheel', { policies: { addressChange: 'replace' } });
    const id = await stage.addUser(person(ANA));
    await stage.forgetCalls();
    const emails = [{ value: 'ana.roca@example.com', type: 'work', primary: true }];
    expect((await stage.patchUser(id, { op: 'replace', path: 'emails', value: emails })).status).toBe(200);
    await eventually(stage.writes.bind(stage), [POST, DELETE]);
    await eventually(stage.addresses.bind(stage), ['ana.roca@example.com']);
  });

  it('keeps its address, and the push is refused, under `addressChange: refuse`', async () => {
    const stage = await startStage('crankwheel', { policies: { addressChange: 'refuse' } });
    const id = await stage.addUser(person(ANA));
    const emails = [{ value: 'ana.roca@example.com', type: 'work', primary: true }];
    const { status, body } = await stage.patchUser(id, { op: 'replace', path: 'emails', value: emails });
    expect(status).toBe(400);
    expect(body['detail']).toContain('addressChange');
    expect((await stage.send('GET', `/Users/${id}`)).body['emails']).toMatchObject([{ value: ANA }]);
  });
});
