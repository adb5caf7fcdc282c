import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VendorAccount } from '../../../src/core/account.ts';
import type { FieldValues } from '../../../src/core/field.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Changes } from '../../../src/vendor-kit/vendor.ts';
import { sign } from '../../../src/vendors/corezoid/client.ts';
import { corezoid } from '../../../src/vendors/corezoid/index.ts';
import {
  accountOf,
  errorOf,
  failureOf,
  listAll,
  memoryRecords,
  openStage,
  type Stage,
  wantedFor,
} from '../../contract/vendors-setup.ts';

const ANA = 'ana.diaz@example.com';
const COMPANY = '"company_id":"i702619617"';
const NO_CHANGES = { set: {}, add: {}, remove: {} };
const HASH = 'a'.repeat(40);

describe('The signature of a Corezoid request', () => {
  it.each([
    [
      '{"ops":[{"type":"list","obj":"company_users","filter":"user","sort":"title","order":"asc","company_id":"i702619617"}]}',
      '1d52847760be0d6a2281bc4663e0d2a8d8f76635',
    ],
    [
      '{"ops":[{"id":"1","type":"create","obj":"invite","login":"ana.diaz@example.com","login_type":"corezoid","company_id":"i702619617"}]}',
      '607cbe12dcc2a19ef08ecec06893691fa4cacba1',
    ],
  ])('of %s is %s', (content, signature) => {
    expect(sign(1700000000, 's3cr3t', content)).toBe(signature);
  });

  it('is made over the bytes of UTF-8', () => {
    expect(sign(1, 's', 'Díaz')).toBe('0d01196b7774b830d798ebcfd028155d7f01f090');
  });
});

