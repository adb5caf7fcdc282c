import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { applyPatch, parsePatch } from '../../../src/scim/patch.ts';
import { PATCH_OP, patchBody, patchUser, RESOURCE_ID, refusal } from './patch-fixture.ts';
import { CORE, ENTERPRISE, userSchema, VENDOR } from './schema-fixture.ts';

type Row = [string, JsonObject, Json[], JsonObject];

const work = { type: 'work', value: 'w@x' };
const home = { type: 'home', value: 'h@x' };

function table(rows: Row[]): void {
  it.each(rows)('%s', (_, before, operations, after) => {
    const expected: JsonObject = { userName: 'ada', ...after };
    expect(patchUser(before, ...operations)).toEqual(expected);
  });
}

describe('a single value', () => {
  table([
    [
      'RFC 7644 §3.5.2.1: add sets what was unassigned',
      {},
      [{ op: 'add', path: 'title', value: 'T' }],
      { title: 'T' },
    ],
    [
      'RFC 7644 §3.5.2.1: add replaces a single value',
      { title: 'S' },
      [{ op: 'add', path: 'title', value: 'T' }],
      { title: 'T' },
    ],
    [
      'RFC 7644 §3.5.2.3: replace sets what was unassigned',
      {},
      [{ op: 'replace', path: 'title', value: 'T' }],
      { title: 'T' },
    ],
    ['RFC 7644 §3.5.2.2: remove', { title: 'T' }, [{ op: 'remove', path: 'title' }], {}],
    [
      'remove of what is not there',
      {},
      [
        { op: 'remove', path: 'title' },
        { op: 'remove', path: 'name.givenName' },
      ],
      {},
    ],
    [
      'remove with a value, which a single value does not need',
      { title: 'T' },
      [{ op: 'remove', path: 'title', value: 'T' }],
      {},
    ],
    ['replace with null unassigns', { title: 'T' }, [{ op: 'replace', path: 'title', value: null }], {}],
    ['replace with "" unassigns', { title: 'T' }, [{ op: 'replace', path: 'title', value: '' }], {}],
    [
      'add of null changes nothing',
      { title: 'T' },
      [{ op: 'add', path: 'title', value: null }],
      { title: 'T' },
    ],
    [
      'Entra ID: op capitalised, boolean as text',
      { active: true },
      [{ op: 'Replace', path: 'active', value: 'False' }],
      { active: false },
    ],
    [
      'Entra ID before 2018: wrapped in a list',
      {},
      [{ op: 'Add', path: 'title', value: [{ $ref: null, value: 'T' }] }],
      { title: 'T' },
    ],
    [
      'path in any case',
      {},
      [{ op: 'REPLACE', path: 'NAME.givenname', value: 'A' }],
      { name: { givenName: 'A' } },
    ],
    [
      'RFC 7644 §3.10: core URN in the path',
      {},
      [{ op: 'replace', path: `${CORE}:title`, value: 'T' }],
      { title: 'T' },
    ],
    [
      'the members of an operation in any case',
      {},
      [{ Op: 'add', Path: 'title', Value: 'T' }],
      { title: 'T' },
    ],
    [
      'later operations see earlier ones',
      { title: 'S' },
      [
        { op: 'remove', path: 'title' },
        { op: 'add', path: 'title', value: 'T' },
      ],
      { title: 'T' },
    ],
    ['an unchanged id is no error', {}, [{ op: 'replace', path: 'id', value: RESOURCE_ID }], {}],
    ['schemas follow from the content', {}, [{ op: 'add', path: 'schemas', value: [ENTERPRISE] }], {}],
    ['the password is dropped', {}, [{ op: 'replace', path: 'password', value: 'hunter2' }], {}],
    ['userName itself', {}, [{ op: 'replace', path: 'userName', value: 'eve' }], { userName: 'eve' }],
  ]);
});

