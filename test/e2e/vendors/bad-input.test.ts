import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { findJob } from '../../../src/store/jobs.ts';
import { lastReconciliation } from '../../../src/store/reconciliation.ts';
import { vendors } from '../../../src/vendors/index.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';
import { changesSent, joined, reconcile, settled, stateAtVendor } from './vendor-acts.ts';

const ANA = 'ana.diaz@example.com';
const BO = 'bo.li@example.com';
const every = vendors.map(({ id, title }) => [title, id] as const);

const BAD_LISTS: [string, JsonObject][] = [
  ['empty', { body: '' }],
  [
    'a web page',
    { body: '<html><body>Please sign in</body></html>', headers: { 'Content-Type': 'text/html' } },
  ],
  ['cut short', { body: '[{"email":"ana.diaz@exa' }],
  ['of another shape', { body: '{"people":5}' }],
];

async function lastReport(stage: Stage): Promise<JsonObject> {
  const last = await lastReconciliation(stage.db, stage.id);
  return { result: last?.result ?? null, ...last?.report };
}

describe.each(every)('A list of %s', (_title, vendor) => {
  it('that cannot be read changes nothing, and says why', async () => {
    const stage = await startStage(vendor);
    const id = await joined(stage, ANA);
    for (const [, fault] of BAD_LISTS) {
      await stage.fault({ kind: 'status', status: 200, ...fault });
      await reconcile(stage);
      expect(await lastReport(stage)).toEqual({ result: 'failed', reason: expect.any(String) });
      await stage.endFaults();
    }
    expect(await changesSent(stage)).toEqual([]);
    expect(await stage.state(id)).toBe('in-sync');
    await reconcile(stage);
    expect(await lastReport(stage)).toMatchObject({ result: 'complete', total: 0 });
  });
});

describe('A list that has an address', () => {
  it('in another case is matched all the same', async () => {
    const stage = await startStage('corezoid');
    await stage.seed('Ana.Diaz@Example.com');
    const id = await stage.addUser(person(ANA));
    expect(await changesSent(stage)).toEqual([]);
    expect(await stage.account(id)).toMatchObject({ origin: 'adopted', state: 'in-sync' });
    await reconcile(stage);
    expect(await lastReport(stage)).toMatchObject({ result: 'complete', total: 0 });
  });

  it('twice still tells the account that is known by its id; the other one is named and left alone', async () => {
    const stage = await startStage('agendize', { quirks: { onDuplicate: 'second' } });
    const id = await joined(stage, ANA);
    await stage.seed('ANA.DIAZ@example.com');
    await reconcile(stage);
    expect(await lastReport(stage)).toMatchObject({
      total: 1,
      findings: [{ kind: 'ambiguous', address: 'ANA.DIAZ@example.com', repaired: false }],
    });
    expect((await stage.setActive(id, false)).status).toBe(200);
    expect(await stage.vendorAccounts()).toMatchObject([
      { key: ANA, state: 'suspended' },
      { key: 'ANA.DIAZ@example.com', state: 'active' },
    ]);
  });

  it('for somebody who is no User here is named and left alone', async () => {
    const stage = await startStage('attention');
    await joined(stage, ANA);
    await stage.seed(BO);
    await reconcile(stage);
    expect(await lastReport(stage)).toMatchObject({
      findings: [{ kind: 'unmanaged', address: BO, repaired: false }],
    });
    expect(await changesSent(stage)).toEqual([]);
  });

  it('of nobody, or of under half of those known, changes nothing', async () => {
    const stage = await startStage('crankwheel', { policies: { drift: 'repair' } });
    const addresses = Array.from({ length: 6 }, (_, n) => `person${n}@example.com`);
    for (const address of addresses) await joined(stage, address);
    await stage.fault({ kind: 'status', status: 200, body: '[]' });
    await reconcile(stage);
    await reconcile(stage);
    expect(await lastReport(stage)).toMatchObject({ result: 'short-list' });
    expect(await findJob(stage.db, stage.id, 'reconcile')).toMatchObject({
      progress: { result: 'short-list' },
    });
    expect(await stage.writes()).toEqual([]);
  });
});

