import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VendorAccount } from '../../../../src/core/account.ts';
import type { LeaverAction, Policies } from '../../../../src/core/policy.ts';
import { hasChanges } from '../../../../src/sync/plan/differences.ts';
import {
  createDifferences,
  type PlanInput,
  plan,
  protect,
  type Step,
} from '../../../../src/sync/plan/plan.ts';
import type { Wanted } from '../../../../src/sync/plan/wanted.ts';
import type { Supports } from '../../../../src/vendor-kit/vendor.ts';
import { account, FIELDS, field, POLICIES, SUPPORTS } from '../acme.ts';

const ACTIVE: Wanted = {
  presence: 'active',
  why: 'active',
  address: 'ana@example.com',
  fields: {
    email: { value: 'ana@example.com', from: 'idp' },
    name: { value: 'Ana', from: 'idp' },
    role: { value: 'user', from: 'default' },
    note: { value: 'hello', from: 'idp' },
  },
};
const LEAVING = { address: null, fields: {} };
const DEACTIVATED: Wanted = { presence: 'suspended', why: 'deactivated', ...LEAVING };
const DELETED: Wanted = { presence: 'absent', why: 'deleted', ...LEAVING };
const THERE = { name: 'Ana', role: 'user' };

interface Given {
  wanted?: Wanted;
  actual?: VendorAccount | 'absent';
  /** Causeway made the account; default true. */
  created?: boolean;
  keeps?: boolean;
  written?: PlanInput['written'];
  supports?: Partial<Supports>;
  policies?: Partial<Policies>;
}

function inputOf(given: Given): PlanInput {
  return {
    wanted: given.wanted ?? ACTIVE,
    actual: given.actual ?? account({ fields: THERE }),
    created: given.created ?? true,
    keeps: given.keeps ?? false,
    written: given.written ?? THERE,
    vendor: { title: 'Acme', fields: FIELDS },
    supports: { ...SUPPORTS, ...given.supports },
    policies: { ...POLICIES, ...given.policies },
  };
}

function planned(given: Given): Step[] {
  return plan(inputOf(given));
}

/** A task by its kind, any other step by its name. */
function names(steps: readonly Step[]): string[] {
  return steps.map((step) => (step.step === 'task' ? `task ${step.task.kind}` : step.step));
}

describe('A person who is to be active', () => {
  it('is created with every field that a create can carry', () => {
    expect(planned({ actual: 'absent', written: {} })).toEqual([
      {
        step: 'create',
        address: 'ana@example.com',
        fields: { email: 'ana@example.com', name: 'Ana', role: 'user', note: 'hello' },
      },
    ]);
  });

  it('is created, and given what a create cannot carry after that', () => {
    const bot = field('bot', { set: 'update' });
    const input = inputOf({ actual: 'absent', written: {}, supports: { update: ['bot'] } });
    const wanted: Wanted = { ...ACTIVE, fields: { ...ACTIVE.fields, bot: { value: 'b', from: 'idp' } } };
    const steps = plan({ ...input, wanted, vendor: { title: 'Acme', fields: [...FIELDS, bot] } });
    expect(names(steps)).toEqual(['create', 'update']);
    expect(steps[0]).not.toHaveProperty('fields.bot');
    expect(steps[1]).toMatchObject({ changes: { set: { bot: 'b' } } });
  });

  it.each<[string, Given, string[]]>([
    ['as it is: nothing', {}, []],
    ['there before Causeway knew of it: nothing', { created: false, written: {} }, []],
    [
      'there before, with another name: updated',
      { created: false, written: {}, actual: account({ fields: { ...THERE, name: 'Bo' } }) },
      ['update'],
    ],
    [
      'there before, with more than the default: nothing',
      { created: false, written: {}, actual: account({ fields: { ...THERE, role: 'admin' } }) },
      [],
    ],
    ['with another name: updated', { actual: account({ fields: { ...THERE, name: 'Bo' } }) }, ['update']],
    [
      'with another name where there is no call for it: a task',
      { actual: account({ fields: { ...THERE, name: 'Bo' } }), supports: { update: [] } },
      ['task field:name'],
    ],
    ['suspended: reactivated', { actual: account({ fields: THERE, presence: 'suspended' }) }, ['reactivate']],
    [
      'suspended, with another name: reactivated and updated',
      { actual: account({ fields: { ...THERE, name: 'Bo' }, presence: 'suspended' }) },
      ['reactivate', 'update'],
    ],
    [
      'suspended where there is no call for it: a task',
      { actual: account({ fields: THERE, presence: 'suspended' }), supports: { suspend: false } },
      ['task reactivate'],
    ],
    ['invited: nothing', { actual: account({ fields: THERE, presence: 'pending' }) }, []],
    [
      'invited, with another name: waits to be accepted',
      { actual: account({ fields: { ...THERE, name: 'Bo' }, presence: 'pending' }) },
      ['await-acceptance'],
    ],
    [
      'an owner with another name: a task',
      { actual: account({ fields: { ...THERE, name: 'Bo' }, protected: 'an owner' }) },
      ['task field:name'],
    ],
    [
      'an owner who is suspended: a task',
      { actual: account({ fields: THERE, presence: 'suspended', protected: 'an owner' }) },
      ['task reactivate'],
    ],
    [
      'under another address: nothing, which is not the plan’s business',
      { actual: account({ fields: THERE, address: 'old@example.com' }) },
      [],
    ],
  ])('and is there %s', (_what, given, expected) => {
    expect(names(planned(given))).toEqual(expected);
  });
});