describe('an operation without a path', () => {
  table([
    ['Okta: active', { active: true }, [{ op: 'replace', value: { active: false } }], { active: false }],
    [
      'Okta: id inside the value',
      { active: true },
      [{ op: 'replace', value: { id: RESOURCE_ID, active: false } }],
      { active: false },
    ],
    ['Okta: password', {}, [{ op: 'replace', value: { password: 'hunter2' } }], {}],
    [
      'a path of null (authentik)',
      {},
      [{ op: 'replace', path: null, value: { title: 'T' } }],
      { title: 'T' },
    ],
    ['a path of ""', {}, [{ op: 'replace', path: '', value: { title: 'T' } }], { title: 'T' }],
    [
      'Entra ID aadOptscim062020: dotted and URN keys',
      { name: { givenName: 'A', familyName: 'B' }, [ENTERPRISE]: { department: 'D' } },
      [
        {
          op: 'replace',
          value: { displayName: 'X', 'name.givenName': 'C', [`${ENTERPRISE}:employeeNumber`]: '7' },
        },
      ],
      {
        displayName: 'X',
        name: { givenName: 'C', familyName: 'B' },
        [ENTERPRISE]: { department: 'D', employeeNumber: '7' },
      },
    ],
    [
      'nested objects merge, and so do extensions',
      { name: { givenName: 'A', familyName: 'B' }, [ENTERPRISE]: { department: 'D' } },
      [{ op: 'add', value: { name: { familyName: 'C' }, [ENTERPRISE]: { division: 'V' } } }],
      { name: { givenName: 'A', familyName: 'C' }, [ENTERPRISE]: { department: 'D', division: 'V' } },
    ],
    [
      'replace of a multi-valued attribute replaces',
      { emails: [work] },
      [{ op: 'replace', value: { emails: [home] } }],
      { emails: [home] },
    ],
    [
      'add to a multi-valued attribute adds',
      { emails: [work] },
      [{ op: 'add', value: { emails: [home] } }],
      { emails: [work, home] },
    ],
    [
      'a key with a value filter',
      { emails: [work] },
      [{ op: 'replace', value: { 'emails[type eq "work"].value': 'n@x' } }],
      { emails: [{ ...work, value: 'n@x' }] },
    ],
    [
      'read-only and unknown keys are skipped',
      {},
      [{ op: 'replace', value: { meta: { version: 'x' }, groups: [{ value: 'g' }], colour: 1, title: 'T' } }],
      { title: 'T' },
    ],
    ['the core URN as a key', {}, [{ op: 'replace', value: { [CORE]: { title: 'T' } } }], { title: 'T' }],
    ['the core URN as the path', {}, [{ op: 'replace', path: CORE, value: { title: 'T' } }], { title: 'T' }],
    ['an object in a list of one', {}, [{ op: 'replace', value: [{ title: 'T' }] }], { title: 'T' }],
    [
      'hostile keys',
      {},
      [
        {
          op: 'replace',
          value: JSON.parse('{"__proto__":{"active":false},"constructor":{"prototype":1},"title":"T"}'),
        },
      ],
      { title: 'T' },
    ],
  ]);
});

describe('a complex attribute', () => {
  table([
    [
      'RFC 7644 §3.5.2.3: replace keeps what is not named',
      { name: { givenName: 'A', familyName: 'B' } },
      [{ op: 'replace', path: 'name', value: { givenName: 'C' } }],
      { name: { givenName: 'C', familyName: 'B' } },
    ],
    [
      'an empty sub-attribute goes',
      { name: { givenName: 'A', middleName: 'M' } },
      [{ op: 'replace', path: 'name', value: { middleName: '' } }],
      { name: { givenName: 'A' } },
    ],
    [
      'the last sub-attribute takes it along',
      { name: { givenName: 'A' } },
      [{ op: 'remove', path: 'name.givenName' }],
      {},
    ],
    ['remove takes all', { name: { givenName: 'A', familyName: 'B' } }, [{ op: 'remove', path: 'name' }], {}],
    [
      'replace with {} unassigns',
      { name: { givenName: 'A' } },
      [{ op: 'replace', path: 'name', value: {} }],
      {},
    ],
  ]);
});

