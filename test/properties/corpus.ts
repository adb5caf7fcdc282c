import { ENTERPRISE, GROUP, patchOf, USER, VENDOR } from '../http/scim-server.ts';

/** Filters as identity providers and attackers send them; `{user}` and `{group}` stand for ids. */
export const filters: readonly string[] = [
  'userName eq "ada@example.com"',
  'id eq "{user}" and manager eq "x"',
  'emails[type eq "work" and value co "@"].value sw "a"',
  'not (title pr) or (active eq "True" and meta.created gt "2026-01-01T00:00:00Z")',
  `${ENTERPRISE}:department ne null`,
  `${VENDOR}:seats ge 4.5`,
  'groups[value eq "{group}" or display co "a"]',
  'members[value eq "{user}" and type eq "User"]',
  'schemas eq "urn:x"',
  'x509Certificates.value eq "AA"',
  '((((((((((userName pr))))))))))',
  'userName eq "\\"; drop table users; --"',
  'userName co "%_\\\\"',
  'meta.version eq "W/\\"1\\""',
];

/** Paths of PATCH operations. */
export const paths: readonly string[] = [
  'userName',
  'name.givenName',
  'emails[type eq "work"].value',
  'emails[primary eq "True" and not (value sw "a")]',
  'roles[primary eq "True"].value',
  'members[value eq "{user}"]',
  'members[type eq "Group" or display pr]',
  `${USER}:name`,
  `${ENTERPRISE}:manager.value`,
  `${VENDOR}:seats`,
  ENTERPRISE,
  'addresses[type eq "work"].streetAddress',
  'meta.version',
  'id',
];

const USER_BODY = {
  schemas: [USER, ENTERPRISE],
  userName: 'mutant',
  name: { givenName: 'A', familyName: 'B', formatted: null },
  emails: [{ value: 'a@x', type: 'work', primary: true }, 'b@x'],
  active: 'True',
  roles: [{ value: '{"id":"x"}', primary: 'True' }],
  [ENTERPRISE]: { manager: { value: 'm', $ref: '../Users/m' }, department: 'D' },
  [VENDOR]: { seatType: 's', seats: '4' },
};

/** Bodies that are accepted as they are. */
export const bodies: readonly string[] = [
  USER_BODY,
  { ...USER_BODY, id: '{user}', meta: { version: 'W/"1"' }, groups: [] },
  { schemas: [GROUP], displayName: 'mutants', members: [{ value: '{user}', display: 'A', $ref: null }] },
  patchOf({ op: 'Add', path: 'members', value: [{ $ref: null, value: '{user}' }] }),
  patchOf(
    { op: 'remove', path: 'members[value eq "{user}"]' },
    { op: 'replace', value: { displayName: 'n', id: '{group}' } },
  ),
  patchOf({
    op: 'replace',
    value: { active: false, 'name.givenName': 'C', [`${ENTERPRISE}:department`]: 'E' },
  }),
  patchOf(
    { op: 'Replace', path: 'emails[type eq "other"].value', value: 'c@x' },
    { op: 'Remove', path: 'title' },
  ),
  {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
    failOnErrors: 2,
    Operations: [
      { method: 'POST', path: '/Users', bulkId: 'u', data: USER_BODY },
      {
        method: 'POST',
        path: '/Groups',
        bulkId: 'g',
        data: { schemas: [GROUP], displayName: 'b', members: [{ value: 'bulkId:u' }] },
      },
      {
        method: 'PATCH',
        path: '/Groups/bulkId:g',
        version: 'W/"1"',
        data: patchOf({ op: 'add', path: 'members', value: [{ value: 'bulkId:g' }] }),
      },
      { method: 'DELETE', path: '/Users/{user}' },
    ],
  },
  {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
    filter: 'userName sw "v"',
    attributes: ['userName', 'emails.value'],
    sortBy: 'meta.created',
    sortOrder: 'descending',
    startIndex: 1,
    count: 3,
  },
].map((body) => JSON.stringify(body));
