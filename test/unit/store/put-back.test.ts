import { describe, expect, it } from 'vitest';
import {
  checkEnd,
  type Move,
  move,
  moves,
  SCENARIOS,
  type Scenario,
  startWorld,
  type World,
} from './put-back-world.ts';
import { storedConnection } from './stored-connection.ts';

const { db, freshConnection } = storedConnection();

async function replay(scenario: Scenario, path: readonly Move[]): Promise<World> {
  const world = await startWorld(scenario, db(), await freshConnection());
  for (const next of path) await move(world, next);
  return world;
}

/** Depth first over the choices; each path is played on a connection of its own. */
async function everyEnd(
  scenario: Scenario,
  check: (world: World, path: Move[]) => Promise<void>,
): Promise<number> {
  let ends = 0;
  const open: Move[][] = [[]];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const world = await replay(scenario, path);
    const walked = [...path];
    for (;;) {
      const possible = await moves(world);
      const [first, ...others] = possible;
      if (first === undefined) break;
      for (const other of others) open.push([...walked, other]);
      await move(world, first);
      walked.push(first);
      if (walked.length > 30) throw new Error(`No end: ${walked.join(', ')}`);
    }
    await check(world, walked);
    ends += 1;
  }
  return ends;
}

describe('Put back, in every interleaving of two pushes, expiring waits and one worker', () => {
  it.each(SCENARIOS)('creates: $creates, A: $a, B: $b', async (scenario) => {
    expect(await everyEnd(scenario, checkEnd)).toBeGreaterThan(1);
  });
});
