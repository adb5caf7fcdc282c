import { describe, expect, it } from 'vitest';
import { decideHeld } from '../../../src/admin/holds.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { listAccounts } from '../../../src/store/worklist/list.ts';
import { vendors } from '../../../src/vendors/index.ts';
import { compare, findings, operatorOf, runJob } from '../operations/operate.ts';
import { changesSent } from '../vendors/vendor-acts.ts';
import { eventually, person, type Stage, startStage } from './stage.ts';

const every = vendors.map(({ id, title }) => [title, id] as const);
const KIM = 'kim@example.com';
/** In lower case it is Kim's. */
const KELVIN = '\u212aim@example.com';
const FOLDED = String.raw`"\u212aim@example.com" holds a character that turns into an ASCII one when texts are compared`;

function withEmail(value: string, more: JsonObject = {}): JsonObject {
  return person('somebody', { emails: [{ value, type: 'work', primary: true }], ...more });
}

/** A stage where Kim has an account that Causeway does not know of; answers what Kim has. */
async function withKim(vendor: string): Promise<{ stage: Stage; before: unknown }> {
  const stage = await startStage(vendor);
  await stage.seed(KIM);
  return { stage, before: await stage.vendorAccounts() };
}

describe.each(every)('At %s', (title, vendor) => {
  it('an address that becomes somebody else’s in lower case is refused, and that account is untouched', async () => {
    const { stage, before } = await withKim(vendor);
    for (const user of [withEmail(KELVIN), person(KELVIN)]) {
      const { status, body } = await stage.postUser(user);
      expect(body['detail']).toBe(`${title} needs an e-mail address, and ${FOLDED}: map emails or userName.`);
      expect(status).toBe(400);
    }
    expect(await stage.calls()).toEqual([]);
    expect(await stage.vendorAccounts()).toEqual(before);
  });

  it('nobody loses an account to the deletion of a User with such an address', async () => {
    const { stage, before } = await withKim(vendor);
    const id = await stage.addUser(withEmail(KELVIN, { active: false }));
    expect((await stage.send('DELETE', `/Users/${id}`)).status).toBe(204);
    await eventually(() => stage.account(id), undefined);
    expect(await stage.writes()).toEqual([]);
    expect(await stage.vendorAccounts()).toEqual(before);
  });

  it('an apostrophe and a plus in an address go through', async () => {
    const stage = await startStage(vendor);
    const addresses = ["d'arc.o'brien@example.com", 'ana.diaz+x@example.com'];
    for (const address of addresses) await stage.addUser(person(address));
    expect(await stage.addresses()).toEqual([...addresses].sort());
  });
});

describe('A push is refused, its fault named, and no call is made, where the address', () => {
  it.each([
    ['holds a comma', 'ana,diaz@example.com', '"ana,diaz@example.com" holds a comma'],
    ['is too long', `${'a'.repeat(243)}@example.com`, `"${'a'.repeat(100)}" is too long`],
    [
      'is turned round by a character that nobody sees',
      'ana\u202e@example.com',
      String.raw`"ana\u202e@example.com" holds an invisible character`,
    ],
    ['begins with a dot', '.ana@example.com', '".ana@example.com" begins with a dot'],
  ])('%s', async (_what, address, fault) => {
    const stage = await startStage('crankwheel');
    const { status, body } = await stage.postUser(withEmail(address));
    expect(body['detail']).toBe(`CrankWheel needs an e-mail address, and ${fault}: map emails or userName.`);
    expect(status).toBe(400);
    expect(await stage.calls()).toEqual([]);
  });
});

describe('A person', () => {
  it('keeps the address and the account when the new one has a fault', async () => {
    const { stage } = await withKim('crankwheel');
    const id = await stage.addUser(person('ana@example.com'));
    const before = await stage.vendorAccounts();
    await stage.forgetCalls();
    const emails = [{ value: KELVIN, type: 'work', primary: true }];
    const { status, body } = await stage.patchUser(id, { op: 'replace', path: 'emails', value: emails });
    expect(body['detail']).toContain(FOLDED);
    expect(status).toBe(400);
    const { body: user } = await stage.send('GET', `/Users/${id}`);
    expect(user['emails']).toMatchObject([{ value: 'ana@example.com' }]);
    expect(await stage.writes()).toEqual([]);
    expect(await stage.vendorAccounts()).toEqual(before);
  });

  it('whose address the vendor takes for another one is refused, and that account is left alone', async () => {
    const stage = await startStage('crankwheel');
    await stage.seed('JOSÉ@example.com', { privilege: 'admin' });
    const before = await stage.vendorAccounts();
    const { status, body } = await stage.postUser(person('josé@example.com'));
    expect(body['detail']).toContain('shows the account JOSÉ@example.com for josé@example.com');
    expect(status).toBe(409);
    expect(await stage.writes()).toEqual([]);
    expect(await stage.vendorAccounts()).toEqual(before);
  });
});

