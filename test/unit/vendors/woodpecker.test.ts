import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VendorAccount } from '../../../src/core/account.ts';
import type { WantedCreate } from '../../../src/vendor-kit/vendor.ts';
import { woodpecker } from '../../../src/vendors/woodpecker/index.ts';
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
const COMPANY = '/rest/v2/agency/companies/4711';
const GRANT = { set: {}, add: { guestPermissions: ['mailboxes'] }, remove: {} };
const TAKE = { set: {}, add: {}, remove: { guestPermissions: ['mailboxes'] } };

const guest = (address: string, fields: object = {}): WantedCreate => ({
  address,
  fields: { name: 'Ana Díaz', email: address, guestPermissions: [], ...fields },
});
const guests = (count: number) =>
  Array.from({ length: count }, (_, index) => guest(`guest${index}@example.com`));

describe('Woodpecker', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(woodpecker);
  });
  afterEach(() => stage.close());

  async function restage(options: Parameters<typeof openStage>[1]): Promise<void> {
    await stage.close();
    stage = await openStage(woodpecker, options);
  }

  async function seeded(address: string, described: object = {}): Promise<VendorAccount> {
    await stage.seed(address, { ...described });
    const account = (await listAll(stage.session)).find((one) => one.address === address);
    await stage.control('DELETE', 'calls');
    if (!account) throw new Error('The account is not listed.');
    return account;
  }

  const update = (account: VendorAccount, changes: typeof GRANT | typeof TAKE) =>
    stage.session.update?.(account, changes) ?? Promise.reject(new Error('There is no update.'));

  describe('an invitation', () => {
    it('names each guest with the permissions, in one call', async () => {
      const outcomes = await stage.session.create([
        guest(ANA, { guestPermissions: ['mailboxes'] }),
        guest(BO, { name: 'Bo Li' }),
      ]);
      expect(outcomes).toEqual([
        { account: { id: ANA, address: ANA, presence: 'pending', fields: { email: ANA } } },
        { account: { id: BO, address: BO, presence: 'pending', fields: { email: BO } } },
      ]);
      expect(await stage.calls()).toEqual([
        {
          method: 'POST',
          path: `${COMPANY}/invite_guest`,
          status: 200,
          body: '{"guests":[{"name":"Ana Díaz","email":"ana.diaz@example.com","guest_permissions":["mailboxes"]},{"name":"Bo Li","email":"bo.li@example.com","guest_permissions":[]}]}',
        },
      ]);
    });

    it('has the full name and no permissions by default', async () => {
      await stage.session.create([wantedFor(stage, ANA)]);
      expect((await stage.calls())[0]?.body).toBe(
        `{"guests":[{"name":"Ana Díaz","email":"${ANA}","guest_permissions":[]}]}`,
      );
    });

    it('leaves the permissions out for a White Label agency, and counts them as not granted', async () => {
      await restage({ settings: { whiteLabel: true }, quirks: { whiteLabel: true } });
      const outcomes = await stage.session.create([guest(ANA, { guestPermissions: ['mailboxes'] })]);
      expect(accountOf(outcomes[0]).fields).toEqual({ email: ANA, guestPermissions: [] });
      expect((await stage.calls())[0]?.body).toBe(`{"guests":[{"name":"Ana Díaz","email":"${ANA}"}]}`);
    });

    it.each(['90001', '["a1b2"]', '{"id":"a1b2"}'])(
      'is taken for sent whatever form its id has: %s',
      async (body) => {
        await stage.fault({ kind: 'status', status: 201, body });
        expect(accountOf((await stage.session.create([guest(ANA)]))[0]).presence).toBe('pending');
      },
    );

    it('takes ten guests a call', async () => {
      expect(woodpecker.supports(stage.settings).batch).toBe(10);
      expect((await stage.session.create(guests(10))).map((outcome) => 'account' in outcome)).not.toContain(
        false,
      );
      expect(await stage.calls()).toHaveLength(1);
    });

    it('that is refused as a batch is sent no second time, and invites none', async () => {
      const wanted = [...guests(4), guest('no address'), ...guests(9).slice(4)];
      const outcomes = await stage.session.create(wanted);
      const error = expect.objectContaining({
        code: 'REJECTED',
        message: 'Woodpecker refused POST /agency/companies/4711/invite_guest (HTTP 400: E_EMAIL).',
      });
      expect(outcomes).toEqual(wanted.map(() => ({ error, together: true })));
      expect(await stage.accounts()).toEqual([]);
      expect(await stage.calls()).toHaveLength(1);
      const [before, bad] = wanted.slice(3, 5);
      if (!before || !bad) return;
      expect(accountOf((await stage.session.create([before]))[0]).presence).toBe('pending');
      expect(await stage.session.create([bad])).toEqual([{ error }]);
    });

    it('is not to be tried alone where the company is what is wrong', async () => {
      await stage.fault({ kind: 'status', status: 404 });
      const outcomes = await stage.session.create(guests(3));
      expect(await stage.calls()).toHaveLength(1);
      for (const outcome of outcomes) {
        expect(outcome).not.toHaveProperty('together');
        expect(errorOf(outcome)).toMatchObject({
          code: 'REJECTED',
          message:
            'Woodpecker does not know the company 4711 (HTTP 404): check the connection’s companyId and baseUrl settings.',
        });
      }
    });

    it('is mailed again, unchanged, until it is accepted', async () => {
      await stage.session.create([guest(ANA)]);
      await stage.session.create([guest(ANA, { name: 'Another', guestPermissions: ['mailboxes'] })]);
      expect(await stage.accounts()).toMatchObject([
        { key: ANA, state: 'pending', vendor: { name: 'Ana Díaz', guest_permissions: [], mails: 2 } },
      ]);
      await stage.control('POST', `accounts/${ANA}/accept`);
      await stage.session.create([guest(ANA)]);
      expect(await stage.accounts()).toMatchObject([{ state: 'active', vendor: { mails: 2 } }]);
    });
  });

  describe('the list', () => {
    it('tells an invited guest’s own id once the invitation is accepted', async () => {
      await stage.session.create([guest(ANA, { guestPermissions: ['mailboxes'] })]);
      expect(await listAll(stage.session)).toEqual([]);
      await stage.control('POST', `accounts/${ANA}/accept`);
      expect(await listAll(stage.session)).toEqual([
        {
          id: '1236',
          address: ANA,
          presence: 'active',
          fields: { name: 'Ana Díaz', email: ANA, guestPermissions: ['mailboxes'] },
        },
      ]);
    });

    it('proves nothing by the absence of somebody who is invited', () => {
      expect(woodpecker.supports(stage.settings).hidesPending).toBe(true);
    });

    it('may tell it before', async () => {
      await restage({ quirks: { listsPending: true } });
      await stage.session.create([guest(ANA)]);
      expect((await listAll(stage.session)).map(({ id }) => id)).toEqual(['1236']);
    });

    it('is read to its last page, from page 1', async () => {
      for (const { address } of guests(120)) await stage.seed(address);
      expect((await listAll(stage.session)).map(({ address }) => address)).toEqual(
        guests(120).map(({ address }) => address),
      );
      expect((await stage.calls()).map(({ path }) => path)).toEqual(
        [1, 2, 3].map((page) => `${COMPANY}/users?page=${page}`),
      );
    });

    it('is UNREADABLE, rather than cut short, where Woodpecker always sends the first page', async () => {
      const paging = { total_elements: 60, total_pages: 2, current_page_number: 1, page_size: 50 };
      await stage.fault({
        kind: 'status',
        status: 200,
        body: JSON.stringify({ content: [], pagination_data: paging }),
      });
      expect((await failureOf(listAll(stage.session))).code).toBe('UNREADABLE');
    });

    it('is not taken for empty after 204', async () => {
      await stage.fault({ kind: 'status', status: 204 });
      expect((await failureOf(listAll(stage.session))).code).toBe('UNREADABLE');
    });

    it.each([
      { roles: ['guest'], reason: undefined },
      { roles: ['admin'], reason: 'an admin of the agency' },
      { roles: ['admin', 'owner'], reason: 'an owner of the company' },
      { roles: ['guest', 'owner'], reason: 'an owner of the company' },
      { roles: ['authorized_team_member'], reason: 'a team member of the agency' },
      { roles: ['manager'], reason: 'somebody who is not a guest' },
      { roles: [], reason: 'somebody who is not a guest' },
    ])('protects all but guests: $roles', async ({ roles, reason }) => {
      expect((await seeded(ANA, { roles })).protected).toBe(reason);
    });

    it('leaves out entries without an address, and reads what is null', async () => {
      const nobody = { id: 1, name: null, email: null, roles: null, guest_permissions: null };
      const ana = { ...nobody, id: 2, email: ANA, roles: ['guest'] };
      const pagination_data = { total_pages: 1, current_page_number: 1 };
      const body = JSON.stringify({ content: [nobody, { ...nobody, email: ' ' }, ana], pagination_data });
      await stage.fault({ kind: 'status', status: 200, body });
      expect(await listAll(stage.session)).toEqual([
        { id: '2', address: ANA, presence: 'active', fields: { email: ANA, guestPermissions: [] } },
      ]);
    });
  });

  describe('permissions', () => {
    it('are set by the guest’s id, all of them', async () => {
      const account = await seeded(ANA, { id: 1236, guest_permissions: ['mailboxes'] });
      const after = await update(account, TAKE);
      expect(after.fields['guestPermissions']).toEqual([]);
      await update(after, GRANT);
      const call = { method: 'PUT', path: `${COMPANY}/guests/permissions`, status: 200 };
      expect(await stage.calls()).toEqual([
        { ...call, body: '{"guests":[{"id":1236,"permissions":[]}]}' },
        { ...call, body: '{"guests":[{"id":1236,"permissions":["mailboxes"]}]}' },
      ]);
    });

    it('that others gave stay, and none is sent twice', async () => {
      const account = await seeded(ANA, { id: 1236, guest_permissions: ['reports', 'mailboxes'] });
      await stage.fault({ kind: 'status', status: 200, match: 'PUT' });
      await update(account, GRANT);
      await update(account, TAKE);
      expect((await stage.calls()).map(({ body }) => body)).toEqual([
        '{"guests":[{"id":1236,"permissions":["reports","mailboxes"]}]}',
        '{"guests":[{"id":1236,"permissions":["reports"]}]}',
      ]);
    });

    it('are all taken away when a guest is revoked, who stays a guest', async () => {
      const account = await seeded(ANA, { id: 1236, guest_permissions: ['mailboxes'] });
      const after = await stage.session.revoke?.(account);
      expect(after).toMatchObject({ id: '1236', presence: 'active', fields: { guestPermissions: [] } });
      expect((await stage.calls()).map(({ body }) => body)).toEqual([
        '{"guests":[{"id":1236,"permissions":[]}]}',
      ]);
      expect(await stage.accounts()).toMatchObject([{ key: ANA, vendor: { guest_permissions: [] } }]);
    });

    it('wait for the invitation to be accepted', async () => {
      const pending = accountOf((await stage.session.create([guest(ANA)]))[0]);
      await stage.control('DELETE', 'calls');
      expect(await failureOf(update(pending, GRANT))).toMatchObject({
        code: 'NOT_PERMITTED',
        message: expect.stringContaining('has not accepted'),
      });
      expect(await stage.calls()).toEqual([]);
    });

    it.each([{}, { kind: 'status', status: 404, match: 'PUT' }])(
      'of somebody whom Woodpecker does not know are GONE, whatever the list says (%j)',
      async (fault) => {
        const account = await seeded(ANA);
        if ('kind' in fault) await stage.fault(fault);
        else await stage.control('DELETE', `accounts/${ANA}`);
        expect((await failureOf(update(account, GRANT))).code).toBe('GONE');
        expect((await failureOf(stage.session.revoke?.(account) ?? Promise.resolve())).code).toBe('GONE');
        expect((await stage.calls()).map(({ method }) => method)).toEqual(['PUT', 'PUT']);
      },
    );

    it('are power, which an emptied list takes away', () => {
      expect(woodpecker.fields.find(({ name }) => name === 'guestPermissions')?.power).toBe('list');
    });
  });

  it('calls the older bad-key answer, E_SESSION, UNAUTHORISED', async () => {
    await restage({ quirks: { badKeyAs: '400' } });
    const dead = stage.connect({ apiKey: 'wrong' });
    expect((await failureOf(dead.verify())).code).toBe('UNAUTHORISED');
    expect(errorOf((await dead.create(guests(3)))[0]).code).toBe('UNAUTHORISED');
  });

  it('calls E_URL_NOT_FOUND a wrong setting', async () => {
    await stage.fault({ kind: 'status', status: 400, body: '{"code":"E_URL_NOT_FOUND"}' });
    expect(await failureOf(stage.session.verify())).toMatchObject({
      code: 'REJECTED',
      message: expect.stringContaining('companyId'),
    });
  });

  describe('with more calls at once than it takes', () => {
    const SLOW = { kind: 'slow', delayMs: 150, times: 1 };
    const verifyAll = (count: number) =>
      Promise.allSettled(Array.from({ length: count }, () => stage.session.verify()));
    const codes = (results: PromiseSettledResult<void>[]) =>
      results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));

    it('is not called so: one call at a time is the default', () => {
      expect(woodpecker.limits(stage.settings).concurrency).toBe(1);
    });

    it.each(['429', '400'])('answers one, queues six and throttles the rest with %s', async (throttledAs) => {
      await restage({ quirks: { throttledAs } });
      await stage.fault(SLOW);
      expect(codes(await verifyAll(9))).toEqual(['THROTTLED', 'THROTTLED']);
      expect((await stage.calls()).map(({ status }) => status).sort()).toEqual(
        [...Array(7).fill(200), ...Array(2).fill(Number(throttledAs))].sort(),
      );
      await expect(stage.session.verify()).resolves.toBeUndefined();
    });

    it('lets nobody wait for ever', async () => {
      await restage({ quirks: { queueWaitMs: 20 } });
      await stage.fault(SLOW);
      expect(codes(await verifyAll(3))).toEqual(['THROTTLED', 'THROTTLED']);
    });

    it('goes on after a call whose connection broke', async () => {
      await stage.fault({ kind: 'reset-after', times: 1 });
      await verifyAll(3);
      await expect(stage.session.verify()).resolves.toBeUndefined();
    });
  });

  it('keeps its guests, and who has accepted, over a restart of the fake', async () => {
    const records = memoryRecords();
    await restage({ records });
    await stage.session.create([guest(ANA), guest(BO)]);
    await stage.control('POST', `accounts/${ANA}/accept`);
    await restage({ records });
    expect((await stage.accounts()).map(({ key, state }) => [key, state])).toEqual([
      [ANA, 'active'],
      [BO, 'pending'],
    ]);
  });
});
