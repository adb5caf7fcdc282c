import { describe, expect, it } from 'vitest';
import { eventually, person, type Stage } from '../delivery/stage.ts';
import {
  A,
  ALL,
  B,
  compareTwice,
  FINDING,
  found,
  lookAt,
  moveTo,
  powersOf,
  seedStranger,
  stageOf,
  stateOf,
  timePasses,
  type VendorId,
} from './harm.ts';

const BACK = 'back to its first address';

describe('A stranger at the address that a User was to move to', () => {
  const acts = {
    [BACK]: (stage: Stage, id: string) => moveTo(stage, id, A),
    deleted: (stage: Stage, id: string) => stage.send('DELETE', `/Users/${id}`),
    deactivated: (stage: Stage, id: string) => stage.setActive(id, false),
  };
  type Act = keyof typeof acts;
  const byPolicy = { refuse: Object.keys(acts) as Act[], adopt: [BACK, 'deleted'] as Act[] };
  const cases = FINDING.flatMap((vendor) =>
    (['refuse', 'adopt'] as const).flatMap((adoption) =>
      byPolicy[adoption].map((what) => [what, vendor, adoption] as const),
    ),
  );

  it.each(cases)(
    'is untouched for ever where the look answered 503 and the User is %s (%s, %s)',
    async (what, vendor, adoption) => {
      const stage = await stageOf(vendor, { addressChange: 'replace', adoption });
      const stranger = await seedStranger(stage, vendor, B);
      const id = await stage.addUser(person(A));
      await stage.forgetCalls();
      await stage.fault({ kind: 'status', status: 503, match: lookAt(vendor, B), times: 1 });
      expect((await moveTo(stage, id, B)).status).toBe(200);
      await eventually(async () => (await stage.calls(lookAt(vendor, B)))[0]?.status, 503);
      expect((await acts[what](stage, id)).status).toBeLessThan(300);
      await timePasses(stage);
      expect(await found(stage, B)).toEqual(stranger);
      if (what === BACK) {
        expect(await stage.state(id)).toBe('in-sync');
        expect(await stateOf(stage, A)).toBe('active');
      } else {
        expect(await stateOf(stage, A)).not.toBe('active');
      }
      expect(await stage.openTasks()).toEqual([]);
    },
  );
});

describe('People who were at the vendor before', () => {
  const interruptions: [string, number][] = [
    ['killed', 0],
    ['stopped for longer than its grace', 60],
  ];

  const interrupted = ALL.flatMap((vendor) =>
    interruptions.map(([how, graceMs]) => [how, vendor, graceMs] as const),
  );

  async function pushAndInterrupt(stage: Stage, vendor: VendorId, graceMs: number): Promise<string> {
    await stage.forgetCalls();
    await stage.fault({ kind: 'slow', delayMs: 900, match: lookAt(vendor, A) });
    const id = await stage.addUser(person(A));
    await eventually(async () => (await stage.calls(lookAt(vendor, A))).length > 0, true);
    await stage.stop(graceMs);
    await stage.endFaults();
    await stage.startAgain();
    await timePasses(stage);
    return id;
  }

  it.each(interrupted)(
    'have the same power after the server was %s while it looked at them (%s)',
    async (_how, vendor, graceMs) => {
      const stage = await stageOf(vendor, {});
      await seedStranger(stage, vendor, A);
      const before = await powersOf(stage, vendor, A);
      const id = await pushAndInterrupt(stage, vendor, graceMs);
      expect(await powersOf(stage, vendor, A)).toEqual(before);
      await stage.patchUser(id, { op: 'replace', path: 'name.givenName', value: 'Anna' });
      await timePasses(stage);
      expect(await powersOf(stage, vendor, A)).toEqual(before);
      expect(await stage.state(id)).toBe('in-sync');
    },
  );

  it.each(interrupted)(
    'are a conflict where nobody is taken over and the server was %s while it looked, and stay when the User is deleted (%s)',
    async (_how, vendor, graceMs) => {
      const stage = await stageOf(vendor, {
        adoption: 'refuse',
        delete: vendor === 'woodpecker' ? 'revoke' : 'remove',
      });
      const before = await seedStranger(stage, vendor, A);
      const id = await pushAndInterrupt(stage, vendor, graceMs);
      expect(await stage.state(id)).toBe('conflict');
      expect(await found(stage, A)).toEqual(before);
      await stage.send('DELETE', `/Users/${id}`);
      await timePasses(stage);
      expect(await found(stage, A)).toEqual(before);
      expect(await stage.openTasks()).toEqual([]);
    },
  );
});

describe('A repair', () => {
  const policies = { adoption: 'refuse', drift: 'repair' } as const;

  it.each(ALL)(
    'leaves alone whoever has the address of a User that was pushed inactive (%s)',
    async (vendor) => {
      const stage = await stageOf(vendor, policies);
      const before = await seedStranger(stage, vendor, B);
      await stage.postUser(person(B, { active: false }));
      await timePasses(stage);
      await compareTwice(stage);
      expect(await found(stage, B)).toEqual(before);
      expect(await stage.openTasks()).toEqual([]);
    },
  );

  it.each(ALL)(
    'leaves alone whoever has the person’s e-mail or the address that an expression gives (%s)',
    async (vendor) => {
      const stage = await stageOf(vendor, policies);
      const address = vendor === 'corezoid' ? 'login' : 'email';
      await stage.setMapping({ [address]: { source: { expression: 'nickName' } } });
      const mapped = await seedStranger(stage, vendor, B);
      const mailed = await seedStranger(stage, vendor, A);
      await stage.postUser(person(A, { active: false, nickName: B }));
      await timePasses(stage);
      await compareTwice(stage);
      expect([await found(stage, B), await found(stage, A)]).toEqual([mapped, mailed]);
      expect(await stage.openTasks()).toEqual([]);
    },
  );
});
