import type { VendorAccount } from '../../core/account.ts';
import type { FieldTable, FieldValues } from '../../core/field.ts';
import { addressField } from '../../vendor-kit/define.ts';
import type { UserAccess } from './wire.ts';

export const fields: FieldTable = [
  addressField('email', 'The address that may sign in to the company account.'),
  {
    name: 'privilege',
    description: 'What the user may do; `owner` is an admin who is also the billing contact.',
    type: 'string',
    values: ['user', 'admin', 'owner', 'reporting'],
    // No document ranks them: the order of the first two is a guess.
    power: { ranks: ['reporting', 'user', 'admin', 'owner'] },
    set: 'always',
    withoutCall: 'task',
    default: { from: 'constant', value: 'user' },
  },
  {
    name: 'inDemoPool',
    description: 'Whether the user handles demo requests.',
    type: 'boolean',
    set: 'always',
    withoutCall: 'task',
    default: { from: 'constant', value: false },
  },
  {
    name: 'sendOnboardingEmail',
    description:
      'Whether CrankWheel mails an invitation to set a password. Accounts use SSO or a password, never both.',
    type: 'boolean',
    set: 'create',
    compared: false,
    withoutCall: 'ignore',
    default: { from: 'constant', value: false },
  },
];

/** All four keys are always sent, in this order. */
export function toForm(email: string, values: FieldValues): string {
  return new URLSearchParams([
    ['user_access[email]', email],
    ['user_access[privilege]', String(values['privilege'] ?? 'user')],
    ['user_access[in_demo_pool]', String(values['inDemoPool'] ?? false)],
    ['user_access[send_onboarding_email]', String(values['sendOnboardingEmail'] ?? false)],
  ]).toString();
}

/** None for an entry without an address: it can be nobody's. CrankWheel tells no more of a state than "listed". */
export function toAccount(access: UserAccess): VendorAccount[] {
  const email = access.email?.trim();
  if (!email) return [];
  const fields = {
    email,
    inDemoPool: access.in_demo_pool ?? false,
    ...(access.privilege && { privilege: access.privilege }),
  };
  const isOwner = access.privilege === 'owner';
  return [
    { id: email, address: email, presence: 'active', fields, ...(isOwner && { protected: 'an owner' }) },
  ];
}
