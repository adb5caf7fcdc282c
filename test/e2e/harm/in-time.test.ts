import { describe, expect, it } from 'vitest';
import { pauseConnection, resumeConnection } from '../../../src/admin/connection-life.ts';
import { findConnection } from '../../../src/store/connections.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';
import { operatorOf } from '../operations/operate.ts';
import { settled, stateAtVendor } from '../vendors/vendor-acts.ts';
import { aWhile, HOUR, hire, SECOND } from './by-hand.ts';

const ANA = 'ana.diaz@example.com';
const CREATE = 'POST /v2/organizations/users';
const TEAMS = 'POST /v2/organizations/teams';
/** After this long a call that was sent can no longer take effect. */
const CALL_TIMEOUT_MS = 20 * SECOND;

/** To whom the vendor was asked to give an account, in order. */
async function asked(stage: Stage): Promise<string[]> {
  return (await stage.calls(CREATE)).map(({ body }) => String(JSON.parse(body).email));
}

/** As Attention itself has its teams: asked past Causeway. */
async function askAttention(stage: Stage, method: string, path: string, body?: object): Promise<unknown> {
  const connection = await findConnection(stage.db, stage.id);
  const response = await fetch(`${connection?.settings['baseUrl']}${path}`, {
    method,
    headers: { Authorization: 'Bearer sandbox-attention-key', 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return response.json();
}

async function teamsCalled(stage: Stage, name: string): Promise<number> {
  const { data } = (await askAttention(stage, 'GET', '/teams')) as { data: { name: string }[] };
  return data.filter((team) => team.name === `[Attention] ${name}`).length;
}

describe('A create whose answer is lost and whose effect is late', () => {
  it('is in doubt from when it was sent, not from when it began to wait for its turn: one account', async () => {
    const stage = await startStage('attention', {
      settings: { requestsPerSecond: 4 },
      quirks: { onDuplicate: 'second' },
      policies: { waitMs: 0 },
      callTimeoutMs: CALL_TIMEOUT_MS,
    });
    await stage.fault({ kind: 'slow', delayMs: 0, match: CREATE, times: 7 });
    await stage.fault({ kind: 'reset-before', match: CREATE, times: 1 });
    await pauseConnection(operatorOf(stage), stage.id, null);
    const ids = new Map<string, string>();
    for (let n = 0; n < 8; n += 1) {
      const address = `p${n}@example.com`;
      ids.set(address, await stage.addUser(person(address)));
    }
    await resumeConnection(operatorOf(stage), stage.id);
    stage.wake();
    await eventually(async () => (await asked(stage)).length, 8);
    const [last = ''] = (await asked(stage)).slice(-1);
    const sentAt = stage.steady();
    for (const id of ids.values()) {
      await eventually(async () => (await stage.deliveries(id)).length, 1);
    }
    // It had waited for nearly two seconds before it was sent.
    stage.passTime(sentAt + CALL_TIMEOUT_MS - 1_500 - stage.steady());
    await aWhile(stage);
    await stage.seed(last, { firstName: 'Ana', lastName: 'Díaz' });
    stage.passTime(2 * SECOND);
    await eventually(() => stage.state(ids.get(last) ?? ''), 'in-sync');
    await settled(stage);
    expect(await stage.addresses()).toHaveLength(8);
    expect((await asked(stage)).filter((address) => address === last)).toHaveLength(1);
    expect(new Set(await stage.addresses()).size).toBe(8);
  });

  it('waits as a group’s create too, whatever is pushed meanwhile: one group', async () => {
    const stage = await startStage('attention', {
      policies: { groups: 'mirror', waitMs: 0 },
      callTimeoutMs: CALL_TIMEOUT_MS,
    });
    const id = await hire(stage, ANA);
    await stage.fault({ kind: 'reset-before', match: TEAMS, times: 1 });
    const group = await stage.addGroup('Night shift');
    await eventually(async () => (await stage.calls(TEAMS)).length, 1);
    await stage.patchGroup(group, { op: 'add', path: 'members', value: [{ value: id }] });
    await stage.patchGroup(group, { op: 'replace', path: 'externalId', value: 'night' });
    stage.passTime(CALL_TIMEOUT_MS - SECOND);
    await aWhile(stage);
    await askAttention(stage, 'POST', '/organizations/teams', { name: 'Night shift' });
    await eventually(async () => {
      stage.passTime(CALL_TIMEOUT_MS);
      const [account] = await stage.vendorAccounts();
      return JSON.stringify(account?.vendor['teams']);
    }, expect.stringContaining('Night shift'));
    expect(await teamsCalled(stage, 'Night shift')).toBe(1);
  });
});

describe('A deactivation that is pushed while an attempt fails for the tenth time', () => {
  it('is due at once', async () => {
    const stage = await startStage('attention', { policies: { waitMs: 0 }, callTimeoutMs: 500 });
    const id = await hire(stage, ANA);
    const update = 'PATCH /v2/organizations/users';
    await stage.fault({ kind: 'status', status: 503, match: update });
    await stage.patchUser(id, { op: 'replace', path: 'name.familyName', value: 'Roca' });
    for (let failures = 1; failures <= 9; failures += 1) {
      await eventually(async () => (await stage.deliveries(id)).filter(isRetry).length >= failures, true);
      if (failures < 9) stage.passTime(HOUR);
    }
    await stage.endFaults();
    await stage.fault({ kind: 'slow', delayMs: 60 * SECOND, match: update, times: 1 });
    await stage.forgetCalls();
    stage.passTime(HOUR);
    await eventually(async () => (await stage.calls(update)).length, 1);
    // The look that follows the time-out fails too.
    await stage.fault({ kind: 'status', status: 503, match: 'GET' });
    await stage.setActive(id, false);
    await eventually(async () => (await stage.deliveries(id)).filter(isRetry).length >= 10, true);
    await stage.endFaults();
    // The longest that the vendor itself is spared after ten failures; the attempt's own backoff is four minutes at least.
    stage.passTime(65 * SECOND);
    await eventually(() => stateAtVendor(stage, ANA), 'suspended');
  });
});

function isRetry({ result }: { result: string }): boolean {
  return result === 'retry';
}

describe('A Retry-After of an hour', () => {
  it('holds over a restart, for all pushes', async () => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 0 } });
    await stage.fault({ kind: 'status', status: 429, headers: { 'Retry-After': '3600' }, times: 1 });
    const first = await stage.addUser(person(ANA));
    await eventually(async () => (await stage.deliveries(first)).length, 1);
    await stage.stop(5_000);
    await stage.startAgain();
    await stage.forgetCalls();
    const second = await stage.addUser(person('bo.li@example.com'));
    stage.passTime(20 * 60 * SECOND);
    await aWhile(stage);
    stage.passTime(39 * 60 * SECOND);
    await aWhile(stage);
    expect(await stage.calls()).toEqual([]);
    stage.passTime(2 * 60 * SECOND);
    for (const id of [first, second]) await eventually(() => stage.state(id), 'in-sync');
  });

  it('holds over a restart where the clock went back six hours', async () => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 0 } });
    await stage.fault({ kind: 'status', status: 429, headers: { 'Retry-After': '3600' }, times: 1 });
    const id = await stage.addUser(person(ANA));
    await eventually(async () => (await stage.deliveries(id)).length, 1);
    await stage.stop(5_000);
    stage.turnClock(-6 * HOUR);
    await stage.startAgain();
    await stage.forgetCalls();
    stage.passTime(59 * 60 * SECOND);
    await aWhile(stage);
    expect(await stage.calls()).toEqual([]);
    stage.passTime(2 * 60 * SECOND);
    await eventually(() => stage.state(id), 'in-sync');
  });
});