describe('the manager, which Entra ID writes in several ways', () => {
  const path = `${ENTERPRISE}:manager`;
  const one = { [ENTERPRISE]: { manager: { value: '1' } } };
  table([
    ['a text', {}, [{ op: 'Add', path, value: '1' }], one],
    ['an object', {}, [{ op: 'Add', path, value: { value: '1' } }], one],
    ['a list, path manager', {}, [{ op: 'Add', path: 'manager', value: [{ $ref: null, value: '1' }] }], one],
    ['its value', {}, [{ op: 'Add', path: `${path}.value`, value: '1' }], one],
    ['path-less', {}, [{ op: 'replace', value: { [path]: '1' } }], one],
    [
      'replaced: the old $ref goes',
      { [ENTERPRISE]: { manager: { value: '0', $ref: '../Users/0' } } },
      [{ op: 'Replace', path, value: '1' }],
      { [ENTERPRISE]: { manager: { value: '1' } } },
    ],
    [
      'replaced with its $ref',
      { [ENTERPRISE]: { manager: { value: '0' } } },
      [{ op: 'Replace', path, value: { $ref: '../Users/1', value: '1' } }],
      { [ENTERPRISE]: { manager: { value: '1', $ref: '../Users/1' } } },
    ],
    [
      'cleared by {value:""}',
      { [ENTERPRISE]: { manager: { value: '1', $ref: '../Users/1' } } },
      [{ op: 'Replace', path, value: { value: '' } }],
      {},
    ],
    ['cleared by ""', one, [{ op: 'Replace', path, value: '' }], {}],
    [
      'removed',
      { [ENTERPRISE]: { department: 'D', manager: { value: '1' } } },
      [{ op: 'Remove', path }],
      { [ENTERPRISE]: { department: 'D' } },
    ],
  ]);
});

describe('an extension', () => {
  const before = { [ENTERPRISE]: { department: 'D', division: 'V' } };
  table([
    [
      'RFC 7644 §3.5.2.3: replace with an object merges',
      before,
      [{ op: 'replace', path: ENTERPRISE, value: { division: 'W' } }],
      { [ENTERPRISE]: { department: 'D', division: 'W' } },
    ],
    ['RFC 7644 §3.5.2.2: remove', before, [{ op: 'remove', path: ENTERPRISE }], {}],
    ['null removes it', before, [{ op: 'replace', value: { [ENTERPRISE]: null } }], {}],
    [
      'an attribute of it by path, any case',
      before,
      [{ op: 'Replace', path: `${ENTERPRISE.toUpperCase()}:DEPARTMENT`, value: 'E' }],
      { [ENTERPRISE]: { department: 'E', division: 'V' } },
    ],
    [
      'Entra ID before 2018: a dot after the URN',
      {},
      [{ op: 'Add', path: `${ENTERPRISE}.department`, value: 'D' }],
      { [ENTERPRISE]: { department: 'D' } },
    ],
    [
      'the last attribute takes it along',
      { [VENDOR]: { role: 'admin' } },
      [{ op: 'remove', path: `${VENDOR}:role` }],
      {},
    ],
    [
      'plain lists: add, each once',
      { [VENDOR]: { teams: ['a'] } },
      [{ op: 'add', path: `${VENDOR}:teams`, value: ['A', 'b', 'b'] }],
      { [VENDOR]: { teams: ['a', 'b'] } },
    ],
    [
      'plain lists: remove some',
      { [VENDOR]: { teams: ['a', 'b', 'c'] } },
      [{ op: 'remove', path: `${VENDOR}:teams`, value: ['B', 'x'] }],
      { [VENDOR]: { teams: ['a', 'c'] } },
    ],
    [
      'plain lists: remove by filter',
      { [VENDOR]: { levels: [1, 2] } },
      [{ op: 'remove', path: `${VENDOR}:levels[value eq 2]` }],
      { [VENDOR]: { levels: [1] } },
    ],
    [
      'elements without a value are known by all they say',
      { [VENDOR]: { tags: [{ name: 'a', color: '#1' }] } },
      [
        {
          op: 'add',
          path: `${VENDOR}:tags`,
          value: [
            { name: 'A', color: '#1' },
            { name: 'a', color: '#2' },
          ],
        },
      ],
      {
        [VENDOR]: {
          tags: [
            { name: 'A', color: '#1' },
            { name: 'a', color: '#2' },
          ],
        },
      },
    ],
  ]);
});

