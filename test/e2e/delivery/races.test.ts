import { describe, expect, it } from 'vitest';
import { isJsonObject } from '../../../src/core/json.ts';
import { pauseConnection, resumeConnection } from '../../../src/store/connections.ts';
import { eventually, person, type Stage, startStage } from './stage.ts';

const ANA = 'ana.diaz@example.com';
const BO = 'bo@example.com';
const CREATE = 'POST /v2/organizations/users';
const SOON = { policies: { waitMs: 400 } };

function rename(familyName: string) {
  return { op: 'replace', path: 'name.familyName', value: familyName };
}

async function familyName(stage: Stage): Promise<unknown> {
  return (await stage.vendorAccounts())[0]?.vendor['lastName'];
}

/** The User's id while the push that creates it is still being delivered. */
async function idOf(stage: Stage, match: string): Promise<string> {
  await eventually(async () => (await stage.calls(match)).length, 1);
  const { body } = await stage.send('GET', '/Users');
  const [user] = body['Resources'] as { id: string }[];
  return user?.id ?? '';
}

describe('Pushes that come quickly after one another', () => {
  it('end in the newest state, at the vendor as here', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person(ANA));
    await stage.fault({ kind: 'slow', delayMs: 200, match: 'PATCH', times: 1 });
    const first = stage.patchUser(id, rename('One'));
    await eventually(async () => (await stage.calls('PATCH')).length, 1);
    const second = stage.patchUser(id, rename('Two'));
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
    expect(await familyName(stage)).toBe('Two');
    expect((await stage.send('GET', `/Users/${id}`)).body['name']).toMatchObject({ familyName: 'Two' });
  });

  it('become one delivery of the newest state where one is under way', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person(ANA));
    await stage.fault({ kind: 'slow', delayMs: 800, match: 'PATCH', times: 1 });
    const pushes = [stage.patchUser(id, rename('0'))];
    await eventually(async () => (await stage.calls('PATCH')).length, 1);
    for (let n = 1; n <= 10; n += 1) pushes.push(stage.patchUser(id, rename(String(n))));
    const answers = await Promise.all(pushes);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const stored = (await stage.send('GET', `/Users/${id}`)).body['name'] as { familyName: string };
    expect(await familyName(stage)).toBe(stored.familyName);
    expect(await stage.calls('PATCH')).toHaveLength(2);
  });

  it('deliver leavers first, then changes, then joiners', async () => {
    const stage = await startStage('attention', { ...SOON, settings: { concurrency: 1 } });
    const leaver = await stage.addUser(person(ANA));
    const changed = await stage.addUser(person(BO));
    await pauseConnection(stage.db, stage.id, 'for a while', Date.now());
    await stage.addUser(person('cy@example.com'));
    await stage.patchUser(changed, rename('Roca'));
    await stage.send('DELETE', `/Users/${leaver}`);
    await stage.forgetCalls();
    await resumeConnection(stage.db, stage.id, Date.now());
    stage.wake();
    await eventually(
      async () => (await stage.writes()).map((call) => call.split(' ')[0]),
      ['DELETE', 'PATCH', 'POST'],
    );
  });
});

describe('A DELETE', () => {
  it('that comes while the create is under way is carried out right after it', async () => {
    const stage = await startStage('attention');
    await stage.fault({ kind: 'slow', delayMs: 300, match: CREATE });
    const created = stage.postUser(person(ANA));
    const id = await idOf(stage, CREATE);
    expect((await stage.send('DELETE', `/Users/${id}`)).status).toBe(204);
    expect((await stage.send('GET', `/Users/${id}`)).status).toBe(404);
    await created;
    await eventually(() => stage.account(id), undefined);
    expect(await stage.addresses()).toEqual([]);
    expect((await stage.writes()).map((call) => call.split(' ')[0])).toEqual(['POST', 'DELETE']);
  });

  it('of a User that never reached the vendor changes nothing there', async () => {
    const stage = await startStage('attention', SOON);
    await pauseConnection(stage.db, stage.id, 'for a while', Date.now());
    const id = await stage.addUser(person(ANA));
    await stage.send('DELETE', `/Users/${id}`);
    await resumeConnection(stage.db, stage.id, Date.now());
    stage.wake();
    await eventually(() => stage.account(id), undefined);
    expect(await stage.writes()).toEqual([]);
  });

  it('that the vendor has carried out already is done', async () => {
    const stage = await startStage('crankwheel');
    const id = await stage.addUser(person(ANA));
    await stage.forget(ANA);
    await stage.send('DELETE', `/Users/${id}`);
    await eventually(() => stage.account(id), undefined);
  });
});

