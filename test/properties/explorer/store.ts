/** The store of the explorer: transactions of the runner, with the reservations they keep. */
import { isEmpty, isKept } from '../../../src/sync/delivery/rows.ts';
import type { End, Row } from '../../../src/sync/delivery/state.ts';
import { currentOf } from './holders.ts';
import { judgeAdopted } from './invariants.ts';
import { breaks, type Due, freeName, personOf, type Run, type Stored, type World } from './world.ts';

export function storedRow(world: World, id: string): Stored | undefined {
  return world.rows.find((row) => row.id === id);
}

/** What of a row the runner writes. */
export function content({ role, mapped, known, told, counted, lookFrom }: Row): string {
  return JSON.stringify([role, mapped, known, told, counted, lookFrom]);
}

export function contents(rows: readonly Row[]): Record<string, string> {
  return Object.fromEntries(rows.map((row) => [row.id, content(row)]));
}

/** Writes the rows that the attempt changed. */
export function writeRows(world: World, run: Run, rows: readonly Row[]): void {
  const before = addressesOf(world, run);
  for (const row of rows) {
    if (run.stored[row.id] === content(row)) continue;
    writeRow(world, run, row);
    run.stored = { ...run.stored, [row.id]: content(row) };
  }
  wakeRefused(world, before);
  checkUnique(world);
  judgeAdopted(world, run);
}

function writeRow(world: World, run: Run, row: Row): void {
  const id = run.ids[row.id] ?? row.id;
  const there = storedRow(world, id);
  if (there === undefined) {
    if (!isKept(row)) return;
    const made = freeName(world, 'r');
    run.ids = { ...run.ids, [row.id]: made };
    const due: Due = row.role === 'left' ? 'now' : 'no';
    world.rows.push(newRow(made, run.user, row, due));
    return;
  }
  const { mapped, known, counted, lookFrom } = row;
  const becomesLeft = row.role === 'left' && there.role !== 'left';
  const before = JSON.parse(run.stored[row.id] ?? '["","",{},[]]') as [string, string, unknown, string[]];
  const used = before[3].filter((kind) => !row.told.includes(kind));
  if (known.asked !== null && there.known.asked === null) askedFor(world, run, known.address);
  Object.assign(there, { mapped, known, counted, lookFrom });
  there.told = there.told.filter((kind) => !used.includes(kind));
  if (there.role !== 'left') there.role = row.role;
  if (becomesLeft) there.due = 'now';
  const hasTask = run.attempt.tasks.some((task) => task.row === row.id);
  // The claimed row goes with the attempt's end alone.
  const isOver = there.role !== 'current' && isEmpty(row) && !hasTask && id !== run.row;
  if (row.role === 'gone' || isOver) dropRow(world, there);
}

/** What a human has made there since the last look counts as made because it was asked for. */
function askedFor(world: World, run: Run, address: string | null): void {
  for (const real of world.accounts) {
    const isBlind = address !== null && run.blind.includes(address);
    if (real.address === address && real.maker === 'human' && isBlind) real.maker = 'asked';
  }
}

export function newRow(id: string, user: string, row: Row, due: Due): Stored {
  return {
    ...row,
    id,
    user,
    unsettled: false,
    pushed: false,
    due,
    awaits: null,
    claimed: false,
    state: 'due',
  };
}

/** What a User that was deleted was moving to is nobody's when the row goes that it was claimed with. */
function leaveNext(world: World, user: string): void {
  if (!personOf(world, user).deleted || world.rows.some((row) => row.user === user && row.role !== 'next'))
    return;
  for (const row of world.rows) {
    if (row.user === user) Object.assign(row, { role: 'left', due: row.lookFrom ?? 'now' });
  }
}

/** A row goes, with its tasks; a claim of its own is ended by whoever has it. */
export function dropRow(world: World, row: Stored): void {
  world.rows = world.rows.filter((one) => one !== row);
  world.tasks = world.tasks.filter((task) => task.row !== row.id);
  leaveNext(world, row.user);
}

/** Another User's row reserved the address, or has the account, by now: the transaction is undone. */
export class Clash extends Error {}

function checkUnique(world: World): void {
  for (const [index, row] of world.rows.entries()) {
    for (const other of world.rows.slice(0, index)) {
      const { address, vendorId } = row.known;
      const sameAddress = address !== null && address === other.known.address;
      const sameAccount = vendorId !== null && vendorId === other.known.vendorId;
      if (!sameAddress && !sameAccount) continue;
      if (row.user !== other.user) throw new Clash();
      breaks(world, sameAddress ? `Two rows reserve ${address}.` : `Two rows have the account ${vendorId}.`);
    }
  }
}

/** What is known of the User's own row and of its `next` changes places; the old account is left. */
function swap(world: World, run: Run): void {
  const main = currentOf(world, run.user);
  const next = world.rows.find((row) => row.user === run.user && row.role === 'next');
  if (main === undefined || next === undefined) return;
  const [old, lookFrom] = [main.known, main.lookFrom];
  Object.assign(main, { known: next.known, lookFrom: next.lookFrom });
  Object.assign(next, {
    known: old,
    lookFrom,
    role: 'left',
    mapped: old.actual?.address ?? old.address,
    due: 'now',
  });
  world.tasks = world.tasks.map((task) => {
    if (task.row !== main.id && task.row !== next.id) return task;
    return { ...task, row: task.row === main.id ? next.id : main.id };
  });
  if (isEmpty(next)) dropRow(world, next);
}

