import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';
import { settled } from '../vendors/vendor-acts.ts';
import { hireAll, moveTo, vendorId } from './by-hand.ts';
import { A, B, C, compareTwice, found, leave, stateOf, timePasses } from './harm.ts';

const WITH_IDS = ['attention', 'agendize', 'corezoid'] as const;
type WithIds = (typeof WITH_IDS)[number];

/** A human changes an account's address at the vendor; its id and the rest stay. */
async function rename(stage: Stage, vendor: WithIds, from: string, to: string): Promise<void> {
  const { uuid, id, obj_id, groups, teams, ...rest } = (await found(stage, from))?.vendor ?? {};
  const key: JsonObject =
    vendor === 'attention'
      ? { uuid: uuid ?? null }
      : vendor === 'agendize'
        ? { id: id ?? null }
        : { obj_id: obj_id ?? null };
  const login = vendor === 'corezoid' ? { logins: [{ type: 'corezoid', login: to }] } : { email: to };
  const kept =
    vendor === 'agendize' ? { ...rest, tags: rest['tags'] ?? [] } : { firstName: rest['firstName'] ?? '' };
  await stage.seed(to, { ...key, ...kept, ...login });
}

describe.each(WITH_IDS)('Two people whose addresses a human swapped at the vendor (%s)', (vendor) => {
  async function swapped(addressChange: 'task' | 'replace') {
    const stage = await startStage(vendor, { policies: { waitMs: 600, addressChange } });
    const [one = '', two = ''] = await hireAll(stage, [A, C]);
    const account = await vendorId(stage, A);
    await rename(stage, vendor, C, 'tmp@example.com');
    await rename(stage, vendor, A, C);
    await rename(stage, vendor, 'tmp@example.com', A);
    expect(await vendorId(stage, C)).toBe(account);
    return { stage, one, two };
  }

  it.each(['task', 'replace'] as const)(
    'rest after a comparison, each refused with the name of the other (`addressChange: %s`)',
    async (addressChange) => {
      const { stage, one, two } = await swapped(addressChange);
      await compareTwice(stage);
      await timePasses(stage);
      expect([await stage.state(one), await stage.state(two)]).toEqual(['conflict', 'conflict']);
      expect((await stage.account(one))?.lastError?.message).toContain(C);
      expect((await stage.account(two))?.lastError?.message).toContain(A);
    },
  );

  it.each(['deactivated', 'deleted'] as const)(
    'do not keep the access when one of them is %s',
    async (how) => {
      const { stage, one } = await swapped('task');
      await leave(stage, one, how);
      await timePasses(stage);
      expect(['suspended', 'absent']).toContain(await stateOf(stage, C));
    },
  );
});

describe('Two new hires at the address that somebody who left gives up', () => {
  it('both settle: one has the account, the other is refused and can go elsewhere', async () => {
    const stage = await startStage('attention', {
      settings: { lookup: 'list' },
      quirks: { onDelete: 'deactivated' },
      policies: { waitMs: 300 },
    });
    const at = (userName: string) =>
      person(userName, { emails: [{ value: A, type: 'work', primary: true }] });
    const [left = ''] = await hireAll(stage, [A]);
    await stage.fault({ kind: 'slow', delayMs: 200, times: 1 });
    await leave(stage, left, 'deleted');
    const ids = await Promise.all([stage.addUser(at('one')), stage.addUser(at('two'))]);
    await settled(stage);
    const states = await Promise.all(ids.map((id) => stage.state(id)));
    expect([...states].sort()).toEqual(['conflict', 'in-sync']);
    expect((await moveTo(stage, ids[states.indexOf('conflict')] ?? '', B)).status).toBe(200);
    await eventually(() => stateOf(stage, B), 'active');
    expect(await stateOf(stage, A)).toBe('active');
  });
});