describe('a multi-valued attribute as a whole', () => {
  const role = { type: 'WindowsAzureActiveDirectoryRole', value: '{"id":"1","value":"x"}', primary: true };
  table([
    [
      'RFC 7644 §3.5.2.1: add appends',
      { emails: [work] },
      [{ op: 'add', path: 'emails', value: [home] }],
      { emails: [work, home] },
    ],
    ['one object stands for a list', {}, [{ op: 'add', path: 'emails', value: work }], { emails: [work] }],
    [
      'RFC 7644 §3.5.2.1: what is there is not added again',
      { emails: [work] },
      [{ op: 'add', path: 'emails', value: [{ value: 'w@x' }, work] }],
      { emails: [work] },
    ],
    [
      'RFC 7643 §2.4: value and type tell elements apart',
      { emails: [work] },
      [{ op: 'add', path: 'emails', value: [{ type: 'home', value: 'w@x' }] }],
      { emails: [work, { type: 'home', value: 'w@x' }] },
    ],
    [
      'what an added element says more is taken over',
      { emails: [{ value: 'W@x' }] },
      [{ op: 'add', path: 'emails', value: [{ ...work, display: 'W' }] }],
      { emails: [{ ...work, display: 'W' }] },
    ],
    [
      'Entra ID: a role whose value is JSON text',
      {},
      [{ op: 'Add', path: 'roles', value: [role] }],
      { roles: [role] },
    ],
    [
      'Entra ID: the same role again without its type',
      { roles: [role] },
      [{ op: 'Add', path: 'roles', value: [{ value: role.value }] }],
      { roles: [role] },
    ],
    [
      'RFC 7644 §3.5.2.3: replace replaces',
      { emails: [work] },
      [{ op: 'replace', path: 'emails', value: [home, home] }],
      { emails: [home] },
    ],
    ['replace with [] unassigns', { emails: [work] }, [{ op: 'replace', path: 'emails', value: [] }], {}],
    ['RFC 7644 §3.5.2.2: remove takes all', { emails: [work, home] }, [{ op: 'remove', path: 'emails' }], {}],
    [
      'remove with a value list takes those, whatever their display',
      { emails: [work, { ...home, display: 'H' }] },
      [{ op: 'Remove', path: 'emails', value: [{ value: 'H@x', display: 'other' }] }],
      { emails: [work] },
    ],
    [
      'remove with a value of another type takes none',
      { emails: [work] },
      [{ op: 'Remove', path: 'emails', value: [{ value: 'w@x', type: 'home' }] }],
      { emails: [work] },
    ],
    [
      'remove with an empty list takes none',
      { emails: [work] },
      [{ op: 'Remove', path: 'emails', value: [] }],
      { emails: [work] },
    ],
    [
      'a sub-attribute of all elements',
      {
        emails: [
          { ...work, display: 'W' },
          { ...home, display: 'H' },
        ],
      },
      [{ op: 'remove', path: 'emails.display' }],
      { emails: [work, home] },
    ],
    [
      'a sub-attribute of none makes an element',
      {},
      [{ op: 'add', path: 'emails.value', value: 'a@x' }],
      { emails: [{ value: 'a@x' }] },
    ],
  ]);
});

