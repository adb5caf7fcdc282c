/** What must hold, whatever happens; what a human did after the last look is excused. */
import type { Intent } from '../../../src/core/account.ts';
import type { CallMove, End } from '../../../src/sync/delivery/state.ts';
import { goesBy } from './vendor.ts';
import { breaks, type Person, personOf, type Real, type Run, type World } from './world.ts';

const TAKES = new Set(['suspend', 'remove', 'revoke', 'withdraw']);

/** Before a call leaves. Says whether a human touched the account after the look that it rests on. */
export function judgeCall(world: World, run: Run, { intent, account }: CallMove): boolean {
  const { call } = intent;
  const person = personOf(world, run.user);
  if (call.op === 'create') return judgeCreate(world, run, call.address, intent.before);
  const real = world.accounts.find(({ id }) => id === account?.id);
  if (real === undefined) return false;
  const blind = run.blind.includes(real.id);
  if (blind) return true;
  const set = call.op === 'update' ? call.changes.set : {};
  const what = `${call.op} of ${nameOf(real)} for ${person.id}`;
  if (real.protected && (TAKES.has(call.op) || set['role'] !== undefined))
    breaks(world, `${what}: an owner.`);
  if (set['role'] === 'user' && real.role === 'admin') {
    const wanted = run.attempt.wanted.fields['role'];
    const isGiven = real.given === 'admin' || wanted?.from === 'rule' || wanted?.from === 'idp';
    if (!isGiven) breaks(world, `${what}: demoted by a default.`);
  }
  judgeLimits(world, run, real, TAKES.has(call.op) || set['role'] === 'user');
  const { presence, address } = run.attempt.wanted;
  if (TAKES.has(call.op) && presence === 'active' && goesBy(real, address))
    breaks(world, `${what}: it is wanted there.`);
  if (isStrange(real)) judgeStranger(world, run, real, call.op);
  else if (real.maker !== person.id) judgeOther(world, run, real, call.op);
  return false;
}

/** A stranger's account that became a User's own is that User's from now on, and has to have had its address. */
export function judgeAdopted(world: World, run: Run): void {
  const { user, attempt } = run;
  const [row] = attempt.rows;
  const real = world.accounts.find(({ id }) => id === row?.known.vendorId);
  if (row?.role !== 'current' || real === undefined) return;
  if (row.known.origin === 'adopted' && isUnwritten(world, real)) real.maker = user;
  if (real.maker !== 'human') return;
  // Renamed away and back, it is the same one.
  const isBack = real.madeFor === user && real.presence !== 'suspended' && real.role === real.given;
  if (row.known.origin === 'created' && isBack) real.maker = user;
  else if (row.known.origin === 'created' && !run.touched && !world.setting.vendor.invites)
    breaks(world, `${nameOf(real)} counts as made for ${user}.`);
  if (row.known.origin !== 'adopted') return;
  const { policies } = world.setting;
  const person = personOf(world, user);
  // A human renamed it after this attempt's last look, whoever else has looked since.
  const isBlind = real.unseen || run.blind.includes(real.id);
  const hasAddress = isBlind || person.addresses.some((address) => goesBy(real, address));
  if (policies.adoption === 'refuse' || !hasAddress) breaks(world, `${nameOf(real)} became ${user}'s.`);
  real.maker = user;
}

/** Made for a User whose attempt has not written it yet, and renamed by a human before it could. */
function isUnwritten(world: World, real: Real): boolean {
  const owner = world.people.find(({ id }) => id === real.maker);
  const has = (user: string) => world.rows.some((row) => row.user === user && row.known.vendorId === real.id);
  return world.humans && owner !== undefined && !has(owner.id) && !goesBy(real, owner.address);
}

/** The guard's number, and the role that somebody has to keep. */
function judgeLimits(world: World, run: Run, real: Real, takes: boolean): void {
  if (!takes || real.presence !== 'active') return;
  const { guard, vendor } = world.setting;
  const row = world.rows.find(({ id }) => id === run.row);
  const isCounted = row?.held?.state !== 'released' && row?.counted !== true;
  if (guard !== null && world.lost > guard && isCounted)
    breaks(world, `${nameOf(real)} loses access over the limit.`);
  const admins = world.accounts.filter(({ role, presence }) => role === 'admin' && presence === 'active');
  const isLast = vendor.lastAdmin && admins.length === 1 && admins[0] === real;
  if (isLast && !world.humans) breaks(world, `${nameOf(real)} was the last administrator.`);
}

