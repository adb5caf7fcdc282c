import type { FieldValue } from '../../../src/core/field.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Policies } from '../../../src/core/policy.ts';
import { vendorUrn } from '../../../src/core/vendor-urn.ts';
import type { AnyVendor } from '../../../src/vendor-kit/define.ts';
import type { FakeAccount } from '../../../src/vendor-kit/fake.ts';
import { ROLES } from '../../../src/vendors/attention/fake-records.ts';
import { vendorById } from '../../../src/vendors/index.ts';

/** What the model wants of one person. */
export interface WantedPerson {
  /** Raised by every change. */
  n: number;
  inGroup: boolean;
}

/** One vendor as the property runs it. */
export interface Subject {
  vendor: AnyVendor;
  settings: JsonObject;
  policies: Partial<Policies>;
  /** What the vendor's documents leave open; one is chosen for each run. */
  quirks: readonly JsonObject[];
  /** The quirks that make a second account where a create is repeated: a call that lies about a 404 must not be expected then. */
  doubles: (quirks: JsonObject) => boolean;
  /** What of the User changes with `n`, beside the family name. */
  extension(n: number): JsonObject;
  /** What the rule of the group gives, for either mapping; null: groups are mirrored instead. */
  rule: { field: string; values: readonly [FieldValue, FieldValue] } | null;
  /** Whether the account is at its new address after an address change. */
  moves: boolean;
  /** What of an active account is not as wanted; null: nothing. */
  fault(account: FakeAccount, wanted: WantedPerson, mapping: 0 | 1, title: string): string | null;
  /** Nobody can use the account for anything. */
  powerless(account: FakeAccount): boolean;
  /** Whether a DELETE leaves no account. */
  removes: boolean;
}

function vendor(id: string): AnyVendor {
  const found = vendorById(id);
  if (found === undefined) throw new Error(`There is no vendor ${id}.`);
  return found;
}

function differs(name: string, actual: unknown, expected: unknown): string | null {
  const same = JSON.stringify(actual) === JSON.stringify(expected);
  return same ? null : `${name} is ${JSON.stringify(actual)} and not ${JSON.stringify(expected)}`;
}

const TAGS = [[{ tag: 'Sales', color: '#3366ff' }], [{ tag: 'Support', color: '#ff6633' }]] as const;

const agendize: Subject = {
  vendor: vendor('agendize'),
  settings: {},
  policies: { addressChange: 'replace' },
  quirks: [{}, { onDuplicate: 'second' }, { errorsAs: 'ok' }],
  doubles: ({ onDuplicate }) => onDuplicate === 'second',
  extension: () => ({}),
  rule: { field: 'tags', values: [[...TAGS[0]], [...TAGS[1]]] },
  moves: true,
  fault({ vendor: { lastName, tags } }, { n, inGroup }, mapping) {
    const names = (tags as { tag: string }[]).map(({ tag }) => tag);
    const expected = inGroup ? TAGS[mapping].map(({ tag }) => tag) : [];
    return differs('lastName', lastName, `V${n}`) ?? differs('tags', names, expected);
  },
  powerless: ({ state }) => state === 'suspended',
  removes: false,
};

const attention: Subject = {
  vendor: vendor('attention'),
  settings: {},
  policies: { addressChange: 'replace' },
  quirks: [{}, { onDuplicate: 'second' }],
  doubles: ({ onDuplicate }) => onDuplicate === 'second',
  extension: () => ({}),
  // Not the admin's: the last one may not leave.
  rule: { field: 'roleUUID', values: [ROLES[1].uuid, ROLES[0].uuid] },
  moves: true,
  fault({ vendor: { lastName, roles } }, { n, inGroup }, mapping) {
    const role = inGroup && mapping === 0 ? ROLES[1] : ROLES[0];
    const [actual] = roles as { uuid: string }[];
    return differs('lastName', lastName, `V${n}`) ?? differs('role', actual?.uuid, role.uuid);
  },
  powerless: ({ state }) => state === 'suspended',
  removes: true,
};

const crankwheel: Subject = {
  vendor: vendor('crankwheel'),
  settings: { updateByRepeatedPost: true },
  policies: { addressChange: 'replace' },
  quirks: [{}, { listAs: 'object' }],
  doubles: () => false,
  extension: (n) => ({ [vendorUrn('crankwheel')]: { inDemoPool: n % 2 === 1 } }),
  rule: { field: 'privilege', values: ['admin', 'reporting'] },
  moves: true,
  fault({ vendor: { privilege, in_demo_pool } }, { n, inGroup }, mapping) {
    const expected = inGroup ? (mapping === 0 ? 'admin' : 'reporting') : 'user';
    return (
      differs('privilege', privilege, expected) ?? differs('in_demo_pool', in_demo_pool ?? false, n % 2 === 1)
    );
  },
  powerless: () => false,
  removes: true,
};

const woodpecker: Subject = {
  vendor: vendor('woodpecker'),
  settings: {},
  policies: {},
  quirks: [{}, { listsPending: false, throttledAs: '400' }],
  doubles: () => false,
  extension: () => ({}),
  rule: { field: 'guestPermissions', values: [['mailboxes'], []] },
  moves: false,
  fault({ vendor: { guest_permissions } }, { inGroup }, mapping) {
    return differs('guest_permissions', guest_permissions, inGroup && mapping === 0 ? ['mailboxes'] : []);
  },
  powerless: ({ vendor: { guest_permissions } }) =>
    Array.isArray(guest_permissions) && guest_permissions.length === 0,
  removes: false,
};

const corezoid: Subject = {
  vendor: vendor('corezoid'),
  settings: {},
  policies: { addressChange: 'replace' },
  quirks: [{}, { tellsUrl: false }, { onDuplicate: 'second' }],
  doubles: ({ onDuplicate }) => onDuplicate === 'second',
  extension: () => ({}),
  rule: null,
  moves: true,
  fault({ vendor: { groups } }, { inGroup }, _mapping, title) {
    const names = (groups as { name: string }[]).map(({ name }) => name);
    return differs('groups', names, inGroup ? [title] : []);
  },
  powerless: ({ state }) => state === 'suspended',
  removes: true,
};

export const subjects: readonly Subject[] = [agendize, attention, corezoid, crankwheel, woodpecker];
