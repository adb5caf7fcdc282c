/** What the identity provider does, and what a refused push is put back to. */
import { EMPTY } from '../../../src/core/account.ts';
import type { End, Row } from '../../../src/sync/delivery/state.ts';
import { currentOf } from './holders.ts';
import { newRow } from './store.ts';
import { freeName, type Person, personOf, type Run, type World } from './world.ts';

const FRESH: Omit<Row, 'id' | 'role'> = {
  mapped: null,
  known: EMPTY,
  held: null,
  told: [],
  counted: false,
  hasTask: false,
  lookFrom: null,
};

/** POST. */
export function post(world: World, id: string, address: string, rest: Partial<Person> = {}): void {
  const undo = world.setting.putsBack ? UNDO_CREATE : null;
  world.people.push({
    id,
    address,
    name: `Name of ${id}`,
    active: true,
    deleted: false,
    ruled: false,
    undo,
    addresses: [address],
    unseen: false,
    ...rest,
  });
  const row = newRow(freeName(world, 'r'), id, { id: '', role: 'current', ...FRESH }, 'now');
  world.rows.push({ ...row, unsettled: true });
}

const UNDO_CREATE = { address: '', active: false, name: '', created: true, from: null };

/** PUT or PATCH. */
export function push(world: World, person: Person, change: Partial<Person>): void {
  const row = currentOf(world, person.id);
  const { address, active, name } = person;
  const settled = row !== undefined && !row.unsettled && !row.claimed;
  person.undo =
    settled && world.setting.putsBack ? { address, active, name, created: false, from: null } : null;
  Object.assign(person, change);
  person.addresses = [...new Set([...person.addresses, person.address])].sort();
  markDue(world, person);
}

function markDue(world: World, { id }: Person): void {
  const row = currentOf(world, id);
  if (row === undefined) return;
  row.unsettled = true;
  row.held = null;
  row.state = 'due';
  if (row.claimed) row.pushed = true;
  // A call in doubt is looked up first.
  else if (typeof row.due !== 'number') row.due = 'now';
}

/** DELETE: the User's rows are nobody's any more. */
export function remove(world: World, person: Person): void {
  person.deleted = true;
  person.active = false;
  person.undo = null;
  markDue(world, person);
  for (const row of world.rows.filter(({ user }) => user === person.id)) {
    // What it was moving to is given up by the attempt that gets rid of its account.
    if (row.role !== 'current') continue;
    row.mapped ??= person.address;
    row.role = 'left';
  }
}

/** A refused push is put back where the account was settled before it and nobody wrote since. */
export function putBack(world: World, run: Run, { result, give }: End): boolean {
  const person = personOf(world, run.user);
  const row = currentOf(world, run.user);
  const { undo } = person;
  if (give !== 'settle') return false;
  if (row === undefined || row.id !== run.row) return false;
  person.undo = row.pushed ? person.undo : null;
  const refused = result === 'conflict' || result === 'refused' || result === 'unsupported';
  if (undo === null || !refused || row.pushed) return false;
  if (undo.created) remove(world, person);
  else Object.assign(person, { address: undo.address, active: undo.active, name: undo.name });
  return true;
}