function judgeCreate(world: World, run: Run, address: string, before: Intent['before']): boolean {
  const person = personOf(world, run.user);
  if (typeof before !== 'string') breaks(world, `A create at ${address}, where a look had shown an account.`);
  if (run.blind.includes(address)) return true;
  if (run.attempt.wanted.presence !== 'active')
    breaks(world, `An invitation of ${address} after ${person.id} left.`);
  return false;
}

function isStrange(real: Real): boolean {
  return real.maker === 'human';
}

function nameOf({ maker, address, id }: Real): string {
  return `${maker === 'human' ? 'the stranger' : `the account of ${maker}`} ${id} at ${address}`;
}

/** A stranger is never changed under `refuse`, and removed only when the User of that address leaves. */
function judgeStranger(world: World, run: Run, real: Real, op: string): void {
  const person = personOf(world, run.user);
  const what = `${op} of ${nameOf(real)} for ${person.id}`;
  if (world.setting.policies.adoption === 'refuse') {
    breaks(world, `${what} under refuse.`);
    return;
  }
  if (!TAKES.has(op)) return;
  const isIts = run.adopted.includes(real.id) || person.addresses.some((address) => goesBy(real, address));
  if (!isIts) {
    breaks(world, `${what}: never its address.`);
    return;
  }
  const { presence, address } = run.attempt.wanted;
  const leaves = presence !== 'active' || !goesBy(real, address);
  const [main] = run.attempt.rows;
  const was = run.adopted.includes(real.id) || (presence !== 'active' && main?.role !== 'next');
  if (!leaves || !was) breaks(world, `${what}: it was never that User’s own.`);
}

/** An account that Causeway made for another User. */
function judgeOther(world: World, run: Run, real: Real, op: string): void {
  const maker = world.people.find(({ id }) => id === real.maker);
  const person = personOf(world, run.user);
  const hasIt = world.rows.find(({ known }) => known.vendorId === real.id);
  if (hasIt !== undefined && hasIt.user !== run.user) {
    breaks(world, `${op} of ${nameOf(real)} for ${person.id}: ${hasIt.user} has it.`);
  }
  if (maker === undefined || maker.deleted || !maker.active) return;
  if (goesBy(real, maker.address) && TAKES.has(op)) {
    breaks(world, `${op} of ${nameOf(real)} for ${person.id}: ${maker.id} is active.`);
  }
}

/** Every answer is true. */
export function judgeEnd(world: World, run: Run, { result, state, give }: End): void {
  const person = personOf(world, run.user);
  const row = world.rows.find(({ id }) => id === run.row);
  if (
    give !== 'settle' ||
    row === undefined ||
    row.pushed ||
    row.role === 'left' ||
    run.touched ||
    person.unseen
  )
    return;
  const open = run.attempt.rows.some(({ known, role }) => known.intent !== null && role !== 'left');
  if (open && state === 'in-sync') breaks(world, `${person.id} is in-sync with an open intent.`);
  if (!person.active || person.deleted) return;
  if (result === 'conflict') judgeConflict(world, person);
  if (state === 'in-sync' && ownAt(world, person).length === 0) {
    breaks(world, `${person.id} is in-sync and has no account at ${person.address}.`);
  }
}

function isTaken(world: World, person: Person): boolean {
  if (world.humans || world.accounts.some((real) => goesBy(real, person.address))) return true;
  return world.rows.some(({ user, known }) => user !== person.id && known.address === person.address);
}

/** A 409 is true if somebody else has the address, there or here. */
function judgeConflict(world: World, person: Person): void {
  const there = world.accounts.filter((real) => goesBy(real, person.address));
  const here = world.rows.some(({ user, known }) => user !== person.id && known.address === person.address);
  const hidden = world.flights.some(({ move }) => move.intent.call.op === 'create');
  if (there.length === 0 && !here && !hidden)
    breaks(world, `An untrue 409 for ${person.id} at ${person.address}.`);
}

