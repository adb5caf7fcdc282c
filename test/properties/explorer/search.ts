/** Bounded search, breadth first by acts: all histories with no act, then with one, then with two. */
import { type Act, acts, apply, works } from './acts.ts';
import { judgeQuiet } from './invariants.ts';
import { keyOf } from './key.ts';
import type { World } from './world.ts';

interface Node {
  world: World;
  from: Node | null;
  act: string;
}

export interface Finding {
  sentence: string;
  history: string[];
}

export interface Outcome {
  states: number;
  /** Every history within the budget of acts was played. */
  whole: boolean;
  findings: Finding[];
}

export interface Limits {
  /** Epoch ms. */
  until: number;
  /** As many findings, of different sentences. */
  findings: number;
}

export function explore(start: World, limits: Limits): Outcome {
  const known = new Set<string>([keyOf(start)]);
  const settled = new Set<string>();
  const found = new Map<string, Finding>();
  let level: Node[] = [{ world: start, from: null, act: '' }];
  const spent = (world: World) => start.budget.all - world.budget.all;
  let whole = true;
  for (let acted = 0; level.length > 0; acted += 1) {
    const next: Node[] = [];
    while (level.length > 0) {
      const node = level.pop();
      if (node === undefined) break;
      if (Date.now() > limits.until || found.size >= limits.findings)
        return { states: known.size, whole: false, findings: [...found.values()] };
      const wrong = node.world.broken ?? settle(node.world, settled);
      if (wrong !== null) {
        if (!found.has(wrong)) found.set(wrong, { sentence: wrong, history: historyOf(node) });
        continue;
      }
      for (const act of acts(node.world)) {
        const world = apply(node.world, act);
        const key = keyOf(world);
        if (known.has(key)) continue;
        known.add(key);
        (spent(world) > acted ? next : level).push({ world, from: node, act: act.name });
      }
    }
    level = next;
  }
  whole = true;
  return { states: known.size, whole, findings: [...found.values()] };
}

function historyOf(node: Node): string[] {
  const history: string[] = [];
  for (let at: Node | null = node; at?.from != null; at = at.from) history.unshift(at.act);
  return history;
}

/** More than any history needs to come to rest. */
const STEPS = 400;

/** From here on nothing more happens, and the vendor answers: all comes to rest, in bounded steps, without a call made for ever. */
export function settle(start: World, settled: Set<string> = new Set()): string | null {
  const met: string[] = [];
  const at = new Map<string, number>();
  let world = start;
  for (let turn = 0; turn < STEPS; turn += 1) {
    const key = keyOf(world);
    if (settled.has(key)) break;
    const before = at.get(key);
    const act = nextWork(world);
    if (act === undefined || before !== undefined) {
      const wrong = judgeRest(world, met.slice(before ?? met.length), turn);
      if (wrong !== null) return wrong;
      break;
    }
    at.set(key, met.length);
    met.push(act.name);
    world = apply(world, act);
    if (world.broken !== null) return world.broken;
    if (turn === STEPS - 1) return 'Nothing comes to rest.';
  }
  for (const key of at.keys()) settled.add(key);
  return null;
}

/** Whoever waits for something outside looks again and again, and makes no call. */
function judgeRest(world: World, round: readonly string[], _turn: number): string | null {
  if (round.length > 0 && !round.includes('wait')) return `It spins: ${round.join(', ')}.`;
  return judgeQuiet(world);
}

function nextWork(world: World): Act | undefined {
  return works(world).find(({ name }) => !name.startsWith('land'));
}