describe('elements chosen by a filter', () => {
  table([
    [
      'Entra ID: replace through a match',
      { emails: [work, home] },
      [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'n@x' }],
      { emails: [{ type: 'work', value: 'n@x' }, home] },
    ],
    [
      'case of the text does not matter (RFC 7643 §2.2)',
      { emails: [work] },
      [{ op: 'Replace', path: 'EMAILS[Type EQ "Work"].VALUE', value: 'n@x' }],
      { emails: [{ type: 'work', value: 'n@x' }] },
    ],
    [
      'Entra ID: add without a match creates',
      { emails: [home] },
      [{ op: 'Add', path: 'emails[type eq "work"].value', value: 'w@x' }],
      { emails: [home, work] },
    ],
    [
      'Entra ID: replace without a match creates',
      {},
      [{ op: 'Replace', path: 'addresses[type eq "work"].country', value: 'NL' }],
      { addresses: [{ type: 'work', country: 'NL' }] },
    ],
    [
      'the second part finds the created element',
      {},
      [
        { op: 'Add', path: 'addresses[type eq "work"].country', value: 'NL' },
        { op: 'Add', path: 'addresses[type eq "work"].locality', value: 'Delft' },
      ],
      { addresses: [{ type: 'work', country: 'NL', locality: 'Delft' }] },
    ],
    [
      'Entra ID: roles[primary eq "True"] without a match',
      {},
      [{ op: 'Add', path: 'roles[primary eq "True"].value', value: 'r' }],
      { roles: [{ primary: true, value: 'r' }] },
    ],
    [
      'Entra ID: roles[primary eq "True"] with a match',
      { roles: [{ value: 'q' }, { primary: true, value: 'r', type: 't' }] },
      [{ op: 'Replace', path: 'roles[primary eq "True"].value', value: 's' }],
      { roles: [{ value: 'q' }, { primary: true, value: 's', type: 't' }] },
    ],
    [
      'several comparisons make a whole element',
      {},
      [{ op: 'add', path: 'phoneNumbers[type eq "mobile" and primary eq true].value', value: '1' }],
      { phoneNumbers: [{ type: 'mobile', primary: true, value: '1' }] },
    ],
    [
      'add of an object merges into the match',
      { emails: [work] },
      [{ op: 'add', path: 'emails[type eq "work"]', value: { display: 'W' } }],
      { emails: [{ ...work, display: 'W' }] },
    ],
    [
      'RFC 7644 §3.5.2.3: replace replaces the match',
      { emails: [{ ...work, display: 'W' }] },
      [{ op: 'replace', path: 'emails[type eq "work"]', value: { value: 'n@x' } }],
      { emails: [{ type: 'work', value: 'n@x' }] },
    ],
    [
      'replace of an element without a match creates',
      {},
      [{ op: 'replace', path: 'emails[type eq "work"]', value: [{ value: 'w@x' }] }],
      { emails: [work] },
    ],
    [
      'RFC 7644 §3.5.2.2: remove the match',
      { emails: [work, home] },
      [{ op: 'remove', path: 'emails[type eq "work"]' }],
      { emails: [home] },
    ],
    [
      'remove without a match',
      { emails: [home] },
      [{ op: 'remove', path: 'emails[type eq "work"]' }],
      { emails: [home] },
    ],
    [
      'remove a sub-attribute of the match',
      { emails: [{ ...work, display: 'W' }, home] },
      [{ op: 'remove', path: 'emails[type eq "work"].display' }],
      { emails: [work, home] },
    ],
    [
      'an element of which only labels remain goes',
      { phoneNumbers: [{ type: 'work', value: '1', primary: true }] },
      [{ op: 'Replace', path: 'phoneNumbers[type eq "work"].value', value: '' }],
      {},
    ],
    [
      'clearing without a match makes nothing',
      {},
      [{ op: 'Replace', path: 'phoneNumbers[type eq "work"].value', value: null }],
      {},
    ],
  ]);
});

describe('one primary at a time (RFC 7644 §3.5.2)', () => {
  const first = { value: 'a@x', primary: true };
  table([
    [
      'an added one wins',
      { emails: [first] },
      [{ op: 'add', path: 'emails', value: [{ value: 'b@x', primary: true }] }],
      {
        emails: [
          { ...first, primary: false },
          { value: 'b@x', primary: true },
        ],
      },
    ],
    [
      'one made primary wins',
      { emails: [{ type: 'work', ...first }, home] },
      [{ op: 'Replace', path: 'emails[type eq "home"].primary', value: 'True' }],
      {
        emails: [
          { type: 'work', value: 'a@x', primary: false },
          { ...home, primary: true },
        ],
      },
    ],
    [
      'the later one of a list wins',
      {},
      [{ op: 'replace', path: 'emails', value: [first, { value: 'b@x', primary: true }] }],
      {
        emails: [
          { ...first, primary: false },
          { value: 'b@x', primary: true },
        ],
      },
    ],
    [
      'changing the primary one leaves it so',
      { emails: [first, home] },
      [{ op: 'replace', path: 'emails[primary eq true].value', value: 'c@x' }],
      { emails: [{ value: 'c@x', primary: true }, home] },
    ],
  ]);
});

