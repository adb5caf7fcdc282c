/** A history as a test tells it: acts by their names, and what happens besides. */

import { apply } from './acts.ts';
import { makeStranger } from './people-acts.ts';
import { actNamed, rest } from './play.ts';
import { post, push, remove } from './pushes.ts';
import type { ClassName } from './vendor-classes.ts';
import { fork, type Person, personOf, type Real, type World } from './world.ts';
import { currentRow, type Options, worldOf } from './worlds.ts';

/** An act by its name; `rest`: the work goes on until nothing is left to do; else what happens. */
type Line = string | ((world: World) => void);

export class Script {
  world: World;

  constructor(vendor: ClassName, options: Options = {}) {
    this.world = worldOf(vendor, { ...options, budget: { all: 99 } });
  }

  /** Goes on; a sentence of an invariant is an error. */
  go(...lines: Line[]): this {
    for (const line of lines) {
      if (line === 'rest') this.world = rest(this.world);
      else if (typeof line === 'string') this.world = apply(this.world, actNamed(this.world, line));
      else {
        this.world = fork(this.world);
        line(this.world);
      }
      if (this.world.broken !== null) throw new Error(`${String(line)}: ${this.world.broken}`);
    }
    return this;
  }

  /** `address presence role`, in order of their addresses. */
  get accounts(): string[] {
    return this.world.accounts
      .map(({ address, presence, role }) => `${address} ${presence} ${role}`)
      .sort((one, other) => one.localeCompare(other));
  }

  get tasks(): string[] {
    return this.world.tasks.map(({ kind, wanted }) =>
      `${kind} ${typeof wanted === 'string' ? wanted : ''}`.trim(),
    );
  }

  stateOf(user: string): string | undefined {
    return currentRow(this.world, user)?.state;
  }

  /** The vendor's id of the User's own account. */
  accountOf(user: string): string | null {
    return currentRow(this.world, user)?.known.vendorId ?? null;
  }
}

export function posts(user: string, address: string, change: Partial<Person> = {}): Line {
  return (world) => {
    post(world, user, address, change);
  };
}

export function pushes(user: string, change: Partial<Person>): Line {
  return (world) => {
    push(world, personOf(world, user), change);
  };
}

export function deletes(user: string): Line {
  return (world) => {
    remove(world, personOf(world, user));
  };
}

export function stranger(address: string, change: Partial<Real> = {}): Line {
  return (world) => {
    makeStranger(world, address, change);
  };
}
