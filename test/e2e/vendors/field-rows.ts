import type { FieldValue } from '../../../src/core/field.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import type { Policies } from '../../../src/core/policy.ts';
import { ROLES, TEAMS } from '../../../src/vendors/attention/fake-records.ts';

const [SALES_REP, MANAGER] = ROLES.map(({ uuid }) => uuid);
const [GENERAL, SALES] = TEAMS.map(({ uuid }) => uuid);
const SALES_TAG = { tag: 'Sales', color: '#3366ff' };
const VIP_TAG = { tag: 'VIP', color: '#ff6633' };

/** One row of a vendor's field-mapping table, as tests try it. */
export interface FieldRow {
  vendor: string;
  field: string;
  /** Where the create call has it; `afterwards`: no create can carry it, and the account has it there right after. */
  wire: string | { afterwards: string };
  settings?: JsonObject;
  policies?: Partial<Policies>;
  /** What the create call has for the person of `person(address)` with the externalId `ext-1` when nobody says anything. */
  standard: (address: string) => Json | undefined;
  /** Two values that it takes. */
  values: [FieldValue, FieldValue];
  /** The vendor refuses a person for whom nobody says anything. */
  needed?: boolean;
  /** Rules and constants may give it: several people may have the same. */
  rules?: boolean;
  /** Gives the first value; of a text without a `nickName` here, the User has the first value as such. */
  expression: { text: string; nickName: string };
  /** Other extension attributes that the value needs beside it. */
  beside?: JsonObject;
  /** A value as the wire has it, where that is not the value itself. */
  onWire?: (value: FieldValue) => Json;
  /** What is refused before any call, as the User that says it, and what the answer names. */
  refused?: { user: JsonObject; names: string };
  /** What is left out instead. */
  omitted?: JsonObject;
  /** What a later change from the first value to the second one means; `call`: the bodies of the calls made. */
  later: { call: Json[] } | { task: string } | 'ignored';
}

const text = { rules: true, expression: { text: 'nickName', nickName: '' } };
const attribute = (vendor: string, values: JsonObject): JsonObject => ({
  [`urn:ietf:params:scim:schemas:extension:${vendor}:2.0:User`]: values,
});
/** The address: rules and constants would give several people one, so that only expressions are allowed. */
const address = {
  standard: (value: string) => value,
  values: ['first@example.com', 'second@example.com'] as [string, string],
  expression: { text: 'nickName', nickName: 'nick@example.com' },
  later: { task: 'address' },
};
const noAddress = { user: { userName: 'ana', emails: [] }, names: 'needs an e-mail address: map emails' };

const crankwheel: FieldRow[] = [
  { ...address, vendor: 'crankwheel', field: 'email', wire: 'user_access[email]', refused: noAddress },
  {
    ...text,
    vendor: 'crankwheel',
    field: 'privilege',
    wire: 'user_access[privilege]',
    standard: () => 'user',
    values: ['reporting', 'admin'],
    refused: { user: attribute('crankwheel', { privilege: 'throne' }), names: 'privilege' },
    later: { task: 'field:privilege' },
  },
  {
    ...text,
    vendor: 'crankwheel',
    field: 'inDemoPool',
    wire: 'user_access[in_demo_pool]',
    standard: () => 'false',
    values: [true, false],
    onWire: String,
    expression: { text: 'nickName = "yes"', nickName: 'yes' },
    refused: { user: attribute('crankwheel', { inDemoPool: 'perhaps' }), names: 'inDemoPool' },
    later: { task: 'field:inDemoPool' },
  },
  {
    ...text,
    vendor: 'crankwheel',
    field: 'sendOnboardingEmail',
    wire: 'user_access[send_onboarding_email]',
    standard: () => 'false',
    values: [true, false],
    onWire: String,
    expression: { text: '$exists(nickName)', nickName: 'yes' },
    refused: { user: attribute('crankwheel', { sendOnboardingEmail: 3 }), names: 'sendOnboardingEmail' },
    later: 'ignored',
  },
];

