import { describe, expect, it } from 'vitest';
import {
  checkEnd,
  type Move,
  move,
  moves,
  SCENARIOS,
  startWorld,
  type World,
} from '../unit/store/put-back-world.ts';
import { KINDS, sharedStore } from './stores.ts';

/** Who makes which moves, one after the other; the three of them at the same time. */
const ACTORS: readonly (readonly Move[])[] = [
  ['push A', 'answer A'],
  ['push B', 'answer B'],
  ['claim', 'settle'],
];
const ROUNDS = 4;

/** Plays the three actors' moves as they become possible, until nobody has any left. */
async function play(world: World): Promise<Move[]> {
  const walked: Move[] = [];
  let underWay = 0;
  const act = async (own: readonly Move[]): Promise<void> => {
    for (;;) {
      const played = underWay === 0 ? walked.length : null;
      const possible = await moves(world);
      const next = possible.find((each) => own.includes(each));
      if (next !== undefined) {
        walked.push(next);
        underWay += 1;
        await move(world, next);
        underWay -= 1;
      } else if (possible.length === 0 && played === walked.length) return;
      else await new Promise(setImmediate);
    }
  };
  await Promise.all(ACTORS.map(act));
  return walked;
}

describe.each(KINDS)(
  'Put back in %s, with both pushes, their waits and the worker at the same time',
  (kind) => {
    const { instance, freshConnection } = sharedStore(kind);

    it.each(SCENARIOS)('creates: $creates, A: $a, B: $b', async (scenario) => {
      const rounds = Array.from({ length: ROUNDS }, async (_, round) => {
        const world = await startWorld(scenario, instance(round), await freshConnection());
        const walked = await play(world);
        await checkEnd(world, walked);
        return walked.length;
      });
      for (const length of await Promise.all(rounds)) expect(length).toBeGreaterThan(1);
    });
  },
);