describe('a PATCH body', () => {
  const title = { op: 'replace', path: 'title', value: 'T' };

  it.each<[string, JsonObject, JsonObject]>([
    ['without schemas', { Operations: [title] }, { title: 'T' }],
    [
      'with schemas in another case',
      { Schemas: [PATCH_OP.toUpperCase()], operations: [title] },
      { title: 'T' },
    ],
    ['with an empty list of operations (Entra ID)', { schemas: [PATCH_OP], Operations: [] }, {}],
    ['with 1,000 operations', { Operations: Array.from({ length: 1000 }, () => title) }, { title: 'T' }],
  ])('%s is accepted', (_, body, expected) => {
    expect(applyPatch(userSchema, { userName: 'ada' }, parsePatch(userSchema, body, RESOURCE_ID))).toEqual({
      userName: 'ada',
      ...expected,
    });
  });

  it.each<[string, Json, number, string | undefined]>([
    ['that is a list', [], 400, 'invalidSyntax'],
    ['of another schema', { schemas: [CORE], Operations: [] }, 400, 'invalidSyntax'],
    ['without Operations', { schemas: [PATCH_OP] }, 400, 'invalidSyntax'],
    ['whose Operations are no list', patchBodyWith({ op: 'add' }), 400, 'invalidSyntax'],
    ['with an operation that is no object', patchBody('x'), 400, 'invalidSyntax'],
    ['with an unknown op', patchBody({ op: 'move', path: 'title' }), 400, 'invalidSyntax'],
    [
      'with more than 1,000 operations',
      patchBody(...Array.from({ length: 1001 }, () => title)),
      413,
      undefined,
    ],
    ['with a remove without path (RFC 7644 §3.5.2.2)', patchBody({ op: 'remove' }), 400, 'noTarget'],
    ['with an unknown path', patchBody({ op: 'replace', path: 'colour', value: 1 }), 400, 'invalidPath'],
    [
      'with an unknown extension',
      patchBody({ op: 'add', path: 'urn:x:y:2.0:User:tag', value: 1 }),
      400,
      'invalidPath',
    ],
    ['with a path that is no text', patchBody({ op: 'add', path: 5, value: 1 }), 400, 'invalidPath'],
    [
      'with a filter on a single value',
      patchBody({ op: 'add', path: 'name[givenName eq "A"].familyName', value: 'B' }),
      400,
      'invalidPath',
    ],
    [
      'with a broken filter',
      patchBody({ op: 'add', path: 'emails[type eq].value', value: 'B' }),
      400,
      'invalidFilter',
    ],
    ['without a value to set', patchBody({ op: 'add', path: 'title' }), 400, 'invalidValue'],
    [
      'without a path and with a text as value',
      patchBody({ op: 'replace', value: 'x' }),
      400,
      'invalidValue',
    ],
    ['that changes the id', patchBody({ op: 'replace', value: { id: 'other' } }), 400, 'mutability'],
    [
      'that changes the id by path',
      patchBody({ op: 'replace', path: 'id', value: 'other' }),
      400,
      'mutability',
    ],
    ['that removes the id', patchBody({ op: 'remove', path: 'id' }), 400, 'mutability'],
    [
      'that writes read-only groups',
      patchBody({ op: 'add', path: 'groups', value: [{ value: 'g' }] }),
      400,
      'mutability',
    ],
    [
      'that writes read-only meta',
      patchBody({ op: 'replace', path: 'meta.created', value: 'x' }),
      400,
      'mutability',
    ],
    [
      "that writes the manager's read-only name",
      patchBody({ op: 'replace', path: `${ENTERPRISE}:manager.displayName`, value: 'x' }),
      400,
      'mutability',
    ],
    [
      'with a value of the wrong type',
      patchBody({ op: 'replace', path: 'active', value: 'maybe' }),
      400,
      'invalidValue',
    ],
    [
      'with a number in an element',
      patchBody({ op: 'add', path: 'emails', value: [{ value: 1 }] }),
      400,
      'invalidValue',
    ],
  ])('%s is refused', (_, body, status, scimType) => {
    const { detail, ...answer } = refusal(() => parsePatch(userSchema, body, RESOURCE_ID));
    expect({ status: answer.status, scimType: answer.scimType }).toEqual({ status, scimType });
    expect(detail).toMatch(/\.$/);
  });

  it.each<[string, Json, string]>([
    ['removes the userName (RFC 7644 §3.5.2.2)', { op: 'remove', path: 'userName' }, 'mutability'],
    ['empties the userName', { op: 'replace', value: { userName: '' } }, 'mutability'],
    [
      'selects nothing by a filter that makes no element',
      { op: 'replace', path: 'emails[type ne "work"].value', value: 'x' },
      'noTarget',
    ],
  ])('that %s is refused', (_, operation, scimType) => {
    expect(refusal(() => patchUser({}, operation))).toMatchObject({ status: 400, scimType });
  });

  it('names the attribute that it refuses', () => {
    const { detail } = refusal(() => patchUser({}, { op: 'replace', path: 'favouriteColour', value: 'red' }));
    expect(detail).toContain('favouriteColour');
  });
});