/** The attempt's end, in one transaction. */
export function writeEnd(world: World, run: Run, end: End): void {
  const before = addressesOf(world, run);
  writeRows(world, run, run.attempt.rows);
  if (end.swap) swap(world, run);
  const row = storedRow(world, run.row);
  if (row !== undefined) {
    row.claimed = false;
    if (end.give === 'settle' && !row.pushed) row.unsettled = false;
    row.state = row.pushed ? 'due' : end.state;
    const { heldStep } = run.attempt;
    if (heldStep !== null && !row.pushed) {
      row.held = { step: heldStep.step as 'remove', state: 'open', reason: '', by: null, at: 0 };
    }
    row.due = row.pushed ? 'now' : dueAfter(end, row);
    // The holder for whose sake it was refused may have gone meanwhile.
    const { holder, wanted } = run.attempt;
    const isHeld = world.rows.some(({ id, known }) => id !== row.id && known.address === wanted.address);
    if (end.state === 'conflict' && holder !== null && !isHeld) row.due = 'now';
    // The holder's attempt may have ended before this one.
    if (row.due === 'holder' && !isAwaited(world, run)) row.due = 'now';
    row.awaits = end.due === 'holder' ? run.attempt.wanted.address : null;
    row.pushed = false;
  }
  writeTasks(world, run, end);
  const hasTask = world.tasks.some((task) => task.row === row?.id);
  const isOver = end.give === 'settle' && row?.role === 'left' && isEmpty(row) && !hasTask;
  if (row !== undefined && isOver) dropRow(world, row);
  leaveNext(world, run.user);
  wake(world, run, [...before, ...addressesOf(world, run)]);
}

/** Whoever has the address is about to be delivered, or is woken by this very end. */
function isAwaited(world: World, { attempt, row }: Run): boolean {
  const holders = world.rows.filter(
    ({ id, known }) => id !== row && known.address === attempt.wanted.address,
  );
  return holders.some((holder) => {
    const lead = storedRow(world, leadOf(world, holder.id));
    return attempt.wake.includes(holder.id) || lead?.claimed === true || (lead?.due ?? 'no') !== 'no';
  });
}

function dueAfter({ due, give }: End, row: Stored): Due {
  if (give === 'return') return 'now';
  if (due === 'never') return row.role === 'next' ? 'no' : 'no';
  if (due === 'now' || due === 'holder') return due;
  if (due === 'backoff' || due === 'list') return 'later';
  return 'doubtUntil' in due ? due.doubtUntil : 'later';
}

function writeTasks(world: World, run: Run, { give }: End): void {
  const ids = new Set(run.attempt.rows.map(({ id }) => run.ids[id] ?? id));
  const wishes = run.attempt.tasks.map(({ row, wish }) => ({ ...wish, row: run.ids[row] ?? row }));
  const kept = world.tasks.filter(
    (task) =>
      !ids.has(task.row) ||
      (give !== 'settle' && !wishes.some(({ row, kind }) => row === task.row && kind === task.kind)),
  );
  world.tasks = [...kept, ...wishes.filter(({ row }) => storedRow(world, row) !== undefined)];
}

function addressesOf(world: World, run: Run): string[] {
  const ids = [run.row, ...run.attempt.rows.map(({ id }) => run.ids[id] ?? id)];
  return world.rows.flatMap(({ id, known: { address } }) =>
    ids.includes(id) && address !== null ? [address] : [],
  );
}

/** Who was refused for the sake of an address that is free now, or waits for it. */
function wakeRefused(world: World, before: readonly string[]): void {
  const reserved = new Set(world.rows.map(({ known }) => known.address));
  const freed = before.filter((address) => !reserved.has(address));
  for (const row of world.rows) {
    const isRefused = row.role === 'current' && row.state === 'conflict' && row.due === 'no';
    const waits = row.due === 'holder' && row.awaits !== null && freed.includes(row.awaits);
    if (waits || (isRefused && freed.includes(personOf(world, row.user).address))) row.due = 'now';
  }
}

/** A User's claim covers its `next`. */
function leadOf(world: World, id: string): string {
  const row = storedRow(world, id);
  const lead = row?.role === 'next' ? currentOf(world, row.user) : row;
  return lead?.id ?? id;
}

/** Who waits for this attempt, or was found to know something wrong. */
function wake(world: World, run: Run, before: readonly string[]): void {
  const woken = run.attempt.wake.map((id) => leadOf(world, id));
  for (const row of world.rows) {
    const waited = row.due === 'holder' && row.awaits !== null && [...before].includes(row.awaits);
    if (waited || (woken.includes(row.id) && row.due === 'no')) row.due = 'now';
    if (run.attempt.wakeUser && row.user === run.user && row.role === 'current') row.due = 'now';
  }
}
