/** The step machine: what happened → what to do next. Pure; `run.ts` does what it says. The stages are a table. */
import { absorb } from './absorb.ts';
import { resolveDoubt } from './stages/doubt.ts';
import { giveBack, giveUpSuperseded } from './stages/leave.ts';
import { acquaint, lookFirst, relocate } from './stages/look-first.ts';
import { moveAddress } from './stages/move.ts';
import { observe } from './stages/observe.ts';
import { planNext } from './stages/plan-stage.ts';
import { endFailed, endRefused } from './stages/settle.ts';
import { settleConflict } from './stages/whose.ts';
import type { Attempt, Event, Move, Turn } from './state.ts';

type Stage = (attempt: Attempt) => Turn;

/** In order. Each leaves alone what is not its own. */
const STAGES: readonly Stage[] = [
  endFailed,
  resolveDoubt,
  giveBack,
  lookFirst,
  acquaint,
  relocate,
  endRefused,
  giveUpSuperseded,
  settleConflict,
  moveAddress,
  observe,
  planNext,
];

/** More turns than any attempt needs before it moves: a defect, rather than a process that stands still. */
const TURNS = 100;
/** More looks than any attempt needs between two calls. */
const LOOKS = 30;

/** Takes in what happened and says what is done next. */
export function step(before: Attempt, event: Event): { attempt: Attempt; move: Move } {
  let attempt = absorb(before, event);
  for (let turn = 0; turn < TURNS; turn += 1) {
    const { attempt: after, move } = runStages(attempt);
    attempt = after;
    if (move?.do === 'look') return { attempt: { ...attempt, looks: counted(attempt) }, move };
    if (move !== undefined) return { attempt, move };
  }
  throw new Error('The attempt does not come to a move.');
}

function counted({ looks }: Attempt): number {
  if (looks < LOOKS) return looks + 1;
  throw new Error('The attempt looks again and again.');
}

function runStages(before: Attempt): Turn {
  let attempt = before;
  for (const stage of STAGES) {
    const turn = stage(attempt);
    if (turn.move !== undefined || turn.again) return turn;
    attempt = turn.attempt;
  }
  throw new Error('The last stage always moves or goes round again.');
}
