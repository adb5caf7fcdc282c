import type { Field, FieldTable } from '../../core/field.ts';
import { addressField } from '../../vendor-kit/define.ts';

const name = { type: 'string', maxLength: 255, set: 'always', withoutCall: 'task' } as const;
const once = { type: 'string', set: 'create', withoutCall: 'ignore' } as const;
const preference = {
  ...once,
  offBySetting: 'sendPreferences',
  default: { from: 'none' },
} as const satisfies Partial<Field>;

export const fields: FieldTable = [
  addressField('email', 'The address, which is also the user name; it never changes.', { maxLength: 255 }),
  { ...name, name: 'firstName', description: 'Given name.', default: { from: 'given' } },
  { ...name, name: 'lastName', description: 'Family name.', default: { from: 'family' } },
  {
    name: 'profileId',
    description: 'The id of the account’s profile (plan).',
    type: 'string',
    set: 'always',
    power: 'any',
    required: true,
    sourceHint: 'a group rule, or the defaultProfileId setting',
    withoutCall: 'task',
    default: { from: 'setting', name: 'defaultProfileId' },
  },
  {
    name: 'sendSignupEmail',
    description: 'Whether Agendize mails the new user to set a password.',
    type: 'boolean',
    set: 'create',
    compared: false,
    withoutCall: 'ignore',
    default: { from: 'constant', value: true },
  },
  {
    ...preference,
    name: 'displayName',
    description: 'The name shown for the account; left out if it is longer than 63 characters.',
    maxLength: 63,
    omitIfTooLong: true,
    default: { from: 'displayName' },
  },
  { ...preference, name: 'timeZone', description: 'The time zone, as one of Agendize’s codes.' },
  { ...preference, name: 'language', description: 'The language, as one of Agendize’s codes.' },
  {
    ...once,
    name: 'resellerId',
    description: 'Your own id of the person; no two accounts may have the same.',
    offBySetting: 'sendResellerId',
    default: { from: 'externalId' },
  },
  {
    name: 'tags',
    description: 'Tags of the account, each with its colour.',
    type: 'list',
    items: 'object',
    itemKeys: ['tag', 'color'],
    itemPatterns: { color: { regex: /^#[0-9a-f]{6}$/, meaning: 'a colour such as #3366ff in lower case' } },
    maxLength: 255,
    set: 'always',
    withoutCall: 'task',
    default: { from: 'none' },
  },
];
