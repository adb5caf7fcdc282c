import { describe, expect, it } from 'vitest';
import { ScimError } from '../../../src/scim/errors.ts';
import { matchesElement, parsePath, resolveFilter } from '../../../src/scim/filter.ts';
import { matches, type Searchable } from '../../../src/scim/filter-match.ts';
import { parseFilterSyntax } from '../../../src/scim/filter-syntax.ts';
import type { ResourceSchema } from '../../../src/scim/schema.ts';
import { ENTERPRISE, groupSchema, userSchema, VENDOR } from './schema-fixture.ts';

const user: Searchable = {
  id: '01ABC',
  version: 3,
  createdAt: Date.parse('2026-01-01T00:00:00Z'),
  modifiedAt: Date.parse('2026-02-01T12:00:00Z'),
  document: {
    userName: 'Babs@Example.com',
    externalId: 'Ext-1',
    name: { familyName: 'Öztürk', givenName: 'Barbara' },
    title: 'Vice President',
    emails: [
      { value: 'babs@example.com', type: 'work', primary: true },
      { value: 'babs@home.example', type: 'home' },
    ],
    roles: [{ value: '{"id":"1"}', primary: true }],
    [ENTERPRISE]: { department: 'Sales', manager: { value: 'boss-1' } },
    [VENDOR]: { seats: 5, superuser: false, teams: ['Red', 'Blue'], tags: [{ name: 'VIP', color: '#f00' }] },
  },
  groups: [{ value: 'g-1', display: 'Admins' }],
};

const group: Searchable = {
  id: 'g-1',
  version: 1,
  createdAt: 0,
  modifiedAt: 0,
  document: { displayName: 'Admins' },
  members: [
    { value: 'u-1', type: 'User' },
    { value: 'g-2', type: 'Group' },
  ],
};

const parseFilter = (schema: ResourceSchema, text: string) => resolveFilter(schema, parseFilterSyntax(text));

