/** Worlds to begin with. */
import type { Policies } from '../../../src/core/policy.ts';
import { admit } from '../../../src/sync/delivery/admit.ts';
import { step } from '../../../src/sync/delivery/step.ts';
import { CLASSES, type ClassName } from './vendor-classes.ts';
import type { Budget, Machine, Setting, Stored, World } from './world.ts';

const POLICIES: Policies = {
  waitMs: 0,
  unsupported: 'task',
  deactivate: 'suspend',
  delete: 'remove',
  addressChange: 'replace',
  adoption: 'adopt',
  groups: 'off',
  removeGroups: false,
  allowedDomains: [],
  protectedAddresses: [],
  leaverPercent: 100,
  leaverCount: 100,
  reconcileMinutes: 0,
  drift: 'report',
  repairCreations: 0,
  imports: 'leave',
};

const MACHINE: Machine = { step, admit };

export type Options = Partial<Omit<Setting, 'vendor' | 'policies' | 'machine'>> & {
  policies?: Partial<Policies>;
  budget?: Partial<Budget>;
  machine?: Machine;
};

export function currentRow(world: World, user: string): Stored | undefined {
  return world.rows.find((row) => row.user === user && row.role === 'current');
}

export function worldOf(vendor: ClassName, options: Options = {}): World {
  const { policies, budget, machine, ...rest } = options;
  const given = CLASSES[vendor];
  return {
    setting: {
      vendor: given,
      policies: { ...POLICIES, ...given.policies, ...policies },
      putsBack: false,
      guard: null,
      workers: 1,
      machine: machine ?? MACHINE,
      ...rest,
    },
    now: 1000,
    epoch: 1,
    accounts: [],
    flights: [],
    people: [],
    rows: [],
    tasks: [],
    runs: [],
    lost: 0,
    budget: { idp: 9, human: 9, operator: 9, fault: 9, all: 0, ...budget },
    humans: false,
    broken: null,
  };
}
