import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { attribute } from '../../../src/scim/attribute.ts';
import { type MemberInput, readMembers } from '../../../src/scim/member-input.ts';
import { foldDocument, normaliseGroup, normaliseUser } from '../../../src/scim/normalise.ts';
import { readOne } from '../../../src/scim/values.ts';
import { refusal, refusalOf } from './patch-fixture.ts';
import { CORE, ENTERPRISE, GROUP, groupSchema, userSchema, VENDOR } from './schema-fixture.ts';

function user(body: JsonObject): JsonObject {
  return normaliseUser(userSchema, { schemas: [CORE], userName: 'ada', ...body }).document;
}

describe("a User's body becomes canonical", () => {
  it.each<[string, JsonObject, JsonObject]>([
    [
      'RFC 7643 §2.1: names in any case',
      { DISPLAYNAME: 'Ada', Name: { GIVENNAME: 'A' } },
      { displayName: 'Ada', name: { givenName: 'A' } },
    ],
    ['RFC 7643 §2.5: null and [] are unassigned (Entra ID)', { title: null, addresses: null, roles: [] }, {}],
    [
      'Okta: empty texts are unassigned',
      { name: { givenName: 'A', middleName: '' }, nickName: '' },
      { name: { givenName: 'A' } },
    ],
    ['an object of nothing is unassigned', { name: { givenName: '' }, [ENTERPRISE]: { manager: {} } }, {}],
    ['authentik: one blank is a value', { name: { familyName: ' ' } }, { name: { familyName: ' ' } }],
    ['OneLogin, Entra ID: booleans as text', { active: 'False' }, { active: false }],
    [
      'Entra validator: roles[].primary as text',
      { roles: [{ value: 'r', primary: 'True' }] },
      { roles: [{ value: 'r', primary: true }] },
    ],
    ['Okta (unconfirmed): a single value in a list', { active: [false] }, { active: false }],
    [
      'a single object for a multi-valued attribute',
      { emails: { value: 'a@b.c' } },
      { emails: [{ value: 'a@b.c' }] },
    ],
    ['a text for a complex element', { emails: ['a@b.c'] }, { emails: [{ value: 'a@b.c' }] }],
    [
      'RFC 7643 §2.4: each element once',
      {
        emails: [
          { value: 'a', type: 'work' },
          { type: 'work', value: 'a' },
        ],
      },
      { emails: [{ value: 'a', type: 'work' }] },
    ],
    [
      'Okta: emails[].display is kept',
      { emails: [{ value: 'a', display: 'A' }] },
      { emails: [{ value: 'a', display: 'A' }] },
    ],
    [
      'other types than the canonical ones are kept',
      { emails: [{ value: 'a', type: 'Personal' }] },
      { emails: [{ value: 'a', type: 'Personal' }] },
    ],
    [
      'Entra ID: JSON text in a role is kept',
      { roles: [{ value: '{"id":"1","value":"x"}' }] },
      { roles: [{ value: '{"id":"1","value":"x"}' }] },
    ],
    [
      'Entra ID: manager as text',
      { [ENTERPRISE]: { manager: '42' } },
      { [ENTERPRISE]: { manager: { value: '42' } } },
    ],
    [
      'Entra ID: manager as object',
      { [ENTERPRISE]: { manager: { value: '42', $ref: null } } },
      { [ENTERPRISE]: { manager: { value: '42' } } },
    ],
    [
      'Entra ID: manager as list',
      { [ENTERPRISE]: { manager: [{ $ref: null, value: '42' }] } },
      { [ENTERPRISE]: { manager: { value: '42' } } },
    ],
    [
      'Microsoft collection: Manager.Value',
      { [ENTERPRISE]: { Manager: { Value: '42' } } },
      { [ENTERPRISE]: { manager: { value: '42' } } },
    ],
    [
      'RFC 7643 §2.2: read-only attributes are ignored (Okta PUT)',
      { id: 'x', groups: [{ value: 'g' }], meta: { version: '1' } },
      {},
    ],
    [
      'RFC 7643 §4.3: manager.displayName is read-only',
      { [ENTERPRISE]: { manager: { value: '1', displayName: 'Boss' } } },
      { [ENTERPRISE]: { manager: { value: '1' } } },
    ],
    ['Okta: the password is dropped', { password: 'hunter2' }, {}],
    [
      'unknown attributes are ignored',
      { colour: 'red', 'urn:x:y': { a: 1 }, name: { colour: 'red', givenName: 'A' } },
      { name: { givenName: 'A' } },
    ],
    [
      'an extension without its URN in schemas',
      { [VENDOR]: { role: 'admin' } },
      { [VENDOR]: { role: 'admin' } },
    ],
    [
      'an extension key in any case',
      { [VENDOR.toUpperCase()]: { ROLE: 'admin' } },
      { [VENDOR]: { role: 'admin' } },
    ],
    [
      'keys with a URN',
      { [`${ENTERPRISE}:department`]: 'D', [`${CORE}:title`]: 'T' },
      { title: 'T', [ENTERPRISE]: { department: 'D' } },
    ],
    [
      'Entra ID before 2018: a dot after the URN',
      { [`${ENTERPRISE}.department`]: 'D' },
      { [ENTERPRISE]: { department: 'D' } },
    ],
    [
      'dotted keys add to the object',
      { name: { givenName: 'A' }, 'name.familyName': 'B' },
      { name: { givenName: 'A', familyName: 'B' } },
    ],
    [
      'integers as text',
      { [VENDOR]: { seats: '12', levels: ['1', 2, 2] } },
      { [VENDOR]: { seats: 12, levels: [1, 2] } },
    ],
    [
      'object elements of the vendor',
      { [VENDOR]: { tags: [{ Name: 'a', color: '#fff', x: 1 }] } },
      { [VENDOR]: { tags: [{ name: 'a', color: '#fff' }] } },
    ],
    ['Entra validator: profileUrl need be no URL', { profileUrl: 'XYZ' }, { profileUrl: 'XYZ' }],
    [
      'hostile keys are harmless',
      JSON.parse(
        '{"__proto__":{"active":false},"constructor":1,"name":{"__proto__":{"x":1},"givenName":"A"}}',
      ),
      { name: { givenName: 'A' } },
    ],
  ])('%s', (_, body, expected) => expect(user(body)).toEqual({ userName: 'ada', ...expected }));

  it('pollutes no prototype', () => {
    const document = user(
      JSON.parse('{"__proto__":{"polluted":1},"emails":[{"__proto__":{"polluted":1},"value":"a"}]}'),
    );
    expect(Object.getPrototypeOf(document)).toBe(Object.prototype);
    expect(document).not.toHaveProperty('polluted');
    expect({}).not.toHaveProperty('polluted');
  });

  it('leaves the body as it was', () => {
    const body = { schemas: [CORE], userName: 'ada', emails: [{ value: 'a', primary: 'True' }] };
    const before = structuredClone(body);
    normaliseUser(userSchema, body);
    expect(body).toEqual(before);
  });
});

