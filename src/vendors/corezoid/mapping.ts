import type { VendorAccount } from '../../core/account.ts';
import { VendorError } from '../../core/errors.ts';
import type { FieldTable, FieldValues } from '../../core/field.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { addressField } from '../../vendor-kit/define.ts';
import { listOf } from '../../vendor-kit/lists.ts';
import type { WantedCreate } from '../../vendor-kit/vendor.ts';
import type { UserRow } from './wire.ts';

/** Of the invitation alone: what became of it later is not told. */
const once = { set: 'create', compared: false, withoutCall: 'ignore', default: { from: 'none' } } as const;

export const fields: FieldTable = [
  addressField('login', 'The e-mail address that is invited.', { minLength: 3, maxLength: 100 }),
  {
    ...once,
    name: 'loginType',
    description: 'How the person signs in.',
    type: 'string',
    values: ['corezoid', 'google'],
    default: { from: 'setting', name: 'loginType' },
  },
  {
    ...once,
    name: 'linkToObj',
    type: 'string',
    description: 'The kind of object that the invitation shares; with `linkToObjId`.',
    values: ['group', 'project', 'stage', 'conv', 'folder', 'dashboard', 'instance'],
  },
  { ...once, name: 'linkToObjId', description: 'The id of that object.', type: 'integer' },
  {
    ...once,
    name: 'privs',
    description: 'The rights on that object; sent for any kind but a group.',
    type: 'list',
    items: 'string',
    values: ['create', 'view', 'modify', 'delete'],
  },
  {
    name: 'groups',
    description: 'The ids of the groups, of type admins; the invitation carries the first one.',
    type: 'list',
    items: 'integer',
    set: 'always',
    power: 'list',
    mirrored: true,
    withoutCall: 'task',
    default: { from: 'none' },
  },
];

/** The members of a `create/invite`, in the order of Corezoid's table. REJECTED: half a pair. */
export function toInvite({ address, fields }: WantedCreate): JsonObject {
  const link = toLink(fields);
  const privs = listOf(fields['privs']).map((type) => ({ type, list_obj: ['all'] }));
  const takesPrivs = !['group', undefined].includes(link['link_to_obj']?.toString());
  const login_type = String(fields['loginType'] ?? 'corezoid');
  return { login: address, login_type, ...link, ...(takesPrivs && privs.length > 0 && { privs }) };
}

/** What the invitation shares: the mapped object, else the first wanted group. */
function toLink({ linkToObj, linkToObjId, groups }: FieldValues): JsonObject {
  const [group] = listOf(groups);
  if ((linkToObj === undefined) !== (linkToObjId === undefined)) {
    throw new VendorError('REJECTED', 'Map both linkToObj and linkToObjId of Corezoid, or neither.');
  }
  if (linkToObj !== undefined) return { link_to_obj: linkToObj, link_to_obj_id: linkToObjId ?? null };
  return group === undefined ? {} : { link_to_obj: 'group', link_to_obj_id: group };
}

/** Somebody invited; Corezoid tells the id of a person only after the acceptance. `extra`: what withdraws the invitation. */
export function toPending(address: string, extra: JsonObject, groups?: Json[]): VendorAccount {
  const fields = { login: address, ...(groups && { groups }) };
  return { id: address, address, presence: 'pending', fields, withdrawable: 'hash' in extra, extra };
}

/** The hash that an invitation's link ends in. */
export function readInviteHash(url: string | null | undefined): JsonObject {
  const hash = url?.match(/([\w-]{40,128})\/?$/)?.[1];
  return hash === undefined ? {} : { hash };
}

/** None for a row without an e-mail address: it can be nobody's. */
export function toAccount(row: UserRow): VendorAccount[] {
  const logins = (row.logins ?? []).map(({ login }) => login?.trim() ?? '');
  const [address, ...aliases] = new Set(logins.filter((login) => login.includes('@')));
  if (address === undefined) return [];
  if (row.is_invite) {
    const { obj_id, invite_hash: hash } = row;
    return [toPending(address, { ...(obj_id != null && { obj_id }), ...(hash != null && { hash }) })];
  }
  const groups = row.groups?.map((group) => group.id);
  return [
    {
      id: String(row.obj_id),
      address,
      presence: row.status === 'blocked' ? 'suspended' : 'active',
      fields: { login: address, ...(groups && { groups }) },
      ...(aliases.length > 0 && { aliases }),
      ...(row.is_superadmin && { protected: 'a superadmin' }),
    },
  ];
}
