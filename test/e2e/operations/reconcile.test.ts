import { describe, expect, it } from 'vitest';
import { askForJob, readJob } from '../../../src/admin/jobs.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';
import { compare, findings, operatorOf, runJob } from './operate.ts';

const MINUTE = 60_000;

/** As an administrator of the vendor's would, in its own pages. */
async function renameAtVendor(stage: Stage, firstName: string): Promise<void> {
  const [account] = await stage.vendorAccounts();
  const uuid = account?.vendor['uuid'] ?? null;
  await stage.seed('ana@example.com', { uuid, email: 'ana@example.com', firstName, lastName: 'Díaz' });
}

describe('Comparing with the vendor’s list', () => {
  it('finds nothing where everything is as wanted', async () => {
    const stage = await startStage('crankwheel');
    await stage.addUser(person('ana@example.com'));
    stage.passTime(MINUTE);
    const result = await compare(stage);
    expect(result).toMatchObject({ result: 'complete', listed: 1 });
    expect(findings(result)).toEqual([]);
  });

  it('names people at the vendor who are no User here', async () => {
    const stage = await startStage('crankwheel');
    await stage.seed('old@example.com', { email: 'old@example.com', privilege: 'user', in_demo_pool: false });
    expect(findings(await compare(stage))).toEqual([['unmanaged', 'old@example.com']]);
  });

  it('reports what somebody changed at the vendor, and leaves it as it is by default', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person('ana@example.com'));
    await renameAtVendor(stage, 'Changed');
    stage.passTime(MINUTE);
    expect(findings(await compare(stage))).toEqual([['changed', 'ana@example.com']]);
    expect(await stage.state(id)).toBe('in-sync');
  });

  it('delivers again what was changed at the vendor where drift is repaired', async () => {
    const stage = await startStage('attention', { policies: { drift: 'repair' } });
    await stage.addUser(person('ana@example.com'));
    await renameAtVendor(stage, 'Changed');
    stage.passTime(MINUTE);
    await compare(stage);
    await eventually(async () => (await stage.vendorAccounts())[0]?.vendor['firstName'], 'Ana');
  });

  it('believes an absence only when two lists in a row agree', async () => {
    const stage = await startStage('crankwheel', { policies: { drift: 'repair' } });
    await stage.addUser(person('ana@example.com'));
    await stage.forget('ana@example.com');
    stage.passTime(MINUTE);
    expect(findings(await compare(stage))).toEqual([]);
    expect(await stage.addresses()).toEqual([]);
    stage.passTime(MINUTE);
    expect(findings(await compare(stage))).toEqual([['missing', 'ana@example.com']]);
    await eventually(() => stage.addresses(), ['ana@example.com']);
  });

  it('makes no more accounts in one repair than the connection allows', async () => {
    const stage = await startStage('crankwheel', { policies: { drift: 'repair', repairCreations: 1 } });
    for (const name of ['ana', 'bo', 'cy', 'di']) await stage.addUser(person(`${name}@example.com`));
    for (const name of ['ana', 'bo']) await stage.forget(`${name}@example.com`);
    stage.passTime(MINUTE);
    await compare(stage);
    stage.passTime(MINUTE);
    await compare(stage);
    await eventually(async () => (await stage.addresses()).length, 3);
    expect((await stage.addresses()).length).toBe(3);
  });

  it('changes nothing on the word of a list with under half of the accounts known before', async () => {
    const stage = await startStage('crankwheel', { policies: { drift: 'repair' } });
    const names = ['ana', 'bo', 'cy', 'di', 'ed'];
    for (const name of names) await stage.addUser(person(`${name}@example.com`));
    for (const name of names.slice(0, 3)) await stage.forget(`${name}@example.com`);
    for (const _list of [1, 2, 3]) {
      stage.passTime(MINUTE);
      expect(await compare(stage)).toMatchObject({ result: 'short-list', listed: 2 });
    }
    expect(await stage.addresses()).toEqual(['di@example.com', 'ed@example.com']);
    expect(stage.alerts().map(({ alert }) => alert)).toEqual(['short-list', 'short-list', 'short-list']);
    expect(await stage.counted('causeway_alerts_total{alert="short-list"}')).toBe(3);
    await stage.forgetCalls();
    for (const name of names.slice(0, 3)) await stage.seed(`${name}@example.com`);
    stage.passTime(MINUTE);
    expect(await compare(stage)).toMatchObject({ result: 'complete' });
  });

  it.each([
    [4, 1, 'complete'],
    [5, 2, 'short-list'],
    [6, 3, 'complete'],
  ])('of %i accounts that names %i is %s', async (known, listed, result) => {
    const stage = await startStage('crankwheel');
    const names = Array.from({ length: known }, (_, n) => `p${n}@example.com`);
    for (const name of names) await stage.addUser(person(name));
    for (const name of names.slice(listed)) await stage.forget(name);
    stage.passTime(MINUTE);
    expect(await compare(stage)).toMatchObject({ result, listed });
  });

  it('judges no account whose delivery ended since the list began', async () => {
    const stage = await startStage('attention', { policies: { drift: 'repair' } });
    const id = await stage.addUser(person('ana@example.com'));
    stage.passTime(MINUTE);
    await stage.fault({ kind: 'slow', delayMs: 400, match: 'GET ', times: 1 });
    await stage.forgetCalls();
    const compared = compare(stage);
    await eventually(async () => (await stage.calls('GET ')).length, 1);
    // The list has the name from before this push.
    await stage.patchUser(id, { op: 'replace', path: 'name.familyName', value: 'Roca' });
    expect(await compared).toMatchObject({ result: 'complete', report: { judged: 0, findings: [] } });
    expect((await stage.vendorAccounts())[0]?.vendor).toMatchObject({ lastName: 'Roca' });
  });

  it('changes nothing where the list cannot be read', async () => {
    const stage = await startStage('crankwheel');
    const id = await stage.addUser(person('ana@example.com'));
    await stage.fault({ kind: 'garbled', match: 'GET ' });
    stage.passTime(MINUTE);
    expect(await compare(stage)).toMatchObject({ result: 'failed' });
    expect(await stage.state(id)).toBe('in-sync');
    expect(stage.alerts()).toMatchObject([{ alert: 'list-failed' }]);
    expect(await stage.counted('causeway_alerts_total{alert="list-failed"}')).toBe(1);
  });

  it('tells of somebody who was taken out and is at the vendor again', async () => {
    const stage = await startStage('crankwheel');
    const id = await stage.addUser(person('ana@example.com'));
    await stage.setActive(id, false);
    await stage.seed('ana@example.com', { email: 'ana@example.com', privilege: 'user', in_demo_pool: false });
    stage.passTime(MINUTE);
    expect(findings(await compare(stage))).toEqual([['returned', 'ana@example.com']]);
  });
});