describe('Corezoid', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(corezoid);
  });
  afterEach(() => stage.close());

  async function restage(options: Parameters<typeof openStage>[1]): Promise<void> {
    await stage.close();
    stage = await openStage(corezoid, options);
  }

  /** The ops that the fake received, as sent; forgets them. */
  async function takeOps(): Promise<string[]> {
    const calls = await stage.calls();
    await stage.control('DELETE', 'calls');
    return calls.map(({ body }) => body.replace(/^\{"ops":\[(.*)\]\}$/, '$1'));
  }

  async function seedAna(described: JsonObject = {}): Promise<VendorAccount> {
    await stage.seed(ANA, { obj_id: 51531, ...described });
    return listedAna();
  }

  async function listedAna(): Promise<VendorAccount> {
    const account = (await listAll(stage.session)).find(({ address }) => address === ANA);
    await stage.control('DELETE', 'calls');
    if (!account) throw new Error('The account is not listed.');
    return account;
  }

  async function invite(fields: FieldValues = {}): Promise<VendorAccount> {
    return accountOf((await stage.session.create([{ address: ANA, fields: { login: ANA, ...fields } }]))[0]);
  }

  async function answer(result: JsonObject): Promise<void> {
    const body = JSON.stringify({ request_proc: 'ok', ops: [{ id: '1', ...result }] });
    await stage.fault({ kind: 'status', status: 200, body, times: 1 });
  }

  describe('sends, byte for byte,', () => {
    it('an invitation, and keeps the hash that its link ends in', async () => {
      const [outcome] = await stage.session.create([wantedFor(stage, ANA)]);
      const account = accountOf(outcome);
      expect(account).toEqual({
        id: ANA,
        address: ANA,
        presence: 'pending',
        fields: { login: ANA, groups: [] },
        withdrawable: true,
        extra: { hash: expect.stringMatching(/^[0-9a-f]{40}$/) },
      });
      expect(await takeOps()).toEqual([
        `{"id":"1","type":"create","obj":"invite","login":"${ANA}","login_type":"corezoid",${COMPANY}}`,
      ]);
    });

    it('the list of people', async () => {
      await listAll(stage.session);
      expect(await takeOps()).toEqual([
        `{"id":"1","type":"list","obj":"company_users","filter":"user","sort":"title","order":"asc",${COMPANY}}`,
      ]);
    });

    it('a block and its end, in this company only, with the reason', async () => {
      const suspended = await stage.session.suspend?.(await seedAna());
      expect(suspended?.presence).toBe('suspended');
      if (!suspended) return;
      expect((await stage.session.reactivate?.(suspended))?.presence).toBe('active');
      const status = '"type":"modify","obj":"user_status","obj_id":51531,"obj_type":"user"';
      expect(await takeOps()).toEqual([
        `{"id":"1",${status},"status":"blocked","blocked_reason":"Deactivated by the identity provider",${COMPANY}}`,
        `{"id":"1",${status},"status":"actived","blocked_reason":"Reactivated by the identity provider",${COMPANY}}`,
      ]);
    });

    it('a removal', async () => {
      await stage.session.remove?.(await seedAna());
      expect(await takeOps()).toEqual([`{"id":"1","type":"delete","obj":"user","obj_id":51531,${COMPANY}}`]);
    });

    it('a withdrawal, with the id of the row where the list told it', async () => {
      await stage.seed(ANA, { is_invite: true, hash: HASH, obj_id: 7 });
      const listed = await listedAna();
      expect(listed).toMatchObject({ id: ANA, presence: 'pending', withdrawable: true });
      await stage.session.withdraw?.({ ...listed, extra: { hash: HASH } });
      await stage.seed(ANA, { is_invite: true, hash: HASH, obj_id: 7 });
      await stage.session.withdraw?.(listed);
      expect(await takeOps()).toEqual([
        `{"id":"1","type":"delete","obj":"invite","hash":"${HASH}",${COMPANY}}`,
        `{"id":"1","type":"delete","obj":"invite","obj_id":7,"hash":"${HASH}",${COMPANY}}`,
      ]);
      expect(await stage.accounts()).toEqual([]);
    });

    it('the life of a group of type admins', async () => {
      const { groups } = stage.session;
      const group = await groups?.create('Sales');
      await groups?.rename('198047', 'Inside Sales');
      await groups?.remove?.('198047');
      expect(group?.address).toBe('Sales');
      expect(await takeOps()).toEqual([
        `{"id":"1","type":"create","obj":"group","obj_type":"admins","title":"Sales",${COMPANY}}`,
        `{"id":"1","type":"modify","obj":"group","obj_id":198047,"obj_type":"admins","status":"actived","title":"Inside Sales",${COMPANY}}`,
        `{"id":"1","type":"delete","obj":"group","obj_id":198047,${COMPANY}}`,
      ]);
    });

    it.each([
      ['empty', ',"level":""'],
      ['null', ',"level":null'],
      ['omit', ''],
    ])('a person into a group, and out of one where unlinkLevel is %s', async (unlinkLevel, level) => {
      await restage({ settings: { unlinkLevel }, quirks: { unlinksBy: unlinkLevel } });
      const account = await seedAna({ groups: [198048] });
      const both = await stage.session.update?.(account, { ...NO_CHANGES, add: { groups: [198047] } });
      expect(both?.fields['groups']).toEqual([198048, 198047]);
      if (!both) return;
      const left = await stage.session.update?.(both, { ...NO_CHANGES, remove: { groups: [198048] } });
      expect(left?.fields['groups']).toEqual([198047]);
      const links = (await takeOps()).filter((op) => op.includes('"link"'));
      expect(links).toEqual([
        `{"id":"1","type":"link","obj":"user","group_id":198047,"obj_id":51531,"level":1,${COMPANY}}`,
        `{"id":"1","type":"link","obj":"user","group_id":198048,"obj_id":51531${level},${COMPANY}}`,
      ]);
      expect((await listedAna()).fields['groups']).toEqual([198047]);
    });
  });

  describe('maps an invitation:', () => {
    const cases: { what: string; fields: FieldValues; sent: string }[] = [
      { what: 'another login type', fields: { loginType: 'google' }, sent: '"login_type":"google"' },
      {
        what: 'the first wanted group',
        fields: { groups: [198048, 198047] },
        sent: '"login_type":"corezoid","link_to_obj":"group","link_to_obj_id":198048',
      },
      {
        what: 'an object with its rights, before groups',
        fields: { linkToObj: 'project', linkToObjId: 9, privs: ['view', 'create'], groups: [198047] },
        sent: '"login_type":"corezoid","link_to_obj":"project","link_to_obj_id":9,"privs":[{"type":"view","list_obj":["all"]},{"type":"create","list_obj":["all"]}]',
      },
      {
        what: 'no rights on a group',
        fields: { linkToObj: 'group', linkToObjId: 198047, privs: ['view'] },
        sent: '"login_type":"corezoid","link_to_obj":"group","link_to_obj_id":198047',
      },
      { what: 'no rights without an object', fields: { privs: ['view'] }, sent: '"login_type":"corezoid"' },
    ];

    it.each(cases)('$what', async ({ fields, sent }) => {
      await invite(fields);
      expect((await takeOps()).at(-1)).toBe(
        `{"id":"1","type":"create","obj":"invite","login":"${ANA}",${sent},${COMPANY}}`,
      );
    });

    it('half of an object is refused', async () => {
      const [outcome] = await stage.session.create([{ address: ANA, fields: { linkToObj: 'project' } }]);
      expect(errorOf(outcome)).toMatchObject({
        code: 'REJECTED',
        message: expect.stringContaining('linkToObjId'),
      });
      expect(await takeOps()).toEqual([]);
    });

    it('the one group that it brings is told, so that the others are known to be missing', async () => {
      expect((await invite({ groups: [198048, 198047] })).fields['groups']).toEqual([198048]);
    });
  });

  describe('reads', () => {
    it('its own result by its id, whatever the order of the reply', async () => {
      const ops = [
        { id: '2', proc: 'error', description: 'not yours' },
        { id: '1', proc: 'ok', list: [{ obj_id: 5, logins: [{ login: ANA }], status: 'actived' }] },
      ];
      const body = JSON.stringify({ request_proc: 'ok', ops });
      await stage.fault({ kind: 'status', status: 200, body, times: 1 });
      expect((await listAll(stage.session)).map(({ id }) => id)).toEqual(['5']);
    });

    it('a result without an id where there is no other', async () => {
      await restage({ quirks: { echoesIds: false } });
      expect((await seedAna()).id).toBe('51531');
    });

    it('a reply to another op alone as none', async () => {
      const body = JSON.stringify({ request_proc: 'ok', ops: [{ id: '2', proc: 'ok', list: [] }] });
      await stage.fault({ kind: 'status', status: 200, body });
      expect((await failureOf(listAll(stage.session))).code).toBe('UNREADABLE');
      expect(errorOf((await stage.session.create([wantedFor(stage, ANA)]))[0]).code).toBe('UNCERTAIN');
    });

    it('a person by the first login that is an address, the others as aliases', async () => {
      const login = (type: string, text: string) => ({ type, login: text });
      const logins = [login('phone', '+34600'), login('google', ANA), login('corezoid', 'Ana@example.org')];
      expect(await seedAna({ logins, groups: [198047] })).toEqual({
        id: '51531',
        address: ANA,
        aliases: ['Ana@example.org'],
        presence: 'active',
        fields: { login: ANA, groups: [198047] },
      });
    });

    it('nobody from a person without an address', async () => {
      await stage.seed('+34600600600');
      expect(await listAll(stage.session)).toEqual([]);
    });

    it('superadmins as protected, and the blocked as suspended', async () => {
      expect(await seedAna({ is_superadmin: true, status: 'blocked' })).toMatchObject({
        protected: 'a superadmin',
        presence: 'suspended',
      });
    });

    it('groups of type admins alone', async () => {
      const groups = await Array.fromAsync(stage.session.groups?.list() ?? []);
      expect(groups.map(({ id, address }) => [id, address])).toEqual([
        ['198048', 'Analysts'],
        ['198047', 'TableT8'],
      ]);
    });

    it('an invitation without a link as one that cannot be withdrawn', async () => {
      await restage({ quirks: { tellsUrl: false, superadmin: false } });
      expect(await invite()).toMatchObject({ presence: 'pending', withdrawable: false, extra: {} });
      expect(await listAll(stage.session)).toEqual([]);
    });
  });

  describe('calls a failed op under HTTP 200', () => {
    const cases: [string, JsonObject, string][] = [
      ['NOT_PERMITTED', { proc: 'error', description: 'Access denied' }, 'Access denied'],
      ['GONE', { proc: 'obj_id_not_found' }, 'obj_id_not_found'],
      ['THROTTLED', { proc: 'error', description: 'RPS limit' }, 'RPS limit'],
      ['REJECTED', { proc: 'error', description: 'Value is not valid' }, 'Value is not valid'],
      ['REJECTED', { proc: 'error', description: 'Status is set already' }, 'Status is set already'],
      ['REJECTED', { proc: 'error', description: 'No such login' }, 'No such login'],
    ];
    it.each(cases)('%s for %j', async (code, result, reason) => {
      const account = await seedAna();
      await answer(result);
      const error = await failureOf(stage.session.suspend?.(account) ?? Promise.resolve());
      expect(error).toMatchObject({ code, message: `Corezoid refused modify/user_status (${reason}).` });
    });

    it('CONFLICT where the address is in the company already', async () => {
      await restage({ quirks: { onDuplicate: 'refuse' } });
      await seedAna();
      expect(errorOf((await stage.session.create([wantedFor(stage, ANA)]))[0]).code).toBe('CONFLICT');
    });

    it('REJECTED where an invitation refers to what is not there', async () => {
      const fields = { login: ANA, linkToObj: 'project', linkToObjId: 4 };
      await answer({ proc: 'obj_id_not_found' });
      expect(errorOf((await stage.session.create([{ address: ANA, fields }]))[0]).code).toBe('REJECTED');
    });

    it('UNAUTHORISED where the whole request fails for its signature', async () => {
      await restage({ quirks: { badKey: 'request_proc' } });
      const dead = stage.connect({ apiLogin: 'sandbox-corezoid-login', apiSecret: 'expired' });
      expect((await failureOf(dead.verify())).code).toBe('UNAUTHORISED');
    });
  });

  it('shows neither login nor signature where a call fails', async () => {
    await stage.fault({ kind: 'status', status: 404 });
    const refused = await failureOf(stage.session.verify());
    await stage.control('DELETE', 'faults');
    await stage.fault({ kind: 'reset-before' });
    const cut = errorOf((await stage.session.create([wantedFor(stage, ANA)]))[0]);
    expect([refused.message, cut.message]).toEqual([
      'Corezoid does not know list/company_users (HTTP 404): check the connection’s baseUrl setting.',
      'It is not known whether create/invite took effect: it closed the connection.',
    ]);
  });

  it('does not fall back to a removal where it may not block', async () => {
    await restage({ quirks: { superadmin: false } });
    const account = await seedAna();
    const error = await failureOf(stage.session.suspend?.(account) ?? Promise.resolve());
    expect(error.code).toBe('NOT_PERMITTED');
    expect(await stage.accounts()).toMatchObject([{ key: ANA, state: 'active' }]);
  });

  it('asks for a human where a block is taken and has no effect', async () => {
    const account = await seedAna();
    await answer({ proc: 'ok', status: 'actived' });
    const error = await failureOf(stage.session.suspend?.(account) ?? Promise.resolve());
    expect(error).toMatchObject({
      code: 'NOT_PERMITTED',
      message: expect.stringContaining('actived'),
      answered: true,
    });
  });

  describe('a pending invitation', () => {
    it('that is gone, or was accepted meanwhile, is GONE for its withdrawal, without a look', async () => {
      const account = await invite();
      await stage.control('POST', `accounts/${ANA}/accept`);
      await takeOps();
      const error = await failureOf(stage.session.withdraw?.(account) ?? Promise.resolve());
      expect(error.code).toBe('GONE');
      expect(await takeOps()).toHaveLength(1);
      expect(await stage.accounts()).toMatchObject([{ key: ANA, state: 'active' }]);
    });

    it('has no person that a call could name', async () => {
      const account = await invite();
      await stage.control('DELETE', 'calls');
      const add = { groups: [198047] };
      for (const call of [
        () => stage.session.suspend?.(account),
        () => stage.session.remove?.(account),
        () => stage.session.update?.(account, { ...NO_CHANGES, add }),
      ]) {
        expect((await failureOf(call() ?? Promise.resolve())).code).toBe('NOT_PERMITTED');
      }
      expect((await takeOps()).filter((op) => !op.includes('"list"'))).toEqual([]);
    });

    it('brings its group to the person who accepts it', async () => {
      await invite({ groups: [198047] });
      await stage.control('POST', `accounts/${ANA}/accept`);
      expect(await listedAna()).toMatchObject({ presence: 'active', fields: { groups: [198047] } });
    });
  });

  describe('a membership', () => {
    const into = { ...NO_CHANGES, add: { groups: [198047] } };
    const out = { ...NO_CHANGES, remove: { groups: [198047] } };

    it('is looked up after the first change each way, and taken on trust then', async () => {
      const account = await seedAna();
      const changed = async (changes: Changes) => {
        await stage.session.update?.(account, changes);
        return (await takeOps()).map((op) => /"type":"(\w+)","obj":"(\w+)"/.exec(op)?.slice(1).join('/'));
      };
      expect(await changed(into)).toEqual(['list/company_users', 'link/user', 'list/group']);
      expect(await changed(out)).toEqual(['link/user', 'list/group']);
      expect(await changed(into)).toEqual(['link/user']);
      expect(await changed(out)).toEqual(['link/user']);
    });

    it.each([
      { quirks: { linksPeople: false }, groups: [], changes: into },
      { quirks: { unlinksBy: 'null' }, groups: [198047], changes: out },
    ])('becomes a human’s where Corezoid does not carry it out ($quirks)', async (wrong) => {
      await restage({ quirks: wrong.quirks });
      const account = await seedAna({ groups: wrong.groups });
      const error = await failureOf(stage.session.update?.(account, wrong.changes) ?? Promise.resolve());
      expect(error).toMatchObject({
        code: 'NOT_PERMITTED',
        message: expect.stringContaining('198047'),
        answered: true,
      });
    });

    it('counts as made although it cannot be looked up', async () => {
      const account = await seedAna();
      const groups = [{ obj_id: 198047, title: 'TableT8', type: 'admins' }];
      await answer({ proc: 'ok', list: groups });
      await answer({ proc: 'ok' });
      await stage.fault({ kind: 'status', status: 500 });
      expect((await stage.session.update?.(account, into))?.fields['groups']).toEqual([198047]);
    });

    it.each([
      NO_CHANGES,
      { ...NO_CHANGES, add: { groups: [198047, 198048] } },
      { ...NO_CHANGES, add: { groups: [198047] }, remove: { groups: [198048] } },
    ])('moves one person in or out of one group a call, not $add and $remove', async (changes) => {
      const account = await seedAna();
      await expect(stage.session.update?.(account, changes)).rejects.toThrow('one group a call');
      expect(await takeOps()).toEqual([]);
      expect(corezoid.supports(stage.settings).oneElementACall).toBe(true);
    });

    it.each([[1], [2]])('of Corezoid’s own group %i is given to nobody', async (id) => {
      const account = await seedAna();
      const change = { ...NO_CHANGES, add: { groups: [id] } };
      const error = await failureOf(stage.session.update?.(account, change) ?? Promise.resolve());
      const [invited] = await stage.session.create([
        { address: 'bo.li@example.com', fields: { groups: [id] } },
      ]);
      expect([error.code, errorOf(invited).code]).toEqual(['REJECTED', 'REJECTED']);
      expect((await takeOps()).filter((op) => !op.includes('"list"'))).toEqual([]);
    });

    it('of a group that is gone, or of a person, is GONE either way', async () => {
      const account = await seedAna();
      await stage.session.update?.(account, into);
      await stage.session.groups?.remove?.('198047');
      for (const changes of [out, into]) {
        const error = await failureOf(stage.session.update?.(account, changes) ?? Promise.resolve());
        expect(error.code).toBe('GONE');
      }
    });

    it('is power, which an emptied list takes away', () => {
      expect(corezoid.fields.find(({ name }) => name === 'groups')?.power).toBe('list');
    });

    it('that others made stays', async () => {
      const account = await seedAna({ groups: [1, 198048] });
      expect((await stage.session.update?.(account, into))?.fields['groups']).toEqual([1, 198048, 198047]);
    });
  });

  it.each(['QA', 'x'.repeat(256)])('says that a group cannot be called %s', async (title) => {
    const error = await failureOf(stage.session.groups?.create(title) ?? Promise.resolve());
    expect(error).toMatchObject({ code: 'REJECTED', message: expect.stringContaining('3 to 255') });
    expect(await takeOps()).toEqual([]);
  });

  it('requires a company', () => {
    const complete = { ...corezoid.settings.parse(stage.settings) };
    for (const companyId of [undefined, '', 'ab', 'x'.repeat(37)]) {
      const { companyId: _, ...others } = complete;
      const settings = companyId === undefined ? others : { ...others, companyId };
      expect(corezoid.settings.safeParse(settings).success).toBe(false);
    }
  });

  it('keeps what its fake holds over a restart, and gives no id twice', async () => {
    const records = memoryRecords();
    await restage({ records });
    await invite();
    await stage.control('POST', `accounts/${ANA}/accept`);
    const { id } = await listedAna();
    await restage({ records });
    expect((await listedAna()).id).toBe(id);
    await stage.session.remove?.(await listedAna());
    await restage({ records });
    await stage.seed(ANA);
    expect(Number((await listedAna()).id)).toBeGreaterThan(Number(id));
  });
});
