/** A small model of the runner: carries the machine's moves out one by one. */
import type { AccountError } from '../../../src/core/account.ts';
import type { CallMove, Event, Failure } from '../../../src/sync/delivery/state.ts';
import { feed, runOf } from './attempts.ts';
import { dropRun } from './faults.ts';
import { holderOfAddress } from './holders.ts';
import { judgeCall } from './invariants.ts';
import { putBack } from './pushes.ts';
import { Clash, storedRow, writeEnd, writeRows } from './store.ts';
import { takeOver } from './take-over.ts';
import { type Answer, carryOut, look } from './vendor.ts';
import { breaks, CALL_TIMEOUT, fork, personOf, type Run, type World } from './world.ts';

/** How a call's answer goes. late: lost, and the effect comes later, or never. */
export type Fate = 'answered' | 'lost' | 'late' | 'unchecked' | AccountError['code'];

/** The next thing that an attempt does, with this answer of the vendor's. */
export function advance(world: World, run: Run, fate: Fate): void {
  const before = fork(world);
  try {
    carryOn(world, run, fate);
  } catch (error) {
    if (!(error instanceof Clash)) throw error;
    Object.assign(world, { ...before, broken: world.broken });
    dropRun(world, runOf(world, run));
  }
}

function carryOn(world: World, run: Run, fate: Fate): void {
  const { move } = run;
  switch (move.do) {
    case 'look':
      goLook(world, run, fate);
      return;
    case 'take': {
      const row = takeOver(world, run, move.holder, move.into);
      const holder = holderOfAddress(world, run, run.attempt.wanted.address);
      if (row !== null) {
        feed(world, run, { on: 'taken-over', row });
        return;
      }
      feed(world, run, { on: 'not-admitted', why: 'taken', holder, reason: null });
      return;
    }
    case 'call':
      if (run.sent) send(world, run, move, fate);
      else commit(world, run, move);
      return;
    case 'end':
      finish(world, run);
      return;
  }
}

function goLook(world: World, run: Run, fate: Fate): void {
  const { move } = run;
  if (move.do !== 'look') return;
  world.now = Math.max(world.now + 1, move.notBefore);
  if (fate !== 'answered') {
    const failure = { ...failureOf(fate), op: null };
    feed(world, run, { on: 'not-seen', failure });
    return;
  }
  const listed = !world.setting.vendor.supports.find || move.why === 'list';
  const seen = look(world, run, move.id, move.address, listed);
  const { hidesPending } = world.setting.vendor.supports;
  const isIts = seen.is === 'present' && seen.account.address === personOf(world, run.user).address;
  const isHidden = hidesPending === true && !isIts;
  const [main] = run.attempt.rows;
  const shows = main?.known.vendorId === null || main?.known.vendorId === move.id;
  const person = personOf(world, run.user);
  if (main?.role === 'current' && shows && !isHidden && person.unseen) {
    run.cleared = [...run.cleared, person.id];
    person.unseen = false;
  }
  world.now += 1;
  const holder = holderOfAddress(world, run, run.attempt.wanted.address);
  feed(world, run, { on: 'seen', key: move.key, seen, holder });
}

/** One transaction: whether the call may be made, and its intent. */
function commit(world: World, run: Run, move: CallMove): void {
  const { call } = move.intent;
  if (move.freshUntil !== null && world.now > move.freshUntil) {
    feed(world, run, { on: 'not-admitted', why: 'stale', holder: null, reason: null });
    return;
  }
  const holder = call.op === 'create' ? holderOfAddress(world, run, call.address) : null;
  const { guard } = world.setting;
  const row = storedRow(world, run.row);
  const isReleased = row?.held?.state === 'released';
  const refusal = world.setting.machine.admit(move, {
    holder,
    guard: guard === null || isReleased ? null : { lost: world.lost, limit: guard },
    othersInRole: othersInRole(world, run, move),
    title: 'Vendor',
    address: call.op === 'create' ? call.address : (move.account?.address ?? ''),
  });
  if (refusal !== null) {
    feed(world, run, { on: 'not-admitted', ...refusal });
    return;
  }
  if (holder !== null) breaks(world, `A create was admitted at ${holder.name ?? 'nobody'}’s address.`);
  if (move.loses !== null) world.lost += 1;
  writeRows(world, run, run.attempt.rows);
  run.sent = true;
}

/** Administrators that the vendor shows, without those whom an open intent may take the role from. */
function othersInRole(world: World, run: Run, { account }: CallMove): number {
  const leaving = world.rows.flatMap(({ known: { intent, vendorId }, user }) =>
    user !== run.user && intent !== null && vendorId !== null ? [vendorId] : [],
  );
  return world.accounts.filter(
    ({ id, role, presence }) =>
      role === 'admin' && presence === 'active' && id !== account?.id && !leaving.includes(id),
  ).length;
}

function failureOf(code: Fate): Failure {
  const error = { code: code as AccountError['code'], message: String(code), at: 0 };
  return { error, retryAt: null, op: null, row: null, address: null };
}

/** The call leaves. */
function send(world: World, run: Run, move: CallMove, fate: Fate): void {
  const { call } = move.intent;
  const begun = world.now;
  const blind = judgeCall(world, run, move);
  run.sent = false;
  world.now += 1;
  const failure: Failure = {
    ...failureOf(fate),
    op: call.op,
    row: move.row,
    address: call.op === 'create' ? call.address : null,
  };
  if (fate === 'answered' || fate === 'unchecked' || fate === 'lost') {
    const answer = carryOut(world, move, run.user, blind);
    const unheard: Event = { on: 'lost', failure: uncertain(failure), begun, answered: false };
    feed(world, run, fate === 'lost' ? unheard : eventOf(answer, failure, fate, begun));
    return;
  }
  if (fate === 'late') {
    world.flights.push({ move, user: run.user, blind, until: begun + CALL_TIMEOUT });
    feed(world, run, { on: 'lost', failure: uncertain(failure), begun, answered: false });
    return;
  }
  feed(world, run, { on: 'refused', failure, together: false, without: [] });
}

function uncertain(failure: Failure): Failure {
  return { ...failure, error: { ...failure.error, code: 'UNCERTAIN' } };
}

function eventOf(answer: Answer, failure: Failure, fate: Fate, begun: number): Event {
  if (!answer.yes) {
    const error = { ...failure.error, code: answer.code };
    return { on: 'refused', failure: { ...failure, error }, together: false, without: [] };
  }
  if (fate === 'answered') return { on: 'answered', account: answer.account };
  const error = { ...failure.error, code: 'NOT_PERMITTED' as const };
  return { on: 'lost', failure: { ...failure, error }, begun, answered: true };
}

/** A call whose answer was lost takes effect. */
export function land(world: World, index: number): void {
  const [flight] = world.flights.splice(index, 1);
  if (flight !== undefined) carryOut(world, flight.move, flight.user, flight.blind);
}

function finish(world: World, run: Run): void {
  const { move } = run;
  if (move.do !== 'end') return;
  const isBack = putBack(world, run, move.end);
  writeEnd(world, run, isBack ? { ...move.end, swap: false } : move.end);
  world.runs = world.runs.filter((one) => one !== run);
  const row = storedRow(world, run.row);
  if (isBack && row !== undefined) row.due = 'now';
}
