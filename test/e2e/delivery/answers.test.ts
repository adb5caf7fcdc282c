import { describe, expect, it } from 'vitest';
import { eventually, person, startStage } from './stage.ts';

const URN = 'urn:ietf:params:scim:schemas:extension:attention:2.0:User';
const ANA = 'ana.diaz@example.com';
const CREATE = 'POST /v2/organizations/users';

describe('A push that the vendor refuses', () => {
  it('is answered 400 with the vendor’s reason, and a User that it created is gone', async () => {
    const stage = await startStage('attention');
    const refusal = { status: 422, body: '{"error":"No seats are left"}' };
    await stage.fault({ kind: 'status', match: CREATE, ...refusal });
    const { status, body } = await stage.postUser(person(ANA));
    expect(status).toBe(400);
    expect(body).toMatchObject({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '400',
      scimType: 'invalidValue',
      detail: expect.stringContaining('No seats are left'),
    });
    expect((await stage.send('GET', '/Users')).body['totalResults']).toBe(0);
    await stage.endFaults();
    await stage.addUser(person(ANA));
    expect(await stage.addresses()).toEqual([ANA]);
  });

  it('leaves a User that it would have changed as before, with a higher ETag', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person(ANA));
    const before = await stage.send('GET', `/Users/${id}`);
    await stage.fault({ kind: 'status', status: 400, body: '{"error":"Too odd a name"}', match: 'PATCH' });
    const rename = { op: 'replace', path: 'name.familyName', value: 'Ôdd' };
    const { status, body } = await stage.patchUser(id, rename);
    expect(status).toBe(400);
    expect(body['detail']).toContain('Too odd a name');
    const after = await stage.send('GET', `/Users/${id}`);
    expect(after.body['name']).toEqual(before.body['name']);
    expect(before.headers.get('ETag')).toBe('W/"1"');
    expect(after.headers.get('ETag')).toBe('W/"3"');
    expect(await stage.state(id)).toBe('in-sync');
  });

  it('keeps a deactivation that is refused: the User stays inactive and a human is asked', async () => {
    const stage = await startStage('crankwheel');
    const id = await stage.addUser(person(ANA));
    await stage.fault({ kind: 'status', status: 422, body: '{"error":"Not now"}', match: 'DELETE' });
    const { status, body } = await stage.setActive(id, false);
    expect(status).toBe(400);
    expect(body['detail']).toContain('Not now');
    expect((await stage.send('GET', `/Users/${id}`)).body['active']).toBe(false);
    expect(await stage.openTasks()).toMatchObject([{ kind: 'deactivate' }]);
    await stage.endFaults();
    // The identity provider pushes the same again.
    expect((await stage.setActive(id, false)).status).toBe(200);
    expect(await stage.addresses()).toEqual([]);
    expect(await stage.openTasks()).toEqual([]);
  });

  it.each([
    [
      'a required field that is missing',
      { name: { givenName: 'Ana' }, displayName: 'Ana' },
      'name.familyName',
    ],
    ['a value that the field does not have', { [URN]: { seatType: 'throne' } }, 'seatType'],
    ['a userName that is no address, and no e-mail', { userName: 'ana', emails: [] }, 'e-mail address'],
    ['an e-mail that is no address', { emails: [{ value: 'ana at home' }] }, 'ana at home'],
  ])('is refused before any call for %s, with what to do', async (_what, more, named) => {
    const stage = await startStage('attention');
    const { status, body } = await stage.postUser(person(ANA, more));
    expect(status).toBe(400);
    expect(body['detail']).toContain(named);
    expect(await stage.writes()).toEqual([]);
    expect((await stage.send('GET', '/Users')).body['totalResults']).toBe(0);
  });

  it('invites nobody outside the allowed domains', async () => {
    const stage = await startStage('attention', { policies: { allowedDomains: ['example.com'] } });
    const { status, body } = await stage.postUser(person('ana@elsewhere.test'));
    expect(status).toBe(400);
    expect(body['detail']).toContain('example.com');
    expect(await stage.calls()).toEqual([]);
    await stage.addUser(person('Ana@EXAMPLE.com'));
  });
});

