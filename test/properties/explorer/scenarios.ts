/** Where histories begin, and under which policies. */
import type { Policies } from '../../../src/core/policy.ts';
import { makeStranger } from './people-acts.ts';
import { rest } from './play.ts';
import { post, push, remove } from './pushes.ts';
import { CLASSES, type ClassName } from './vendor-classes.ts';
import { personOf, type World } from './world.ts';
import { type Options, worldOf } from './worlds.ts';

export interface Scenario {
  name: string;
  options?: Options;
  begin(world: World): World;
}

function settled(world: World): World {
  return rest(world);
}

/** U has an account at a. */
function withU(world: World, rest: Parameters<typeof post>[3] = {}): World {
  post(world, 'U', 'a', rest);
  return acceptAll(settled(world));
}

/** Every invitation is accepted, and seen. */
function acceptAll(world: World): World {
  for (const real of world.accounts) {
    if (real.presence !== 'pending') continue;
    real.presence = 'active';
    real.id = `v9${real.address}`;
  }
  for (const row of world.rows) if (row.role === 'current') row.due = 'now';
  return settled(world);
}

function stranger(world: World, address: string, change: Parameters<typeof makeStranger>[2] = {}): World {
  makeStranger(world, address, { unseen: false, ...change });
  return world;
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'U is new',
    begin: (world) => {
      post(world, 'U', 'a');
      return world;
    },
  },
  { name: 'U has an account', begin: (world) => withU(world) },
  {
    name: 'U is new where a stranger is',
    begin: (world) => {
      post(world, 'U', 'a');
      return stranger(world, 'a');
    },
  },
  { name: 'U has an account, and b is a stranger’s', begin: (world) => stranger(withU(world), 'b') },
  {
    name: 'U and V have accounts, two at work',
    options: { workers: 2 },
    begin: (world) => {
      const one = withU(world);
      post(one, 'V', 'b');
      return acceptAll(settled(one));
    },
  },
  {
    name: 'a refused push is put back',
    options: { putsBack: true },
    begin: (world) => stranger(withU(world), 'b'),
  },
  { name: 'nobody may lose access', options: { guard: 0 }, begin: (world) => withU(world) },
  { name: 'a rule made U an administrator', begin: (world) => withU(world, { ruled: true }) },
  {
    name: 'U moves from a to b',
    begin: (world) => {
      const one = withU(world);
      push(one, personOf(one, 'U'), { address: 'b' });
      return one;
    },
  },
  {
    name: 'U is deleted',
    begin: (world) => {
      const one = withU(world);
      remove(one, personOf(one, 'U'));
      return one;
    },
  },
  {
    name: 'U and V are new at one address, two at work',
    options: { workers: 2 },
    begin: (world) => {
      post(world, 'U', 'a');
      post(world, 'V', 'a');
      return world;
    },
  },
  {
    name: 'U is inactive, and V comes to its address',
    begin: (world) => {
      const one = withU(world);
      push(one, personOf(one, 'U'), { active: false });
      const two = settled(one);
      post(two, 'V', 'a');
      return two;
    },
  },
];

const POLICY_SETS: readonly Partial<Policies>[] = [
  { adoption: 'adopt', addressChange: 'replace' },
  { adoption: 'refuse', addressChange: 'replace' },
  { adoption: 'adopt', addressChange: 'task' },
  { adoption: 'unmanaged', addressChange: 'replace' },
  { adoption: 'refuse', addressChange: 'task' },
  { adoption: 'adopt', addressChange: 'refuse' },
];

export interface Start {
  name: string;
  world(budget: number, machine?: Options['machine']): World;
}

/** Every beginning: by class of vendor, policies and scenario. */
export function starts(): Start[] {
  const names = Object.keys(CLASSES) as ClassName[];
  return POLICY_SETS.flatMap((policies) =>
    SCENARIOS.flatMap((scenario) => names.map((name) => startOf(name, policies, scenario))),
  );
}

function startOf(vendor: ClassName, policies: Partial<Policies>, scenario: Scenario): Start {
  const name = `${vendor}, ${policies.adoption}, ${policies.addressChange}: ${scenario.name}`;
  return {
    name,
    world: (all, machine) => {
      const options: Options = { ...scenario.options, policies, ...(machine !== undefined && { machine }) };
      const world = scenario.begin(worldOf(vendor, options));
      return { ...world, humans: false, budget: { ...world.budget, all } };
    },
  };
}
