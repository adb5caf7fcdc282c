import { describe, expect, it } from 'vitest';
import { retryAccount } from '../../../src/admin/accounts.ts';
import { finishTask } from '../../../src/admin/tasks.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { updateConnection } from '../../../src/store/connections.ts';
import { compare, operatorOf, runJob } from '../operations/operate.ts';
import { eventually, person, type Stage, startStage } from './stage.ts';
import { possibleChanges, seenChanges } from './state-changes.ts';

const POST = 'POST /ss/api/user_access';
const NOW = { policies: { waitMs: 0 }, callTimeoutMs: 500 };
const DOWN = { kind: 'status', status: 503, match: 'GET', times: 1 };
const URN = 'urn:ietf:params:scim:schemas:extension:crankwheel:2.0:User';

/** How a create ends for good, by what the vendor answers to it. */
const ENDS: [string, JsonObject | null][] = [
  ['in-sync', null],
  ['refused', { kind: 'status', status: 422, match: POST, times: 1 }],
  ['conflict', { kind: 'status', status: 409, match: POST, times: 1 }],
  ['task', { kind: 'status', status: 403, match: POST, times: 1 }],
];

/** Somebody new ends in each of these states, with and without a failure before, and is due again when the operator says so. */
async function endEverywhere(stage: Stage): Promise<void> {
  for (const [state, fault] of ENDS) {
    for (const failure of [null, DOWN]) {
      if (failure !== null) await stage.fault(failure);
      if (fault !== null) await stage.fault(fault);
      const address = `${state}-${failure === null ? 'soon' : 'late'}@example.com`;
      const id = await stage.addUser(person(address));
      if (failure !== null) await eventually(() => stage.state(id), 'waiting');
      if (failure !== null) stage.passTime(2_000);
      await eventually(() => stage.state(id), state);
      await retryAccount(operatorOf(stage), stage.id, address);
      stage.wake();
      await eventually(() => stage.state(id), 'in-sync');
    }
  }
}

async function waitAndBeDue(stage: Stage): Promise<void> {
  await stage.fault(DOWN);
  const id = await stage.addUser(person('waiting@example.com'));
  await eventually(() => stage.state(id), 'waiting');
  await retryAccount(operatorOf(stage), stage.id, 'waiting@example.com');
  stage.wake();
  await eventually(() => stage.state(id), 'in-sync');
}

async function doByHand(stage: Stage): Promise<void> {
  const id = await stage.addUser(person('task@example.com', { [URN]: { privilege: 'user' } }));
  await eventually(() => stage.state(id), 'in-sync');
  await stage.patchUser(id, { op: 'replace', path: `${URN}:privilege`, value: 'admin' });
  await eventually(() => stage.state(id), 'task');
  const [task] = await stage.openTasks();
  await finishTask(operatorOf(stage), task?.id ?? '');
  stage.wake();
  // It was not done: the look shows it.
  await eventually(() => stage.state(id), 'task');
  await stage.seed('task@example.com', { privilege: 'admin' });
  stage.passTime(1_000);
  await compare(stage);
  expect(await stage.state(id)).toBe('in-sync');
  await stage.seed('task@example.com', { privilege: 'user' });
  stage.passTime(1_000);
  await compare(stage);
  expect(await stage.state(id)).toBe('task');
}

async function beHeld(stage: Stage): Promise<void> {
  const soon = await stage.addUser(person('soon@example.com'));
  await eventually(() => stage.state(soon), 'in-sync');
  await stage.setActive(soon, false);
  await eventually(() => stage.state(soon), 'held');
  await stage.setActive(soon, true);
  const late = await stage.addUser(person('late@example.com'));
  await eventually(() => stage.state(late), 'in-sync');
  await stage.fault(DOWN);
  await stage.setActive(late, false);
  await eventually(() => stage.state(late), 'waiting');
  stage.passTime(2_000);
  await eventually(() => stage.state(late), 'held');
}

async function beObserved(stage: Stage): Promise<void> {
  await stage.seed('old@example.com');
  await runJob(stage, 'import');
  const { body } = await stage.send(
    'GET',
    `/Users?filter=${encodeURIComponent('userName eq "old@example.com"')}`,
  );
  const [user] = body['Resources'] as { id: string }[];
  await stage.send('PUT', `/Users/${user?.id}`, person('old@example.com'));
}

async function bePlanned(stage: Stage): Promise<void> {
  await stage.fault(DOWN);
  const late = await stage.addUser(person('late@example.com'));
  await eventually(() => stage.state(late), 'waiting');
  await updateConnection(stage.db, stage.id, { dryRun: true }, stage.now());
  stage.passTime(2_000);
  await eventually(() => stage.state(late), 'planned');
  const soon = await stage.addUser(person('soon@example.com'));
  await eventually(() => stage.state(soon), 'planned');
  await stage.setActive(soon, false);
}

describe('An account’s state', () => {
  it('goes everywhere that the table says', async () => {
    const stage = await startStage('crankwheel', NOW);
    const guarded = { ...NOW, policies: { ...NOW.policies, leaverCount: 0, leaverPercent: 0 } };
    const careful = await startStage('crankwheel', guarded);
    const dry = await startStage('crankwheel', NOW);
    const acts = async () => {
      await endEverywhere(stage);
      await waitAndBeDue(stage);
      await doByHand(stage);
      await beObserved(stage);
    };
    await Promise.all([acts(), beHeld(careful), bePlanned(dry)]);
    const seen = await Promise.all([stage, careful, dry].map(({ db }) => seenChanges(db)));
    expect([...new Set(seen.flat())].toSorted()).toEqual(possibleChanges.toSorted());
  });
});