describe('A person who is in groups that the vendor has not made yet', () => {
  const mirrored = field('tags', { type: 'list', items: 'string', mirrored: true });
  const vendor = { title: 'Acme', fields: [...FIELDS.filter(({ name }) => name !== 'tags'), mirrored] };
  const wanted: Wanted = { ...ACTIVE, fields: { ...ACTIVE.fields, tags: { value: ['b'], from: 'rule' } } };
  const actual = account({ fields: { ...THERE, tags: ['a'] } });
  const planWith = (keeps: boolean) =>
    plan({ ...inputOf({ wanted, actual, keeps, written: { ...THERE, tags: ['a'] } }), vendor });

  it('keeps the memberships that were written, and gets the new ones', () => {
    expect(planWith(true)).toMatchObject([{ step: 'update', changes: { add: { tags: ['b'] }, remove: {} } }]);
  });

  it('loses them once all of the groups are there', () => {
    expect(planWith(false)).toMatchObject([{ changes: { add: { tags: ['b'] }, remove: { tags: ['a'] } } }]);
  });
});

describe('What a create was sent', () => {
  const vendor = { title: 'Acme', fields: FIELDS };
  it.each<[string, PlanInput['written'], PlanInput['written'], boolean]>([
    ['is there', { name: 'Ana', role: 'user' }, { name: 'Ana', role: 'user' }, false],
    ['differs in one value', { name: 'Ana', role: 'user' }, { name: 'Ana', role: 'admin' }, true],
    ['differs only in what is never compared', { note: 'hello' }, { note: 'else' }, false],
    ['is not told by the vendor', { name: 'Ana', role: 'user' }, { name: 'Ana' }, false],
    ['is there beside more than was sent', { tags: ['a'] }, { tags: ['a', 'b'] }, false],
    ['lacks an element of a list', { tags: ['a', 'b'] }, { tags: ['a'] }, true],
    ['names the key in another way', { email: 'ana@example.com' }, { email: 'ANA@example.com' }, false],
  ])('%s', (_what, sent, actual, differs) => {
    expect(hasChanges(createDifferences(vendor, sent, actual))).toBe(differs);
  });
});

