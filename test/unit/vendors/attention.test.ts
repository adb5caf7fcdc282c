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
    const BO = 'bo.li@example.com';
    const refused = {
      code: 'REJECTED',
      message: `${ANA} is the last active administrator in Attention: give somebody else that role there, then try again.`,
    };
    const toSalesRep = { ...NO_CHANGES, set: { roleUUID: ROLE } };
    const ways: [string, (account: VendorAccount) => Promise<unknown> | undefined][] = [
      ['removal', (account) => stage.session.remove?.(account)],
      ['suspension', (account) => stage.session.suspend?.(account)],
      ['another role', (account) => stage.session.update?.(account, toSalesRep)],
    ];
    const writes = async () => (await stage.calls()).filter(({ method }) => method !== 'GET');

    it.each(ways)('is kept from %s while no other is active', async (_what, attempt) => {
      await stage.seed(BO, { roleUUID: ADMIN, deactivatedAt: '2026-01-01T00:00:00Z' });
      const account = await seedAna({ roleUUID: ADMIN });
      expect(await failureOf(attempt(account) ?? Promise.resolve())).toMatchObject(refused);
      expect(await writes()).toEqual([]);
    });

    it.each(ways)('is open to %s while another is active', async (_what, attempt) => {
      const account = await seedAna({ roleUUID: ADMIN });
      await stage.seed(BO, { roleUUID: ADMIN });
      await attempt(account);
      expect(await writes()).toHaveLength(1);
    });

    it.each(ways)('is kept from %s although its role was not told', async (_what, attempt) => {
      const account = await seedAna({ roleUUID: ADMIN });
      const { roleUUID: _, ...fields } = account.fields;
      const { extra: _extra, ...untold } = { ...account, fields };
      expect(await failureOf(attempt(untold) ?? Promise.resolve())).toMatchObject(refused);
    });

    it('changes in everything but the role, and in the role to that of another administrator', async () => {
      const account = await seedAna({ roleUUID: ADMIN });
      await stage.session.update?.(account, { ...NO_CHANGES, set: { firstName: 'Anne', roleUUID: ADMIN } });
      await stage.session.update?.(account, { ...NO_CHANGES, set: { lastName: 'Roca' } });
      expect(await writes()).toHaveLength(2);
    });

    it('is not removed at the same time as the only other one', async () => {
      const account = await seedAna({ roleUUID: ADMIN });
      await stage.seed(BO, { roleUUID: ADMIN });
      const both = await listAll(stage.session);
      expect(both.map(({ address }) => address).sort()).toEqual([account.address, BO]);
      const results = await Promise.allSettled(both.map((one) => stage.session.remove?.(one)));
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await stage.accounts()).toHaveLength(1);
    });

    it('costs nobody else a list', async () => {
      await stage.session.remove?.(await seedAna());
      expect((await stage.calls()).map(({ method }) => method)).toEqual(['DELETE']);
    });
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
      expect(error).toMatchObject({ code: 'NOT_PERMITTED', message: expect.stringContaining('scim.update') });
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