describe('A person who is hired again', () => {
  it('before the removal could be made keeps the account, and the removal is dropped', async () => {
    const stage = await startStage('attention');
    const first = await stage.addUser(person(ANA));
    await stage.fault({ kind: 'status', status: 403, match: 'DELETE' });
    await stage.send('DELETE', `/Users/${first}`);
    await eventually(() => stage.state(first), 'task');
    await stage.forgetCalls();
    const second = await stage.addUser(person(ANA));
    expect(second).not.toBe(first);
    expect(await stage.calls(CREATE)).toEqual([]);
    expect(await stage.account(first)).toBeUndefined();
    expect(await stage.account(second)).toMatchObject({ state: 'in-sync', origin: 'created' });
    expect((await stage.deliveries(second))[0]?.steps).toMatchObject([{ step: 'rehire' }]);
    expect(await stage.openTasks()).toEqual([]);
    expect(await stage.addresses()).toEqual([ANA]);
  });

  it('while the removal is under way gets a new account when that has ended', async () => {
    const stage = await startStage('attention');
    const first = await stage.addUser(person(ANA));
    await stage.fault({ kind: 'slow', delayMs: 500, match: 'DELETE' });
    await stage.forgetCalls();
    await stage.send('DELETE', `/Users/${first}`);
    await eventually(async () => (await stage.calls('DELETE')).length, 1);
    const second = await stage.addUser(person(ANA));
    expect((await stage.writes()).map((call) => call.split(' ')[0])).toEqual(['DELETE', 'POST']);
    expect(await stage.state(second)).toBe('in-sync');
    expect(await stage.addresses()).toEqual([ANA]);
  });

  it('is refused the account that was left where the connection takes none over', async () => {
    const stage = await startStage('attention', { policies: { adoption: 'refuse' } });
    const first = await stage.addUser(person(ANA));
    await stage.fault({ kind: 'status', status: 403, match: 'DELETE' });
    await stage.send('DELETE', `/Users/${first}`);
    await eventually(() => stage.state(first), 'task');
    const { status, body } = await stage.postUser(person(ANA));
    expect(status).toBe(409);
    expect(body['detail']).toContain('a deleted User');
  });
});

describe('An account that is not as Causeway left it', () => {
  it('is made again where it vanished, with everything that is wanted', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person(ANA));
    await stage.forget(ANA);
    await stage.forgetCalls();
    expect((await stage.patchUser(id, rename('Roca'))).status).toBe(200);
    expect((await stage.writes()).map((call) => call.split(' ')[0])).toEqual(['PATCH', 'POST']);
    expect(await familyName(stage)).toBe('Roca');
  });

  it('is taken over where it appeared between the look and the create', async () => {
    const stage = await startStage('attention');
    await stage.seed(ANA, { firstName: 'Ana', lastName: 'Old' });
    const nobody = { kind: 'status', status: 200, body: '{"data":[]}' };
    await stage.fault({ ...nobody, match: 'GET /v2/users', times: 1 });
    const id = await stage.addUser(person(ANA));
    expect((await stage.calls(CREATE)).map(({ status }) => status)).toEqual([409]);
    expect(await stage.account(id)).toMatchObject({ origin: 'adopted', state: 'in-sync' });
    expect(await familyName(stage)).toBe('Díaz');
  });

  it('is somebody else’s where the vendor says it is there and shows it to nobody: 409', async () => {
    const stage = await startStage('attention');
    await stage.fault({ kind: 'status', status: 409, body: '{"error":"Taken"}', match: CREATE });
    const { status, body } = await stage.postUser(person(ANA));
    expect(status).toBe(409);
    expect(body).toMatchObject({ scimType: 'uniqueness', detail: expect.stringContaining('Taken') });
    expect((await stage.send('GET', '/Users')).body['totalResults']).toBe(0);
  });

  it('is found by its address in another case', async () => {
    const stage = await startStage('crankwheel', { settings: { lookup: 'list' } });
    await stage.seed('Ana.Diaz@Example.com');
    const id = await stage.addUser(person(ANA));
    expect(await stage.writes()).toEqual([]);
    expect(await stage.account(id)).toMatchObject({ address: 'Ana.Diaz@Example.com', origin: 'adopted' });
  });
});

describe('After a restart', () => {
  it('whatever was due is delivered', async () => {
    const stage = await startStage('attention', SOON);
    const leaver = await stage.addUser(person(BO));
    await stage.fault({ kind: 'status', status: 503, match: 'GET' });
    const joiner = await stage.addUser(person(ANA));
    await stage.fault({ kind: 'status', status: 429, match: 'DELETE' });
    await stage.send('DELETE', `/Users/${leaver}`);
    await stage.stop(5_000);
    await stage.endFaults();
    expect(await stage.addresses()).toEqual([BO]);
    await stage.startAgain();
    await eventually(stage.addresses.bind(stage), [ANA]);
    await eventually(() => stage.state(joiner), 'in-sync');
    await eventually(() => stage.account(leaver), undefined);
  });

  it('a create that the dead process had begun is looked up, and not made twice', async () => {
    const stage = await startStage('attention', { callTimeoutMs: 400 });
    await stage.fault({ kind: 'slow', delayMs: 5_000, match: CREATE });
    const lost = stage.postUser(person(ANA)).catch(() => undefined);
    const id = await idOf(stage, CREATE);
    await stage.stop(0);
    await lost;
    await stage.endFaults();
    await stage.startAgain();
    await eventually(() => stage.state(id), 'in-sync');
    expect(await stage.calls(CREATE)).toHaveLength(1);
    expect(await stage.account(id)).toMatchObject({ origin: 'created' });
    expect(await stage.addresses()).toEqual([ANA]);
  });
});

describe('A group of more members than one push marks due', () => {
  it('reaches every one of them', async () => {
    const stage = await startStage('attention', { dryRun: true });
    const people = Array.from({ length: 120 }, (_, index) => person(`p${index}@example.com`));
    const ids = await Promise.all(people.map((one) => stage.addUser(one)));
    const groupId = await stage.addGroup('Everybody');
    const listener = { groupId, groupName: 'Everybody', value: 'listener' };
    await stage.setMapping({ seatType: { rules: [listener] } });
    const members = ids.map((value) => ({ value }));
    await stage.patchGroup(groupId, { op: 'add', path: 'members', value: members });
    await eventually(() => plannedSeats(stage, ids), new Set(['listener']));
  });
});

async function plannedSeats(stage: Stage, ids: string[]): Promise<Set<unknown>> {
  const newest = await Promise.all(ids.map(async (id) => (await stage.deliveries(id))[0]?.steps[0]));
  return new Set(newest.map((step) => (isJsonObject(step?.['fields']) ? step['fields']['seatType'] : null)));
}
