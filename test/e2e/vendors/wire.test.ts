import { describe, expect, it } from 'vitest';
import { pauseConnection, resumeConnection } from '../../../src/admin/connection-life.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { sign } from '../../../src/vendors/corezoid/client.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';
import { operatorOf } from '../operations/operate.ts';
import { createdWith, joined, opsSent, settled } from './vendor-acts.ts';

const ANA = 'ana.diaz@example.com';
const AGENDIZE = 'urn:ietf:params:scim:schemas:extension:agendize:2.0:User';
const WOODPECKER = 'urn:ietf:params:scim:schemas:extension:woodpecker:2.0:User';
const COREZOID = 'urn:ietf:params:scim:schemas:extension:corezoid:2.0:User';
const SECRET = 'sandbox-corezoid-secret';

/** Everything that an identity provider may say of a person. */
const DETAILED: JsonObject = {
  title: 'Head of sales',
  nickName: 'Ani',
  timezone: 'Europe/Madrid',
  locale: 'es-ES',
  preferredLanguage: 'es',
  password: 'Secret-12345',
  phoneNumbers: [{ value: '+34 600 000 000', type: 'work' }],
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { organization: 'Acme', costCenter: '4' },
};

async function bodies(stage: Stage, match: string): Promise<string[]> {
  return (await stage.calls(match)).map(({ body }) => body);
}

describe('The wire examples of Agendize', () => {
  it('are what a push becomes, byte for byte', async () => {
    const stage = await startStage('agendize');
    const tags = [{ tag: 'Sales', color: '#3366ff' }];
    const id = await stage.addUser(person(ANA, { externalId: '00u1a2b3', [AGENDIZE]: { tags } }));
    expect(await bodies(stage, 'POST /api/2.0/resellers/accounts')).toEqual([
      '{"email":"ana.diaz@example.com","firstName":"Ana","lastName":"Díaz","profile":{"id":"12"},"sendSignupEmail":true,"preferences":{"displayName":"Ana Díaz"},"resellerId":"00u1a2b3","tags":[{"tag":"Sales","color":"#3366ff"}]}',
    ]);
    await stage.patchUser(id, { op: 'replace', path: 'name.familyName', value: 'Díaz Roca' });
    await stage.setActive(id, false);
    expect(await bodies(stage, 'PUT /api/2.0/resellers/accounts/8841')).toEqual([
      '{"lastName":"Díaz Roca"}',
      '{"status":"disabled"}',
    ]);
  });

  it('carry nothing that Causeway never sends', async () => {
    const stage = await startStage('agendize');
    await stage.addUser(person(ANA, { ...DETAILED, externalId: '00u1a2b3' }));
    expect(Object.keys((await createdWith(stage, ANA)) ?? {})).toEqual([
      'email',
      'firstName',
      'lastName',
      'profile',
      'sendSignupEmail',
      'preferences',
      'resellerId',
    ]);
    expect(JSON.stringify(await stage.calls())).not.toContain('Secret-12345');
  });

  it('go without preferences and resellerId where those are switched off', async () => {
    const stage = await startStage('agendize', {
      settings: { sendPreferences: false, sendResellerId: false },
    });
    await stage.addUser(person(ANA, { externalId: '00u1a2b3' }));
    expect(await bodies(stage, 'POST /api/2.0/resellers/accounts')).toEqual([
      '{"email":"ana.diaz@example.com","firstName":"Ana","lastName":"Díaz","profile":{"id":"12"},"sendSignupEmail":true}',
    ]);
  });
});

describe('The wire examples of Woodpecker', () => {
  it('are what pushes become, byte for byte, in one invitation', async () => {
    const stage = await startStage('woodpecker');
    const bo = { displayName: 'Bo Li', name: { givenName: 'Bo', familyName: 'Li' } };
    await pauseConnection(operatorOf(stage), stage.id, null);
    await stage.addUser(person(ANA, { [WOODPECKER]: { guestPermissions: ['mailboxes'] } }));
    await stage.addUser(person('bo.li@example.com', bo));
    await resumeConnection(operatorOf(stage), stage.id);
    stage.wake();
    await eventually(async () => (await stage.calls('invite_guest')).length, 1);
    const guests = [
      '{"name":"Ana Díaz","email":"ana.diaz@example.com","guest_permissions":["mailboxes"]}',
      '{"name":"Bo Li","email":"bo.li@example.com","guest_permissions":[]}',
    ];
    // Which of two that are due at once comes first is nobody's promise.
    const inviting = [guests, guests.toReversed()].map((list) => `{"guests":[${list.join(',')}]}`);
    const [sent] = await bodies(stage, 'POST /rest/v2/agency/companies/4711/invite_guest');
    expect(inviting).toContain(sent);
  });

  it('go without permissions for a White Label agency', async () => {
    const stage = await startStage('woodpecker', { settings: { whiteLabel: true } });
    await stage.addUser(person(ANA, DETAILED));
    expect(await bodies(stage, 'invite_guest')).toEqual([
      '{"guests":[{"name":"Ana Díaz","email":"ana.diaz@example.com"}]}',
    ]);
  });
});

describe('The wire examples of Corezoid', () => {
  it('are what a push becomes, byte for byte, each signed as its own bytes', async () => {
    const stage = await startStage('corezoid');
    await stage.addUser(person(ANA, DETAILED));
    const calls = await stage.calls();
    const company = '"company_id":"i702619617"';
    expect(calls.map(({ body }) => body)).toEqual([
      `{"ops":[{"id":"1","type":"list","obj":"company_users","filter":"user","sort":"title","order":"asc",${company}}]}`,
      `{"ops":[{"id":"1","type":"create","obj":"invite","login":"${ANA}","login_type":"corezoid",${company}}]}`,
    ]);
    for (const { path, body } of calls) {
      const [seconds, signature] = path.split('/').slice(-2);
      expect(signature).toBe(sign(Number(seconds), SECRET, body));
    }
  });

  it('name the company in every op, and never a title', async () => {
    const stage = await startStage('corezoid');
    const id = await joined(stage, ANA, DETAILED);
    await stage.addGroup('Sales', id);
    await settled(stage);
    await stage.patchUser(id, { op: 'replace', path: 'displayName', value: 'Anne' });
    await stage.setActive(id, false);
    await stage.send('DELETE', `/Users/${id}`);
    await settled(stage);
    expect((await opsSent(stage)).map(({ type, obj }) => `${String(type)} ${String(obj)}`)).toEqual([
      'create group',
      'link user',
      'modify user_status',
      'delete user',
    ]);
    for (const { body } of await stage.calls()) expect(body).toContain('"company_id":"i702619617"');
    expect(JSON.stringify(await stage.calls())).not.toContain('Anne');
  });

  it('carry rights only on objects that are no group', async () => {
    const stage = await startStage('corezoid');
    await stage.addUser(person(ANA, { [COREZOID]: { groups: [198047], privs: ['view'] } }));
    expect(await createdWith(stage, ANA)).toMatchObject({ link_to_obj: 'group', link_to_obj_id: 198047 });
    expect(await createdWith(stage, ANA)).not.toHaveProperty('privs');
  });
});

describe('Attention', () => {
  it('is sent no password and nothing else that its table lacks', async () => {
    const stage = await startStage('attention');
    await stage.addUser(person(ANA, DETAILED));
    expect(Object.keys((await createdWith(stage, ANA)) ?? {})).toEqual([
      'email',
      'first_name',
      'last_name',
      'roleUUID',
      'teams',
      'seat_type',
    ]);
    expect(await stage.calls('PATCH')).toEqual([]);
  });
});
