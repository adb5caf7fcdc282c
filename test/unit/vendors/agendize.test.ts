import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VendorAccount } from '../../../src/core/account.ts';
import type { FieldValues } from '../../../src/core/field.ts';
import { agendize } from '../../../src/vendors/agendize/index.ts';
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
const BO = 'bo.li@example.com';
const SALES = { tag: 'Sales', color: '#3366ff' };
const SUPPORT = { tag: 'Support', color: '#ff6633' };
const ACCOUNTS = '/api/2.0/resellers/accounts';
const NO_CHANGES = { set: {}, add: {}, remove: {} };
const FIELDS: FieldValues = {
  email: ANA,
  firstName: 'Ana',
  lastName: 'Díaz',
  profileId: '12',
  sendSignupEmail: true,
  displayName: 'Ana Díaz',
  resellerId: '00u1a2b3',
  tags: [SALES],
};
const BODY =
  `{"email":"${ANA}","firstName":"Ana","lastName":"Díaz","profile":{"id":"12"},"sendSignupEmail":true,` +
  '"preferences":{"displayName":"Ana Díaz"},"resellerId":"00u1a2b3","tags":[{"tag":"Sales","color":"#3366ff"}]}';

describe('Agendize', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(agendize);
  });
  afterEach(() => stage.close());

  async function restage(options: Parameters<typeof openStage>[1]): Promise<void> {
    await stage.close();
    stage = await openStage(agendize, options);
  }

  async function seedAna(described: object = {}): Promise<VendorAccount> {
    await stage.seed(ANA, { firstName: 'Ana', lastName: 'Díaz', ...described });
    return readAna();
  }

  async function readAna(): Promise<VendorAccount> {
    const account = (await listAll(stage.session)).find(({ address }) => address === ANA);
    await stage.control('DELETE', 'calls');
    if (!account) throw new Error('The account is not listed.');
    return account;
  }

  const createAna = async (fields = FIELDS) => (await stage.session.create([{ address: ANA, fields }]))[0];

  describe('a create', () => {
    it('sends the fields in the documented shape, in a fixed order', async () => {
      expect(accountOf(await createAna())).toEqual({
        id: '8841',
        address: ANA,
        presence: 'active',
        fields: {
          email: ANA,
          firstName: 'Ana',
          lastName: 'Díaz',
          profileId: '12',
          displayName: 'Ana Díaz',
          timeZone: 'Europe/Paris',
          language: 'en',
          resellerId: '00u1a2b3',
          tags: [SALES],
        },
      });
      expect(await stage.calls()).toEqual([{ method: 'POST', path: ACCOUNTS, status: 200, body: BODY }]);
      expect(await stage.accounts()).toMatchObject([{ key: ANA, vendor: { signupEmails: 1 } }]);
    });

    it('leaves out what nobody wants', async () => {
      await createAna({ email: ANA, profileId: '14', sendSignupEmail: false });
      expect((await stage.calls())[0]?.body).toBe(
        `{"email":"${ANA}","profile":{"id":"14"},"sendSignupEmail":false}`,
      );
    });

    it('sends time zone and language where they are mapped', async () => {
      const fields = { email: ANA, profileId: '12', timeZone: 'America/Montreal', language: 'fr' };
      expect(accountOf(await createAna(fields)).fields).toMatchObject(fields);
      expect((await stage.calls())[0]?.body).toContain(
        '"preferences":{"timeZone":"America/Montreal","language":"fr"}',
      );
    });

    it('goes out by PUT where the setting says so', async () => {
      await restage({ settings: { createVerb: 'PUT' } });
      await createAna();
      expect(await stage.calls()).toMatchObject([{ method: 'PUT', path: ACCOUNTS, body: BODY }]);
    });

    it.each([
      { onDuplicate: 'conflict', code: 'CONFLICT' },
      { onDuplicate: 'refuse', code: 'REJECTED' },
    ])('for an address that is there is $code where Agendize answers `$onDuplicate`', async (row) => {
      await restage({ quirks: { onDuplicate: row.onDuplicate } });
      await seedAna();
      const error = errorOf(await createAna());
      expect(error).toMatchObject({
        code: row.code,
        message: expect.stringContaining('This user name is taken'),
      });
    });

    it('is REJECTED with the reason for a profile that Agendize does not know', async () => {
      expect(errorOf(await createAna({ ...FIELDS, profileId: '99' }))).toMatchObject({
        code: 'REJECTED',
        message: 'Agendize refused POST /accounts (HTTP 400: The profile 99 does not exist).',
      });
    });

    it('may be made without the resellerId where an account of another address has it', async () => {
      await stage.seed(BO, { resellerId: '00u1a2b3', status: 'disabled' });
      expect(errorOf(await createAna())).toMatchObject({
        code: 'CONFLICT',
        message: 'Agendize has it already (HTTP 409: The resellerId 00u1a2b3 is taken).',
        status: 409,
        without: ['resellerId'],
      });
      const { resellerId: _, ...others } = FIELDS;
      expect(accountOf(await createAna(others))).toMatchObject({ id: '8842', address: ANA });
      const calls = await stage.calls();
      expect(calls.map(({ method, path, status }) => [method, path, status])).toEqual([
        ['POST', ACCOUNTS, 409],
        ['GET', `${ACCOUNTS}/00u1a2b3`, 200],
        ['POST', ACCOUNTS, 200],
      ]);
      expect(calls[2]?.body).toBe(BODY.replace('"resellerId":"00u1a2b3",', ''));
    });

    it('that is refused for another reason is refused with the resellerId or without', async () => {
      await seedAna({ resellerId: '00u1a2b3' });
      expect(errorOf(await createAna())).toMatchObject({ code: 'CONFLICT', without: [] });
      await stage.control('DELETE', `accounts/${ANA}`);
      await stage.fault({ kind: 'status', status: 400, match: 'POST', times: 1 });
      expect(errorOf(await createAna())).toMatchObject({ code: 'REJECTED', without: [] });
      await stage.seed(BO, { resellerId: '00u1a2b3' });
      await stage.fault({ kind: 'status', status: 500, match: 'GET' });
      expect(errorOf(await createAna())).toMatchObject({ code: 'CONFLICT', without: [] });
    });
  });

  describe('an update', () => {
    it('sends changed fields only', async () => {
      const account = await seedAna();
      const after = await stage.session.update?.(account, { ...NO_CHANGES, set: { lastName: 'Díaz Roca' } });
      expect(after?.fields['lastName']).toBe('Díaz Roca');
      expect(await stage.calls()).toEqual([
        { method: 'PUT', path: `${ACCOUNTS}/8841`, status: 200, body: '{"lastName":"Díaz Roca"}' },
      ]);
    });

    it('goes out by POST where the setting says so', async () => {
      await restage({ settings: { updateVerb: 'POST' } });
      const account = await seedAna();
      await stage.session.update?.(account, { ...NO_CHANGES, set: { firstName: 'Anne' } });
      await stage.session.suspend?.(account);
      expect((await stage.calls()).map(({ method, path }) => `${method} ${path}`)).toEqual([
        `POST ${ACCOUNTS}/8841`,
        `POST ${ACCOUNTS}/8841`,
      ]);
    });

    it('sends others’ tags again as they are now, and replaces a tag by its text', async () => {
      await createAna({ ...FIELDS, tags: [SALES, SUPPORT] });
      const account = await readAna();
      const elsewhere = [{ tag: 'VIP', color: '#FFD700' }, { tag: 'Old' }, SALES, SUPPORT];
      await fetch(`${String(stage.settings['baseUrl'])}/accounts/8841`, {
        method: 'PUT',
        headers: { apiKey: 'sandbox-agendize-key', token: 'sandbox-agendize-token' },
        body: JSON.stringify({ tags: elsewhere }),
      });
      await stage.control('DELETE', 'calls');
      const after = await stage.session.update?.(account, {
        set: {},
        add: { tags: [{ tag: 'Sales', color: '#000000' }] },
        remove: { tags: [SUPPORT] },
      });
      expect((await stage.calls()).map(({ method, body }) => [method, body])).toEqual([
        ['GET', ''],
        ['PUT', '{"tags":[{"tag":"VIP","color":"#FFD700"},{"tag":"Old"},{"tag":"Sales","color":"#000000"}]}'],
      ]);
      expect(after?.fields['tags']).toEqual([
        { tag: 'VIP', color: '#ffd700' },
        { tag: 'Old' },
        { tag: 'Sales', color: '#000000' },
      ]);
    });

    it('takes tags from the account that is meant, not from one whose resellerId is its id', async () => {
      const account = await seedAna({ tags: [{ id: 't1', ...SUPPORT }] });
      await stage.fault({
        kind: 'status',
        status: 200,
        match: `GET ${ACCOUNTS}/8841`,
        body: JSON.stringify({ id: '9000', email: BO, resellerId: '8841', tags: [{ tag: 'Bo' }] }),
      });
      await stage.session.update?.(account, { ...NO_CHANGES, add: { tags: [SALES] } });
      expect((await stage.calls()).at(-1)?.body).toBe(JSON.stringify({ tags: [SUPPORT, SALES] }));
    });

    it('changes the profile where the setting says so', async () => {
      await restage({ settings: { updateProfile: true } });
      const account = await seedAna();
      await stage.session.update?.(account, { ...NO_CHANGES, set: { profileId: '14' } });
      expect((await stage.calls())[0]?.body).toBe('{"profile":{"id":"14"}}');
    });

    it('asks for a human where Agendize takes a profile and does not change it', async () => {
      await restage({ settings: { updateProfile: true }, quirks: { ignores: ['profile'] } });
      const account = await seedAna();
      const change = { ...NO_CHANGES, set: { profileId: '14' } };
      const error = await failureOf(stage.session.update?.(account, change) ?? Promise.resolve());
      expect(error).toMatchObject({
        code: 'NOT_PERMITTED',
        message: expect.stringContaining('profile 14'),
        answered: true,
      });
    });

    it('is GONE for an account that is no longer there', async () => {
      const account = await seedAna();
      await stage.control('DELETE', `accounts/${ANA}`);
      for (const change of [{ set: { lastName: 'Roca' } }, { add: { tags: [SALES] } }]) {
        const call = stage.session.update?.(account, { ...NO_CHANGES, ...change });
        expect((await failureOf(call ?? Promise.resolve())).code).toBe('GONE');
      }
    });
  });

  describe('its status', () => {
    it('is written alone, both ways', async () => {
      const account = await seedAna();
      const suspended = await stage.session.suspend?.(account);
      expect(suspended).toEqual({ ...account, presence: 'suspended' });
      expect(await stage.session.reactivate?.(account)).toEqual(account);
      expect(await stage.calls()).toEqual([
        { method: 'PUT', path: `${ACCOUNTS}/8841`, status: 200, body: '{"status":"disabled"}' },
        { method: 'PUT', path: `${ACCOUNTS}/8841`, status: 200, body: '{"status":"enabled"}' },
      ]);
    });

    it('asks for a human where Agendize takes it and does not change it', async () => {
      await restage({ quirks: { ignores: ['status'] } });
      const account = await seedAna();
      const error = await failureOf(stage.session.suspend?.(account) ?? Promise.resolve());
      expect(error).toMatchObject({
        code: 'NOT_PERMITTED',
        message: `Agendize took the change and does not confirm that ${ANA} is disabled.`,
        answered: true,
      });
    });
  });

  it('removes an account by its id, and takes an empty answer for it', async () => {
    const account = await seedAna();
    await stage.session.remove?.(account);
    expect(await stage.calls()).toEqual([
      { method: 'DELETE', path: `${ACCOUNTS}/8841`, status: 200, body: '' },
    ]);
  });

  describe('a look-up', () => {
    it('asks for the user name, or for the id where it is known', async () => {
      const account = await seedAna();
      expect(await stage.session.find?.({ address: ANA })).toEqual(account);
      expect(await stage.session.find?.({ id: account.id, address: 'other@example.com' })).toEqual(account);
      expect((await stage.calls()).map(({ path }) => path)).toEqual([
        `${ACCOUNTS}/ana.diaz%40example.com`,
        `${ACCOUNTS}/8841`,
      ]);
    });

    it('goes on with the address where the id is gone', async () => {
      const account = await seedAna();
      expect(await stage.session.find?.({ id: '1', address: ANA })).toEqual(account);
    });

    it('says that an address is another reseller’s, which no list shows', async () => {
      await stage.seed(ANA, { otherReseller: true });
      expect(await stage.session.find?.({ address: ANA })).toEqual({
        foreign: expect.stringMatching(
          /^ana\.diaz@example\.com has an Agendize account under another reseller: .*\(HTTP 403/,
        ),
      });
      expect(await listAll(stage.session)).toEqual([]);
    });

    it('takes a 403 for an id, or for the list, for the refusal of a call', async () => {
      await stage.seed(BO, { resellerId: ANA });
      await stage.fault({ kind: 'status', status: 403, match: `GET ${ACCOUNTS}/9999` });
      const byId = failureOf(stage.session.find?.({ id: '9999', address: BO }) ?? Promise.resolve());
      expect((await byId).code).toBe('NOT_PERMITTED');
      await stage.control('DELETE', 'faults');
      await stage.fault({
        kind: 'status',
        status: 200,
        match: `GET ${ACCOUNTS}/ana`,
        body: '{"id":1,"email":"x@y"}',
      });
      await stage.fault({ kind: 'status', status: 403, match: `GET ${ACCOUNTS}` });
      const byList = failureOf(stage.session.find?.({ address: ANA }) ?? Promise.resolve());
      expect((await byList).code).toBe('NOT_PERMITTED');
    });

    it('says that several have the address where the list shows two', async () => {
      await stage.seed(BO, { resellerId: ANA });
      await seedAna();
      await stage.seed(ANA.toUpperCase());
      expect(await stage.session.find?.({ address: ANA })).toBe('several');
      expect(await stage.session.find?.({ id: '8842', address: ANA })).toMatchObject({ id: '8842' });
    });

    it('is not taken in by another account’s resellerId', async () => {
      await stage.seed(BO, { resellerId: ANA });
      expect(await stage.session.find?.({ address: ANA })).toBe('absent');
      const account = await seedAna();
      expect(await stage.session.find?.({ address: ANA })).toEqual(account);
    });
  });

  describe('an error in a reply of HTTP 200', () => {
    beforeEach(() => restage({ quirks: { errorsAs: 'ok' } }));

    it('says what its code says', async () => {
      const dead = stage.connect({ apiKey: 'wrong', token: 'wrong' });
      expect((await failureOf(dead.verify())).code).toBe('UNAUTHORISED');
      expect(await stage.session.find?.({ address: ANA })).toBe('absent');
      const account = await seedAna();
      expect(errorOf(await createAna())).toMatchObject({
        code: 'CONFLICT',
        message: 'Agendize has it already (HTTP 409: This user name is taken).',
      });
      await stage.control('DELETE', `accounts/${ANA}`);
      expect((await failureOf(stage.session.suspend?.(account) ?? Promise.resolve())).code).toBe('GONE');
      expect((await failureOf(stage.session.remove?.(account) ?? Promise.resolve())).code).toBe('GONE');
      await stage.seed(BO, { otherReseller: true });
      expect(await stage.session.find?.({ address: BO })).toHaveProperty('foreign');
    });

    it.each([
      { error: { code: 'E17', message: 'no' }, code: 'REJECTED' },
      { error: 'no', code: 'REJECTED' },
      { error: { code: 429 }, code: 'THROTTLED' },
      { error: { code: 500, message: 'no' }, code: 'UNCERTAIN' },
    ])('is $code for $error', async ({ error, code }) => {
      await stage.fault({ kind: 'status', status: 200, body: JSON.stringify({ error }) });
      expect(errorOf(await createAna()).code).toBe(code);
    });

    it('is shown without a credential', async () => {
      const { apiKey, token } = stage.fake.sandbox.credentials;
      const error = { code: 400, message: `bad ${String(apiKey)} ${String(token)}` };
      await stage.fault({ kind: 'status', status: 200, body: JSON.stringify({ error }) });
      expect(errorOf(await createAna()).message).toBe(
        'Agendize refused POST /accounts (HTTP 400: bad [secret] [secret]).',
      );
    });
  });

  describe('what it reads', () => {
    it('has no SSO token, in no account and in no error', async () => {
      const ssoToken = 'sso-of-ana';
      const account = await seedAna({ ssoToken });
      const told = [
        account,
        await stage.session.find?.({ address: ANA }),
        await stage.session.suspend?.(account),
      ];
      await stage.fault({ kind: 'status', status: 200, body: JSON.stringify({ ssoToken, email: ANA }) });
      told.push(errorOf(await createAna()) as never);
      told.push((await failureOf(listAll(stage.session))) as never);
      expect(inspect(told, { depth: 20 })).not.toContain(ssoToken);
    });

    it('protects the account that the connection’s own token belongs to', async () => {
      await stage.seed(BO);
      const own = await seedAna({ ssoToken: 'sandbox-agendize-token' });
      expect(own.protected).toBe('the reseller’s own account');
      expect((await listAll(stage.session)).map((account) => account.protected)).toEqual([
        undefined,
        'the reseller’s own account',
      ]);
    });

    it('may have numbers for ids', async () => {
      await restage({ quirks: { ids: 'number' } });
      expect(await seedAna()).toMatchObject({ id: '8841', fields: { profileId: '12' } });
    });

    it('may lack everything but an id and an address; others are told nonetheless', async () => {
      const items = [{ id: 1 }, { id: 2, email: ' ' }, { id: '3', userName: ANA }, { id: '4', email: BO }];
      await stage.fault({ kind: 'status', status: 200, body: JSON.stringify({ items }) });
      expect(await listAll(stage.session)).toEqual([
        { id: '3', address: ANA, presence: 'active', fields: { email: ANA } },
        { id: '4', address: BO, presence: 'active', fields: { email: BO } },
      ]);
    });

    it('may have a colour that is none', async () => {
      const tags = [
        { tag: 'VIP', color: true },
        { tag: 'Sales', color: '#3366FF' },
      ];
      const items = [{ id: '3', email: ANA, status: 'disabled', tags }];
      await stage.fault({ kind: 'status', status: 200, body: JSON.stringify({ items }) });
      expect(await listAll(stage.session)).toMatchObject([
        { presence: 'suspended', fields: { tags: [{ tag: 'VIP' }, SALES] } },
      ]);
    });
  });

  describe('its field table', () => {
    const field = (name: string) => agendize.fields.find((one) => one.name === name);

    it.each([
      { name: 'email', maxLength: 255, set: 'key', withoutCall: 'task' },
      { name: 'firstName', maxLength: 255, set: 'always', withoutCall: 'task' },
      { name: 'lastName', maxLength: 255, set: 'always', withoutCall: 'task' },
      { name: 'displayName', maxLength: 63, omitIfTooLong: true, set: 'create', withoutCall: 'ignore' },
      { name: 'profileId', required: true, withoutCall: 'task', power: 'any' },
      { name: 'sendSignupEmail', compared: false, set: 'create', withoutCall: 'ignore' },
      { name: 'timeZone', set: 'create', withoutCall: 'ignore', default: { from: 'none' } },
      { name: 'language', set: 'create', withoutCall: 'ignore', default: { from: 'none' } },
      { name: 'resellerId', set: 'create', withoutCall: 'ignore', default: { from: 'externalId' } },
      { name: 'tags', maxLength: 255, set: 'always', default: { from: 'none' } },
    ])('has the documented limits for $name', (row) => {
      expect(field(row.name)).toMatchObject(row);
    });

    it.each([
      ['#3366ff', true],
      ['#3366FF', false],
      ['#36f', false],
      ['blue', false],
      ['#3366ff0', false],
    ])('takes the colour %s: %s', (color, taken) => {
      expect(field('tags')?.itemPatterns?.['color']?.regex.test(color)).toBe(taken);
    });

    it('has a profile only by a setting, a rule or the identity provider', () => {
      const defaults = agendize.settings.parse({});
      expect(defaults['defaultProfileId']).toBeNull();
      expect(field('profileId')?.default).toEqual({ from: 'setting', name: 'defaultProfileId' });
    });

    it.each([
      { sendPreferences: false, off: ['displayName', 'timeZone', 'language'] },
      { sendResellerId: false, off: ['resellerId'] },
    ])('has $off switched off by a setting', async ({ off, ...settings }) => {
      expect(agendize.fields.filter((one) => off.includes(one.name)).map((one) => one.offBySetting)).toEqual(
        off.map(() => Object.keys(settings)[0]),
      );
      await restage({ settings });
      await stage.session.create([wantedFor(stage, ANA)]);
      const sent = 'sendPreferences' in settings ? 'preferences' : 'resellerId';
      expect(JSON.parse((await stage.calls())[0]?.body ?? '{}')).not.toHaveProperty(sent);
    });
  });

  it('changes the profile by a task unless the setting allows the call', () => {
    const base = { baseUrl: 'https://api.agendize.com/api/2.0/resellers' };
    expect(agendize.supports(base).update).toEqual(['firstName', 'lastName', 'tags']);
    expect(agendize.supports({ ...base, updateProfile: true }).update).toContain('profileId');
  });

  it('keeps what its fake holds over a restart', async () => {
    const records = memoryRecords();
    await restage({ records });
    await seedAna();
    await restage({ records });
    expect((await stage.accounts()).map(({ key }) => key)).toEqual([ANA]);
    expect(accountOf((await stage.session.create([wantedFor(stage, BO)]))[0]).id).toBe('8842');
  });
});