describe('Two people whose addresses are equal but for letters beyond A–Z', () => {
  const JOSE: [string, string] = ['josÉ@example.com', 'josé@example.com'];

  it('have an account each', async () => {
    const stage = await startStage('corezoid');
    const [upper, lower] = JOSE;
    const one = await stage.addUser(withEmail(lower, { userName: 'one' }));
    // The fake takes both for one person, as a vendor may.
    await stage.forget(lower);
    const two = await stage.addUser(withEmail(upper, { userName: 'two' }));
    expect(await stage.account(one)).toMatchObject({ address: lower, origin: 'created', state: 'in-sync' });
    expect(await stage.account(two)).toMatchObject({ address: upper, origin: 'created', state: 'in-sync' });
    expect(await stage.addresses()).toEqual([upper]);
  });

  it('have an account each after one of them has moved', async () => {
    const stage = await startStage('crankwheel', { policies: { addressChange: 'replace' } });
    const [upper, lower] = JOSE;
    await stage.addUser(person(lower, { userName: 'one' }));
    const id = await stage.addUser(person('two@example.com'));
    await stage.forget(lower);
    const emails = [{ value: upper, type: 'work', primary: true }];
    await stage.patchUser(id, { op: 'replace', path: 'emails', value: emails });
    await eventually(() => stage.addresses(), [upper]);
    expect(await stage.account(id)).toMatchObject({ address: upper, origin: 'created' });
  });

  it('leave each on their own: who comes back is removed again, and the other one stays', async () => {
    const stage = await startStage('corezoid', { policies: { drift: 'repair', deactivate: 'remove' } });
    const [upper, lower] = JOSE;
    await stage.addUser(withEmail(lower, { userName: 'one' }));
    const id = await stage.addUser(withEmail(upper, { userName: 'two', active: false }));
    await stage.seed(upper);
    stage.passTime(60_000);
    expect(findings(await compare(stage))).toEqual([['returned', upper]]);
    await eventually(() => stage.addresses(), [lower]);
    expect(await stage.state(id)).toBe('in-sync');
  });
});

describe('The title of a group', () => {
  it('is a name: a new Group takes over what a deleted one had, whatever its case', async () => {
    const stage = await startStage('corezoid');
    const first = await stage.addGroup('équipe');
    expect((await stage.send('DELETE', `/Groups/${first}`)).status).toBe(204);
    await eventually(async () => (await stage.openTasks()).map(({ kind }) => kind), ['remove-group']);
    const second = await stage.addGroup('ÉQUIPE');
    const groups = async () => {
      const found = await listAccounts(stage.db, stage.id, { kind: 'group', match: 'Équipe', limit: 10 });
      return found.map(({ account }) => [account.resourceId, account.state]);
    };
    await eventually(groups, [[second, 'in-sync']]);
  });
});

describe('An account is found', () => {
  it('by its address with A–Z in any case, and by no other', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person('josé.kim@example.com', { userName: 'jose' }));
    const named = async (match: string) => {
      const found = await listAccounts(stage.db, stage.id, { match, limit: 10 });
      return found.map(({ account }) => account.resourceId);
    };
    expect(await named('José.KIM@Example.com')).toEqual([id]);
    expect(await named('josÉ.kim@example.com')).toEqual([]);
    expect(await named('josé.\u212aim@example.com')).toEqual([]);
  });

  it('in a hold by its address with A–Z in any case, and by no other', async () => {
    const stage = await startStage('attention', { policies: { leaverCount: 0, leaverPercent: 0 } });
    const id = await stage.addUser(person(KIM, { userName: 'k' }));
    await stage.setActive(id, false);
    await eventually(() => stage.state(id), 'held');
    const decide = (match: string) =>
      decideHeld(operatorOf(stage), stage.id, { match }, { decision: 'rejected', reason: 'stays' });
    await expect(decide(KELVIN)).rejects.toThrow('Nothing like that is held');
    expect(await decide('KIM@example.com')).toHaveLength(1);
  });
});

describe('The vendor’s list', () => {
  it('has accounts whose addresses are equal but for letters beyond A–Z, and compares each with its own', async () => {
    const stage = await startStage('agendize', { quirks: { onDuplicate: 'second' } });
    const id = await stage.addUser(person('josé@example.com'));
    await stage.seed('josÉ@example.com');
    stage.passTime(60_000);
    expect(findings(await compare(stage))).toEqual([['unmanaged', 'josÉ@example.com']]);
    expect(await stage.state(id)).toBe('in-sync');
  });

  it('is imported but for addresses that cannot be sent', async () => {
    const stage = await startStage('corezoid');
    for (const address of [KIM, KELVIN, 'a,b@example.com']) await stage.seed(address);
    expect(await runJob(stage, 'import')).toEqual({ managed: 0, matched: 0, observed: 1, left: 2 });
    expect(await runJob(stage, 'import')).toEqual({ managed: 1, matched: 0, observed: 0, left: 2 });
    const { body } = await stage.send('GET', '/Users');
    expect((body['Resources'] as JsonObject[]).map(({ userName }) => userName)).toEqual([KIM]);
    expect(await changesSent(stage)).toEqual([]);
  });

  it('is imported to the Users that have its addresses, A–Z in any case', async () => {
    const stage = await startStage('corezoid');
    await stage.addUser(withEmail('josÉ@example.com', { active: false }));
    await stage.seed('JOSÉ@Example.com');
    expect(await runJob(stage, 'import')).toEqual({ managed: 0, matched: 1, observed: 0, left: 0 });
  });

  it('is imported but for addresses that are a known User’s to SCIM alone', async () => {
    const stage = await startStage('corezoid');
    const [observed, other] = ['josÉ@example.com', 'josé@example.com'];
    for (const address of [observed, other]) await stage.seed(address);
    expect(await runJob(stage, 'import')).toEqual({ managed: 0, matched: 0, observed: 1, left: 1 });
    const names = async () => {
      const { body } = await stage.send('GET', '/Users');
      return (body['Resources'] as JsonObject[]).map(({ userName }) => userName);
    };
    expect(await names()).toEqual([observed]);
    await stage.addUser(withEmail(observed, { userName: 'new' }));
    expect(await names()).toEqual(['new']);
    expect(await changesSent(stage)).toEqual([]);
  });
});
