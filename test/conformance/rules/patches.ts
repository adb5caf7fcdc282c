import assert from 'node:assert/strict';
import type { JsonObject } from '../../../src/core/json.ts';
import { ENTERPRISE, patch, type Rule, type Scim, USER, VENDOR } from '../rule.ts';

const WORK = { value: 'w@x', type: 'work', primary: true };
const HOME = { value: 'h@x', type: 'home' };
const WORK_LATER = { ...WORK, primary: false };

type Case = [says: string, before: object, operation: object | object[], after: object];

const CASES: Record<string, Case[]> = {
  'RFC 7644 §3.5.2.1': [
    [
      'add without a path adds the attributes that the value names',
      {},
      { op: 'add', value: { title: 'a', nickName: 'b' } },
      { title: 'a', nickName: 'b' },
    ],
    [
      'add to a single-valued attribute replaces its value',
      { title: 'a' },
      { op: 'add', path: 'title', value: 'b' },
      { title: 'b' },
    ],
    [
      'add to a complex attribute sets the sub-attributes that the value names',
      { name: { givenName: 'A' } },
      { op: 'add', path: 'name', value: { familyName: 'B' } },
      { name: { givenName: 'A', familyName: 'B' } },
    ],
    [
      'add to a sub-attribute makes its attribute',
      {},
      { op: 'add', path: 'name.givenName', value: 'A' },
      { name: { givenName: 'A' } },
    ],
    [
      'add to a multi-valued attribute appends',
      { emails: [HOME] },
      { op: 'add', path: 'emails', value: [WORK] },
      { emails: [HOME, WORK] },
    ],
    [
      'add takes a single element as a list of one',
      {},
      { op: 'add', path: 'emails', value: WORK },
      { emails: [WORK] },
    ],
    [
      'add of an element that is there changes nothing',
      { emails: [HOME] },
      { op: 'add', path: 'emails', value: [HOME] },
      { emails: [HOME] },
    ],
    [
      'add of a new primary makes the former one false',
      { emails: [WORK] },
      { op: 'add', path: 'emails', value: [{ ...HOME, primary: true }] },
      { emails: [WORK_LATER, { ...HOME, primary: true }] },
    ],
    [
      'add through a filter that finds nothing makes the element (Entra ID)',
      {},
      { op: 'Add', path: 'emails[type eq "work"].value', value: 'w@x' },
      { emails: [{ type: 'work', value: 'w@x' }] },
    ],
    [
      'add of an extension attribute',
      {},
      { op: 'add', path: `${ENTERPRISE}:department`, value: 'D' },
      { [ENTERPRISE]: { department: 'D' } },
    ],
  ],
  'RFC 7644 §3.5.2.2': [
    [
      'remove of a single-valued attribute unassigns it',
      { title: 'a' },
      { op: 'remove', path: 'title' },
      { title: undefined },
    ],
    [
      'remove of a sub-attribute leaves the others',
      { name: { givenName: 'A', familyName: 'B' } },
      { op: 'remove', path: 'name.givenName' },
      { name: { familyName: 'B' } },
    ],
    [
      'remove of the last sub-attribute unassigns the attribute',
      { name: { givenName: 'A' } },
      { op: 'remove', path: 'name.givenName' },
      { name: undefined },
    ],
    [
      'remove of a multi-valued attribute takes all elements',
      { emails: [WORK, HOME] },
      { op: 'remove', path: 'emails' },
      { emails: undefined },
    ],
    [
      'remove with a filter takes what it selects',
      { emails: [WORK, HOME] },
      { op: 'remove', path: 'emails[type eq "home"]' },
      { emails: [WORK] },
    ],
    [
      'remove of the last element unassigns the attribute',
      { emails: [HOME] },
      { op: 'remove', path: 'emails[type eq "home"]' },
      { emails: undefined },
    ],
    [
      'remove of a sub-attribute of the selected elements',
      { emails: [{ ...HOME, display: 'H' }] },
      { op: 'remove', path: 'emails[type eq "home"].display' },
      { emails: [HOME] },
    ],
    [
      'remove with a list of values takes those',
      { emails: [WORK, HOME] },
      { op: 'remove', path: 'emails', value: [{ value: 'h@x' }] },
      { emails: [WORK] },
    ],
    ['remove of what is not there succeeds', {}, { op: 'remove', path: 'title' }, { title: undefined }],
    [
      'remove of an extension takes all its attributes',
      { [ENTERPRISE]: { department: 'D' } },
      { op: 'remove', path: ENTERPRISE },
      { [ENTERPRISE]: undefined },
    ],
  ],
  'RFC 7644 §3.5.2.3': [
    [
      'replace without a path replaces the attributes that the value names',
      { title: 'a', nickName: 'n' },
      { op: 'replace', value: { title: 'b' } },
      { title: 'b', nickName: 'n' },
    ],
    [
      'replace of an attribute that has no value adds it',
      {},
      { op: 'replace', path: 'title', value: 'b' },
      { title: 'b' },
    ],
    [
      'replace of a multi-valued attribute replaces all elements',
      { emails: [WORK] },
      { op: 'replace', path: 'emails', value: [HOME] },
      { emails: [HOME] },
    ],
    [
      'replace of a complex attribute replaces the sub-attributes that the value names',
      { name: { givenName: 'A', familyName: 'B' } },
      { op: 'replace', path: 'name', value: { givenName: 'C' } },
      { name: { givenName: 'C', familyName: 'B' } },
    ],
    [
      'replace of a sub-attribute',
      { name: { givenName: 'A' } },
      { op: 'replace', path: 'name.givenName', value: 'B' },
      { name: { givenName: 'B' } },
    ],
    [
      'replace through a filter changes the selected elements',
      { emails: [WORK, HOME] },
      { op: 'replace', path: 'emails[type eq "home"].value', value: 'n@x' },
      { emails: [WORK, { ...HOME, value: 'n@x' }] },
    ],
    [
      'replace of a selected element replaces it',
      { emails: [{ ...HOME, display: 'H' }] },
      { op: 'replace', path: 'emails[type eq "home"]', value: { value: 'n@x' } },
      { emails: [{ type: 'home', value: 'n@x' }] },
    ],
    [
      'replace with a filter on primary in quotes (Entra ID)',
      { roles: [{ value: 'a', primary: true }] },
      { op: 'replace', path: 'roles[primary eq "True"].value', value: 'b' },
      { roles: [{ value: 'b', primary: true }] },
    ],
    [
      'replace with null unassigns',
      { title: 'a' },
      { op: 'replace', path: 'title', value: null },
      { title: undefined },
    ],
    [
      'replace of a boolean by a text (Entra ID)',
      {},
      { op: 'Replace', path: 'active', value: 'False' },
      { active: false },
    ],
    [
      'replace with dotted keys and no path (Entra ID)',
      {},
      { op: 'replace', value: { 'name.givenName': 'A', [`${ENTERPRISE}:department`]: 'D' } },
      { name: { givenName: 'A' }, [ENTERPRISE]: { department: 'D' } },
    ],
    [
      'replace of the manager by a text (Entra ID)',
      {},
      { op: 'Replace', path: `${ENTERPRISE}:manager`, value: 'm' },
      { [ENTERPRISE]: { manager: { value: 'm' } } },
    ],
    [
      'a manager that is emptied is gone (Entra ID)',
      { [ENTERPRISE]: { manager: { value: 'm' } } },
      { op: 'replace', path: `${ENTERPRISE}:manager`, value: { value: '' } },
      { [ENTERPRISE]: undefined },
    ],
    [
      "replace of the vendor's attribute",
      {},
      { op: 'replace', path: `${VENDOR}:seatType`, value: 's' },
      { [VENDOR]: { seatType: 's' } },
    ],
    [
      'a password in a PATCH is dropped',
      { title: 'a' },
      { op: 'replace', value: { password: 'p', title: 'b' } },
      { title: 'b', password: undefined },
    ],
  ],
  'RFC 7644 §3.5.2': [
    [
      'operations are applied in their order',
      {},
      [
        { op: 'add', path: 'title', value: 'a' },
        { op: 'replace', path: 'title', value: 'b' },
      ],
      { title: 'b' },
    ],
    ['op names are in any case', {}, { op: 'ADD', path: 'title', value: 'a' }, { title: 'a' }],
    [
      'paths are in any case',
      {},
      { op: 'add', path: 'NAME.GIVENNAME', value: 'A' },
      { name: { givenName: 'A' } },
    ],
    [
      'a path may be fully qualified',
      {},
      { op: 'add', path: `${USER}:name.givenName`, value: 'A' },
      { name: { givenName: 'A' } },
    ],
    [
      'an unchanged id is no error (Okta)',
      {},
      { op: 'replace', value: { id: '{id}', title: 'a' } },
      { title: 'a' },
    ],
    [
      'unknown attributes in a value are skipped',
      {},
      { op: 'replace', value: { shoeSize: 4, title: 'a' } },
      { title: 'a' },
    ],
    ['no operation at all changes nothing', { title: 'a' }, [], { title: 'a' }],
  ],
};

