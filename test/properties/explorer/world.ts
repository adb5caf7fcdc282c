/** The explorer's world in plain values: the vendor, the store, the Users, and the attempts under way. */
import type { AccountState, VendorAccount } from '../../../src/core/account.ts';
import type { Policies } from '../../../src/core/policy.ts';
import type { TaskWish } from '../../../src/core/task.ts';
import type { admit } from '../../../src/sync/delivery/admit.ts';
import type { Attempt, Move, Row } from '../../../src/sync/delivery/state.ts';
import type { step } from '../../../src/sync/delivery/step.ts';
import type { VendorClass } from './vendor-classes.ts';

/** What is under test; a planted change gives another one. */
export interface Machine {
  step: typeof step;
  admit: typeof admit;
}

/** The steady clock's units: a look and a call take one; a wait is longer than any answer may be late. */
export const CALL_TIMEOUT = 100;
export const WAIT = 101;

/** An account at the vendor, and what the invariants want to know of it. */
export interface Real {
  id: string;
  address: string;
  aliases: string[];
  presence: VendorAccount['presence'];
  name: string;
  role: 'user' | 'admin';
  perms: string[];
  /** The role that Causeway gave it last. */
  given: 'user' | 'admin' | null;
  protected: boolean;
  /**
   * A User's id: Causeway made it for that one; asked: a human made it because a task asked; human: a stranger’s;
   * anyone: the address is the id, so that nobody can tell.
   */
  maker: string;
  /** The User for whom a call made it, whoever has changed it since; null: no call did. */
  madeFor: string | null;
  /** A human touched it since Causeway last saw it. */
  unseen: boolean;
}

/** A call that left and got no answer; its effect may still come. */
export interface Flight {
  move: Extract<Move, { do: 'call' }>;
  user: string;
  /** A human touched the account after the look that the call rests on. */
  blind: boolean;
  until: number;
}

/** A User of the identity provider. */
export interface Person {
  id: string;
  address: string;
  name: string;
  active: boolean;
  deleted: boolean;
  /** A group's rule gives the role. */
  ruled: boolean;
  /** What a refused push is put back to; null: nothing is. created: the User goes. */
  undo: { address: string; active: boolean; name: string; created: boolean; from: string | null } | null;
  /** Every address under which it was ever pushed. */
  addresses: string[];
  /** A human touched its account since Causeway last looked. */
  unseen: boolean;
}

export type Due = 'no' | 'now' | 'later' | 'holder' | number;

/** A row of the store. */
export interface Stored extends Row {
  user: string;
  /** A push has no outcome yet. */
  unsettled: boolean;
  /** A push came after the claim. */
  pushed: boolean;
  due: Due;
  /** The address that it waits for. */
  awaits: string | null;
  claimed: boolean;
  state: AccountState;
}

export interface Task extends TaskWish {
  row: string;
}

/** One attempt under way, between two moves. */
export interface Run {
  user: string;
  row: string;
  attempt: Attempt;
  move: Move;
  /** The intent is committed, and the call has not left yet. */
  sent: boolean;
  /** Its process stands still, and another one has the lease. */
  frozen: boolean;
  /** Ids in the store of the rows that it made. */
  ids: Record<string, string>;
  /** Each row as it was last read or written. */
  stored: Record<string, string>;
  /** Accounts that a human touched since its last look. */
  blind: string[];
  /** Accounts and Users that its looks showed after a human's act. */
  cleared: string[];
  /** A human did something meanwhile. */
  touched: boolean;
  /** Accounts that were the User's own when it was claimed. */
  adopted: string[];
}

/** How many more acts of each kind may happen. */
export interface Budget {
  idp: number;
  human: number;
  operator: number;
  fault: number;
  /** Of all kinds together. */
  all: number;
}

/** What does not change in a history. */
export interface Setting {
  vendor: VendorClass;
  policies: Policies;
  /** The identity provider waits for its answer, so that a refused push is put back. */
  putsBack: boolean;
  /** How many may lose access; null: no guard. */
  guard: number | null;
  /** Claims at once. */
  workers: number;
  machine: Machine;
}

export interface World {
  setting: Setting;
  now: number;
  epoch: number;
  accounts: Real[];
  flights: Flight[];
  people: Person[];
  rows: Stored[];
  tasks: Task[];
  runs: Run[];
  lost: number;
  budget: Budget;
  /** A human has done something at the vendor. */
  humans: boolean;
  /** What an invariant says against it. */
  broken: string | null;
}

/** A copy that may be changed one level down. */
export function fork(world: World): World {
  return {
    ...world,
    accounts: world.accounts.map((one) => ({ ...one })),
    flights: [...world.flights],
    people: world.people.map((one) => ({ ...one })),
    rows: world.rows.map((one) => ({ ...one })),
    tasks: [...world.tasks],
    runs: world.runs.map((one) => ({ ...one })),
    budget: { ...world.budget },
  };
}

export function personOf(world: World, id: string): Person {
  const person = world.people.find((one) => one.id === id);
  if (person === undefined) throw new Error(`There is no User ${id}.`);
  return person;
}

export function breaks(world: World, sentence: string): void {
  world.broken ??= sentence;
}

/** The first name with this letter that nothing in the world has. */
export function freeName(world: World, letter: string): string {
  const { setting: _, ...rest } = world;
  const text = JSON.stringify(rest);
  for (let n = 1; ; n += 1) if (!text.includes(`"${letter}${n}`)) return `${letter}${n}`;
}
