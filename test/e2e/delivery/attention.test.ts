import { describe, expect, it } from 'vitest';
import { isJsonObject } from '../../../src/core/json.ts';
import { ROLES, TEAMS } from '../../../src/vendors/attention/fake-records.ts';
import { eventually, person, type Stage, startStage } from './stage.ts';

const URN = 'urn:ietf:params:scim:schemas:extension:attention:2.0:User';
const ANA = 'ana.diaz@example.com';
const [SALES_REP, MANAGER] = ROLES;
const [GENERAL, SALES] = TEAMS;
/** The wire examples of Attention's `organizations/users`. */
const CREATE = `{"email":"ana.diaz@example.com","first_name":"Ana","last_name":"Díaz","roleUUID":"84e67f54-5157-442b-a2b3-8b9c728b2fef1","teams":[{"uuid":"fe515723-fe2e-4959-a5fa-c4d3937fe7e4","primary":true},{"uuid":"802a13d8-1ad0-4f4a-b880-9ace889fafa6","primary":false}],"seat_type":"recording"}`;
const UPDATE = `{"lastName":"Díaz Roca","teamsToAdd":[{"uuid":"802a13d8-1ad0-4f4a-b880-9ace889fafa6","primary":false}],"teamUUIDsToRemove":["fe515723-fe2e-4959-a5fa-c4d3937fe7e4"]}`;
const SUSPEND = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}`;

async function bodies(stage: Stage, match: string): Promise<string[]> {
  return (await stage.calls(match)).map(({ body }) => body);
}

/** Of the only account there. */
async function teamsOf(stage: Stage, member: 'uuid' | 'name' = 'uuid'): Promise<unknown> {
  const teams = (await stage.vendorAccounts())[0]?.vendor['teams'];
  return Array.isArray(teams) ? teams.map((team) => isJsonObject(team) && team[member]) : teams;
}

describe('A person at Attention', () => {
  it('is created with the body of the wire example, and the identity provider is told 201', async () => {
    const stage = await startStage('attention');
    const { status, body } = await stage.postUser(
      person(ANA, { [URN]: { teams: [GENERAL.uuid, SALES.uuid] } }),
    );
    expect(status).toBe(201);
    expect(body[URN]).toEqual({ teams: [GENERAL.uuid, SALES.uuid] });
    const creates = await stage.calls('POST');
    expect(creates.map(({ path }) => path)).toEqual(['/v2/organizations/users']);
    expect(creates[0]?.body).toBe(CREATE);
    expect(await stage.state(String(body['id']))).toBe('in-sync');
  });

  it('gets the notetaker’s name right after the create, which cannot carry it', async () => {
    const stage = await startStage('attention');
    await stage.addUser(person(ANA, { [URN]: { botName: 'Ana’s scribe' } }));
    expect(await bodies(stage, 'PATCH')).toEqual(['{"botName":"Ana’s scribe"}']);
  });

  it('is changed by what differs alone, as in the wire example', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person(ANA, { [URN]: { teams: [GENERAL.uuid] } }));
    const uuid = String((await stage.vendorAccounts())[0]?.vendor['uuid']);
    await stage.forgetCalls();
    const { status, body } = await stage.patchUser(
      id,
      { op: 'replace', path: 'name.familyName', value: 'Díaz Roca' },
      { op: 'replace', path: `${URN}:teams`, value: [SALES.uuid] },
    );
    expect(status).toBe(200);
    expect(body['name']).toMatchObject({ familyName: 'Díaz Roca' });
    expect(await stage.writes()).toEqual([`PATCH /v2/organizations/users/${uuid}`]);
    expect(await bodies(stage, 'PATCH')).toEqual([UPDATE]);
  });

  it('keeps the teams that somebody else gave', async () => {
    const stage = await startStage('attention');
    await stage.seed(ANA, { teams: [GENERAL.uuid], firstName: 'Ana', lastName: 'Díaz' });
    const id = await stage.addUser(person(ANA, { [URN]: { teams: [SALES.uuid] } }));
    expect(await teamsOf(stage)).toEqual([GENERAL.uuid, SALES.uuid]);
    await stage.patchUser(id, { op: 'remove', path: `${URN}:teams` });
    expect(await teamsOf(stage)).toEqual([GENERAL.uuid]);
  });

  it('gets role and teams by the rules of its groups, and falls back when it leaves them', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person(ANA));
    const managers = await stage.addGroup('Managers', id);
    const sales = await stage.addGroup('Sales');
    await stage.setMapping({
      roleUUID: { rules: [{ groupId: managers, groupName: 'Managers', value: MANAGER.uuid }] },
      teams: {
        rules: [
          { groupId: sales, groupName: 'Sales', value: [SALES.uuid] },
          { groupId: managers, groupName: 'Managers', value: [GENERAL.uuid] },
        ],
      },
    });
    const role = async () => (await stage.vendorAccounts())[0]?.vendor['roleUUID'];
    await eventually(role, MANAGER.uuid);
    await stage.patchGroup(sales, { op: 'add', path: 'members', value: [{ value: id }] });
    await eventually(() => teamsOf(stage), [GENERAL.uuid, SALES.uuid]);

    await stage.patchGroup(managers, { op: 'remove', path: `members[value eq "${id}"]` });
    await eventually(role, SALES_REP.uuid);
    await eventually(() => teamsOf(stage), [SALES.uuid]);

    expect((await stage.send('DELETE', `/Groups/${sales}`)).status).toBe(204);
    await eventually(() => teamsOf(stage), [GENERAL.uuid]);
  });

  it('is not demoted by a default when an account that was there is taken over', async () => {
    const stage = await startStage('attention');
    await stage.seed(ANA, { roleUUID: MANAGER.uuid, firstName: 'Ana', lastName: 'Díaz' });
    const id = await stage.addUser(person(ANA));
    expect(await stage.writes()).toEqual([]);
    expect(await stage.account(id)).toMatchObject({ origin: 'adopted', state: 'in-sync' });
  });

  it('is suspended and reactivated through Attention’s SCIM side, and deleted through its REST side', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person(ANA));
    await stage.forgetCalls();

    expect(await stage.setActive(id, false)).toMatchObject({ status: 200, body: { active: false } });
    expect(await bodies(stage, 'PATCH /v2/scim/Users/')).toEqual([SUSPEND]);
    expect(await stage.vendorAccounts()).toMatchObject([{ key: ANA, state: 'suspended' }]);

    await stage.forgetCalls();
    expect(await stage.setActive(id, true)).toMatchObject({ status: 200, body: { active: true } });
    expect(await bodies(stage, 'PATCH')).toEqual([SUSPEND.replace('false', 'true')]);
    expect(await stage.vendorAccounts()).toMatchObject([{ key: ANA, state: 'active' }]);

    const uuid = String((await stage.vendorAccounts())[0]?.vendor['uuid']);
    await stage.forgetCalls();
    expect((await stage.send('DELETE', `/Users/${id}`)).status).toBe(204);
    await eventually(stage.writes.bind(stage), [`DELETE /v2/organizations/users/${uuid}`]);
    await eventually(() => stage.account(id), undefined);
  });

  it('is not changed in anything else while it is suspended, and catches up when reactivated', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person(ANA));
    await stage.setActive(id, false);
    await stage.forgetCalls();
    const rename = { op: 'replace', path: 'name.givenName', value: 'Anabel' };
    expect((await stage.patchUser(id, rename)).status).toBe(200);
    expect(await stage.writes()).toEqual([]);
    expect((await stage.setActive(id, true)).status).toBe(200);
    expect(await bodies(stage, 'PATCH /v2/organizations/users/')).toEqual(['{"firstName":"Anabel"}']);
  });

  it('is suspended although what else the push says could not be delivered', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person(ANA));
    const { status } = await stage.patchUser(
      id,
      { op: 'replace', path: 'active', value: false },
      { op: 'replace', path: `${URN}:seatType`, value: 'throne' },
      { op: 'remove', path: 'name.familyName' },
    );
    expect(status).toBe(200);
    expect(await stage.vendorAccounts()).toMatchObject([{ state: 'suspended' }]);
  });

  it('is removed when deactivated, and created again, where its SCIM side is off', async () => {
    const stage = await startStage('attention', { settings: { scim: { enabled: false } } });
    const id = await stage.addUser(person(ANA));
    expect((await stage.setActive(id, false)).status).toBe(200);
    expect(await stage.addresses()).toEqual([]);
    expect((await stage.setActive(id, true)).status).toBe(200);
    expect(await stage.addresses()).toEqual([ANA]);
  });

  it('has its groups copied as teams, and its membership waits until the team is there, where groups are mirrored', async () => {
    const stage = await startStage('attention', { policies: { groups: 'mirror' }, callTimeoutMs: 300 });
    const id = await stage.addUser(person(ANA));
    await stage.fault({ kind: 'status', status: 500, match: 'POST /v2/organizations/teams', times: 1 });
    await stage.addGroup('Night shift', id);
    await eventually(() => teamsOf(stage, 'name'), ['[Attention] Night shift']);
    expect(await bodies(stage, 'POST /v2/organizations/teams')).toContain('{"name":"Night shift"}');
  });

  it('needs nothing more when it has vanished before it is suspended', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person(ANA));
    await stage.forget(ANA);
    expect((await stage.setActive(id, false)).status).toBe(200);
    expect(await stage.openTasks()).toEqual([]);
  });
});
