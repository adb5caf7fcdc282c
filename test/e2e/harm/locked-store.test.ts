import { describe, expect, it } from 'vitest';
import { pauseConnection, resumeConnection } from '../../../src/admin/connection-life.ts';
import { editConnection } from '../../../src/admin/connections.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';
import { operatorOf } from '../operations/operate.ts';
import { hire, SECOND } from './by-hand.ts';
import { lockStoreAt } from './store-lock.ts';

const ANA = 'ana.diaz@example.com';
const POST = 'POST /ss/api/user_access';
const DELETE = 'DELETE /ss/api/user_access';
/** Of an attempt, from the claim on. It has at least the claim, what is written before the call, and the end. */
const WRITES = [1, 2, 3, 4, 5, 6];
const AT_LEAST = 3;
const AT_ONCE = { policies: { waitMs: 0 } };

/** Pushes, and has the store locked at this write of the attempt that follows. Whether it has come to that is the answer. */
async function lockedAt<T>(
  stage: Stage,
  write: number,
  push: () => Promise<T>,
): Promise<{ pushed: T; wasLocked: () => boolean }> {
  await pauseConnection(operatorOf(stage), stage.id, null);
  const pushed = await push();
  // The first write is the operator's own.
  const wasLocked = lockStoreAt(stage, write + 1);
  await resumeConnection(operatorOf(stage), stage.id);
  stage.wake();
  return { pushed, wasLocked };
}

async function inTime(stage: Stage, read: () => Promise<unknown>, expected: unknown): Promise<void> {
  await eventually(async () => {
    stage.passTime(SECOND);
    return read();
  }, expected);
}

describe('While the store is locked for 7 s', () => {
  it.each(WRITES)('at write %i, a create is made once, and nothing waits for a restart', async (write) => {
    const stage = await startStage('crankwheel', AT_ONCE);
    const { pushed: id, wasLocked } = await lockedAt(stage, write, () => stage.addUser(person(ANA)));
    await inTime(stage, () => stage.state(id), 'in-sync');
    expect(wasLocked() || write > AT_LEAST).toBe(true);
    expect(await stage.calls(POST)).toHaveLength(1);
    expect(await stage.addresses()).toEqual([ANA]);
  });

  it.each(WRITES)('at write %i, a removal is made, and nothing waits for a restart', async (write) => {
    const stage = await startStage('crankwheel', AT_ONCE);
    const id = await hire(stage, ANA);
    const { wasLocked } = await lockedAt(stage, write, () => stage.send('DELETE', `/Users/${id}`));
    await inTime(stage, () => stage.account(id), undefined);
    expect(wasLocked() || write > AT_LEAST).toBe(true);
    expect(await stage.calls(DELETE)).toHaveLength(1);
    expect(await stage.addresses()).toEqual([]);
  });

  it.each(WRITES)(
    'at write %i, a bad key pauses the connection, and all goes on with a good one',
    async (write) => {
      const stage = await startStage('crankwheel', AT_ONCE);
      await stage.fault({ kind: 'unauthorised' });
      const { pushed: id, wasLocked } = await lockedAt(stage, write, () => stage.addUser(person(ANA)));
      await inTime(
        stage,
        () => stage.pauseReason(),
        expect.stringContaining('does not accept the credential'),
      );
      expect(wasLocked() || write > AT_LEAST).toBe(true);
      expect(stage.alerts()).toMatchObject([{ alert: 'credential' }]);
      await stage.endFaults();
      const credentials = { apiKey: 'sandbox-crankwheel-key' };
      await inTime(stage, () => edited(stage, credentials), true);
      await inTime(stage, () => stage.state(id), 'in-sync');
      expect(await stage.addresses()).toEqual([ANA]);
    },
  );

  it('at the confirmation of a bad key, the claim is given back, and all goes on with a good one', async () => {
    const stage = await startStage('crankwheel', AT_ONCE);
    await edited(stage, { apiKey: 'out of date' });
    // While the second answer is on its way, nothing is written: what follows is what the confirmation says.
    await stage.fault({ kind: 'slow', delayMs: 300, match: 'GET' });
    const id = await stage.addUser(person(ANA));
    await eventually(async () => (await stage.calls()).length, 2);
    const wasLocked = lockStoreAt(stage, 1);
    await eventually(async () => wasLocked(), true);
    await stage.endFaults();
    await inTime(stage, () => stage.pauseReason(), expect.stringContaining('does not accept the credential'));
    await inTime(stage, () => edited(stage, { apiKey: 'sandbox-crankwheel-key' }), true);
    await inTime(stage, () => stage.state(id), 'in-sync');
    expect(await stage.addresses()).toEqual([ANA]);
  });
});

/** False: the store was locked. */
async function edited(stage: Stage, credentials: { apiKey: string }): Promise<boolean> {
  const done = editConnection(operatorOf(stage), stage.id, { credentials });
  return done.then(
    () => true,
    () => false,
  );
}