describe('Importing the vendor’s list', () => {
  const old = { email: 'old@example.com', privilege: 'admin', in_demo_pool: true };

  it('makes Users of people whom the identity provider does not know, so that its look-up finds them', async () => {
    const stage = await startStage('crankwheel');
    await stage.seed('old@example.com', old);
    expect(await runJob(stage, 'import')).toMatchObject({ observed: 1 });
    const filter = encodeURIComponent('userName eq "OLD@example.com"');
    const { body } = await stage.send('GET', `/Users?filter=${filter}`);
    expect(body).toMatchObject({
      totalResults: 1,
      Resources: [{ userName: 'old@example.com', active: true }],
    });
    expect(await stage.writes()).toEqual([]);
  });

  it('imports nobody twice', async () => {
    const stage = await startStage('crankwheel');
    await stage.seed('old@example.com', old);
    await stage.addUser(person('ana@example.com'));
    await runJob(stage, 'import');
    expect(await runJob(stage, 'import')).toEqual({ managed: 2, matched: 0, observed: 0, left: 0 });
    expect((await stage.send('GET', '/Users')).body).toMatchObject({ totalResults: 2 });
  });

  it('goes on where a process that was killed in the middle of it left off', async () => {
    const stage = await startStage('woodpecker');
    for (let n = 0; n < 220; n += 1) await stage.seed(`p${n}@example.com`);
    await stage.fault({ kind: 'slow', delayMs: 1_000, match: 'page=5', times: 1 });
    await askForJob(operatorOf(stage), stage.id, 'import');
    // A process takes up what was asked for before it.
    await stage.stop(0);
    await stage.startAgain();
    const progress = async () => (await readJob(operatorOf(stage), stage.id, 'import'))?.progress;
    await eventually(progress, expect.objectContaining({ observed: 200 }));
    await stage.stop(0);
    await stage.startAgain();
    await eventually(progress, { managed: 200, matched: 0, observed: 20, left: expect.any(Number) });
    expect((await stage.send('GET', '/Users?count=0')).body['totalResults']).toBe(220);
  });

  it('leaves strangers alone where the policy says so', async () => {
    const stage = await startStage('crankwheel', { policies: { imports: 'leave' } });
    await stage.seed('old@example.com', old);
    expect(await runJob(stage, 'import')).toMatchObject({ observed: 0, left: 1 });
    expect((await stage.send('GET', '/Users')).body).toMatchObject({ totalResults: 0 });
  });

  it('of an account that nobody has leaves it to the first User of that address, unless none are taken over', async () => {
    const stage = await startStage('crankwheel', { policies: { adoption: 'unmanaged', imports: 'leave' } });
    await stage.seed('old@example.com', old);
    await runJob(stage, 'import');
    const id = await stage.addUser(person('old@example.com'));
    expect(await stage.account(id)).toMatchObject({ origin: 'adopted', state: 'in-sync' });
    expect(await stage.writes()).toEqual([]);
    const { status } = await stage.postUser(person('new', { emails: [{ value: 'old@example.com' }] }));
    expect(status).toBe(409);
  });

  it.each([
    ['adopt', 201, ['new']],
    ['unmanaged', 409, ['old@example.com']],
    ['refuse', 409, ['old@example.com']],
  ] as const)(
    'leaves an observed person to a User of another name, under `adoption: %s`: %i',
    async (...row) => {
      const [adoption, status, names] = row;
      const stage = await startStage('crankwheel', { policies: { adoption } });
      await stage.seed('old@example.com', old);
      await runJob(stage, 'import');
      const pushed = await stage.postUser(person('new', { emails: [{ value: 'OLD@example.com' }] }));
      expect(pushed.status).toBe(status);
      const { body } = await stage.send('GET', '/Users');
      expect((body['Resources'] as { userName: string }[]).map(({ userName }) => userName)).toEqual(names);
      expect(await stage.writes()).toEqual([]);
      expect(await stage.addresses()).toEqual(['old@example.com']);
    },
  );

  it('demotes nobody when the identity provider takes an observed User over, and removes them when they leave', async () => {
    const stage = await startStage('crankwheel');
    await stage.seed('old@example.com', old);
    await runJob(stage, 'import');
    const filter = encodeURIComponent('userName eq "old@example.com"');
    const { body } = await stage.send('GET', `/Users?filter=${filter}`);
    const [user] = body['Resources'] as { id: string }[];
    const id = user?.id ?? '';
    await stage.send('PUT', `/Users/${id}`, person('old@example.com'));
    expect((await stage.vendorAccounts())[0]?.vendor).toMatchObject({ privilege: 'admin' });
    await stage.setActive(id, false);
    await eventually(() => stage.addresses(), []);
  });
});