function patchBodyWith(operations: Json): JsonObject {
  return { schemas: [PATCH_OP], Operations: operations };
}

describe('a PATCH is atomic', () => {
  it('touches neither the document nor the operations, so that it can be repeated', () => {
    const document = { userName: 'ada', name: { givenName: 'A' }, emails: [{ ...work, primary: true }] };
    const before = structuredClone(document);
    const operations = parsePatch(
      userSchema,
      patchBody(
        { op: 'add', path: 'emails', value: [{ value: 'b@x', primary: true }] },
        { op: 'replace', path: 'emails[type eq "work"].value', value: 'n@x' },
        { op: 'replace', path: 'name', value: { familyName: 'B' } },
        { op: 'add', path: `${VENDOR}:teams`, value: ['a'] },
      ),
      RESOURCE_ID,
    );
    const once = applyPatch(userSchema, document, operations);
    expect(document).toEqual(before);
    expect(applyPatch(userSchema, document, operations)).toEqual(once);
  });

  it('makes no change where a later operation fails', () => {
    expect(() =>
      patchUser({}, { op: 'add', path: 'title', value: 'T' }, { op: 'remove', path: 'userName' }),
    ).toThrow();
  });

  const many = Array.from({ length: 190 }, (_, n) => ({ value: `role ${n}` }));

  it.each<[string, JsonObject, number]>([
    ['works on many values in many operations', { op: 'add', path: 'roles', value: many }, 1000],
    [
      'has long filters in many paths',
      { op: 'remove', path: `roles[${'value pr or '.repeat(80)}value pr]` },
      900,
    ],
    ['has them in keys', { op: 'add', value: { [`roles[${'value pr or '.repeat(80)}value pr]`]: 'x' } }, 900],
    ['adds more values than are kept', { op: 'add', path: 'roles', value: [{ value: 'new' }] }, 1],
  ])('one that %s is refused rather than allowed to hold the process', (_, operation, times) => {
    const roles = Array.from({ length: 1000 }, (_, n) => ({ value: `role ${n}` }));
    // CPU, not time: the machine may do other things too.
    const started = process.threadCpuUsage();
    const { detail } = refusal(() => patchUser({ roles }, ...Array.from({ length: times }, () => operation)));
    expect(detail).toMatch(/Split it|more than 1000 values/);
    expect(process.threadCpuUsage(started).user).toBeLessThan(1_000_000);
  });
});
