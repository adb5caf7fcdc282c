/** What a human can do to accounts in a vendor's own pages, for each vendor's fake. */
import { fold } from '../../../../src/core/fold.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import type { FakeAccount } from '../../../../src/vendor-kit/fake.ts';
import { ROLES } from '../../../../src/vendors/attention/fake-records.ts';

export interface ByHand {
  /** What makes an account powerful, protected, suspended and active again; null: the vendor has no such thing. */
  power: JsonObject;
  protection: JsonObject | null;
  suspended: JsonObject | null;
  active: JsonObject | null;
  /** What makes an invitation that is not accepted yet. */
  pending: JsonObject | null;
  /** Renaming makes another account, to Causeway. */
  addressIsId: boolean;
  isPowerful(account: FakeAccount): boolean;
  /** The account as a seed that puts the same one there again. */
  again(account: FakeAccount, address: string): JsonObject;
  /** The addresses that a call makes accounts for. */
  creates(call: { method: string; path: string; body: string }): string[];
}

const none = { protection: null, suspended: null, active: null, pending: null };
const sameRecord = ({ vendor }: FakeAccount): JsonObject => vendor;

const agendize: ByHand = {
  ...none,
  power: { profileId: '14' },
  suspended: { status: 'disabled' },
  active: { status: 'enabled' },
  addressIsId: false,
  isPowerful: ({ vendor }) => vendor['profileId'] === '14',
  again: sameRecord,
  creates: ({ method, path, body }) =>
    method === 'POST' && /\/accounts(\?|$)/.test(path) ? [String(JSON.parse(body).email)] : [],
};

const attention: ByHand = {
  ...none,
  power: { roleUUID: ROLES[2].uuid },
  suspended: { deactivatedAt: '2026-01-01T00:00:00Z' },
  active: { deactivatedAt: null },
  addressIsId: false,
  isPowerful: ({ vendor }) => JSON.stringify(vendor['roles'] ?? '').includes(ROLES[2].uuid),
  again({ vendor }) {
    const teams = (vendor['teams'] as { uuid: string }[]).map(({ uuid }) => uuid);
    const { seat_type = 'recording', dealsEnabled = false } = vendor['settings'] as JsonObject;
    return { ...vendor, teams, seat_type, dealsEnabled };
  },
  creates: ({ method, path, body }) =>
    method === 'POST' && path.endsWith('/organizations/users') ? [String(JSON.parse(body).email)] : [],
};

const corezoid: ByHand = {
  ...none,
  power: { groups: [198047] },
  protection: { is_superadmin: true },
  suspended: { status: 'blocked' },
  active: { status: 'actived' },
  pending: { is_invite: true },
  addressIsId: false,
  isPowerful: ({ vendor }) => JSON.stringify(vendor['groups'] ?? '').includes('198047'),
  again({ vendor, state }, address) {
    if (state === 'pending') return { ...vendor, is_invite: true, login: address };
    const groups = (vendor['groups'] as { id: number }[]).map(({ id }) => id);
    return { ...vendor, groups, logins: [{ type: 'corezoid', login: address }] };
  },
  creates({ path, body }) {
    if (!path.startsWith('/api/2/json')) return [];
    const { ops } = JSON.parse(body) as { ops: { type: string; obj: string; login?: string }[] };
    return ops
      .filter(({ type, obj }) => type === 'create' && obj === 'invite')
      .map(({ login }) => login ?? '');
  },
};

const crankwheel: ByHand = {
  ...none,
  power: { privilege: 'admin' },
  protection: { privilege: 'owner' },
  addressIsId: true,
  isPowerful: ({ vendor }) => vendor['privilege'] === 'admin' || vendor['privilege'] === 'owner',
  again: sameRecord,
  creates: ({ method, path, body }) =>
    method === 'POST' && path.endsWith('/user_access')
      ? [new URLSearchParams(body).get('user_access[email]') ?? '']
      : [],
};

const woodpecker: ByHand = {
  ...none,
  power: { guest_permissions: ['mailboxes'] },
  protection: { roles: ['owner'] },
  pending: { accepted: false },
  addressIsId: false,
  isPowerful: ({ vendor }) => JSON.stringify(vendor['guest_permissions']) === '["mailboxes"]',
  again: sameRecord,
  creates({ method, path, body }) {
    if (method !== 'POST' || !path.endsWith('/invite_guest')) return [];
    return (JSON.parse(body).guests as { email: string }[]).map(({ email }) => email);
  },
};

const BY_HAND: Record<string, ByHand> = { agendize, attention, corezoid, crankwheel, woodpecker };

export function byHand(vendor: string): ByHand {
  const found = BY_HAND[vendor];
  if (found === undefined) throw new Error(`Nobody knows what a human does at ${vendor}.`);
  return found;
}

/** What a person sees of an account; how often an invitation was mailed is not part of it. */
export function snapshotOf({ key, state, vendor: { mails: _, ...vendor } }: FakeAccount): string {
  return JSON.stringify([fold(key), state, vendor]);
}
