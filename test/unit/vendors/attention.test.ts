import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VendorAccount } from '../../../src/core/account.ts';
import { attention } from '../../../src/vendors/attention/index.ts';
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
const UUID = 'c74eb7bc-7b0e-45e2-843a-67305bfc4dce';
const ROLE = '84e67f54-5157-442b-a2b3-8b9c728b2fef1';
const ADMIN = '0b0f7d7e-3a4e-4f6b-8f43-1a6f4f0f7c21';
const GENERAL = 'fe515723-fe2e-4959-a5fa-c4d3937fe7e4';
const SALES = '802a13d8-1ad0-4f4a-b880-9ace889fafa6';
const NO_CHANGES = { set: {}, add: {}, remove: {} };

describe('Attention', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(attention);
  });
  afterEach(() => stage.close());

  async function restage(options: Parameters<typeof openStage>[1]): Promise<void> {
    await stage.close();
    stage = await openStage(attention, options);
  }

  async function seedAna(described: object = {}): Promise<VendorAccount> {
    await stage.seed(ANA, { uuid: UUID, firstName: 'Ana', lastName: 'Díaz', ...described });
    const account = (await listAll(stage.session)).find(({ address }) => address === ANA);
    await stage.control('DELETE', 'calls');
    if (!account) throw new Error('The account is not listed.');
    return account;
  }

  it('sends a create in snake_case, and reads the account again for what the reply lacks', async () => {
    const fields = { ...wantedFor(stage, ANA).fields, teams: [GENERAL, SALES] };
    const account = accountOf((await stage.session.create([{ address: ANA, fields }]))[0]);
    expect(account.fields).toEqual({
      email: ANA,
      firstName: 'Ana',
      lastName: 'Díaz',
      roleUUID: ROLE,
      teams: [GENERAL, SALES],
      seatType: 'recording',
      botName: "Ana's Notetaker",
      dealsEnabled: false,
    });
    expect(await stage.calls()).toEqual([
      {
        method: 'POST',
        path: '/v2/organizations/users',
        status: 200,
        body: `{"email":"${ANA}","first_name":"Ana","last_name":"Díaz","roleUUID":"${ROLE}","teams":[{"uuid":"${GENERAL}","primary":true},{"uuid":"${SALES}","primary":false}],"seat_type":"recording"}`,
      },
      { method: 'GET', path: '/v2/users?email=ana.diaz%40example.com', status: 200, body: '' },
    ]);
  });

  it('counts a create as done although the account cannot be read again', async () => {
    await stage.fault({ kind: 'status', status: 500, match: 'GET /v2/users' });
    const account = accountOf((await stage.session.create([wantedFor(stage, ANA)]))[0]);
    expect(account).toMatchObject({ address: ANA, presence: 'active', fields: { lastName: 'Díaz' } });
  });

  it('sends an update in camelCase, changed fields only', async () => {
    const account = await seedAna();
    await stage.session.update?.(account, {
      set: { lastName: 'Díaz Roca' },
      add: { teams: [SALES] },
      remove: { teams: [GENERAL] },
    });
    expect(await stage.calls()).toEqual([
      {
        method: 'PATCH',
        path: `/v2/organizations/users/${UUID}`,
        status: 200,
        body: `{"lastName":"Díaz Roca","teamsToAdd":[{"uuid":"${SALES}","primary":false}],"teamUUIDsToRemove":["${GENERAL}"]}`,
      },
    ]);
  });

  it('sends every changeable field under the name of the update', async () => {
    const account = await seedAna();
    const set = {
      firstName: 'Anne',
      botName: 'Notes',
      dealsEnabled: true,
      roleUUID: ROLE,
      seatType: 'listener',
    };
    const after = await stage.session.update?.(account, { ...NO_CHANGES, set });
    expect(after?.fields).toMatchObject(set);
    expect((await stage.calls())[0]?.body).toBe(
      `{"firstName":"Anne","botName":"Notes","dealsEnabled":true,"roleUUID":"${ROLE}","seat_type":"listener"}`,
    );
  });

  it('adds teams as ids alone where the setting says so', async () => {
    await restage({ settings: { teamsToAdd: 'uuids' } });
    const account = await seedAna();
    await stage.session.update?.(account, { ...NO_CHANGES, add: { teams: [SALES] } });
    expect((await stage.calls())[0]?.body).toBe(`{"teamsToAdd":["${SALES}"]}`);
  });

  it('never takes the last team', async () => {
    const account = await seedAna();
    const change = { ...NO_CHANGES, remove: { teams: [GENERAL] } };
    const error = await failureOf(stage.session.update?.(account, change) ?? Promise.resolve());
    expect(error).toMatchObject({ code: 'REJECTED', message: expect.stringContaining('defaultTeamUUID') });
    expect(await stage.calls()).toEqual([]);
  });

  it('tells teams with the primary one first', async () => {
    const account = await seedAna({ teams: [GENERAL, SALES], primaryTeamUUID: SALES });
    expect(account.fields['teams']).toEqual([SALES, GENERAL]);
  });

  it('does not trust the filter of a look-up', async () => {
    await restage({ quirks: { filters: false } });
    await seedAna();
    await stage.seed('bo.li@example.com');
    expect(await stage.session.find?.({ address: 'BO.LI@example.com' })).toMatchObject({
      address: 'bo.li@example.com',
    });
    expect(await stage.session.find?.({ address: 'nobody@example.com' })).toBe('absent');
  });

  it('calls a create for an address that is there CONFLICT, and a role it does not know REJECTED', async () => {
    await seedAna();
    const wanted = wantedFor(stage, ANA);
    expect(errorOf((await stage.session.create([wanted]))[0]).code).toBe('CONFLICT');
    const stranger = { address: 'bo.li@example.com', fields: { ...wanted.fields, roleUUID: 'no-role' } };
    expect(errorOf((await stage.session.create([stranger]))[0])).toMatchObject({
      code: 'REJECTED',
      message: 'Attention refused POST /organizations/users (HTTP 400: Role no-role not found).',
    });
  });

  it('takes a removed user that stays deactivated for suspended', async () => {
    await restage({ quirks: { onDelete: 'deactivated' } });
    const account = await seedAna();
    await stage.session.remove?.(account);
    expect((await listAll(stage.session)).map(({ presence }) => presence)).toEqual(['suspended']);
  });

  describe('an administrator', () => {
    const LAST_OF = 'active administrator in Attention';
    const told = async (user: object) => {
      await stage.fault({
        kind: 'status',
        status: 200,
        body: JSON.stringify({ data: [{ uuid: UUID, email: ANA, ...user }] }),
        times: 1,
      });
      return (await listAll(stage.session))[0];
    };

    it('is one of those of whom one has to stay, while active', async () => {
      const admin = await seedAna({ roleUUID: ADMIN });
      expect(admin.lastOf).toBe(LAST_OF);
      const suspended = await stage.session.suspend?.(admin);
      expect(suspended).not.toHaveProperty('lastOf');
      if (!suspended) return;
      expect((await stage.session.reactivate?.(suspended))?.lastOf).toBe(LAST_OF);
    });

    it('is not kept by the session: the delivery judges who is the last', async () => {
      const admin = await seedAna({ roleUUID: ADMIN });
      const after = await stage.session.update?.(admin, { ...NO_CHANGES, set: { roleUUID: ROLE } });
      expect(after).not.toHaveProperty('lastOf');
      await stage.session.remove?.(admin);
      expect((await stage.calls()).map(({ method }) => method)).toEqual(['PATCH', 'DELETE']);
    });

    it.each([
      { roles: [{ uuid: 'r', type: 'SALES_REP' }], ranks: { r: 0 } },
      { roles: [{ uuid: 'r', type: 'manager' }], ranks: { r: 1 } },
      { roles: [{ uuid: 'r', type: 'admin' }], ranks: { r: 2 }, lastOf: LAST_OF },
      {
        roles: [
          { uuid: 'r', type: 'SALES_REP' },
          { uuid: 's', type: 'ADMIN' },
        ],
        ranks: { r: 0, s: 2 },
        lastOf: LAST_OF,
      },
      { roles: [{ uuid: 'r', type: 'OBSERVER' }] },
      { roles: [{ uuid: 'r' }] },
      { roleUUID: 'r' },
      {},
    ])('is known by the type of a role, which ranks it: %j', async ({ ranks, lastOf, ...user }) => {
      const account = await told(user);
      expect([account?.ranks, account?.lastOf]).toEqual([ranks, lastOf]);
    });

    it('has a power that each account tells', () => {
      expect(attention.fields.find(({ name }) => name === 'roleUUID')?.power).toBe('told');
    });
  });

  it('clears what a rule gave by a value of its own', async () => {
    const account = await seedAna({ botName: 'Notes', dealsEnabled: true });
    const cleared = attention.fields.filter((field) => field.cleared !== undefined);
    const set = Object.fromEntries(cleared.map((field) => [field.name, field.cleared ?? '']));
    const after = await stage.session.update?.(account, { ...NO_CHANGES, set });
    expect((await stage.calls())[0]?.body).toBe('{"botName":"","dealsEnabled":false}');
    expect(after?.fields).toMatchObject({ botName: '', dealsEnabled: false });
  });

  describe('a look-up', () => {
    it('reads the list where the filter does not show an id: its address may have changed there', async () => {
      const account = await seedAna();
      const bo = await stage.session.find?.({ id: UUID, address: 'bo.li@example.com' });
      expect(bo).toEqual(account);
      expect((await stage.calls()).map(({ path }) => path)).toEqual([
        '/v2/users?email=bo.li%40example.com',
        '/v2/organizations/users',
      ]);
    });

    it('says that several have an address', async () => {
      await seedAna();
      await stage.seed(ANA.toUpperCase());
      expect(await stage.session.find?.({ address: ANA })).toBe('several');
      expect(await stage.session.find?.({ id: UUID, address: ANA })).toMatchObject({ id: UUID });
    });
  });

  it('does not take a namesake for the account that it has just made', async () => {
    await restage({ quirks: { onDuplicate: 'second' } });
    const before = await seedAna();
    await stage.fault({
      kind: 'status',
      status: 200,
      match: 'GET',
      body: JSON.stringify({ data: [{ uuid: UUID, email: ANA }] }),
    });
    expect(accountOf((await stage.session.create([wantedFor(stage, ANA)]))[0]).id).not.toBe(before.id);
  });

  describe('on its SCIM side', () => {
    it('suspends by PATCH under an id of its own, looked up once', async () => {
      const account = await seedAna({ scimId: 'scim-1' });
      const suspended = await stage.session.suspend?.(account);
      expect(suspended).toEqual({ ...account, presence: 'suspended', extra: { scimId: 'scim-1' } });
      expect(await stage.calls()).toMatchObject([
        { method: 'GET', path: '/v2/scim/Users?filter=userName%20eq%20%22ana.diaz%40example.com%22' },
        {
          method: 'PATCH',
          path: '/v2/scim/Users/scim-1',
          status: 200,
          body: '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}',
        },
      ]);
      if (!suspended) return;
      await stage.control('DELETE', 'calls');
      expect((await stage.session.reactivate?.(suspended))?.presence).toBe('active');
      expect((await stage.calls()).map((call) => call.method)).toEqual(['PATCH']);
    });

    it('pages through its users where it takes filters and does not apply them', async () => {
      await restage({ quirks: { filters: false } });
      for (let count = 0; count < 120; count += 1) await stage.seed(`user${count}@example.com`);
      await stage.seed(ANA);
      const account = (await listAll(stage.session)).find(({ address }) => address === ANA);
      if (!account) throw new Error('The account is not listed.');
      expect((await stage.session.suspend?.(account))?.presence).toBe('suspended');
      const suspended = (await stage.accounts()).filter(({ state }) => state === 'suspended');
      expect(suspended.map(({ key }) => key)).toEqual([ANA]);
    });

    it('writes the whole user where the setting says PUT, and keeps its name', async () => {
      await restage({ settings: { scim: { enabled: true, update: 'put' } } });
      const account = await seedAna();
      await stage.session.suspend?.(account);
      expect((await stage.calls()).map((call) => call.method)).toEqual(['GET', 'GET', 'PUT']);
      expect(await stage.accounts()).toMatchObject([
        { state: 'suspended', vendor: { firstName: 'Ana', lastName: 'Díaz' } },
      ]);
    });

    it('asks for a human where the change is taken and not carried out', async () => {
      const account = await seedAna();
      const body = JSON.stringify({ id: 'scim-1', userName: ANA, active: true });
      await stage.fault({ kind: 'status', status: 200, body, match: 'PATCH /v2/scim' });
      const error = await failureOf(stage.session.suspend?.(account) ?? Promise.resolve());
      expect(error).toMatchObject({
        code: 'NOT_PERMITTED',
        message: expect.stringContaining('scim.update'),
        answered: true,
      });
    });

    it('leaves it to a human which of two users of one name is meant', async () => {
      const account = await seedAna();
      await stage.seed(ANA);
      const error = await failureOf(stage.session.suspend?.(account) ?? Promise.resolve());
      expect(error).toMatchObject({
        code: 'NOT_PERMITTED',
        message: expect.stringContaining('several users'),
      });
      expect((await stage.accounts()).map(({ state }) => state)).toEqual(['active', 'active']);
    });

    it('says that a person has gone where nobody there knows them', async () => {
      const account = await seedAna();
      await stage.control('DELETE', `accounts/${ANA}`);
      const error = await failureOf(stage.session.suspend?.(account) ?? Promise.resolve());
      expect(error).toMatchObject({ code: 'GONE' });
    });

    it('has a dead token found by `verify`', async () => {
      const session = stage.connect({ ...stage.fake.sandbox.credentials, scimToken: 'expired' });
      expect((await failureOf(session.verify())).code).toBe('UNAUTHORISED');
    });
  });

  it('serves several fakes in one process, each with its own users', async () => {
    const other = await openStage(attention);
    const account = await seedAna();
    await other.seed('bo.li@example.com');
    await stage.session.suspend?.(account);
    expect((await stage.accounts()).map(({ key, state }) => [key, state])).toEqual([[ANA, 'suspended']]);
    expect((await other.accounts()).map(({ key, state }) => [key, state])).toEqual([
      ['bo.li@example.com', 'active'],
    ]);
    await other.close();
  });

  it('keeps what its fake holds over a restart', async () => {
    const records = memoryRecords();
    await restage({ records });
    await seedAna();
    await stage.session.groups?.create('Field Sales');
    await restage({ records });
    expect((await stage.accounts()).map(({ key }) => key)).toEqual([ANA]);
    const titles = (await Array.fromAsync(stage.session.groups?.list() ?? [])).map(({ address }) => address);
    expect(titles).toEqual(['General', 'Sales', 'Field Sales']);
  });
});
