/** The vendor of the explorer: what a look shows, and what a call does. */
import type { VendorAccount } from '../../../src/core/account.ts';
import type { Changes, FieldValues } from '../../../src/core/field.ts';
import type { CallMove, Seen } from '../../../src/sync/delivery/state.ts';
import { holderOf } from './holders.ts';
import { breaks, CALL_TIMEOUT, freeName, type Real, type Run, type World } from './world.ts';

/** An account as the vendor tells it. */
function told(world: World, real: Real): VendorAccount {
  const { vendor } = world.setting;
  const isAdmin = real.role === 'admin' && real.presence === 'active';
  return {
    id: real.id,
    address: real.address,
    ...(real.aliases.length > 0 && { aliases: real.aliases }),
    presence: real.presence,
    fields: fieldsOf(world, real),
    ...(real.presence === 'pending' && vendor.supports.withdraw && { withdrawable: true }),
    ...(vendor.lastAdmin && isAdmin && { lastOf: 'administrator' }),
    ...(vendor.lastAdmin && { ranks: { user: 0, admin: 1 } }),
    ...(real.protected && { protected: 'an owner' }),
  };
}

function fieldsOf({ setting }: World, { address, name, role, perms }: Real): FieldValues {
  const all: FieldValues = { email: address, name, role, permissions: perms };
  return Object.fromEntries(setting.vendor.fields.map(({ name: field }) => [field, all[field] ?? '']));
}

export function goesBy(real: Real, address: string | null): boolean {
  return address !== null && (real.address === address || real.aliases.includes(address));
}

function shown({ accounts, setting }: World): Real[] {
  const { hidesPending } = setting.vendor.supports;
  return accounts.filter(({ presence }) => hidesPending !== true || presence !== 'pending');
}

/** What a look for this id or address says now. */
export function look(world: World, run: Run, id: string | null, address: string, listed: boolean): Seen {
  const seen = { begun: world.now, ageMs: CALL_TIMEOUT, listed };
  const all = shown(world);
  const byId = all.filter((real) => real.id === id);
  const found = byId.length > 0 ? byId : all.filter((real) => goesBy(real, address));
  for (const real of listed ? all : found) {
    const has = world.rows.find(({ known }) => known.vendorId === real.id);
    if (
      real.unseen &&
      (has === undefined || run.attempt.rows.some(({ known }) => known.vendorId === real.id))
    ) {
      real.unseen = false;
      run.cleared = [...run.cleared, real.id];
    }
    run.blind = run.blind.filter((one) => one !== real.id);
  }
  run.blind = run.blind.filter((one) => one !== address);
  const [real, second] = found;
  if (real === undefined) return { ...seen, is: 'absent' };
  if (second !== undefined) return { ...seen, is: 'several' };
  return { ...seen, is: 'present', account: told(world, real), holder: holderOf(world, run, real) };
}

/** What the vendor answers; `account` null: there is none any more. */
export type Answer = { yes: true; account: VendorAccount | null } | { yes: false; code: 'GONE' | 'CONFLICT' };

/** Carries the call out, for this User. */
export function carryOut(world: World, { intent, account }: CallMove, user: string, blind: boolean): Answer {
  const { call } = intent;
  if (call.op === 'create') return create(world, call.address, call.fields, user, blind);
  const target = account?.id ?? '';
  // Two invitations of one address are told apart by their hashes.
  const reals = world.accounts.filter(({ id }) => id === target);
  const real = reals.find(({ maker }) => maker === user) ?? reals[0];
  if (real === undefined) return { yes: false, code: 'GONE' };
  switch (call.op) {
    case 'update':
      write(real, call.changes.set);
      change(real, call.changes);
      break;
    case 'suspend':
      real.presence = 'suspended';
      break;
    case 'reactivate':
      real.presence = 'active';
      break;
    case 'revoke':
      real.perms = [];
      break;
    case 'withdraw':
      if (real.presence !== 'pending') return { yes: false, code: 'GONE' };
      world.accounts = world.accounts.filter((one) => one !== real);
      return { yes: true, account: null };
    case 'remove':
      world.accounts = world.accounts.filter((one) => one !== real);
      return { yes: true, account: null };
  }
  return { yes: true, account: told(world, real) };
}

function create(world: World, address: string, fields: FieldValues, user: string, blind: boolean): Answer {
  const { vendor } = world.setting;
  const there = world.accounts.find((real) => goesBy(real, address));
  if (there !== undefined) {
    switch (vendor.repeated) {
      case 'conflict':
        return { yes: false, code: 'CONFLICT' };
      case 'nothing':
        // Nothing was sent by which it could be told from what the call would have made.
        if (blind && !vendor.fields.some(({ name }) => name === 'name')) there.maker = user;
        return {
          yes: true,
          account: { ...told(world, { ...there, presence: 'pending', id: address }), fields },
        };
      case 'overwrites':
        if (there.maker !== user && !blind)
          breaks(world, `A create for ${user} wrote over ${there.maker}'s account at ${address}.`);
        // Made by hand in the window of the call: nobody can tell it from the User's.
        there.maker = user;
        write(there, fields);
        return { yes: true, account: told(world, there) };
      case 'doubles':
        if (there.maker === user && !blind) breaks(world, `${user} got a second account at ${address}.`);
        if (there.presence !== 'pending') return { yes: false, code: 'CONFLICT' };
    }
  }
  const presence = vendor.invites ? 'pending' : 'active';
  const id = vendor.ids && !vendor.invites ? freeName(world, 'v') : address;
  const real: Real = {
    id,
    address,
    aliases: [],
    presence,
    name: '',
    role: 'user',
    perms: [],
    given: null,
    protected: false,
    maker: user,
    madeFor: user,
    unseen: false,
  };
  write(real, fields);
  world.accounts.push(real);
  return { yes: true, account: told(world, real) };
}

function change(real: Real, { add, remove }: Changes): void {
  const [added, removed] = [add['permissions'] ?? [], remove['permissions'] ?? []];
  const kept = real.perms.filter((one) => !removed.includes(one));
  real.perms = [...kept, ...added.map(String).filter((one) => !kept.includes(one))];
}

function write(real: Real, { name, role, permissions }: FieldValues): void {
  if (typeof name === 'string') real.name = name;
  if (Array.isArray(permissions)) real.perms = permissions.map(String);
  if (role === 'user' || role === 'admin') Object.assign(real, { role, given: role });
}