describe('A person who leaves', () => {
  const noCall: Partial<Supports> = { suspend: false, remove: false, revoke: false };
  const rights = account({ fields: { ...THERE, tags: ['a'] } });

  it.each<[LeaverAction, Partial<Supports>, string[]]>([
    ['suspend', {}, ['suspend']],
    ['suspend', noCall, ['task deactivate']],
    ['remove', {}, ['remove']],
    ['remove', noCall, ['task deactivate']],
    ['revoke', {}, ['revoke', 'task deactivate']],
    ['revoke', noCall, ['task deactivate']],
    ['task', {}, ['task deactivate']],
  ])('under the policy %s, where the vendor supports %j beyond the usual', (action, supports, expected) => {
    const deactivated = planned({
      wanted: DEACTIVATED,
      actual: rights,
      supports,
      policies: { deactivate: action },
    });
    expect(names(deactivated)).toEqual(expected);
    const deleted = planned({ wanted: DELETED, actual: rights, supports, policies: { delete: action } });
    expect(names(deleted)).toEqual(expected);
  });

  it.each<[string, Wanted, VendorAccount | 'absent', Partial<Policies>, string[]]>([
    ['and is not there: nothing', DELETED, 'absent', {}, []],
    ['and is suspended already: nothing', DEACTIVATED, account({ presence: 'suspended' }), {}, []],
    ['for good and is suspended: removed', DELETED, account({ presence: 'suspended' }), {}, ['remove']],
    [
      'for good and is suspended, where leavers are only suspended: nothing',
      DELETED,
      account({ presence: 'suspended' }),
      { delete: 'suspend' },
      [],
    ],
    [
      'and has no rights left to revoke: the task alone',
      DELETED,
      account({ fields: { tags: [], teams: [] } }),
      { delete: 'revoke' },
      ['task deactivate'],
    ],
    [
      'and is an owner: refused, with a task',
      DEACTIVATED,
      account({ protected: 'an owner' }),
      {},
      ['task deactivate', 'refuse'],
    ],
    [
      'for good and is an owner: refused, with a task',
      DELETED,
      account({ protected: 'an owner' }),
      {},
      ['task deactivate', 'refuse'],
    ],
    [
      'and is an owner who has not accepted the invitation: refused, with a task',
      DELETED,
      account({ presence: 'pending', withdrawable: true, protected: 'an owner' }),
      {},
      ['task deactivate', 'refuse'],
    ],
    [
      'and has not accepted the invitation, which can be taken back: withdrawn',
      DEACTIVATED,
      account({ presence: 'pending', withdrawable: true }),
      {},
      ['withdraw'],
    ],
    [
      'and has not accepted the invitation, which cannot be taken back: watched',
      DEACTIVATED,
      account({ presence: 'pending' }),
      {},
      ['task watch'],
    ],
    [
      'and has not accepted the invitation, where a human does it: a task',
      DEACTIVATED,
      account({ presence: 'pending', withdrawable: true }),
      { deactivate: 'task' },
      ['task deactivate'],
    ],
  ])('%s', (_what, wanted, actual, policies, expected) => {
    expect(names(planned({ wanted, actual, policies }))).toEqual(expected);
  });

  it('is asked of a human by an address and a reason', () => {
    const [step] = planned({ wanted: DELETED, supports: noCall });
    expect(step).toMatchObject({
      task: {
        title: 'Remove ana@example.com from Acme by hand: its API has no call for it.',
        wanted: { address: 'ana@example.com', why: 'deleted' },
      },
    });
  });

  it('is named to the identity provider when it must stay', () => {
    const steps = planned({ wanted: DELETED, actual: account({ protected: 'an owner' }) });
    expect(steps[1]).toMatchObject({
      reason: expect.stringContaining('ana@example.com is an owner at Acme'),
    });
  });
});