const REFUSED: [section: string, says: string, operation: object, scimType: string][] = [
  ['3.5.2', 'an op that does not exist', { op: 'move', path: 'title' }, 'invalidSyntax'],
  ['3.5.2', 'a path that names no attribute', { op: 'add', path: 'shoeSize', value: 4 }, 'invalidPath'],
  ['3.5.2', 'a path that cannot be read', { op: 'add', path: 'emails[type eq', value: 4 }, 'invalidFilter'],
  [
    '3.5.2',
    'a filter on what has no elements',
    { op: 'add', path: 'title[value eq "a"]', value: 'b' },
    'invalidPath',
  ],
  ['3.5.2', 'a changed id', { op: 'replace', path: 'id', value: 'x' }, 'mutability'],
  [
    '3.5.2',
    'a read-only attribute in a path',
    { op: 'replace', path: 'meta.created', value: 'x' },
    'mutability',
  ],
  [
    '3.5.2',
    'groups, which are read-only on Users',
    { op: 'add', path: 'groups', value: [{ value: 'g' }] },
    'mutability',
  ],
  ['3.5.2.2', 'a remove without a path', { op: 'remove' }, 'noTarget'],
  ['3.5.2.2', 'a remove of a required attribute', { op: 'remove', path: 'userName' }, 'mutability'],
  [
    '3.5.2.3',
    'a replace whose filter selects nothing and says nothing of a new element',
    { op: 'replace', path: 'emails[not (type pr)].value', value: 'x' },
    'noTarget',
  ],
  ['3.5.2', 'a value of the wrong type', { op: 'replace', path: 'active', value: 'perhaps' }, 'invalidValue'],
  ['3.5.2.1', 'an add without a value', { op: 'add', path: 'title' }, 'invalidValue'],
];

