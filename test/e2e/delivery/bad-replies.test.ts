import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { eventually, person, startStage } from './stage.ts';

const ANA = 'ana.diaz@example.com';
const BO = 'bo@example.com';
const LIST = { settings: { lookup: 'list' }, policies: { waitMs: 400 }, callTimeoutMs: 400 };

function answering(body: string, more: JsonObject = {}): JsonObject {
  return { kind: 'status', status: 200, body, ...more };
}

describe('A list that is', () => {
  it.each([
    ['empty', ''],
    ['a web page', '<html><body>Please sign in</body></html>'],
    ['cut short', '[{"email":"ana.diaz@exa'],
    ['of another shape', '{"users":5}'],
    ['of other entries', '[{"mail":"ana.diaz@example.com"}]'],
  ])(
    '%s is not believed: nobody is created on its word, and all is delivered when it is right again',
    async (_what, body) => {
      const stage = await startStage('crankwheel', LIST);
      await stage.fault(answering(body, { match: 'GET' }));
      const id = await stage.addUser(person(ANA));
      await eventually(async () => (await stage.account(id))?.lastError?.code, 'UNREADABLE');
      expect(await stage.writes()).toEqual([]);
      await stage.endFaults();
      await eventually(() => stage.state(id), 'in-sync');
    },
  );

  it('has an entry without an address is read without it', async () => {
    const stage = await startStage('crankwheel', LIST);
    const entries = JSON.stringify([{ email: null }, { email: '' }, { email: ANA, privilege: 'user' }]);
    await stage.fault(answering(entries, { match: 'GET' }));
    const id = await stage.addUser(person(ANA));
    expect(await stage.account(id)).toMatchObject({ origin: 'adopted', state: 'in-sync' });
    expect(await stage.writes()).toEqual([]);
  });
});

describe('The reply to a create that is', () => {
  it.each([
    ['a web page', '<html></html>'],
    ['of another shape', '{"ok":true}'],
    ['an account without its address', '{"email":null}'],
  ])('%s leaves the create in doubt: it is looked up, and others go on', async (_what, body) => {
    const stage = await startStage('crankwheel', { ...LIST, settings: { lookup: 'get' } });
    await stage.fault(answering(body, { match: 'POST', times: 1 }));
    const id = await stage.addUser(person(ANA));
    await eventually(async () => (await stage.account(id))?.lastError?.code, 'UNCERTAIN');
    await stage.addUser(person(BO));
    await eventually(() => stage.state(id), 'in-sync');
    expect(await stage.addresses()).toEqual([ANA, BO]);
  });

  it('a redirect is followed nowhere: refused, with the setting to check', async () => {
    const stage = await startStage('crankwheel');
    const elsewhere = { headers: { Location: 'http://127.0.0.1:9/' }, match: 'POST' };
    await stage.fault(answering('', { ...elsewhere, status: 302 }));
    const { status, body } = await stage.postUser(person(ANA));
    expect(status).toBe(400);
    expect(body['detail']).toContain('baseUrl');
  });
});

describe('A rule of a group that is gone', () => {
  it('matches nobody, and everybody is delivered', async () => {
    const stage = await startStage('attention');
    const rule = { groupId: 'gone', groupName: 'Gone', value: 'listener' };
    await stage.setMapping({ seatType: { rules: [rule] } });
    await stage.addUser(person(ANA));
    const [account] = await stage.vendorAccounts();
    expect(account?.vendor).toMatchObject({ settings: { seat_type: 'recording' } });
  });
});

describe('A mapping that was saved before its rules were stricter', () => {
  it('refuses the people it concerns, the field named, and no one else', async () => {
    const stage = await startStage('attention');
    const group = await stage.addGroup('Sales');
    const rule = { groupId: group, groupName: 'Sales', value: 'throne' };
    await stage.setMapping({ seatType: { rules: [rule] } });
    await stage.addUser(person(BO));
    const id = await stage.addUser(person(ANA));
    await stage.patchGroup(group, { op: 'add', path: 'members', value: [{ value: id }] });
    await eventually(() => stage.state(id), 'refused');
    expect((await stage.account(id))?.lastError?.message).toContain('seatType');
  });
});