describe.each(every)('At %s', (title, vendor) => {
  it('a User without any address is refused by what it lacks, and others go on', async () => {
    const stage = await startStage(vendor);
    const { status, body } = await stage.postUser(person('ana', { emails: [] }));
    expect(body['detail']).toBe(`${title} needs an e-mail address: map emails or userName.`);
    expect(status).toBe(400);
    expect(await stage.calls()).toEqual([]);
    await stage.addUser(person(BO));
    expect(await stage.addresses()).toEqual([BO]);
  });

  it('the second of two Users with one address is answered 409 with the first one’s userName', async () => {
    const stage = await startStage(vendor);
    await stage.addUser(person(ANA));
    await stage.forgetCalls();
    const { status, body } = await stage.postUser(person(BO, { emails: [{ value: ANA.toUpperCase() }] }));
    expect(body).toMatchObject({
      scimType: 'uniqueness',
      detail: expect.stringContaining(`the User ${ANA}`),
    });
    expect(status).toBe(409);
    expect(await changesSent(stage)).toEqual([]);
    expect(await stage.addresses()).toEqual([ANA]);
  });

  it('nobody outside the allowed domains is invited, and others go on', async () => {
    const stage = await startStage(vendor, { policies: { allowedDomains: ['example.com'] } });
    const { status, body } = await stage.postUser(person('ana@example.org'));
    expect(body['detail']).toContain('ana@example.org is not (allowedDomains)');
    expect(status).toBe(400);
    await stage.addUser(person(ANA));
    expect(await stage.addresses()).toEqual([ANA]);
  });

  it('a dry-run connection takes all that it is pushed, refuses nothing and calls nobody', async () => {
    const stage = await startStage(vendor, { dryRun: true });
    const id = await stage.addUser(person(ANA));
    const odd = await stage.addUser(person('odd', { emails: [] }));
    const group = await stage.addGroup('Sales', id, odd);
    await settled(stage);
    expect(await stage.state(id)).toBe('planned');
    expect((await stage.deliveries(id)).at(-1)?.steps).toMatchObject([{ step: 'create', address: ANA }]);
    expect((await stage.deliveries(odd))[0]?.steps).toMatchObject([{ step: 'refuse' }]);
    expect((await stage.setActive(id, false)).status).toBe(200);
    expect((await stage.send('DELETE', `/Groups/${group}`)).status).toBe(204);
    expect((await stage.send('DELETE', `/Users/${id}`)).status).toBe(204);
    await settled(stage);
    expect(await stage.calls()).toEqual([]);
  });
});

/** Whom each vendor protects, and how the answer calls them. */
const PROTECTED: [string, string, JsonObject, string][] = [
  ['CrankWheel’s owner', 'crankwheel', { privilege: 'owner' }, 'an owner'],
  ['Corezoid’s superadmin', 'corezoid', { is_superadmin: true }, 'a superadmin'],
  ['Woodpecker’s owner', 'woodpecker', { roles: ['owner'] }, 'an owner of the company'],
  ['Woodpecker’s admin', 'woodpecker', { roles: ['admin', 'guest'] }, 'an admin of the agency'],
  ['Woodpecker’s team member', 'woodpecker', { roles: ['authorized_team_member'] }, 'a team member'],
  ['Agendize’s reseller', 'agendize', { ssoToken: 'sandbox-agendize-token' }, 'the reseller’s own account'],
];

describe('The account of', () => {
  it.each(PROTECTED)(
    '%s stays as it is, whatever is pushed, and a human is asked',
    async (_who, vendor, seed, called) => {
      const stage = await startStage(vendor);
      await stage.seed(ANA, seed);
      const id = await stage.addUser(person(ANA));
      const { status, body } = await stage.setActive(id, false);
      expect(body['detail']).toContain(`${ANA} is ${called}`);
      expect(status).toBe(400);
      expect(await stage.openTasks()).toMatchObject([{ kind: 'deactivate' }]);
      expect((await stage.send('DELETE', `/Users/${id}`)).status).toBe(204);
      await eventually(() => stage.state(id), 'refused');
      expect(await changesSent(stage)).toEqual([]);
      expect(await stateAtVendor(stage, ANA)).toBe('active');
      await stage.addUser(person(BO));
    },
  );

  it('anybody whose address the connection protects stays as well', async () => {
    const stage = await startStage('attention', { policies: { protectedAddresses: [ANA] } });
    const id = await stage.addUser(person(ANA));
    await stage.forgetCalls();
    expect((await stage.setActive(id, false)).status).toBe(400);
    expect(await stage.writes()).toEqual([]);
    expect(await stateAtVendor(stage, ANA)).toBe('active');
  });
});

describe('A rule of a group that has gone since', () => {
  it.each(every)('matches nobody at %s, and everybody is delivered', async (_title, vendor) => {
    const stage = await startStage(vendor);
    const field = vendors.find(({ id }) => id === vendor)?.fields.find(({ set }) => set !== 'key');
    const id = await stage.addUser(person(ANA));
    const group = await stage.addGroup('Gone', id);
    expect((await stage.send('DELETE', `/Groups/${group}`)).status).toBe(204);
    await settled(stage);
    await stage.forgetCalls();
    const rule = { groupId: group, groupName: 'Gone', value: 'nothing' };
    await stage.setMapping({ [field?.name ?? '']: { rules: [rule] } });
    await settled(stage);
    await stage.addUser(person(BO));
    expect(await stage.addresses()).toEqual([ANA, BO]);
    expect(await stage.state(id)).toBe('in-sync');
  });
});