function caseRule(section: string, [says, before, operation, after]: Case): Rule {
  return {
    section,
    says: `PATCH: ${says}.`,
    holds: async (scim) => {
      const id = String((await scim.user(before))['id']);
      const operations = [operation].flat();
      const body = JSON.stringify(patch(...operations)).replaceAll('{id}', id);
      const { status, text } = await scim.send('PATCH', `/Users/${id}`, body);
      assert.equal(status, 200, text);
      const found = (await scim.send('GET', `/Users/${id}`)).body;
      for (const [name, value] of Object.entries(after)) assert.deepEqual(found[name], value);
    },
  };
}

async function patchGroup(scim: Scim, id: unknown, ...operations: object[]): Promise<JsonObject> {
  const { status, text } = await scim.send('PATCH', `/Groups/${id}`, patch(...operations));
  assert.equal(status, 200, text);
  return (await scim.send('GET', `/Groups/${id}`)).body;
}

const memberRules: [
  section: string,
  says: string,
  ops: (a: unknown, b: unknown) => object[],
  left: string,
][] = [
  ['3.5.2.1', 'members are added', (_, b) => [{ op: 'add', path: 'members', value: [{ value: b }] }], 'ab'],
  [
    '3.5.2.1',
    'a member that is there may be added again',
    (a) => [{ op: 'add', path: 'members', value: [{ value: a }] }],
    'a',
  ],
  [
    '3.5.2.2',
    'a member is removed by a filter on its value',
    (a) => [{ op: 'remove', path: `members[value eq "${a}"]` }],
    '',
  ],
  [
    '3.5.2.2',
    'members are removed by a list of values (Entra ID)',
    (a, b) => [{ op: 'Remove', path: 'members', value: [{ $ref: null, value: a }, { value: b }] }],
    '',
  ],
  ['3.5.2.2', 'remove of members without more takes all', () => [{ op: 'remove', path: 'members' }], ''],
  [
    '3.5.2.3',
    'replace of members replaces all',
    (_, b) => [{ op: 'replace', path: 'members', value: [{ value: b }] }],
    'b',
  ],
  [
    '3.5.2.3',
    'replace by an empty list takes all (Okta)',
    () => [{ op: 'replace', path: 'members', value: [] }],
    '',
  ],
  [
    '3.5.2',
    'who is added and removed in one request is no member',
    (_, b) => [
      { op: 'add', path: 'members', value: [{ value: b }] },
      { op: 'remove', path: 'members', value: [{ value: b }] },
    ],
    'a',
  ],
];

