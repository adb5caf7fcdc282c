import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventually, person, type Stage, startStage } from '../e2e/delivery/stage.ts';
import { WorkCount } from './work-count.ts';

const ANA = 'ana.diaz@example.com';
const NEW = 'ana.roca@example.com';

afterEach(() => void vi.restoreAllMocks());

/** Nothing is due and nothing under way. */
async function isQuiet({ db }: Stage): Promise<boolean> {
  const rows = await db.selectFrom('accounts').select(['claimed_version', 'due_at']).execute();
  return rows.every((row) => row.claimed_version === null && row.due_at === null);
}

/** Commits of the store and calls of the vendor, from the push to the rest after it. */
async function costOf(
  stage: Stage,
  push: () => Promise<unknown>,
): Promise<{ commits: number; calls: number }> {
  await stage.forgetCalls();
  const count = new WorkCount();
  const { commits } = await count.during(async () => {
    await push();
    await eventually(() => isQuiet(stage), true);
  });
  vi.restoreAllMocks();
  return { commits, calls: (await stage.calls()).length };
}

/** The most that each may cost; a lower figure is welcome, and is then written here. */
const BUDGET = {
  create: { commits: 5, calls: 2 },
  update: { commits: 5, calls: 1 },
  suspend: { commits: 5, calls: 2 },
  reactivate: { commits: 5, calls: 1 },
  move: { commits: 8, calls: 6 },
  delete: { commits: 5, calls: 2 },
};

describe('What a delivery costs, from the push to its end', () => {
  it.each(['agendize', 'crankwheel'])(
    'is within the budget at %s, whose accounts can be looked up',
    async (vendor) => {
      const policies = { addressChange: 'replace' as const, delete: 'remove' as const };
      const stage = await startStage(vendor, { policies });
      let id = '';
      const cost: Partial<typeof BUDGET> = {};
      cost.create = await costOf(stage, async () => {
        id = await stage.addUser(person(ANA));
      });
      if (vendor === 'agendize') {
        cost.update = await costOf(stage, () => stage.patchUser(id, name('Roca')));
        cost.suspend = await costOf(stage, () => stage.setActive(id, false));
        cost.reactivate = await costOf(stage, () => stage.setActive(id, true));
      }
      cost.move = await costOf(stage, () => stage.patchUser(id, address(NEW)));
      expect(await stage.addresses()).toEqual([NEW]);
      cost.delete = await costOf(stage, () => stage.send('DELETE', `/Users/${id}`));
      for (const [what, { commits, calls }] of Object.entries(cost)) {
        const budget = BUDGET[what as keyof typeof BUDGET];
        expect(commits, `commits of ${what} in ${JSON.stringify(cost)}`).toBeLessThanOrEqual(budget.commits);
        expect(calls, `calls of ${what} in ${JSON.stringify(cost)}`).toBeLessThanOrEqual(budget.calls);
      }
    },
  );

  it('is a few lists, not one each, for sixty leavers at a vendor that is looked up in its list', async () => {
    const policies = { waitMs: 0, leaverCount: 1000, leaverPercent: 100 };
    const stage = await startStage('crankwheel', {
      policies,
      settings: { lookup: 'list', concurrency: 32, requestsPerSecond: 1000 },
    });
    const people = Array.from({ length: 60 }, (_, n) => `p${n}@example.com`);
    const ids = await Promise.all(people.map((one) => stage.addUser(person(one))));
    await eventually(async () => (await stage.addresses()).length, people.length);
    await eventually(() => isQuiet(stage), true);
    await stage.forgetCalls();
    await Promise.all(ids.map((id) => stage.setActive(id, false)));
    await eventually(() => stage.addresses(), []);
    expect((await stage.calls('DELETE')).length).toBe(people.length);
    expect((await stage.calls('GET')).length).toBeLessThanOrEqual(10);
  });
});

function name(familyName: string) {
  return { op: 'replace', path: 'name.familyName', value: familyName };
}

function address(value: string) {
  return { op: 'replace', path: 'emails', value: [{ value, type: 'work', primary: true }] };
}
