import type { Field, FieldTable } from '../../core/field.ts';
import { addressField } from '../../vendor-kit/define.ts';

const text = { type: 'string', set: 'always', withoutCall: 'task' } as const satisfies Partial<Field>;
const later = { set: 'update', withoutCall: 'ignore', default: { from: 'none' } } as const;

export const fields: FieldTable = [
  addressField('email', 'The address the user signs in with.'),
  {
    ...text,
    name: 'firstName',
    description: 'Given name.',
    required: true,
    sourceHint: 'name.givenName',
    default: { from: 'given' },
  },
  {
    ...text,
    name: 'lastName',
    description: 'Family name.',
    required: true,
    sourceHint: 'name.familyName',
    default: { from: 'family' },
  },
  {
    ...text,
    name: 'roleUUID',
    description: 'The UUID of the role.',
    power: 'told',
    required: true,
    sourceHint: 'a group rule, or the defaultRoleUUID setting',
    default: { from: 'setting', name: 'defaultRoleUUID' },
  },
  {
    name: 'teams',
    mirrored: true,
    description: 'The UUIDs of the teams; the first one at creation is the primary team.',
    type: 'list',
    items: 'string',
    set: 'always',
    required: true,
    minItems: 1,
    sourceHint: 'a group rule, or the defaultTeamUUID setting',
    withoutCall: 'task',
    default: { from: 'setting', name: 'defaultTeamUUID' },
  },
  {
    ...text,
    name: 'seatType',
    description: 'The type of seat.',
    values: ['recording', 'listener'],
    default: { from: 'constant', value: 'recording' },
  },
  {
    ...later,
    name: 'botName',
    type: 'string',
    description: 'The name of the user’s notetaker.',
    cleared: '',
  },
  {
    ...later,
    name: 'dealsEnabled',
    type: 'boolean',
    description: 'Whether the user sees deals.',
    cleared: false,
  },
];
