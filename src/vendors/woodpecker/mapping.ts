import type { VendorAccount } from '../../core/account.ts';
import type { FieldTable } from '../../core/field.ts';
import type { Json } from '../../core/json.ts';
import { addressField } from '../../vendor-kit/define.ts';
import { listOf } from '../../vendor-kit/lists.ts';
import type { Changes, WantedCreate } from '../../vendor-kit/vendor.ts';
import type { Settings } from './settings.ts';
import type { Guest, User } from './wire.ts';

export const fields: FieldTable = [
  {
    name: 'name',
    description: 'The guest’s full name, as the invitation gives it; Woodpecker has no call to change it.',
    type: 'string',
    set: 'create',
    required: true,
    withoutCall: 'ignore',
    default: { from: 'full' },
  },
  addressField('email', 'The address that is invited; the guest signs in with it.'),
  {
    name: 'guestPermissions',
    description:
      'What the guest may do besides looking; `mailboxes` is the only one that Woodpecker documents.',
    type: 'list',
    items: 'string',
    set: 'always',
    power: 'list',
    withoutCall: 'task',
    default: { from: 'constant', value: [] },
  },
];

/** Whose roles are not Causeway's business: the first that a user has is the reason. */
const TEAM_ROLES: readonly (readonly [role: string, reason: string])[] = [
  ['owner', 'an owner of the company'],
  ['admin', 'an admin of the agency'],
  ['authorized_team_member', 'a team member of the agency'],
];

/** The members in the order of Woodpecker's example. */
export function toGuest({ address, fields: values }: WantedCreate, { whiteLabel }: Settings): Guest {
  const guest = { name: String(values['name'] ?? address), email: address };
  return whiteLabel ? guest : { ...guest, guest_permissions: listOf(values['guestPermissions']).map(String) };
}

/** An invited person, of whom Woodpecker tells nothing yet; an invitation without permissions grants none. */
export function toInvited(address: string, { whiteLabel }: Settings): VendorAccount {
  const granted = whiteLabel ? { guestPermissions: [] } : {};
  return { id: address, address, presence: 'pending', fields: { email: address, ...granted } };
}

/** None for a user without an address: it can be nobody's. */
export function toAccount(user: User): VendorAccount[] {
  const email = user.email?.trim();
  if (!email) return [];
  const reason = protection(user.roles ?? []);
  return [
    {
      id: String(user.id),
      address: email,
      presence: 'active',
      fields: {
        ...(user.name && { name: user.name }),
        email,
        guestPermissions: user.guest_permissions ?? [],
      },
      ...(reason && { protected: reason }),
    },
  ];
}

/** All permissions afterwards: Woodpecker takes the whole list. */
export function changedPermissions(account: VendorAccount, { add, remove }: Changes): Json[] {
  const removed = remove['guestPermissions'] ?? [];
  const both = [...listOf(account.fields['guestPermissions']), ...(add['guestPermissions'] ?? [])];
  return [...new Set(both)].filter((permission) => !removed.includes(permission));
}

function protection(roles: readonly string[]): string | undefined {
  const [, reason] = TEAM_ROLES.find(([role]) => roles.includes(role)) ?? [];
  return reason ?? (roles.includes('guest') ? undefined : 'somebody who is not a guest');
}