describe('schemas mark what the body is (RFC 7643 §3)', () => {
  it.each<[string, JsonObject]>([
    ['Google: an old URN beside it', { schemas: ['urn:scim:schemas:core:1.0', CORE] }],
    ['Okta, Entra ID: extensions beside it', { schemas: [CORE, ENTERPRISE, 'urn:custom:x'] }],
    ['any case', { schemas: [CORE.toLowerCase()] }],
    ['the key in any case', { Schemas: [CORE] }],
  ])('accepts %s', (_, part) => {
    expect(normaliseUser(userSchema, { ...part, userName: 'ada' }).document).toEqual({ userName: 'ada' });
  });

  it.each<[string, JsonObject]>([
    ['none', {}],
    ['an empty list', { schemas: [] }],
    ['null', { schemas: null }],
    ['only an extension', { schemas: [ENTERPRISE] }],
    ["a Group's", { schemas: [GROUP] }],
  ])('refuses %s', (_, part) => {
    const { status, scimType, detail } = refusal(() =>
      normaliseUser(userSchema, { ...part, userName: 'ada' }),
    );
    expect({ status, scimType }).toEqual({ status: 400, scimType: 'invalidSyntax' });
    expect(detail).toContain(CORE);
  });
});

describe('what cannot be read is refused and named', () => {
  it.each<[string, JsonObject, string]>([
    ['no userName', { userName: null }, 'userName'],
    ['a blank userName', { userName: '  ' }, 'userName'],
    ['a number for a text', { title: 7 }, 'title'],
    ['a text that is no boolean', { active: 'yes' }, 'active'],
    ['a number for a boolean', { active: 1 }, 'active'],
    ['a text that is no integer', { [VENDOR]: { seats: '1.5' } }, `${VENDOR}:seats`],
    ['a text for an object', { name: 'Ada' }, 'name'],
    ['an object for a text', { title: { text: 'x' } }, 'title'],
    ['several values for one', { displayName: ['a', 'b'] }, 'displayName'],
    ['a number in an element', { emails: [{ value: 5 }] }, 'emails.value'],
    [
      'two primary elements',
      {
        emails: [
          { value: 'a', primary: true },
          { value: 'b', primary: 'true' },
        ],
      },
      'emails',
    ],
    ['an extension that is no object', { [ENTERPRISE]: 'x' }, ENTERPRISE],
    ['too many elements', { roles: Array.from({ length: 1001 }, (_, n) => `r${n}`) }, 'roles'],
  ])('%s', (_, body, name) => {
    const { status, scimType, detail } = refusal(() => user(body));
    expect({ status, scimType }).toEqual({ status: 400, scimType: 'invalidValue' });
    expect(detail).toContain(`attribute ${name} `);
  });

  it.each([null, [], 'text', 5])('a body that is no object: %j', (body) => {
    expect(refusal(() => normaliseUser(userSchema, body)).scimType).toBe('invalidSyntax');
  });
});

