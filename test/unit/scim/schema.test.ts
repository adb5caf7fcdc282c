import { describe, expect, it } from 'vitest';
import {
  type Attribute,
  printPath,
  resolvePath,
  resourceSchemas,
  schemaDocument,
} from '../../../src/scim/schema.ts';
import { CORE, ENTERPRISE, GROUP, groupSchema, userSchema, VENDOR, vendorSchema } from './schema-fixture.ts';

function printed(schema: typeof userSchema, path: string): string | null {
  const resolved = resolvePath(schema, path);
  return resolved === null ? null : printPath(resolved);
}

function find(schema: typeof userSchema, path: string): Attribute {
  const resolved = resolvePath(schema, path);
  const found = resolved?.sub ?? resolved?.attribute;
  if (found === undefined || found === null) throw new Error(`${path} is unknown`);
  return found;
}

describe('a path is resolved against the User schema', () => {
  it.each([
    ['RFC 7644 §3.10: a core attribute', 'title', 'title'],
    ['RFC 7643 §2.1: names without case', 'USERNAME', 'userName'],
    ['RFC 7644 §3.10: a sub-attribute', 'name.givenName', 'name.givenName'],
    ['RFC 7644 §3.10: fully qualified core', `${CORE}:userName`, 'userName'],
    ['RFC 7644 §3.10: fully qualified, any case', `${CORE.toUpperCase()}:NAME.FAMILYNAME`, 'name.familyName'],
    ['RFC 7643 §3.3: an extension alone', ENTERPRISE, ENTERPRISE],
    ['RFC 7644 §3.10: of an extension', `${ENTERPRISE}:department`, `${ENTERPRISE}:department`],
    [
      'RFC 7644 §3.10: sub-attribute of an extension',
      `${ENTERPRISE}:manager.value`,
      `${ENTERPRISE}:manager.value`,
    ],
    ['Entra ID before 2018: a dot after the URN', `${ENTERPRISE}.department`, `${ENTERPRISE}:department`],
    ['Entra ID: manager without its URN', 'manager', `${ENTERPRISE}:manager`],
    ['the vendor extension', `${VENDOR}:TEAMS`, `${VENDOR}:teams`],
    ['RFC 7643 §3.1: a common attribute', 'meta.lastModified', 'meta.lastModified'],
    ['RFC 7643 §2.4: $ref', 'groups.$ref', 'groups.$ref'],
  ])('%s', (_, path, expected) => expect(printed(userSchema, path)).toBe(expected));

  it.each([
    'colour',
    '',
    'name.colour',
    'userName.value',
    'name.givenName.first',
    `${ENTERPRISE}:colour`,
    `${ENTERPRISE}x:department`,
    'urn:ietf:params:scim:schemas:extension:other:2.0:User:department',
    'role',
    '__proto__',
    'constructor',
    'name.__proto__',
  ])('does not know %j', (path) => expect(resolvePath(userSchema, path)).toBeNull());
});

describe('the schemas say what RFC 7643 says', () => {
  it.each([
    ['§4.1.1', userSchema, 'userName', { required: true, uniqueness: 'server', caseExact: false }],
    ['§3.1', userSchema, 'id', { mutability: 'readOnly', returned: 'always', caseExact: true }],
    ['§3.1', userSchema, 'externalId', { mutability: 'readWrite', caseExact: true }],
    ['§4.1.2', userSchema, 'groups', { mutability: 'readOnly', multiValued: true }],
    ['§4.1.1', userSchema, 'password', { mutability: 'writeOnly', returned: 'never' }],
    ['§2.3.7', userSchema, 'profileUrl', { type: 'reference', caseExact: true }],
    ['§2.3.6', userSchema, 'x509Certificates.value', { type: 'binary', caseExact: true }],
    ['§2.4', userSchema, 'emails.$ref', { type: 'reference', mutability: 'readWrite' }],
    ['§4.3', userSchema, `${ENTERPRISE}:manager.displayName`, { mutability: 'readOnly' }],
    ['§4.2', groupSchema, 'displayName', { required: true, uniqueness: 'server', caseExact: false }],
    ['§4.2', groupSchema, 'members.value', { mutability: 'immutable', caseExact: true }],
    ['§4.2', groupSchema, 'members.type', { canonicalValues: ['User', 'Group'] }],
  ])('%s: %#', (_, schema, path, traits) => expect(find(schema, path)).toMatchObject(traits));

  it('takes canonical values as suggestions: an empty list of them is none', () => {
    expect(find(userSchema, 'roles.type')).not.toHaveProperty('canonicalValues');
    expect(find(userSchema, 'emails.type').canonicalValues).toEqual(['work', 'home', 'other']);
  });
});

describe("the vendor's field table becomes an extension", () => {
  it.each([
    ['role', { type: 'string', multiValued: false, canonicalValues: ['admin', 'agent'] }],
    ['seats', { type: 'integer', multiValued: false }],
    ['superuser', { type: 'boolean', multiValued: false }],
    ['teams', { type: 'string', multiValued: true }],
    ['levels', { type: 'integer', multiValued: true }],
    ['tags', { type: 'complex', multiValued: true }],
  ])('%s', (name, traits) => expect(find(userSchema, `${VENDOR}:${name}`)).toMatchObject(traits));

  it('describes the members of object elements', () => {
    expect(find(userSchema, `${VENDOR}:tags`).subAttributes?.map(({ name }) => name)).toEqual([
      'name',
      'color',
    ]);
  });

  it('requires none of its attributes, as a rule or a default may give the value', () => {
    const extension = userSchema.extensions.find(({ urn }) => urn === VENDOR);
    expect(extension?.attributes.filter(({ required }) => required)).toEqual([]);
    expect(extension?.required).toBe(false);
  });

  it('is on Users alone, and compiled once', () => {
    expect(groupSchema.extensions).toEqual([]);
    expect(resourceSchemas(vendorSchema).user).toBe(userSchema);
  });
});

describe('a schema document (RFC 7643 §7)', () => {
  const document = schemaDocument(userSchema, 'https://causeway.example/Schemas/user');

  it('names itself and where it is', () => {
    expect(document).toMatchObject({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
      id: CORE,
      name: 'User',
      meta: { resourceType: 'Schema', location: 'https://causeway.example/Schemas/user' },
    });
  });

  it('lists what the schema has, without the common attributes of §3.1', () => {
    const { attributes } = document;
    const names = Array.isArray(attributes) ? attributes.map((each) => Object(each).name) : [];
    expect(names).toEqual(expect.arrayContaining(['userName', 'name', 'emails', 'active']));
    expect(names).not.toEqual(expect.arrayContaining(['id']));
    expect(names).not.toEqual(expect.arrayContaining(['meta']));
  });

  it('holds no null, which Entra ID cannot read', () => {
    const sources = [userSchema, groupSchema, ...userSchema.extensions];
    for (const source of sources)
      expect(JSON.stringify(schemaDocument(source, 'x'))).not.toMatch(/null|undefined/);
    expect(sources.map((source) => source.urn)).toEqual([CORE, GROUP, ENTERPRISE, VENDOR]);
  });
});
