/** What the identity provider, humans at the vendor, and operators may do. */
import type { Known } from '../../../src/core/account.ts';
import type { Json } from '../../../src/core/json.ts';
import type { Row } from '../../../src/sync/delivery/state.ts';
import type { Act } from './acts.ts';
import { post, push, remove } from './pushes.ts';
import { goesBy } from './vendor.ts';
import { freeName, type Person, personOf, type Real, type Stored, type World } from './world.ts';

const ADDRESSES = ['a', 'b'];

export function personActs(world: World): Act[] {
  const { budget } = world;
  return [
    ...(budget.idp > 0 ? pushes(world) : []),
    ...(budget.human > 0 ? humans(world) : []),
    ...(budget.operator > 0 ? operators(world) : []),
  ];
}

function pushes(world: World): Act[] {
  const acts: Act[] = [];
  const add = (name: string, apply: Act['apply']) => acts.push({ name, cost: 'idp', apply });
  for (const { id, address, active, deleted } of world.people) {
    if (deleted) continue;
    const change = (name: string, to: Partial<Person>) => add(name, (w) => push(w, personOf(w, id), to));
    for (const other of ADDRESSES) if (other !== address) change(`${id} to ${other}`, { address: other });
    change(active ? `${id} inactive` : `${id} active`, { active: !active });
    add(`DELETE ${id}`, (w) => remove(w, personOf(w, id)));
  }
  const living = world.people.filter(({ deleted }) => !deleted);
  if (living.length < 2 && world.people.length < 3) {
    const id = ['U', 'V', 'W'][world.people.length] ?? 'X';
    for (const address of ADDRESSES) add(`POST ${id} ${address}`, (w) => post(w, id, address));
  }
  return acts;
}

function realOf(world: World, id: string): Real {
  const real = world.accounts.find((one) => one.id === id);
  if (real === undefined) throw new Error(`There is no account ${id}.`);
  return real;
}

/** Whoever looked before a human's act does not know of it. */
function touch(world: World, ...names: string[]): void {
  world.humans = true;
  for (const run of world.runs) {
    run.blind = [...new Set([...run.blind, ...names])];
    run.touched = true;
  }
  world.flights = world.flights.map((flight) => {
    const { call } = flight.move.intent;
    const target = call.op === 'create' ? call.address : (flight.move.account?.id ?? '');
    return names.includes(target) ? { ...flight, blind: true } : flight;
  });
  for (const person of world.people) {
    if (person.addresses.some((address) => names.includes(address))) person.unseen = true;
  }
}

function humans(world: World): Act[] {
  const acts: Act[] = [];
  const add = (name: string, apply: Act['apply']) =>
    acts.push({ name: `human ${name}`, cost: 'human', apply });
  for (const { id, presence, role, protected: owner } of world.accounts) {
    const on = (verb: string, change: (real: Real, w: World) => void) =>
      add(`${verb} ${id}`, (w) => {
        const real = realOf(w, id);
        touch(w, real.id, real.address);
        // Made by a call whose answer was lost, and another one before anybody saw it.
        const isKnown = allRows(w).some(({ known }) => {
          // Renamed as well, nobody can tell that an invitation was accepted so.
          return known.vendorId === real.id || (!verb.startsWith('renames') && isAccepted(real, known));
        });
        const isAsked = real.maker === 'asked' && !verb.startsWith('renames');
        if (!isKnown && !isAsked && presence !== 'pending' && verb !== 'crowns') real.maker = 'human';
        change(real, w);
        real.unseen = true;
        touch(w, real.id, real.address);
      });
    on('removes', (real, w) => {
      w.accounts = w.accounts.filter((one) => one !== real);
    });
    if (presence === 'pending') {
      on('accepts', accept);
      continue;
    }
    for (const address of ADDRESSES) {
      if (!world.accounts.some((real) => goesBy(real, address)))
        on(`renames ${address}`, (real, w) => rename(w, real, address));
    }
    if (role === 'user') on('promotes', (real) => Object.assign(real, { role: 'admin' }));
    if (!owner) on('crowns', (real) => Object.assign(real, { protected: true }));
    if (presence === 'active') on('suspends', (real) => Object.assign(real, { presence: 'suspended' }));
    if (presence === 'suspended') on('enables', (real) => Object.assign(real, { presence: 'active' }));
  }
  for (const address of ADDRESSES) {
    if (world.accounts.some((real) => goesBy(real, address))) continue;
    add(`makes ${address}`, (w) => makeStranger(w, address));
  }
  return acts;
}

function rename(world: World, real: Real, address: string): void {
  for (const run of world.runs) {
    const has = run.attempt.rows.some(({ known }) => known.vendorId === real.id);
    if (has) run.adopted = [...run.adopted, real.id];
  }
  real.address = address;
  if (world.setting.vendor.ids) return;
  // Where the address is the id, it is another account now, unless a task asked for it.
  real.id = address;
  const isAsked = asksFor(world, address);
  const same = allRows(world).find(({ known: { vendorId, intent, actual } }) => {
    const { role, name } = actual?.fields ?? {};
    return vendorId === address && (intent === null || (role === real.role && name === real.name));
  });
  real.maker = isAsked ? 'asked' : same === undefined ? 'human' : 'anyone';
}

