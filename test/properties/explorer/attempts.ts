/** Claims, and the attempts that they begin. */
import { type Attempt, BEGINNING, type Event, type Row } from '../../../src/sync/delivery/state.ts';
import type { Wanted } from '../../../src/sync/plan/wanted.ts';
import { holderOfAddress } from './holders.ts';
import { judgeEnd } from './invariants.ts';
import { contents } from './store.ts';
import { breaks, CALL_TIMEOUT, type Person, personOf, type Run, type Stored, type World } from './world.ts';

export function claimable({ rows, runs, setting }: World): Stored[] {
  if (runs.filter(({ frozen }) => !frozen).length >= setting.workers) return [];
  // What an attempt under way has made is nobody else's before its end.
  const had = new Set(runs.flatMap(({ attempt, ids }) => attempt.rows.map(({ id }) => ids[id] ?? id)));
  return rows.filter((row) => row.due === 'now' && !row.claimed && !had.has(row.id));
}

/** A worker claims the row and takes its first move. */
export function claim(world: World, row: Stored): void {
  const person = personOf(world, row.user);
  Object.assign(row, { claimed: true, pushed: false, due: 'no' });
  // The address of a leaver's document is mapped too.
  if (row.role !== 'left' || row.mapped === null) row.mapped = person.address;
  const next = world.rows.filter((one) => one.user === row.user && one.role === 'next');
  const rows = row.role === 'left' && !person.deleted ? [row] : [row, ...next];
  const attempt = newAttempt(
    world,
    person,
    rows.map((one) => rowOf(world, one)),
    row.unsettled,
  );
  const run: Run = {
    user: row.user,
    row: row.id,
    attempt,
    move: { do: 'end', end: { ...NOTHING } },
    sent: false,
    frozen: false,
    ids: {},
    stored: contents(attempt.rows),
    blind: [],
    touched: false,
    cleared: [],
    adopted: rows.flatMap(({ known, role }) =>
      role !== 'next' && known.vendorId !== null ? [known.vendorId] : [],
    ),
  };
  run.attempt = { ...attempt, holder: holderOfAddress(world, run, attempt.wanted.address) };
  world.runs.push(run);
  feed(world, run, { on: 'claimed' });
}

const NOTHING = {
  result: 'nothing',
  state: 'in-sync',
  error: null,
  due: 'never',
  give: 'settle',
  swap: false,
} as const;

function rowOf(world: World, stored: Stored): Row {
  const { id, role, mapped, known, held, told, counted, lookFrom } = stored;
  const hasTask = world.tasks.some(({ row }) => row === id);
  return { id, role, mapped, known, held, told, counted, lookFrom, hasTask };
}

function wantedOf(person: Person): Wanted {
  const leaving = { address: null, fields: {} };
  if (person.deleted) return { presence: 'absent', why: 'deleted', ...leaving };
  if (!person.active) return { presence: 'suspended', why: 'deactivated', ...leaving };
  return {
    presence: 'active',
    why: 'active',
    address: person.address,
    fields: {
      email: { value: person.address, from: 'idp' },
      name: { value: person.name, from: 'idp' },
      role: person.ruled ? { value: 'admin', from: 'rule' } : { value: 'user', from: 'default' },
      ...(person.ruled && { permissions: { value: ['p'], from: 'rule' } }),
    },
  };
}

function newAttempt(world: World, person: Person, rows: Row[], unsettled: boolean): Attempt {
  const { vendor, policies } = world.setting;
  const fields = vendor.fields.map(({ name }) => name);
  const wanted = wantedOf(person);
  const told = Object.entries(wanted.fields).filter(([name]) => fields.includes(name));
  return {
    rules: {
      kind: 'user',
      title: 'Vendor',
      fields: vendor.fields,
      supports: vendor.supports,
      policies,
      dryRun: false,
      callTimeoutMs: CALL_TIMEOUT,
      ranks: {},
      epoch: world.epoch,
    },
    looksFirst: !unsettled,
    claimed: world.now,
    now: world.now,
    wanted: { ...wanted, fields: Object.fromEntries(told) },
    refusal: null,
    awaited: [],
    rows,
    holder: null,
    ...BEGINNING,
  };
}

/** Tells the machine what happened. */
export function feed(world: World, run: Run, event: Event): void {
  try {
    const before = { ...run.attempt, now: world.now };
    const { attempt, move } = world.setting.machine.step(before, event);
    Object.assign(run, { attempt, move });
    if (move.do === 'end') judgeEnd(world, run, move.end);
  } catch (error) {
    breaks(world, `The machine threw: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export function runOf(world: World, { row, frozen }: Run): Run {
  const run = world.runs.find((one) => one.row === row && one.frozen === frozen);
  if (run === undefined) throw new Error(`No attempt has ${row}.`);
  return run;
}
