import type { VendorAccount } from '../../../src/core/account.ts';
import type { Connection } from '../../../src/core/connection.ts';
import type { Field, FieldTable } from '../../../src/core/field.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Policies } from '../../../src/core/policy.ts';
import type { User } from '../../../src/core/user.ts';
import { policiesInForce } from '../../../src/vendor-kit/policies.ts';
import type { Supports } from '../../../src/vendor-kit/vendor.ts';

/** A field of a vendor that there is not: a text that may change at any time and has no default. */
export function field(name: string, more: Partial<Field> = {}): Field {
  const plain = { type: 'string', set: 'always', withoutCall: 'task', default: { from: 'none' } } as const;
  return { name, description: '', ...plain, ...more };
}

export const EMAIL = field('email', { set: 'key', required: true, default: { from: 'address' } });
export const URN = 'urn:ietf:params:scim:schemas:extension:acme:2.0:User';

export function user(document: JsonObject): User {
  const userName = String(document['userName'] ?? 'ana@example.com');
  const rest = { connectionId: 'c', id: 'u', version: 1, createdAt: 0, modifiedAt: 0 };
  return { ...rest, userName, document: { userName, ...document } };
}

export const SUPPORTS: Supports = {
  find: true,
  suspend: true,
  remove: true,
  revoke: true,
  withdraw: true,
  update: ['name', 'role', 'tags', 'teams'],
  wholeRecord: false,
  oneElementACall: false,
  batch: 1,
  groups: null,
  onRepeatedCreate: 'undocumented',
};

export const POLICIES: Policies = policiesInForce(
  { policies: () => ({ deactivate: 'suspend', delete: 'remove', groups: 'rules' }) },
  {},
  {},
);

export function connection(more: Partial<Connection> = {}): Connection {
  return {
    id: 'c',
    vendor: 'acme',
    title: 'Acme',
    settings: {},
    mapping: {},
    policies: POLICIES,
    policyOverrides: {},
    dryRun: false,
    paused: null,
    unproven: false,
    believed: null,
    createdAt: 0,
    modifiedAt: 0,
    version: 1,
    ...more,
  };
}

export function account(more: Partial<VendorAccount> = {}): VendorAccount {
  return { id: 'v1', address: 'ana@example.com', presence: 'active', fields: {}, ...more };
}

export const FIELDS: FieldTable = [
  EMAIL,
  field('name', { default: { from: 'full' } }),
  field('role', { values: ['user', 'admin'], default: { from: 'constant', value: 'user' } }),
  field('tags', { type: 'list', items: 'string' }),
  field('note', { set: 'create', compared: false }),
];