describe('An address that the operator protects', () => {
  const policies = { ...POLICIES, protectedAddresses: ['ana@example.com'] };

  it('is as untouchable as an owner, whatever its case', () => {
    expect(protect(account({ address: 'Ana@Example.com' }), policies).protected).toBe('a protected address');
    expect(protect(account({ address: 'bo@example.com' }), policies).protected).toBeUndefined();
  });

  it('is recognised by no other letter than A–Z in another case', () => {
    const [protectedAddress, kelvin] = ['kim@example.com', '\u212aim@example.com'];
    const kim = { ...POLICIES, protectedAddresses: [protectedAddress] };
    expect(protect(account({ address: 'KIM@example.com' }), kim).protected).toBe('a protected address');
    expect(protect(account({ address: kelvin }), kim).protected).toBeUndefined();
  });

  it('protects an account whose second login it is', () => {
    const aliased = account({ address: 'a.diaz@corp.test', aliases: ['x@example.com', 'ANA@example.com'] });
    expect(protect(aliased, policies).protected).toBe('a protected address');
  });

  it('keeps the vendor’s own reason', () => {
    expect(protect(account({ protected: 'an owner' }), policies).protected).toBe('an owner');
  });
});

const anyAccount = fc.record({
  id: fc.constant('v1'),
  address: fc.constantFrom('ana@example.com', 'old@example.com'),
  presence: fc.constantFrom('active' as const, 'suspended' as const, 'pending' as const),
  fields: fc.record({
    name: fc.constantFrom('Ana', 'Bo'),
    role: fc.constantFrom('user', 'admin'),
    tags: fc.subarray(['a', 'b', 'x']),
  }),
  withdrawable: fc.boolean(),
});
const action = fc.constantFrom<LeaverAction>('suspend', 'remove', 'revoke', 'task');
const anyInput: fc.Arbitrary<PlanInput> = fc
  .record({
    wanted: fc.constantFrom(ACTIVE, DEACTIVATED, DELETED),
    actual: fc.oneof(fc.constant('absent' as const), anyAccount),
    isOwner: fc.boolean(),
    created: fc.boolean(),
    keeps: fc.boolean(),
    written: fc.constantFrom({}, THERE, { tags: ['a'] }),
    supports: fc.record({
      suspend: fc.boolean(),
      remove: fc.boolean(),
      revoke: fc.boolean(),
      withdraw: fc.boolean(),
      update: fc.subarray(['name', 'role', 'tags']),
    }),
    policies: fc.record({ deactivate: action, delete: action }),
  })
  .map(({ actual, isOwner, ...given }) =>
    inputOf({
      ...given,
      actual: actual === 'absent' || !isOwner ? actual : { ...actual, protected: 'an owner' },
    }),
  );

describe('Whatever is wanted and there', () => {
  const TAKING_AWAY = ['suspend', 'remove', 'revoke', 'withdraw'];

  it('asks for no call that the vendor does not have', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        for (const { step } of plan(input)) {
          if (step === 'suspend' || step === 'reactivate') expect(input.supports.suspend).toBe(true);
          if (step === 'remove') expect(input.supports.remove).toBe(true);
          if (step === 'revoke') expect(input.supports.revoke).toBe(true);
          if (step === 'withdraw') expect(input.supports.withdraw).toBe(true);
        }
      }),
    );
  });

  it('takes nothing away from who is to be active, and gives nothing to who is not', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const steps = names(plan(input));
        const isActive = input.wanted.presence === 'active';
        const forbidden = isActive ? TAKING_AWAY : ['create', 'update', 'reactivate'];
        expect(steps.filter((step) => forbidden.includes(step))).toEqual([]);
      }),
    );
  });

  it('changes nothing of an owner', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        if (input.actual === 'absent' || input.actual.protected === undefined) return;
        const steps = names(plan(input));
        expect(
          steps.filter((step) => [...TAKING_AWAY, 'update', 'reactivate', 'create'].includes(step)),
        ).toEqual([]);
      }),
    );
  });

  it('is asked of a human where it is not done', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { actual, wanted } = input;
        if (wanted.presence === 'active' || actual === 'absent' || actual.presence === 'suspended') return;
        expect(plan(input)).not.toEqual([]);
      }),
    );
  });
});
