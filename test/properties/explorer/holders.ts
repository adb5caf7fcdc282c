/** Who else has an address or an account, as the store tells the attempt. */
import type { Holder } from '../../../src/sync/delivery/state.ts';
import { personOf, type Real, type Run, type Stored, type World } from './world.ts';

/** Another row that has the account's id, else one of its addresses. */
export function holderOf(
  world: World,
  run: Run,
  real: Pick<Real, 'id' | 'address' | 'aliases'>,
): Holder | null {
  const others = othersOf(world, run);
  const byId = others.find(({ known }) => known.vendorId === real.id);
  if (byId !== undefined) return describe(world, run.user, byId, 'id');
  const names = [real.address, ...real.aliases];
  const byAddress = others.find(({ known }) => known.address !== null && names.includes(known.address));
  return byAddress === undefined ? null : describe(world, run.user, byAddress, 'address');
}

/** Another row that reserves the address. */
export function holderOfAddress(world: World, run: Run, address: string | null): Holder | null {
  const holder = othersOf(world, run).find(({ known }) => address !== null && known.address === address);
  return holder === undefined ? null : describe(world, run.user, holder, 'address');
}

/** Rows that the attempt does not have itself. */
function othersOf(world: World, { attempt, ids }: Run): Stored[] {
  const own = new Set(attempt.rows.map(({ id }) => ids[id] ?? id));
  return world.rows.filter(({ id }) => !own.has(id));
}

function describe(world: World, user: string, row: Stored, by: Holder['by']): Holder {
  const person = personOf(world, row.user);
  const lead = row.role === 'next' ? (currentOf(world, row.user) ?? row) : row;
  const { intent } = row.known;
  const atRest = !lead.claimed && lead.due === 'no';
  const isInvitation = intent?.call.op === 'create' || intent?.call.op === 'withdraw';
  const open = intent === null ? 'none' : atRest && isInvitation ? 'human' : 'open';
  return {
    id: row.id,
    role: row.role === 'gone' ? 'left' : row.role,
    by,
    name: person.deleted ? null : person.id,
    owner: person.deleted ? 'deleted' : person.active ? 'active' : 'inactive',
    own: row.user === user,
    claimed: lead.claimed,
    atRest,
    intent: open,
    held: lead.held !== null && lead.held.state !== 'released',
    circle: isCircle(world, user, row),
    known: row.known.vendorId !== null,
    stays: person.active && !person.deleted && hasWanted(row),
  };
}

function hasWanted({ role, claimed, state, mapped, known }: Stored): boolean {
  const isWaiting = role === 'current' && state === 'waiting' && !claimed;
  return isWaiting && known.vendorId !== null && mapped === known.address;
}

export function currentOf(world: World, user: string): Stored | undefined {
  return world.rows.find((row) => row.user === user && row.role === 'current');
}

/** Whether who waits for whom comes back to this User. */
function isCircle(world: World, user: string, from: Stored): boolean {
  const met = new Set<string>();
  let row: Stored | undefined = from;
  while (row !== undefined && row.role !== 'left' && !met.has(row.user)) {
    if (row.user === user) return true;
    met.add(row.user);
    const person = personOf(world, row.user);
    if (person.deleted || !person.active) return false;
    const { address } = person;
    row = world.rows.find((one) => one.known.address === address && one.user !== person.id);
  }
  return row !== undefined && row.role !== 'left' && row.user === user;
}
