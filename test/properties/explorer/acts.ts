/** Everything that may happen next, each with the words that a witness is stored in. */

import { claim, claimable, runOf } from './attempts.ts';
import { dropRun, kill, wait } from './faults.ts';
import { personActs } from './people-acts.ts';
import { advance, type Fate, land } from './runner.ts';
import { type Budget, fork, WAIT, type World } from './world.ts';

export interface Act {
  /** `claim r1`, `go r1`, `go r1 lost`, `human remove v1` … */
  name: string;
  /** What it costs; null: it is no act, but the work going on. */
  cost: keyof Omit<Budget, 'all'> | null;
  apply(world: World): void;
}

const LOOK_FATES: readonly Fate[] = ['UNAVAILABLE'];
const CALL_FATES: readonly Fate[] = [
  'lost',
  'late',
  'unchecked',
  'UNAVAILABLE',
  'NOT_PERMITTED',
  'REJECTED',
  'GONE',
];

/** The work that goes on by itself. */
export function works(world: World): Act[] {
  const acts: Act[] = [];
  for (const run of world.runs) {
    if (!run.frozen)
      acts.push({ name: `go ${run.row}`, cost: null, apply: (w) => advance(w, runOf(w, run), 'answered') });
  }
  for (const row of claimable(world)) {
    acts.push({ name: `claim ${row.id}`, cost: null, apply: (w) => claim(w, rowOf(w, row.id)) });
  }
  world.flights.forEach((_, index) => {
    acts.push({ name: `land ${index}`, cost: null, apply: (w) => land(w, index) });
  });
  if (world.runs.length === 0 && world.rows.every(({ due }) => due !== 'now')) {
    const waits = world.rows.some(({ due }) => due === 'later' || typeof due === 'number');
    if (waits || world.flights.length > 0)
      acts.push({ name: 'wait', cost: null, apply: (w) => wait(w, WAIT) });
  }
  return acts;
}

function rowOf(world: World, id: string) {
  const row = world.rows.find((one) => one.id === id);
  if (row === undefined) throw new Error(`There is no row ${id}.`);
  return row;
}

/** What goes wrong. */
function faults(world: World): Act[] {
  const acts: Act[] = [];
  const add = (name: string, apply: Act['apply']) => acts.push({ name, cost: 'fault', apply });
  if (world.runs.length > 0) add('kill', kill);
  for (const run of world.runs) {
    const { move, row, sent } = run;
    const go = (fate: Fate) => add(`go ${row} ${fate}`, (w) => advance(w, runOf(w, run), fate));
    if (move.do === 'look') LOOK_FATES.forEach(go);
    if (move.do === 'call' && sent) {
      CALL_FATES.forEach(go);
      add(`go ${row} killed`, (w) => {
        advance(w, runOf(w, run), 'lost');
        kill(w);
      });
      add(`go ${row} killed late`, (w) => {
        advance(w, runOf(w, run), 'late');
        kill(w);
      });
    }
    if ((move.do === 'call' && !sent) || move.do === 'end')
      add(`fail ${row}`, (w) => dropRun(w, runOf(w, run)));
    if (move.do === 'call' && !sent) {
      add(`fail ${row} committed`, (w) => {
        advance(w, runOf(w, run), 'answered');
        dropRun(w, w.runs.find((one) => one.row === row) ?? run);
      });
    }
  }
  return acts;
}

export function acts(world: World): Act[] {
  const { budget } = world;
  const paid = [...(budget.fault > 0 ? faults(world) : []), ...personActs(world)];
  const can = paid.filter(({ cost }) => cost !== null && budget.all > 0 && budget[cost] > 0);
  return [...works(world), ...can];
}

export function apply(before: World, { cost, apply: change }: Act): World {
  const world = fork(before);
  if (cost !== null) {
    world.budget[cost] -= 1;
    world.budget.all -= 1;
  }
  change(world);
  return world;
}
