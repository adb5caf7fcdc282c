/** What makes two worlds the same: without the rules, the history's words, and the clock's own figure. */
import type { Attempt } from '../../../src/sync/delivery/state.ts';
import { CALL_TIMEOUT, type Run, type World } from './world.ts';

export function keyOf(world: World): string {
  const { now } = world;
  const later = (moment: number | null) =>
    moment === null ? null : Math.ceil(Math.max(0, moment - now) / CALL_TIMEOUT);
  return JSON.stringify([
    world.accounts,
    world.flights.map(({ move, user, blind, until }) => [
      move.intent,
      move.account,
      user,
      blind,
      later(until),
    ]),
    world.people,
    world.rows.map((row) => ({
      ...row,
      known: { ...row.known, intent: intentKey(row.known.intent) },
      lookFrom: later(row.lookFrom),
      due: typeof row.due === 'number' ? later(row.due) : row.due,
    })),
    world.tasks.map(({ row, kind, wanted }) => [row, kind, wanted]),
    world.runs.map((run) => runKey(run, later)),
    world.setting.guard === null ? 0 : world.lost,
    world.budget,
    world.broken,
  ]);
}

function intentKey(intent: Attempt['rows'][number]['known']['intent']) {
  return intent === null ? null : { ...intent, epoch: 0 };
}

function runKey({ attempt, move, stored: _, ...run }: Run, later: (moment: number | null) => number | null) {
  const seen = Object.values(attempt.seen).map(({ begun }) => begun);
  const moments = [attempt.claimed, attempt.lastCall ?? 0, attempt.said?.at ?? 0, ...seen].sort(
    (a, b) => a - b,
  );
  const rank = (moment: number | null) => (moment === null ? null : moments.indexOf(moment));
  const { rules: _rules, steps: _steps, now: _now, ...rest } = attempt;
  return [
    {
      ...rest,
      claimed: rank(attempt.claimed),
      lastCall: rank(attempt.lastCall),
      seen: Object.entries(attempt.seen).map(([key, one]) => [key, { ...one, begun: rank(one.begun) }]),
      said: attempt.said === null ? null : { ...attempt.said, at: rank(attempt.said.at) },
      rows: rest.rows.map((row) => ({
        ...row,
        lookFrom: later(row.lookFrom),
        known: { ...row.known, intent: intentKey(row.known.intent) },
      })),
      calling: rest.calling === null ? null : [rest.calling.row, rest.calling.step],
    },
    move.do === 'call'
      ? [move.row, intentKey(move.intent)]
      : move.do === 'look'
        ? [move.key, move.why]
        : move,
    run,
  ];
}
