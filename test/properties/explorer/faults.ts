/** What interrupts an attempt, and how its claim is found again. */
import type { Intent } from '../../../src/core/account.ts';
import { storedRow } from './store.ts';
import { CALL_TIMEOUT, type Real, type Run, type Stored, type World } from './world.ts';

/** A claim that no running attempt has: given back, or looked at when its call can no longer take effect (rules 2 and 3). */
function sweep(world: World, row: Stored, lookFrom: number): void {
  row.claimed = false;
  row.pushed = false;
  const rows = [row, ...world.rows.filter((one) => one.user === row.user && one.role === 'next')];
  const open = rows.filter(({ known }) => known.intent !== null);
  for (const one of open) one.lookFrom = lookFrom;
  row.due = open.length === 0 ? 'now' : lookFrom;
}

/** What it saw is forgotten with it. */
function unsee(world: World, { cleared }: Run): void {
  for (const one of [...world.accounts, ...world.people]) if (cleared.includes(one.id)) one.unseen = true;
}

/** An account that a human changed before anything was written of it is nobody's that anyone could know. */
function forgetUnknown(world: World): void {
  const rows = [...world.rows, ...world.runs.flatMap(({ attempt }) => attempt.rows)];
  for (const real of world.accounts) {
    const isKnown = rows.some(({ known: { vendorId, address, intent } }) => {
      return vendorId === real.id || (address === real.address && isAsSent(real, intent));
    });
    if (real.unseen && !isKnown) real.maker = 'human';
  }
}

/** Of a create whose answer was forgotten, nothing but the account itself can tell that it made it. */
function isAsSent({ presence, name, role }: Real, intent: Intent | null): boolean {
  if (intent?.call.op !== 'create') return true;
  const { fields } = intent.call;
  return presence !== 'suspended' && (fields['name'] ?? name) === name && (fields['role'] ?? role) === role;
}

/** The process dies: what its attempts had not written is forgotten. */
export function kill(world: World): void {
  world.epoch += 1;
  world.runs.forEach((run) => {
    unsee(world, run);
  });
  world.runs = [];
  forgetUnknown(world);
  for (const row of world.rows) if (row.claimed) sweep(world, row, world.now + CALL_TIMEOUT);
  for (const row of world.rows) {
    if (row.known.intent !== null) row.lookFrom = world.now + CALL_TIMEOUT;
    if (typeof row.due === 'number') row.due = world.now + CALL_TIMEOUT;
  }
}

/** The transaction of one attempt fails: its claim is found again. */
export function dropRun(world: World, run: Run): void {
  world.runs = world.runs.filter((one) => one !== run);
  unsee(world, run);
  forgetUnknown(world);
  const row = storedRow(world, run.row);
  if (row !== undefined) sweep(world, row, world.now + CALL_TIMEOUT);
}

/** Time goes by: nothing that was lost can still take effect. */
export function wait(world: World, ms: number): void {
  world.now += ms;
  world.flights = world.flights.filter(({ until }) => until > world.now);
  for (const row of world.rows) {
    if (row.due === 'later' || (typeof row.due === 'number' && row.due <= world.now)) row.due = 'now';
  }
}