/** A call about it left, and got no answer. */
function isLost({ runs }: World, { intent, vendorId }: Known): boolean {
  const isUnsent = runs.some(({ sent, attempt }) => {
    return sent && attempt.rows.some(({ known }) => known.vendorId === vendorId);
  });
  return intent !== null && !isUnsent;
}

/** Stored, or known to an attempt that has not written it. */
function allRows(world: World): Row[] {
  return [...world.rows, ...world.runs.flatMap(({ attempt }) => attempt.rows)];
}

/** A task asks a human for an account there, or will with the end of an attempt. */
function asksFor(world: World, address: string): boolean {
  return allRows(world).some(({ known }) => known.asked !== null && known.address === address);
}

/** An accepted invitation is the account that it asked for, whatever its id. */
function isAccepted({ address }: Pick<Real, 'address'>, { actual, origin }: Known): boolean {
  return origin !== null && actual?.presence === 'pending' && actual.address === address;
}

/** Where the list hides invitations, an accepted one gets another id. */
function accept(real: Real, world: World): void {
  real.presence = 'active';
  if (world.setting.vendor.ids) real.id = freeName(world, 'v');
}

/** An account that a human makes: as an open task asked, or a stranger's. */
export function makeStranger(world: World, address: string, rest: Partial<Real> = {}): void {
  touch(world, address);
  const isAsked = asksFor(world, address);
  const { vendor } = world.setting;
  // Where the address is the id, an account made anew is the same one; where an invitation is known, it counts as accepted.
  const same = allRows(world).find(({ known }) => {
    const isAgain = !vendor.ids && known.vendorId === address && !isLost(world, known);
    return isAgain || isAccepted({ address }, known);
  });
  const id = vendor.ids ? freeName(world, 'v') : address;
  const maker = isAsked ? 'asked' : same === undefined ? 'human' : 'anyone';
  const made: Real = {
    id,
    address,
    aliases: [],
    presence: 'active',
    name: 'Somebody',
    role: 'admin',
    perms: ['p'],
    given: null,
    protected: false,
    maker,
    madeFor: null,
    unseen: true,
  };
  world.accounts.push({ ...made, ...rest });
  touch(world, id);
}

/** Operators answer holds, and report tasks done, rightly or wrongly. */
function operators(world: World): Act[] {
  const acts: Act[] = [];
  const add = (name: string, apply: (row: Stored, w: World) => void, id: string) =>
    acts.push({
      name: `operator ${name} ${id}`,
      cost: 'operator',
      apply: (w) => {
        const row = w.rows.find((one) => one.id === id);
        if (row !== undefined) apply(row, w);
      },
    });
  for (const { id, role, held, due, claimed } of world.rows) {
    const open = held !== null && held.state === 'open';
    if (open) add('releases', (row) => decide(row, 'released'), id);
    if (open) add('rejects', (row) => decide(row, 'rejected'), id);
    if (due === 'no' && !claimed && role !== 'next')
      add('retries', (row) => Object.assign(row, { due: 'now' }), id);
    for (const { kind, wanted } of world.tasks.filter(({ row }) => row === id)) {
      add(`says ${kind} done`, (row, w) => reportDone(w, row, kind), id);
      const isThere = world.accounts.some(({ address }) => address === wanted);
      if (BELIEVED.includes(kind) && isThere)
        add(`does ${kind}`, (row, w) => doTask(w, row, kind, wanted), id);
    }
  }
  return acts;
}

function decide(row: Stored, state: 'released' | 'rejected'): void {
  if (row.held !== null) row.held = { ...row.held, state, by: 'an operator' };
  if (!row.claimed) row.due = 'now';
}

/** Tasks whose `done` is believed: nobody but a human can look. */
const BELIEVED: readonly string[] = ['doubt', 'watch'];
const WORDS: readonly string[] = [...BELIEVED, 'look'];

function doTask(world: World, row: Stored, kind: string, wanted: Json): void {
  touch(world, String(wanted));
  world.accounts = world.accounts.filter(({ address }) => address !== wanted);
  reportDone(world, row, kind);
}

/** `done` means look. */
function reportDone(world: World, row: Stored, kind: string): void {
  const about = world.tasks.find((task) => task.row === row.id && task.kind === kind);
  for (const real of world.accounts) {
    // The operator said that it is not there, or that it is right as it is.
    if (WORDS.includes(kind) && real.address === about?.wanted)
      Object.assign(real, { maker: 'human', madeFor: null });
  }
  world.tasks = world.tasks.filter((task) => task.row !== row.id || task.kind !== kind);
  row.told = [...new Set([...row.told, kind])];
  const main =
    row.role === 'next' ? world.rows.find((one) => one.user === row.user && one.role === 'current') : row;
  if (main === undefined) return;
  // A new version: whoever is delivering the one before comes again.
  if (main.claimed) main.pushed = true;
  else if (typeof main.due !== 'number') main.due = 'now';
}