export const patchRules: Rule[] = [
  ...Object.entries(CASES).flatMap(([section, cases]) => cases.map((each) => caseRule(section, each))),
  ...REFUSED.map(([section, says, operation, scimType]) => ({
    section: `RFC 7644 §${section}`,
    says: `PATCH is refused with 400 ${scimType} for ${says}; nothing is changed.`,
    holds: async (scim: Scim) => {
      const { id } = await scim.user({ emails: [WORK] });
      const before = await scim.send('GET', `/Users/${id}`);
      const { status, body } = await scim.send(
        'PATCH',
        `/Users/${id}`,
        patch({ op: 'add', path: 'nickName', value: 'n' }, operation),
      );
      assert.deepEqual([status, body['scimType']], [400, scimType]);
      assert.deepEqual((await scim.send('GET', `/Users/${id}`)).body, before.body);
    },
  })),
  ...memberRules.map(([section, says, operations, left]) => ({
    section: `RFC 7644 §${section}`,
    says: `PATCH of a Group: ${says}.`,
    holds: async (scim: Scim) => {
      const [a, b] = [(await scim.user())['id'], (await scim.user())['id']];
      const { id } = await scim.group({ members: [{ value: a }] });
      const group = await patchGroup(scim, id, ...operations(a, b));
      const names = new Map([
        [a, 'a'],
        [b, 'b'],
      ]);
      const members = (group['members'] as JsonObject[]).map(({ value }) => names.get(value ?? null));
      assert.equal(members.sort().join(''), left);
    },
  })),
  {
    section: 'RFC 7644 §3.5.2',
    says: 'PATCH answers 200 with the whole resource and raises its version once, however many operations it has.',
    holds: async (scim) => {
      const { id } = await scim.user();
      const operations = ['a', 'b'].map((value) => ({ op: 'replace', path: 'title', value }));
      const { status, headers, body } = await scim.send('PATCH', `/Users/${id}`, patch(...operations));
      assert.deepEqual([status, headers.get('etag'), body['title'], body['id']], [200, 'W/"2"', 'b', id]);
    },
  },
  {
    section: 'RFC 7644 §3.5.2',
    says: 'PATCH with attributes answers 200 with those.',
    holds: async (scim) => {
      const { id } = await scim.user({ title: 'a' });
      const answer = await scim.send(
        'PATCH',
        `/Users/${id}?attributes=title`,
        patch({ op: 'add', path: 'title', value: 'b' }),
      );
      assert.deepEqual(answer.body, { schemas: [USER], id, title: 'b' });
    },
  },
  {
    section: 'RFC 7644 §3.5.2',
    says: 'A PATCH body without schemas is accepted; one of another message is 400 invalidSyntax.',
    holds: async (scim) => {
      const { id } = await scim.user();
      assert.equal((await scim.send('PATCH', `/Users/${id}`, { Operations: [] })).status, 200);
      const { status, body } = await scim.send('PATCH', `/Users/${id}`, { schemas: [USER], Operations: [] });
      assert.deepEqual([status, body['scimType']], [400, 'invalidSyntax']);
    },
  },
  {
    section: 'RFC 7644 §3.5.2',
    says: 'A PATCH has at most 1,000 operations; more are 413.',
    holds: async (scim) => {
      const { id } = await scim.user();
      const many = (count: number) => patch(...Array(count).fill({ op: 'add', path: 'title', value: 'a' }));
      assert.equal((await scim.send('PATCH', `/Users/${id}`, many(1000))).status, 200);
      assert.equal((await scim.send('PATCH', `/Users/${id}`, many(1001))).status, 413);
    },
  },
  {
    section: 'RFC 7644 §3.5.2',
    says: 'PATCH of a Group renames it and leaves its members.',
    holds: async (scim) => {
      const { id: member } = await scim.user();
      const { id } = await scim.group({ members: [{ value: member }] });
      const group = await patchGroup(scim, id, { op: 'replace', value: { id, displayName: 'New' } });
      assert.partialDeepStrictEqual(group, { displayName: 'New', members: [{ value: member }] });
    },
  },
  {
    section: 'RFC 7644 §3.5.2',
    says: 'Members are immutable inside: changing one is 400 mutability.',
    holds: async (scim) => {
      const { id: member } = await scim.user();
      const { id } = await scim.group({ members: [{ value: member }] });
      const operation = { op: 'replace', path: `members[value eq "${member}"].value`, value: 'x' };
      const { status, body } = await scim.send('PATCH', `/Groups/${id}`, patch(operation));
      assert.deepEqual([status, body['scimType']], [400, 'mutability']);
    },
  },
];