function refusal(act: () => unknown): ScimError {
  try {
    act();
  } catch (error) {
    if (error instanceof ScimError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('a filter on a User holds', () => {
  it.each([
    ['userName eq "babs@EXAMPLE.com"', 'userName has no case'],
    ['USERNAME Eq "babs@example.com"', 'names and operators have no case'],
    ['name.familyName eq "ÖZTÜRK"', 'case is folded beyond ASCII'],
    ['urn:ietf:params:scim:schemas:core:2.0:User:name.givenName sw "bar"', 'full names of core attributes'],
    ['id eq "01ABC"', 'the id'],
    ['externalId eq "Ext-1"', 'externalId'],
    ['meta.resourceType eq "User"', 'the resource type'],
    ['meta.created ge "2026-01-01T01:00:00+01:00"', 'times are compared as time, whatever their zone'],
    [
      'meta.lastModified gt "2026-01-31T00:00:00Z" and meta.lastModified lt "2026-02-01T12:00:00.001Z"',
      'times',
    ],
    ['meta.version eq "W/\\"3\\""', 'the version is the entity tag'],
    ['meta pr and id pr and schemas pr', 'what every resource has'],
    [`schemas eq "${ENTERPRISE}"`, 'the schema of an extension in use'],
    ['emails eq "BABS@home.example"', 'PingOne: a complex attribute stands for its value'],
    ['emails.type eq "home"', 'any value will do'],
    ['emails[type eq "work" and primary eq true]', 'one element fulfils both'],
    ['emails[type eq "work"].value eq "babs@example.com"', 'Entra ID: the value behind the brackets'],
    ['emails.type eq "home" and emails.primary eq true', 'two elements fulfil one each'],
    ['roles[primary eq "True"]', 'Entra ID: booleans as text'],
    ['emails[primary ne true]', 'a missing sub-attribute is not equal'],
    ['active eq "true"', 'a missing active is true'],
    ['manager eq "boss-1"', 'Entra ID: a reference check without the URN'],
    [`${ENTERPRISE}:manager.value eq "boss-1"`, 'a sub-attribute of an extension'],
    [`${ENTERPRISE}:department eq "sales"`, 'an attribute of an extension'],
    [`${ENTERPRISE} pr`, 'an extension as a whole'],
    [`${ENTERPRISE}[department eq "sales"]`, 'an extension with brackets'],
    [`${VENDOR}:seats gt 4 and ${VENDOR}:seats le 5`, 'numbers as numbers'],
    [`${VENDOR}:seats eq "5"`, 'a number as text'],
    [`${VENDOR}:superuser eq "False"`, 'a boolean of an extension'],
    [`${VENDOR}:teams eq "red"`, 'an element of a plain list'],
    [`${VENDOR}:teams[value eq "blue"]`, 'an element of a plain list with brackets'],
    [`${VENDOR}:tags.name co "vi"`, 'an element of a list of objects'],
    ['name[familyName eq "öztürk" and givenName eq "Barbara"]', 'brackets on a single complex attribute'],
    ['groups eq "g-1"', 'membership'],
    ['groups[display eq "admins"]', 'membership by the name of the group'],
    ['nickName eq null and not (nickName pr)', 'null is unassigned'],
    ['nickName ne "x"', 'an unassigned attribute is not equal to any text'],
    ['phoneNumbers ne "x" and phoneNumbers eq null', 'so is a list without values'],
    ['title co "" and title sw "" and title ew "t"', 'the empty text is part of any'],
    ['title gt "vice" and title lt "vicf"', 'order of texts, folded'],
  ])('%s (%s)', (filter) => {
    expect(matches(parseFilter(userSchema, filter), user)).toBe(true);
    expect(matches(parseFilter(userSchema, `not (${filter})`), user)).toBe(false);
  });
});

describe('a filter on a User does not hold', () => {
  it.each([
    ['externalId eq "ext-1"', 'externalId is case-exact'],
    ['id eq "01abc"', 'so is id'],
    ['emails[type eq "work" and value eq "babs@home.example"]', 'two elements fulfil one half each'],
    ['meta.resourceType eq "user"', 'resource types are case-exact'],
    ['schemas eq "urn:example:none"', 'a schema that it has nothing of'],
    ['phoneNumbers[type ne "work"]', 'there is no element'],
    ['nickName gt "a" or nickName lt "a" or nickName co ""', 'unassigned has no place in an order'],
    ['active eq false', 'a missing active is true'],
    [`${VENDOR}[seats gt 5]`, 'a condition inside an extension'],
    ['phoneNumbers pr', 'no value'],
  ])('%s (%s)', (filter) => {
    expect(matches(parseFilter(userSchema, filter), user)).toBe(false);
    expect(matches(parseFilter(userSchema, `not (${filter})`), user)).toBe(true);
  });
});

describe('a filter on a Group', () => {
  it.each([
    ['displayName eq "ADMINS"', true],
    ['members eq "u-1"', true],
    ['members.value eq "U-1"', false],
    ['members[value eq "u-1" and type eq "user"]', true],
    ['members[value eq "u-1" and type eq "Group"]', false],
    ['id eq "g-1" and members eq "g-2"', true],
    ['members pr', true],
  ])('%s is %s', (filter, expected) => {
    expect(matches(parseFilter(groupSchema, filter), group)).toBe(expected);
  });
});

describe('a filter that the schema does not allow is 400 invalidFilter', () => {
  it.each([
    ['userNmae eq "x"', 'character 1: there is no attribute "userNmae"'],
    ['title pr and name.nick pr', 'character 14: there is no attribute "name.nick"'],
    ['emails[kind eq "work"]', 'character 8: there is no attribute "kind"'],
    ['urn:example:2.0:User:title pr', 'there is no attribute'],
    ['members eq "x"', 'there is no attribute "members"'],
    ['password eq "x"', 'password cannot be searched by'],
    ['password pr', 'password cannot be searched by'],
    ['meta.location eq "x"', 'meta.location cannot be searched by'],
    ['groups.type eq "direct"', 'groups.type cannot be searched by'],
    ['userName eq 5', 'userName is a text: put the value in double quotes'],
    ['userName gt null', '"gt" has no meaning for null'],
    ['active eq "yes"', 'active is true or false'],
    ['active gt true', '"gt" has no meaning for active'],
    ['meta.created eq "yesterday"', 'meta.created is a time'],
    ['meta.created eq "2026-13-01T00:00:00Z"', 'meta.created is a time'],
    ['meta.created co "2026"', '"co" has no meaning for meta.created'],
    [`${VENDOR}:seats eq "many"`, 'seats is a number'],
    [`${VENDOR}:seats sw 5`, '"sw" has no meaning for'],
    ['x509Certificates gt "a"', 'x509Certificates.value is binary'],
    [
      'name eq "Babs"',
      'name has no value of its own; compare one of its sub-attributes, such as name.formatted',
    ],
    ['addresses eq "x"', 'addresses has no value of its own'],
    [`${ENTERPRISE} eq "x"`, 'has no value of its own'],
    ['meta eq "x"', 'meta has no value of its own'],
    ['title[value eq "x"]', 'title has no sub-attributes'],
    ['schemas[value eq "x"]', 'schemas has no sub-attributes'],
    ['emails.value[value eq "x"]', 'emails.value has no sub-attributes'],
    ['emails[value[type pr]]', 'value has no sub-attributes'],
    ['__proto__ pr', 'there is no attribute "__proto__"'],
    ['name.constructor pr', 'there is no attribute "name.constructor"'],
  ])('%s', (filter, detail) => {
    const error = refusal(() => parseFilter(userSchema, filter));
    expect(error).toMatchObject({ status: 400, scimType: 'invalidFilter' });
    expect(error.detail).toContain(detail);
  });

  it('for members by what is not kept in a form to search', () => {
    for (const filter of ['members.display eq "x"', 'members[$ref pr]']) {
      expect(refusal(() => parseFilter(groupSchema, filter)).detail).toContain('cannot be searched by');
    }
  });
});

describe('a PATCH path', () => {
  const named = (path: string) => {
    const { target, filter } = parsePath(userSchema, path);
    const filtered = filter === undefined ? 'all' : 'some';
    return [target.extension, target.attribute?.name, target.sub?.name, filtered];
  };

  it.each([
    ['title', [null, 'title', undefined, 'all']],
    ['NAME.givenname', [null, 'name', 'givenName', 'all']],
    [`${ENTERPRISE}:manager.value`, [ENTERPRISE, 'manager', 'value', 'all']],
    [ENTERPRISE, [ENTERPRISE, undefined, undefined, 'all']],
    ['emails[type eq "work"]', [null, 'emails', undefined, 'some']],
    ['emails[type eq "work"].value', [null, 'emails', 'value', 'some']],
    ['roles[primary eq "True"].display', [null, 'roles', 'display', 'some']],
    [`${VENDOR}:teams[value eq "red"]`, [VENDOR, 'teams', undefined, 'some']],
    ['name[givenName eq "Babs"].familyName', [null, 'name', 'familyName', 'some']],
  ])('%s names its target', (path, expected) => {
    expect(named(path)).toEqual(expected);
  });

  it.each([
    ['emails[type eq "WORK"]', { type: 'work' }, true],
    ['emails[type eq "work"]', { type: 'home' }, false],
    ['emails[not (type eq "work")]', {}, true],
    ['roles[primary eq "True"]', { primary: true }, true],
    ['roles[primary eq "True"]', {}, false],
    [`${VENDOR}:teams[value eq "red"]`, 'Red', true],
    [`${VENDOR}:teams[value eq "red"]`, 'Blue', false],
    ['name[givenName eq "babs"]', { givenName: 'Babs' }, true],
  ])('%s chooses %j: %s', (path, element, expected) => {
    const { filter } = parsePath(userSchema, path);
    expect(filter !== undefined && matchesElement(filter, element)).toBe(expected);
  });

  it('chooses members by any of their sub-attributes', () => {
    const { filter } = parsePath(groupSchema, 'members[display eq "Babs"]');
    expect(filter !== undefined && matchesElement(filter, { value: 'u-1', display: 'babs' })).toBe(true);
  });

  it.each([
    ['emails[type eq "work"', 'invalidFilter', 'ends too early'],
    ['emails[kind eq "work"]', 'invalidFilter', 'there is no attribute "kind"'],
    ['emails[type eq work]', 'invalidFilter', 'a value was expected'],
    ['emails[type eq "work"]value', 'invalidPath', 'nothing more was expected'],
    ['emails[type eq "work"].worth', 'invalidPath', 'There is no attribute "emails.worth"'],
    ['emial', 'invalidPath', 'There is no attribute "emial"'],
    ['title pr', 'invalidPath', 'nothing more was expected'],
    ['title[value eq "x"]', 'invalidPath', 'has no elements to choose from'],
    [`${ENTERPRISE}[department eq "x"]`, 'invalidPath', 'has no elements to choose from'],
    ['', 'invalidPath', 'the name of an attribute was expected'],
    [`title${' '.repeat(5000)}`, 'invalidPath', 'longer than 4096 bytes'],
  ])('%s is refused', (path, scimType, detail) => {
    const error = refusal(() => parsePath(userSchema, path));
    expect(error).toMatchObject({ status: 400, scimType });
    expect(error.detail).toContain(detail);
  });
});
