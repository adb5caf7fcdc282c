/** Classes of capability into which the vendors' presets fall; vendors of one class are one to the step machine. */
import type { FieldTable } from '../../../src/core/field.ts';
import type { Policies } from '../../../src/core/policy.ts';
import type { Supports } from '../../../src/vendor-kit/vendor.ts';

export interface VendorClass {
  name: string;
  supports: Supports;
  fields: FieldTable;
  policies: Pick<Policies, 'deactivate' | 'delete'>;
  /** Accounts have ids of their own; else the address is the id. */
  ids: boolean;
  /** A new account is an invitation until somebody accepts it. */
  invites: boolean;
  /** A repeated create: conflict, writes over the record, makes a second one, or does nothing. */
  repeated: 'conflict' | 'overwrites' | 'doubles' | 'nothing';
  /** Somebody has to stay administrator. */
  lastAdmin: boolean;
}

function fieldTable(power: 'told' | 'any' | { ranks: readonly string[] }): FieldTable {
  const common = { description: '', type: 'string', withoutCall: 'task' } as const;
  return [
    { ...common, name: 'email', set: 'key', default: { from: 'address' } },
    { ...common, name: 'name', set: 'always', default: { from: 'full' } },
    { ...common, name: 'role', set: 'always', power, default: { from: 'constant', value: 'user' } },
  ];
}

const PERMISSIONS: FieldTable = [
  ...fieldTable('any').filter(({ name }) => name !== 'role'),
  {
    description: '',
    name: 'permissions',
    type: 'list',
    items: 'string',
    set: 'always',
    power: 'list',
    withoutCall: 'task',
    default: { from: 'none' },
  },
];

const RANKED = fieldTable({ ranks: ['user', 'admin'] });

const SUPPORTS: Supports = {
  find: true,
  suspend: true,
  remove: true,
  revoke: false,
  withdraw: false,
  update: ['name', 'role'],
  wholeRecord: false,
  oneElementACall: false,
  batch: 1,
  groups: null,
  onRepeatedCreate: 'undocumented',
};

type Change = Partial<Omit<VendorClass, 'supports' | 'name'>> & { supports?: Partial<Supports> };

function vendorClass(name: string, change: Change = {}): VendorClass {
  return {
    name,
    fields: RANKED,
    policies: { deactivate: 'suspend', delete: 'remove' },
    ids: true,
    invites: false,
    repeated: 'conflict',
    lastAdmin: false,
    ...change,
    supports: { ...SUPPORTS, ...change.supports },
  };
}

const removes = { deactivate: 'remove', delete: 'remove' } as const;
const invited = { invites: true, supports: { find: false, withdraw: true, groups: null } } as const;

/** Named after what they can; the vendors of each in brackets. */
export const CLASSES = {
  suspending: vendorClass('finds, suspends, own ids (Agendize)', {
    policies: { deactivate: 'suspend', delete: 'suspend' },
  }),
  found: vendorClass('finds, suspends and removes (Attention by filter)'),
  listed: vendorClass('lists only, suspends and removes, doubles (Attention by the list)', {
    repeated: 'doubles',
    supports: { find: false },
  }),
  administered: vendorClass('lists only, removes, keeps one administrator (Attention without SCIM)', {
    fields: fieldTable('told'),
    policies: removes,
    lastAdmin: true,
    supports: { find: false, suspend: false },
  }),
  addressed: vendorClass('the address is the id, creates only (CrankWheel)', {
    policies: removes,
    ids: false,
    repeated: 'overwrites',
    supports: { suspend: false, update: [], wholeRecord: true },
  }),
  overwriting: vendorClass('the address is the id, whole records (CrankWheel by repeated POST)', {
    policies: removes,
    ids: false,
    repeated: 'overwrites',
    supports: { suspend: false, wholeRecord: true },
  }),
  addressedList: vendorClass('the address is the id, lists only (CrankWheel by the list)', {
    policies: removes,
    ids: false,
    repeated: 'overwrites',
    supports: { find: false, suspend: false, update: [], wholeRecord: true },
  }),
  invited: vendorClass('invites, lists invitations, withdraws (Corezoid)', {
    ...invited,
    repeated: 'doubles',
  }),
  hidden: vendorClass('invites, hides invitations, withdraws (Corezoid without that right)', {
    ...invited,
    repeated: 'doubles',
    supports: { ...invited.supports, hidesPending: true },
  }),
  revoking: vendorClass('invites, hides invitations, resends, revokes (Woodpecker)', {
    invites: true,
    ids: true,
    repeated: 'nothing',
    fields: PERMISSIONS,
    policies: { deactivate: 'revoke', delete: 'revoke' },
    supports: {
      find: false,
      suspend: false,
      remove: false,
      revoke: true,
      hidesPending: true,
      onRepeatedCreate: 'resends',
      update: ['permissions'],
    },
  }),
  idempotent: vendorClass('invites, hides invitations, repeats without effect, withdraws', {
    ...invited,
    repeated: 'nothing',
    supports: { ...invited.supports, hidesPending: true, onRepeatedCreate: 'idempotent' },
  }),
  manual: vendorClass('finds and creates, everything else by hand', {
    policies: { deactivate: 'task', delete: 'task' },
    supports: { suspend: false, remove: false, update: [], onRepeatedCreate: 'conflict' },
  }),
} as const satisfies Record<string, VendorClass>;

export type ClassName = keyof typeof CLASSES;