const agendize: FieldRow[] = [
  {
    ...address,
    vendor: 'agendize',
    field: 'email',
    wire: 'email',
    refused: { user: { emails: [{ value: `${'a'.repeat(250)}@example.com` }] }, names: 'email' },
  },
  ...(['firstName', 'lastName'] as const).map(
    (field): FieldRow => ({
      ...text,
      vendor: 'agendize',
      field,
      wire: field,
      standard: () => (field === 'firstName' ? 'Ana' : 'Díaz'),
      values: ['Anne', 'Zoë'],
      refused: { user: attribute('agendize', { [field]: 'ž'.repeat(256) }), names: field },
      later: { call: [{ [field]: 'Zoë' }] },
    }),
  ),
  {
    ...text,
    vendor: 'agendize',
    field: 'profileId',
    wire: 'profile.id',
    standard: () => '12',
    values: ['14', '12'],
    refused: { user: attribute('agendize', { profileId: '99' }), names: 'profile 99' },
    later: { task: 'field:profileId' },
  },
  {
    ...text,
    vendor: 'agendize',
    field: 'profileId',
    wire: 'profile.id',
    settings: { defaultProfileId: null, updateProfile: true },
    needed: true,
    standard: () => undefined,
    values: ['12', '14'],
    refused: {
      user: {},
      names: 'Agendize needs profileId: set a group rule, or the defaultProfileId setting',
    },
    later: { call: [{ profile: { id: '14' } }] },
  },
  {
    ...text,
    vendor: 'agendize',
    field: 'sendSignupEmail',
    wire: 'sendSignupEmail',
    standard: () => true,
    values: [false, true],
    expression: { text: '$not($exists(nickName))', nickName: 'no' },
    refused: { user: attribute('agendize', { sendSignupEmail: 'perhaps' }), names: 'sendSignupEmail' },
    later: 'ignored',
  },
  {
    ...text,
    vendor: 'agendize',
    field: 'displayName',
    wire: 'preferences.displayName',
    standard: () => 'Ana Díaz',
    values: ['Ana', 'Anne'],
    omitted: { displayName: 'ž'.repeat(64) },
    later: 'ignored',
  },
  ...(['timeZone', 'language'] as const).map(
    (field): FieldRow => ({
      ...text,
      vendor: 'agendize',
      field,
      wire: `preferences.${field}`,
      standard: () => undefined,
      values: field === 'timeZone' ? ['Europe/Madrid', 'Europe/Berlin'] : ['es', 'de'],
      refused: { user: attribute('agendize', { [field]: true }), names: field },
      later: 'ignored',
    }),
  ),
  {
    vendor: 'agendize',
    field: 'resellerId',
    wire: 'resellerId',
    standard: () => 'ext-1',
    values: ['own-1', 'own-2'],
    expression: { text: 'nickName', nickName: '' },
    refused: { user: attribute('agendize', { resellerId: 7.5 }), names: 'resellerId' },
    later: 'ignored',
  },
  {
    ...text,
    vendor: 'agendize',
    field: 'tags',
    wire: 'tags',
    standard: () => undefined,
    values: [[SALES_TAG], [VIP_TAG]],
    expression: { text: '{"tag": nickName, "color": "#3366ff"}', nickName: 'Sales' },
    refused: { user: attribute('agendize', { tags: [{ tag: 'Sales', color: 'blue' }] }), names: 'tags' },
    later: { call: [{ tags: [VIP_TAG] }] },
  },
];

const woodpecker: FieldRow[] = [
  {
    ...text,
    vendor: 'woodpecker',
    field: 'name',
    wire: 'name',
    standard: () => 'Ana Díaz',
    values: ['Ana', 'Anne'],
    refused: { user: attribute('woodpecker', { name: { given: 'Ana' } }), names: 'name' },
    later: 'ignored',
  },
  { ...address, vendor: 'woodpecker', field: 'email', wire: 'email', refused: noAddress },
  {
    ...text,
    vendor: 'woodpecker',
    field: 'guestPermissions',
    wire: 'guest_permissions',
    standard: () => [],
    values: [['mailboxes'], []],
    expression: { text: 'nickName', nickName: 'mailboxes' },
    refused: {
      user: attribute('woodpecker', { guestPermissions: [{ mailboxes: true }] }),
      names: 'guestPermissions',
    },
    later: { call: [{ guests: [{ id: 1236, permissions: [] }] }] },
  },
];

