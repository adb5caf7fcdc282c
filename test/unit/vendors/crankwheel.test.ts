import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crankwheel } from '../../../src/vendors/crankwheel/index.ts';
import {
  accountOf,
  failureOf,
  listAll,
  openStage,
  type Stage,
  wantedFor,
} from '../../contract/vendors-setup.ts';

const ANA = 'ana.diaz+x@example.com';
const FORM =
  'user_access%5Bemail%5D=ana.diaz%2Bx%40example.com&user_access%5Bprivilege%5D=user' +
  '&user_access%5Bin_demo_pool%5D=false&user_access%5Bsend_onboarding_email%5D=false';

describe('CrankWheel', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(crankwheel);
  });
  afterEach(() => stage.close());

  async function restage(options: Parameters<typeof openStage>[1]): Promise<void> {
    await stage.close();
    stage = await openStage(crankwheel, options);
  }

  it('sends a create as four bracketed, urlencoded keys in order', async () => {
    const [outcome] = await stage.session.create([wantedFor(stage, ANA)]);
    expect(accountOf(outcome)).toEqual({
      id: ANA,
      address: ANA,
      presence: 'active',
      fields: { email: ANA, privilege: 'user', inDemoPool: false },
    });
    expect(await stage.calls()).toEqual([
      { method: 'POST', path: '/ss/api/user_access', status: 201, body: FORM },
    ]);
    expect(await stage.accounts()).toEqual([
      { key: ANA, state: 'active', vendor: { email: ANA, privilege: 'user', in_demo_pool: false } },
    ]);
  });

  it('sends every field as mapped', async () => {
    const fields = { email: ANA, privilege: 'reporting', inDemoPool: true, sendOnboardingEmail: true };
    await stage.session.create([{ address: ANA, fields }]);
    const [call] = await stage.calls();
    expect(Object.fromEntries(new URLSearchParams(call?.body))).toEqual({
      'user_access[email]': ANA,
      'user_access[privilege]': 'reporting',
      'user_access[in_demo_pool]': 'true',
      'user_access[send_onboarding_email]': 'true',
    });
  });

  it('names an account by its encoded address, and takes 204 for its removal', async () => {
    const [outcome] = await stage.session.create([wantedFor(stage, ANA)]);
    await stage.control('DELETE', 'calls');
    await stage.session.find?.({ address: ANA });
    await stage.session.remove?.(accountOf(outcome));
    const path = '/ss/api/user_access/ana.diaz%2Bx%40example.com';
    expect(await stage.calls()).toEqual([
      { method: 'GET', path, status: 200, body: '' },
      { method: 'DELETE', path, status: 204, body: '' },
    ]);
  });

  it('says GONE after the 404 of a removal, whatever the list says', async () => {
    const [outcome] = await stage.session.create([wantedFor(stage, ANA)]);
    await stage.control('DELETE', 'calls');
    await stage.fault({ kind: 'status', status: 404, match: 'DELETE' });
    const removal = await failureOf(stage.session.remove?.(accountOf(outcome)) ?? Promise.resolve());
    expect(removal.code).toBe('GONE');
    expect((await stage.calls()).map(({ method }) => method)).toEqual(['DELETE']);
  });

  it('looks an account up by the address that it has there, then by the one that is wanted', async () => {
    await stage.seed(ANA);
    expect(await stage.session.find?.({ id: ANA, address: 'new@example.com' })).toMatchObject({ id: ANA });
    expect(await stage.session.find?.({ id: 'old@example.com', address: ANA })).toMatchObject({ id: ANA });
    expect((await stage.calls()).map(({ path }) => path.split('/').at(-1))).toEqual(
      [ANA, 'old@example.com', ANA].map(encodeURIComponent),
    );
  });

  it('ranks the privileges, and declares that an update sends the whole record', () => {
    const privilege = crankwheel.fields.find(({ name }) => name === 'privilege');
    expect(privilege?.power).toEqual({ ranks: ['reporting', 'user', 'admin', 'owner'] });
    expect(crankwheel.supports(stage.settings).wholeRecord).toBe(true);
  });

  it.each(['array', 'object'])('reads a list whose envelope is an %s', async (listAs) => {
    await restage({ quirks: { listAs } });
    await stage.seed(ANA);
    expect((await listAll(stage.session)).map((account) => account.address)).toEqual([ANA]);
  });

  it('reads a demo pool of null as false', async () => {
    await stage.seed(ANA, { in_demo_pool: null });
    expect((await listAll(stage.session))[0]?.fields['inDemoPool']).toBe(false);
  });

  it('protects owners', async () => {
    await stage.seed(ANA, { privilege: 'owner' });
    await stage.seed('bo.li@example.com', { privilege: 'admin' });
    expect((await listAll(stage.session)).map((account) => account.protected)).toEqual([
      'an owner',
      undefined,
    ]);
  });

  it('leaves out list entries without an address and tells the others', async () => {
    const body = JSON.stringify([{ email: null }, { email: ' ' }, { email: ANA, privilege: 'new' }]);
    await stage.fault({ kind: 'status', status: 200, body });
    expect((await listAll(stage.session)).map((account) => account.address)).toEqual([ANA]);
  });

  it('says why a create is refused', async () => {
    await restage({ quirks: { onDuplicate: 'refuse' } });
    await stage.seed(ANA);
    const [outcome] = await stage.session.create([wantedFor(stage, ANA)]);
    expect(outcome).toMatchObject({
      error: {
        code: 'REJECTED',
        message: 'CrankWheel refused POST /user_access (HTTP 422: email has already been taken).',
      },
    });
  });

  describe('with updates by a repeated POST', () => {
    const change = { set: { privilege: 'admin' }, add: {}, remove: {} };

    it('sends the account whole, and looks', async () => {
      await restage({ settings: { updateByRepeatedPost: true } });
      await stage.seed(ANA, { privilege: 'user', in_demo_pool: true });
      const [account] = await listAll(stage.session);
      if (!account) throw new Error('The account is not listed.');
      await stage.control('DELETE', 'calls');
      const after = await stage.session.update?.(account, change);
      expect(after?.fields).toEqual({ email: ANA, privilege: 'admin', inDemoPool: true });
      const calls = await stage.calls();
      expect(calls.map((call) => call.method)).toEqual(['POST', 'GET']);
      expect(calls[0]?.body).toContain('privilege%5D=admin&user_access%5Bin_demo_pool%5D=true');
    });

    it('asks for a human where CrankWheel does not carry the change out', async () => {
      await restage({ settings: { updateByRepeatedPost: true }, quirks: { onDuplicate: 'ignore' } });
      await stage.seed(ANA);
      const [account] = await listAll(stage.session);
      if (!account) throw new Error('The account is not listed.');
      const error = await failureOf(stage.session.update?.(account, change) ?? Promise.resolve());
      expect(error).toMatchObject({
        code: 'NOT_PERMITTED',
        message: expect.stringContaining('make it in CrankWheel'),
        answered: true,
      });
    });

    it.each([
      { fault: { status: 404 }, code: 'GONE' },
      { fault: { status: 500 }, code: 'UNAVAILABLE' },
      { fault: { status: 200, body: '{}' }, code: 'UNREADABLE' },
    ])('says that the POST was answered where the look ends in $code', async ({ fault, code }) => {
      await restage({ settings: { updateByRepeatedPost: true } });
      await stage.seed(ANA);
      const [account] = await listAll(stage.session);
      if (!account) throw new Error('The account is not listed.');
      await stage.fault({ kind: 'status', match: 'GET', ...fault });
      const error = await failureOf(stage.session.update?.(account, change) ?? Promise.resolve());
      expect(error).toMatchObject({ code, answered: true });
    });

    it('sends no privilege that CrankWheel did not tell', async () => {
      await restage({ settings: { updateByRepeatedPost: true } });
      const account = { id: ANA, address: ANA, presence: 'active' as const, fields: { email: ANA } };
      const pool = { set: { inDemoPool: true }, add: {}, remove: {} };
      const error = await failureOf(stage.session.update?.(account, pool) ?? Promise.resolve());
      expect(error).toMatchObject({ code: 'NOT_PERMITTED', answered: false });
      expect(await stage.calls()).toEqual([]);
    });
  });
});