describe('a dateTime (RFC 7643 §2.3.5)', () => {
  const read = (text: string) =>
    readOne(attribute({ name: 'at', type: 'dateTime', description: '' }), text, 'at');

  it.each([
    ['2024-02-29T10:00:00Z', '2024-02-29T10:00:00.000Z'],
    ['2024-01-01T10:00:00.123456+05:30', '2024-01-01T04:30:00.123Z'],
    ['2024-01-01T10:00:00', '2024-01-01T10:00:00.000Z'],
  ])('%s is kept as %s', (text, canonical) => expect(read(text)).toBe(canonical));

  it.each(['2024-02-30T10:00:00Z', '2024-13-01T10:00:00Z', '2024-01-01', '1704067200', 'tomorrow'])(
    '%s is refused',
    (text) => {
      expect(refusal(() => read(text))).toMatchObject({ status: 400, scimType: 'invalidValue' });
    },
  );
});

describe("a Group's body", () => {
  function group(body: JsonObject): ReturnType<typeof normaliseGroup> {
    return normaliseGroup(groupSchema, { schemas: [GROUP], displayName: 'Staff', ...body });
  }

  it('accepts the schema that Entra ID puts beside the core one', () => {
    const schemas = [GROUP, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'];
    expect(group({ schemas, externalId: '8aa1' }).document).toEqual({
      displayName: 'Staff',
      externalId: '8aa1',
    });
  });

  it.each<[string, JsonObject, MemberInput[]]>([
    ['not named (authentik, Entra ID)', {}, []],
    ['an empty list (Okta)', { members: [] }, []],
    ['null', { members: null }, []],
    [
      'without type (Okta)',
      { members: [{ value: 'u1', display: 'Ada' }] },
      [{ value: 'u1', display: 'Ada' }],
    ],
    ['with $ref (Keycloak, Entra ID)', { members: [{ $ref: null, value: 'u1' }] }, [{ value: 'u1' }]],
    [
      'in any case, as one object',
      { MEMBERS: { Value: 'g1', TYPE: 'group' } },
      [{ value: 'g1', type: 'Group' }],
    ],
    ['as plain ids', { members: ['u1', 'u2'] }, [{ value: 'u1' }, { value: 'u2' }]],
    [
      'each once',
      { members: [{ value: 'u1' }, { value: 'u1', display: 'A' }] },
      [{ value: 'u1', display: 'A' }],
    ],
  ])('members: %s', async (_, body, expected) => {
    const { document, members } = group(body);
    expect(await readMembers(members)).toEqual(expected);
    expect(document).toEqual({ displayName: 'Staff' });
  });

  it.each<[string, JsonObject, string]>([
    ['no displayName', { displayName: '' }, 'displayName'],
    ['a member without a value', { members: [{ display: 'Ada' }] }, 'members'],
    ['a member whose value is a number', { members: [{ value: 4 }] }, 'members'],
    ['a member of another type', { members: [{ value: 'u1', type: 'Device' }] }, 'members'],
  ])('refuses %s', async (_, body, name) => {
    const { scimType, detail } = await refusalOf(async () => readMembers(group(body).members));
    expect(scimType).toBe('invalidValue');
    expect(detail).toContain(`attribute ${name} `);
  });
});

describe('the folded copy', () => {
  it('folds what is not case-exact and nothing else', () => {
    const document = user({
      userName: 'ÀDA',
      externalId: 'AbC',
      profileUrl: 'https://X',
      active: true,
      emails: [{ value: 'Ada@X.org', type: 'Work', primary: true }],
      [ENTERPRISE]: { department: 'R&D', manager: { value: 'ID', $ref: '../Users/ID' } },
      [VENDOR]: { teams: ['Alpha'], seats: 3 },
    });
    expect(foldDocument(userSchema, document)).toEqual({
      userName: 'àda',
      externalId: 'AbC',
      profileUrl: 'https://X',
      active: true,
      emails: [{ value: 'ada@x.org', type: 'work', primary: true }],
      [ENTERPRISE]: { department: 'r&d', manager: { value: 'id', $ref: '../Users/ID' } },
      [VENDOR]: { teams: ['alpha'], seats: 3 },
    });
  });

  it('keeps what the schema no longer knows', () => {
    expect(foldDocument(userSchema, { 'urn:gone': { A: 'B' } })).toEqual({ 'urn:gone': { A: 'B' } });
  });
});