const asGroupRules = { policies: { groups: 'rules' } as const };
const corezoid: FieldRow[] = [
  {
    ...address,
    vendor: 'corezoid',
    field: 'login',
    wire: 'login',
    refused: { user: { emails: [{ value: `${'a'.repeat(100)}@example.com` }] }, names: 'login' },
  },
  {
    ...text,
    ...asGroupRules,
    vendor: 'corezoid',
    field: 'loginType',
    wire: 'login_type',
    standard: () => 'corezoid',
    values: ['google', 'corezoid'],
    refused: { user: attribute('corezoid', { loginType: 'phone' }), names: 'loginType' },
    later: 'ignored',
  },
  {
    ...text,
    vendor: 'corezoid',
    field: 'linkToObj',
    wire: 'link_to_obj',
    standard: () => undefined,
    values: ['folder', 'project'],
    beside: { linkToObjId: 77 },
    refused: { user: attribute('corezoid', { linkToObj: 'folder' }), names: 'linkToObj and linkToObjId' },
    later: 'ignored',
  },
  {
    ...text,
    vendor: 'corezoid',
    field: 'linkToObjId',
    wire: 'link_to_obj_id',
    standard: () => undefined,
    values: [77, 78],
    expression: { text: '$number(nickName)', nickName: '77' },
    beside: { linkToObj: 'folder' },
    refused: { user: attribute('corezoid', { linkToObjId: 77 }), names: 'linkToObj and linkToObjId' },
    later: 'ignored',
  },
  {
    ...text,
    vendor: 'corezoid',
    field: 'privs',
    wire: 'privs',
    standard: () => undefined,
    values: [['view'], ['modify']],
    onWire: (value) => [value].flat().map((type) => ({ type, list_obj: ['all'] })),
    expression: { text: 'nickName', nickName: 'view' },
    beside: { linkToObj: 'folder', linkToObjId: 77 },
    refused: { user: attribute('corezoid', { privs: ['rule'] }), names: 'privs' },
    later: 'ignored',
  },
  {
    ...text,
    ...asGroupRules,
    vendor: 'corezoid',
    field: 'groups',
    wire: 'link_to_obj_id',
    standard: () => undefined,
    values: [[198047], [198048]],
    onWire: (value) => [value].flat()[0] ?? null,
    expression: { text: '$number(nickName)', nickName: '198047' },
    refused: { user: attribute('corezoid', { groups: [2] }), names: 'admins group 2' },
    later: {
      call: [
        { type: 'link', obj: 'user', group_id: 198048, obj_id: 51532, level: 1 },
        { type: 'link', obj: 'user', group_id: 198047, obj_id: 51532, level: '' },
      ],
    },
  },
];

const attention: FieldRow[] = [
  { ...address, vendor: 'attention', field: 'email', wire: 'email', refused: noAddress },
  ...(['firstName', 'lastName'] as const).map((field): FieldRow => {
    const [wire, source] = field === 'firstName' ? ['first_name', 'givenName'] : ['last_name', 'familyName'];
    const other = field === 'firstName' ? { familyName: 'Díaz' } : { givenName: 'Ana' };
    return {
      ...text,
      vendor: 'attention',
      field,
      wire,
      standard: () => (field === 'firstName' ? 'Ana' : 'Díaz'),
      values: ['Anne', 'Zoë'],
      refused: { user: { name: other, displayName: '' }, names: `set name.${source}` },
      later: { call: [{ [field]: 'Zoë' }] },
    };
  }),
  {
    ...text,
    vendor: 'attention',
    field: 'roleUUID',
    wire: 'roleUUID',
    standard: () => SALES_REP ?? null,
    values: [MANAGER ?? '', SALES_REP ?? ''],
    refused: { user: attribute('attention', { roleUUID: 'nobody' }), names: 'Role nobody not found' },
    later: { call: [{ roleUUID: SALES_REP ?? null }] },
  },
  {
    ...text,
    vendor: 'attention',
    field: 'teams',
    wire: 'teams',
    standard: () => [{ uuid: GENERAL ?? null, primary: true }],
    values: [[SALES ?? ''], [GENERAL ?? '']],
    onWire: (value) => [value].flat().map((uuid, index) => ({ uuid, primary: index === 0 })),
    expression: { text: 'nickName', nickName: SALES ?? '' },
    refused: { user: attribute('attention', { teams: [7] }), names: 'teams' },
    later: {
      call: [{ teamsToAdd: [{ uuid: GENERAL ?? null, primary: false }], teamUUIDsToRemove: [SALES ?? null] }],
    },
  },
  {
    ...text,
    vendor: 'attention',
    field: 'seatType',
    wire: 'seat_type',
    standard: () => 'recording',
    values: ['listener', 'recording'],
    refused: { user: attribute('attention', { seatType: 'throne' }), names: 'seatType' },
    later: { call: [{ seat_type: 'recording' }] },
  },
  {
    ...text,
    vendor: 'attention',
    field: 'botName',
    wire: { afterwards: 'botName' },
    standard: () => "Ana's Notetaker",
    values: ['Scribe', 'Clerk'],
    refused: { user: attribute('attention', { botName: { name: 'Scribe' } }), names: 'botName' },
    later: { call: [{ botName: 'Clerk' }] },
  },
  {
    ...text,
    vendor: 'attention',
    field: 'dealsEnabled',
    wire: { afterwards: 'settings.dealsEnabled' },
    standard: () => false,
    values: [true, false],
    expression: { text: '$exists(nickName)', nickName: 'yes' },
    refused: { user: attribute('attention', { dealsEnabled: 'perhaps' }), names: 'dealsEnabled' },
    later: { call: [{ dealsEnabled: false }] },
  },
];

/** Every field of the five vendors' tables, in their order. */
export const fieldRows: FieldRow[] = [...crankwheel, ...agendize, ...woodpecker, ...corezoid, ...attention];
