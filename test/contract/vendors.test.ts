import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VendorAccount } from '../../src/core/account.ts';
import { foldAddress } from '../../src/core/address.ts';
import {
  accountOf,
  contractCases,
  effectsAmong,
  errorOf,
  failureOf,
  listAll,
  openStage,
  otherValue,
  type Stage,
  wantedFor,
} from './vendors-setup.ts';

const ANA = 'ana.diaz+x@example.com';
const BO = 'bo.li@example.com';
const HTML = { headers: { 'Content-Type': 'text/html' }, body: '<html><body><h1>Oops</h1></body></html>' };

/** A promise that only some vendors make: elsewhere there is no test, rather than one that is left out. */
const when = (declared: boolean) => (promise: string, test: () => Promise<void>) => {
  if (declared) it(promise, test);
};

describe.each(await contractCases())('$name', ({ vendor, settings, supports }) => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await openStage(vendor, { settings });
  });
  afterEach(() => stage.close());

  /** Where the vendor invites, the invitation is accepted, and the account is as the vendor then lists it. */
  async function create(address: string): Promise<VendorAccount> {
    const [outcome] = await stage.session.create([wantedFor(stage, address)]);
    const account = accountOf(outcome);
    if (account.presence !== 'pending') return account;
    await acceptInvitations();
    const accepted = await listed(address);
    if (!accepted) throw new Error(`${address} has accepted and is not listed.`);
    return accepted;
  }

  async function acceptInvitations(): Promise<void> {
    const pending = (await stage.accounts()).filter((account) => account.state === 'pending');
    for (const { key } of pending) {
      await stage.control('POST', `accounts/${encodeURIComponent(key)}/accept`);
    }
  }

  /** How many calls with effects `act` made. */
  async function effectsOf(act: () => Promise<unknown> | undefined): Promise<number> {
    await stage.control('DELETE', 'calls');
    await act();
    return effectsAmong(await stage.calls()).length;
  }

  /** Takes the account away behind Causeway's back. */
  const forget = (address: string) => stage.control('DELETE', `accounts/${encodeURIComponent(address)}`);

  async function listed(address: string): Promise<VendorAccount | undefined> {
    return (await listAll(stage.session)).find(
      ({ address: one }) => foldAddress(one) === foldAddress(address),
    );
  }

  describe('its session', () => {
    it('has exactly the methods that `supports` declares', () => {
      const { session } = stage;
      expect({
        find: session.find !== undefined,
        update: session.update !== undefined,
        suspend: session.suspend !== undefined,
        reactivate: session.reactivate !== undefined,
        remove: session.remove !== undefined,
        revoke: session.revoke !== undefined,
        withdraw: session.withdraw !== undefined,
        groups: session.groups !== undefined,
        removesGroups: session.groups?.remove !== undefined,
      }).toEqual({
        find: supports.find,
        update: supports.update.length > 0,
        suspend: supports.suspend,
        reactivate: supports.suspend,
        remove: supports.remove,
        revoke: supports.revoke,
        withdraw: supports.withdraw,
        groups: supports.groups !== null,
        removesGroups: supports.groups?.remove === true,
      });
    });

    it('declares as updatable only fields of its table that can be set later', () => {
      const later = vendor.fields.filter((field) => field.set === 'always' || field.set === 'update');
      expect(later.map((field) => field.name)).toEqual(expect.arrayContaining([...supports.update]));
    });

    it('is identified by settings that its schema has, the base URL among them', () => {
      expect(vendor.identity).toContain('baseUrl');
      expect(Object.keys(stage.settings)).toEqual(expect.arrayContaining([...vendor.identity]));
    });

    it('says of each field that gives power how its values rank, and clears a field by a value of its type', () => {
      for (const { power, values, type, cleared } of vendor.fields) {
        if (typeof power === 'object') expect(power.ranks.toSorted()).toEqual(values?.toSorted());
        else expect(power === 'list' ? type : 'list').toBe('list');
        if (cleared !== undefined) expect(typeof cleared).toBe(type);
      }
    });

    it('chooses default policies that it supports', () => {
      const policies = vendor.policies(stage.settings);
      const can = { suspend: supports.suspend, remove: supports.remove, revoke: supports.revoke, task: true };
      expect([can[policies.deactivate], can[policies.delete]]).toEqual([true, true]);
    });

    it('verifies a good credential', async () => {
      await expect(stage.session.verify()).resolves.toBeUndefined();
    });

    it('calls a dead credential UNAUTHORISED in every call', async () => {
      const wrong = Object.keys(stage.fake.sandbox.credentials).map((name) => [name, 'wrong']);
      const dead = stage.connect(Object.fromEntries(wrong));
      expect((await failureOf(dead.verify())).code).toBe('UNAUTHORISED');
      expect((await failureOf(listAll(dead))).code).toBe('UNAUTHORISED');
      expect(errorOf((await dead.create([wantedFor(stage, ANA)]))[0]).code).toBe('UNAUTHORISED');
      expect(await stage.accounts()).toEqual([]);
    });
  });

  describe('an account', () => {
    it('is created with its address and then listed once', async () => {
      const account = await create(ANA);
      expect(account.address).toBe(ANA);
      const accounts = await listAll(stage.session);
      expect(accounts.map(({ id, address }) => ({ id, address }))).toEqual([
        { id: account.id, address: ANA },
      ]);
    });

    it('that is pending has its address as its id', async () => {
      const account = accountOf((await stage.session.create([wantedFor(stage, ANA)]))[0]);
      expect(account.presence).not.toBe('suspended');
      if (account.presence === 'pending') expect(account.id).toBe(ANA);
    });

    when(supports.withdraw)('that is pending is withdrawn by one call, and GONE for the next', async () => {
      const account = accountOf((await stage.session.create([wantedFor(stage, ANA)]))[0]);
      expect(account).toMatchObject({ presence: 'pending', withdrawable: true });
      expect(await effectsOf(() => stage.session.withdraw?.(account))).toBe(1);
      expect(await stage.accounts()).toEqual([]);
      const again = failureOf(stage.session.withdraw?.(account) ?? Promise.resolve());
      expect(await again).toMatchObject({ code: 'GONE', answered: false });
    });

    it('is described by fields of the table alone', async () => {
      await create(ANA);
      const names = vendor.fields.map((field) => field.name);
      expect(names).toEqual(expect.arrayContaining(Object.keys((await listed(ANA))?.fields ?? {})));
    });

    it('has the compared fields that it was created with', async () => {
      await create(ANA);
      const wanted = wantedFor(stage, ANA).fields;
      const actual = (await listed(ANA))?.fields ?? {};
      const compared = vendor.fields.filter(({ name, compared: told = true }) => told && name in actual);
      const created = compared.filter(({ name }) => name in wanted).map(({ name }) => name);
      expect(created.map((name) => [name, actual[name]])).toEqual(
        created.map((name) => [name, wanted[name]]),
      );
    });

    it('is created by one call, with as many others as the vendor takes, one outcome each in order', async () => {
      const wanted = Array.from({ length: supports.batch }, (_, index) => `user${index}@example.com`);
      const made = await effectsOf(async () => {
        const outcomes = await stage.session.create(wanted.map((address) => wantedFor(stage, address)));
        expect(outcomes.map((outcome) => accountOf(outcome).address)).toEqual(wanted);
      });
      expect(made).toBe(1);
      expect((await stage.accounts()).map((account) => account.key).sort()).toEqual(wanted.toSorted());
    });

    when(supports.find)('is found by its address in any case, and absent otherwise', async () => {
      const account = await create(ANA);
      await create(BO);
      const found = await stage.session.find?.({ address: ANA.toUpperCase() });
      expect(found).toMatchObject({ id: account.id, address: ANA });
      expect(await stage.session.find?.({ address: 'nobody@example.com' })).toBe('absent');
    });

    it.each([...supports.update])('takes a change of %s', async (name) => {
      await create(ANA);
      const before = await listed(ANA);
      const field = vendor.fields.find((one) => one.name === name);
      if (!before || !field) throw new Error(`${name} is not in the field table.`);
      const value = otherValue(field, before.fields[name], stage.fake);
      const changes = Array.isArray(value)
        ? { set: {}, add: { [name]: value }, remove: {} }
        : { set: { [name]: value }, add: {}, remove: {} };
      let after: VendorAccount | undefined;
      const made = await effectsOf(async () => {
        after = await stage.session.update?.(before, changes);
      });
      expect(made).toBe(1);
      const expected = Array.isArray(value) ? expect.arrayContaining(value) : value;
      expect(after?.fields[name]).toEqual(expected);
      expect((await listed(ANA))?.fields).toEqual({ ...before.fields, [name]: expected });
    });

    when(supports.suspend)('is suspended and reactivated', async () => {
      const account = await create(ANA);
      let suspended: VendorAccount | undefined;
      const made = await effectsOf(async () => {
        suspended = await stage.session.suspend?.(account);
      });
      expect(made).toBe(1);
      expect(suspended?.presence).toBe('suspended');
      expect((await listed(ANA))?.presence).toBe('suspended');
      expect(await stage.accounts()).toMatchObject([{ key: ANA, state: 'suspended' }]);
      if (!suspended) return;
      expect((await stage.session.reactivate?.(suspended))?.presence).toBe('active');
      expect((await listed(ANA))?.presence).toBe('active');
    });

    when(supports.remove)('is removed by one call, and GONE for the next', async () => {
      const account = await create(ANA);
      await create(BO);
      expect(await effectsOf(() => stage.session.remove?.(account))).toBe(1);
      expect((await stage.accounts()).map(({ key }) => key)).toEqual([BO]);
      expect(await listed(ANA)).toBeUndefined();
      const again = failureOf(stage.session.remove?.(account) ?? Promise.resolve());
      expect(await again).toMatchObject({ code: 'GONE', answered: false });
    });

    when(supports.remove)('whose removal is answered by nobody is UNCERTAIN, after one call', async () => {
      const account = await create(ANA);
      await stage.fault({ kind: 'reset-after' });
      const lost = failureOf(stage.session.remove?.(account) ?? Promise.resolve());
      expect(await lost).toMatchObject({ code: 'UNCERTAIN', answered: false });
    });

    when(supports.suspend)('that is not there is GONE for a suspension', async () => {
      const account = await create(ANA);
      await forget(ANA);
      expect(await failureOf(stage.session.suspend?.(account) ?? Promise.resolve())).toMatchObject({
        code: 'GONE',
      });
    });

    when(supports.revoke)('keeps its place and loses what it may do when revoked', async () => {
      await create(ANA);
      const account = await listed(ANA);
      if (!account) throw new Error('The account is not listed.');
      const made = await effectsOf(async () => {
        expect((await stage.session.revoke?.(account))?.id).toBe(account.id);
      });
      expect(made).toBe(1);
      expect(await listed(ANA)).toBeDefined();
      await forget(ANA);
      const again = failureOf(stage.session.revoke?.(account) ?? Promise.resolve());
      expect(await again).toMatchObject({ code: 'GONE', answered: false });
    });
  });

  if (supports.groups) {
    describe('its groups', () => {
      const titles = async () =>
        (await Array.fromAsync(stage.session.groups?.list() ?? [])).map((g) => g.address);

      it('are created, listed and renamed under the title that was given', async () => {
        const { groups } = stage.session;
        const group = await groups?.create('Field Sales');
        expect(group?.address).toBe('Field Sales');
        expect(await titles()).toContain('Field Sales');
        const renamed = await groups?.rename(group?.id ?? '', 'Inside Sales');
        expect(renamed).toMatchObject({ id: group?.id, address: 'Inside Sales' });
        expect(await titles()).toContain('Inside Sales');
        expect(await titles()).not.toContain('Field Sales');
      });

      it('are created and renamed by one call', async () => {
        const { groups } = stage.session;
        expect(await effectsOf(() => groups?.create('Field Sales'))).toBe(1);
        const [group] = await Array.fromAsync(groups?.list() ?? []);
        expect(await effectsOf(() => groups?.rename(group?.id ?? '', 'Inside Sales'))).toBe(1);
      });

      when(supports.groups?.remove === true)('are removed by one call, and GONE for the next', async () => {
        const group = await stage.session.groups?.create('Field Sales');
        const remove = () => stage.session.groups?.remove?.(group?.id ?? '');
        expect(await effectsOf(remove)).toBe(1);
        expect(await titles()).not.toContain('Field Sales');
        expect((await failureOf(remove() ?? Promise.resolve())).code).toBe('GONE');
      });
    });
  }

  describe('a read that fails', () => {
    const reads: { fault: string; how: object; code: string }[] = [
      { fault: 'a connection cut before the answer', how: { kind: 'reset-before' }, code: 'UNAVAILABLE' },
      { fault: 'HTTP 500', how: { kind: 'status', status: 500 }, code: 'UNAVAILABLE' },
      {
        fault: 'an HTML page with HTTP 502',
        how: { kind: 'status', status: 502, ...HTML },
        code: 'UNAVAILABLE',
      },
      { fault: 'half a JSON document', how: { kind: 'garbled' }, code: 'UNREADABLE' },
      {
        fault: 'an HTML page with HTTP 200',
        how: { kind: 'status', status: 200, ...HTML },
        code: 'UNREADABLE',
      },
      { fault: 'an empty reply', how: { kind: 'status', status: 200 }, code: 'UNREADABLE' },
      { fault: 'another shape', how: { kind: 'status', status: 200, body: '{"ok":1}' }, code: 'UNREADABLE' },
      { fault: 'the bad-key answer', how: { kind: 'unauthorised' }, code: 'UNAUTHORISED' },
      { fault: 'HTTP 403', how: { kind: 'status', status: 403 }, code: 'NOT_PERMITTED' },
    ];

    it.each(reads)('is $code after $fault', async ({ how, code }) => {
      await create(ANA);
      await stage.fault({ ...how, times: 1 });
      const error = await failureOf(listAll(stage.session));
      expect(error.code).toBe(code);
      expect(error.message).not.toContain('<');
    });

    it('names the base URL when it is redirected', async () => {
      await stage.fault({
        kind: 'status',
        status: 302,
        headers: { Location: 'http://127.0.0.1:1/' },
        times: 1,
      });
      const error = await failureOf(listAll(stage.session));
      expect(error).toMatchObject({ code: 'REJECTED', message: expect.stringContaining('baseUrl') });
    });

    it('waits as long as Retry-After says', async () => {
      await stage.fault({ kind: 'status', status: 429, headers: { 'Retry-After': '120' }, times: 1 });
      const before = Date.now();
      const { code, retryAt = 0 } = await failureOf(listAll(stage.session));
      expect(code).toBe('THROTTLED');
      expect(retryAt).toBeGreaterThanOrEqual(before + 120_000);
      expect(retryAt).toBeLessThanOrEqual(Date.now() + 120_000);
    });
  });

  describe('a create that fails', () => {
    const effects: { fault: string; how: object; made: boolean }[] = [
      { fault: 'a connection cut before the effect', how: { kind: 'reset-before' }, made: false },
      { fault: 'a connection cut after the effect', how: { kind: 'reset-after' }, made: true },
      { fault: 'half a JSON document', how: { kind: 'garbled' }, made: true },
      { fault: 'HTTP 500', how: { kind: 'status', status: 500 }, made: false },
      { fault: 'an HTML page with HTTP 200', how: { kind: 'status', status: 200, ...HTML }, made: false },
    ];

    it.each(effects)('is UNCERTAIN after $fault, and a look tells', async ({ how, made }) => {
      await stage.fault({ ...how, times: 1 });
      const [outcome] = await stage.session.create([wantedFor(stage, ANA)]);
      expect(errorOf(outcome).code).toBe('UNCERTAIN');
      await acceptInvitations();
      expect((await listed(ANA)) !== undefined).toBe(made);
      const found = await stage.session.find?.({ address: ANA });
      if (found !== undefined) expect(found !== 'absent').toBe(made);
    });

    when(supports.batch > 1)('says of a batch whose data are refused that none was made', async () => {
      const wanted = [wantedFor(stage, ANA), wantedFor(stage, BO)];
      await stage.fault({ kind: 'status', status: 422, times: 1 });
      const refused = { error: expect.objectContaining({ code: 'REJECTED' }), together: true };
      expect(await stage.session.create(wanted)).toEqual([refused, refused]);
      await stage.fault({ kind: 'status', status: 422, times: 1 });
      expect(await stage.session.create(wanted.slice(1))).toEqual([{ error: refused.error }]);
      expect(await stage.accounts()).toEqual([]);
    });

    it('is THROTTLED until Retry-After, and so are those that it was sent with', async () => {
      await stage.fault({ kind: 'status', status: 429, headers: { 'Retry-After': '60' }, times: 1 });
      const before = Date.now();
      const wanted = [wantedFor(stage, ANA), wantedFor(stage, BO)].slice(0, supports.batch);
      const outcomes = await stage.session.create(wanted);
      expect(outcomes).toEqual(
        wanted.map(() => ({ error: expect.objectContaining({ code: 'THROTTLED', answered: false }) })),
      );
      expect(errorOf(outcomes.at(-1)).retryAt).toBeGreaterThanOrEqual(before + 60_000);
      expect(await stage.calls()).toHaveLength(1);
    });

    it('says the vendor’s reason, and never a credential', async () => {
      const secrets = Object.values(stage.fake.sandbox.credentials).map(String);
      const body = JSON.stringify({ message: `this plan is full ${secrets.join(' ')}` });
      await stage.fault({ kind: 'status', status: 403, body });
      const error = errorOf((await stage.session.create([wantedFor(stage, ANA)]))[0]);
      expect(error).toMatchObject({
        code: 'NOT_PERMITTED',
        message: expect.stringContaining('this plan is full'),
      });
      for (const secret of secrets) expect(error.message).not.toContain(secret);
    });
  });
});
