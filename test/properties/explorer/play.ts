/** Plays a stored history on a world, act by act. */
import { type Act, acts, apply, works } from './acts.ts';
import { settle } from './search.ts';
import type { World } from './world.ts';

export function actNamed(world: World, name: string): Act {
  const possible = acts(world);
  const act = possible.find((one) => one.name === name);
  if (act !== undefined) return act;
  throw new Error(`“${name}” cannot happen here, only: ${possible.map((one) => one.name).join(', ')}.`);
}

/** What an invariant says against this history, or against how it comes to rest; null: nothing. */
export function verdict(start: World, history: readonly string[]): string | null {
  let world = start;
  for (const name of history) {
    const act = acts(world).find((one) => one.name === name);
    // The machine took another way: then it is another history.
    if (act === undefined) return world.broken ?? settle(world);
    world = apply(world, act);
    if (world.broken !== null) return world.broken;
  }
  return settle(world);
}

/** Works on until nothing is due, or nothing but what looks again and again. */
export function rest(start: World): World {
  let world = start;
  for (let turn = 0; turn < 60; turn += 1) {
    const act = works(world).find(({ name }) => !name.startsWith('land'));
    if (act === undefined || world.broken !== null) return world;
    world = apply(world, act);
  }
  return world;
}