function ownAt(world: World, person: Person): Real[] {
  return world.accounts.filter((real) => goesBy(real, person.address));
}

/** When all has come to rest. */
export function judgeQuiet(world: World): string | null {
  for (const real of world.accounts) {
    const wrong = judgeAccount(world, real);
    if (wrong !== null) return wrong;
  }
  for (const person of world.people) {
    const wrong = judgePerson(world, person);
    if (wrong !== null) return wrong;
  }
  for (const row of world.rows) {
    if (row.claimed) return `The claim of ${row.id} never ends.`;
    if (
      row.role === 'left' &&
      row.due === 'no' &&
      row.known.intent === null &&
      !excused(world, row.id) &&
      row.known.actual?.presence !== 'suspended'
    ) {
      return `${row.id} is left at ${row.known.address} for ever.`;
    }
  }
  return null;
}

function excused(world: World, row: string): boolean {
  const stored = world.rows.find(({ id }) => id === row);
  return world.tasks.some((task) => task.row === row) || (stored !== undefined && stored.held !== null);
}

/** Nobody who left keeps access, unless a task, a hold or a human says otherwise. */
function judgeAccount(world: World, real: Real): string | null {
  if (['human', 'asked', 'anyone'].includes(real.maker) || real.unseen || real.protected) return null;
  if (real.presence === 'suspended') return null;
  const { vendor } = world.setting;
  if (vendor.supports.revoke && real.perms.length === 0 && real.presence === 'active') {
    if (world.tasks.length > 0) return null;
  }
  const row = world.rows.find(({ known }) => known.vendorId === real.id || known.address === real.address);
  const owner = row === undefined ? undefined : personOf(world, row.user);
  const mine = row !== undefined && row.role === 'current' && owner?.active === true && !owner.deleted;
  if (mine) return null;
  const rows = world.rows.filter(({ user }) => user === real.maker || user === row?.user);
  if (rows.some(({ id }) => excused(world, id))) return null;
  return `${nameOf(real)} keeps access, and nothing says why.`;
}

/** Under `adopt`, whoever has the address of a User who left loses access too. */
function judgeGone(world: World, person: Person): string | null {
  const { policies } = world.setting;
  const isOthers = world.people.some((one) => one !== person && one.addresses.includes(person.address));
  if (policies.adoption === 'refuse' || policies.delete === 'task' || person.addresses.length > 1)
    return null;
  if (isOthers || world.humans || world.tasks.length > 0 || world.rows.length > 0) return null;
  const real = world.accounts.find(
    ({ address, presence }) => address === person.address && presence === 'active',
  );
  return real === undefined || real.protected ? null : `${nameOf(real)} keeps the access of ${person.id}.`;
}

function judgePerson(world: World, person: Person): string | null {
  const own = world.accounts.filter(
    ({ maker, presence, unseen }) => maker === person.id && presence !== 'suspended' && !unseen,
  );
  const rows = world.rows.filter(({ user }) => user === person.id);
  if (own.length > 1 && !rows.some(({ id }) => excused(world, id)))
    return `${person.id} has ${own.length} accounts.`;
  if (person.deleted) return judgeGone(world, person);
  if (!person.active) return null;
  const current = rows.find(({ role }) => role === 'current');
  if (current === undefined) return `${person.id} has no row.`;
  if (current.due === 'holder') return `${person.id} waits for ever.`;
  if (current.state === 'due') return `${person.id} is never delivered.`;
  if (current.state === 'in-sync' && !person.unseen && ownAt(world, person).length === 0) {
    return `${person.id} is in-sync and has no account at ${person.address}.`;
  }
  if (current.state === 'conflict' && !isTaken(world, person))
    return `${person.id} stays refused at ${person.address}.`;
  const asking = world.tasks.find(({ row, kind, wanted }) => {
    return row === current.id && ['address', 'doubt'].includes(kind) && wanted !== person.address;
  });
  return asking === undefined ? null : `A task of ${person.id} asks for ${String(asking.wanted)}.`;
}