describe('A push of an address that is somebody else’s', () => {
  it('is answered 409 with the userName of the User that has it', async () => {
    const stage = await startStage('attention');
    await stage.addUser(person(ANA));
    await stage.forgetCalls();
    const other = person('ana.work@example.com', { emails: [{ value: 'ANA.Diaz@example.com' }] });
    const { status, body } = await stage.postUser(other);
    expect(status).toBe(409);
    expect(body).toMatchObject({ scimType: 'uniqueness', detail: expect.stringContaining(`User ${ANA} `) });
    expect(await stage.writes()).toEqual([]);
    expect((await stage.send('GET', '/Users')).body['totalResults']).toBe(1);
  });

  it('is answered 409 where the account was there before and the connection takes none over', async () => {
    const stage = await startStage('attention', { policies: { adoption: 'refuse' } });
    await stage.seed(ANA);
    const { status, body } = await stage.postUser(person(ANA));
    expect(status).toBe(409);
    expect(body['detail']).toContain('adoption');
    expect(await stage.writes()).toEqual([]);
  });

  it('frees the address when the User that had it is gone', async () => {
    const stage = await startStage('attention');
    const first = await stage.addUser(person(ANA));
    await stage.send('DELETE', `/Users/${first}`);
    await eventually(() => stage.account(first), undefined);
    const second = await stage.addUser(person('other@example.com', { emails: [{ value: ANA }] }));
    expect(await stage.account(second)).toMatchObject({ state: 'in-sync', address: ANA, origin: 'created' });
  });
});

describe('A push that changes nothing', () => {
  it('makes no call and raises no version', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person(ANA));
    await stage.forgetCalls();
    const { status, headers } = await stage.send('PUT', `/Users/${id}`, person(ANA));
    expect(status).toBe(200);
    expect(headers.get('ETag')).toBe('W/"1"');
    expect(await stage.calls()).toEqual([]);
    expect(await stage.deliveries(id)).toHaveLength(1);
  });

  it('makes no call where only attributes changed that the vendor does not get', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person(ANA));
    await stage.forgetCalls();
    const change = { op: 'add', path: 'title', value: 'Head of sales' };
    expect(await stage.patchUser(id, change)).toMatchObject({
      status: 200,
      body: { title: 'Head of sales' },
    });
    expect(await stage.calls()).toEqual([]);
    expect(await stage.deliveries(id)).toMatchObject([{ result: 'nothing' }, { result: 'done' }]);
  });
});

describe('A connection in dry-run', () => {
  it('stores all that it is pushed, waits for nothing, calls nobody and says what it would do', async () => {
    const stage = await startStage('attention', { dryRun: true, policies: { waitMs: 60_000 } });
    const id = await stage.addUser(person(ANA));
    await eventually(() => stage.state(id), 'planned');
    expect(await stage.deliveries(id)).toMatchObject([
      { result: 'planned', steps: [{ step: 'create', address: ANA, fields: { firstName: 'Ana' } }] },
    ]);
    expect((await stage.setActive(id, false)).status).toBe(200);
    expect((await stage.send('DELETE', `/Users/${id}`)).status).toBe(204);
    await eventually(() => stage.account(id), undefined);
    expect(await stage.calls()).toEqual([]);
  });

  it('refuses nothing for the vendor’s sake', async () => {
    const stage = await startStage('attention', { dryRun: true });
    const id = await stage.addUser(person('ana', { emails: [] }));
    await eventually(() => stage.state(id), 'planned');
    expect((await stage.deliveries(id))[0]?.steps).toMatchObject([
      { step: 'refuse', reason: expect.stringContaining('e-mail address') },
    ]);
  });
});
