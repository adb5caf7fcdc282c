import assert from 'node:assert/strict';
import type { JsonObject } from '../../../src/core/json.ts';
import { ENTERPRISE, patch, type Rule, type Scim, USER, VENDOR } from '../rule.ts';

async function post(scim: Scim, attributes: object) {
  return scim.send('POST', '/Users', { schemas: [USER], userName: 'ada', ...attributes });
}

/** An attribute as sent, and as it is kept. */
const KEPT: [section: string, says: string, sent: object, kept: JsonObject][] = [
  [
    '2.1',
    'Attribute names are in any case',
    { TITLE: 'a', Name: { GIVENNAME: 'A' } },
    { title: 'a', name: { givenName: 'A' } },
  ],
  [
    '2.1',
    'Names of extension attributes and URNs are in any case',
    { [ENTERPRISE.toUpperCase()]: { DEPARTMENT: 'D' } },
    { [ENTERPRISE]: { department: 'D' } },
  ],
  ['2.3.1', 'A string keeps its case', { title: 'CountEss' }, { title: 'CountEss' }],
  ['2.3.2', 'A boolean is true or false', { active: false }, { active: false }],
  ['2.3.2', 'A boolean may come as text (Entra ID, OneLogin)', { active: 'False' }, { active: false }],
  ['2.3.4', 'An integer is a number', { [VENDOR]: { seats: 4 } }, { [VENDOR]: { seats: 4 } }],
  ['2.3.4', 'An integer may come as text', { [VENDOR]: { seats: '4' } }, { [VENDOR]: { seats: 4 } }],
  [
    '2.3.6',
    'A binary value is kept as its base64 text',
    { x509Certificates: [{ value: 'MIIB+w==' }] },
    { x509Certificates: [{ value: 'MIIB+w==' }] },
  ],
  ['2.3.7', 'A reference is kept as it is', { profileUrl: 'https://x/Ada' }, { profileUrl: 'https://x/Ada' }],
  [
    '2.3.8',
    'A complex attribute keeps the sub-attributes that the schema knows',
    { name: { givenName: 'A', shoeSize: 4 } },
    { name: { givenName: 'A' } },
  ],
  [
    '2.4',
    'A multi-valued attribute keeps its elements in their order',
    { emails: [{ value: 'b' }, { value: 'a' }] },
    { emails: [{ value: 'b' }, { value: 'a' }] },
  ],
  [
    '2.4',
    'The same element twice is one',
    {
      emails: [
        { value: 'a', type: 'work' },
        { type: 'work', value: 'a' },
      ],
    },
    { emails: [{ value: 'a', type: 'work' }] },
  ],
  [
    '2.4',
    'A type other than the canonical ones is kept',
    { emails: [{ value: 'a', type: 'yacht' }] },
    { emails: [{ value: 'a', type: 'yacht' }] },
  ],
  [
    '2.4',
    'A plain text stands for an element with that value',
    { emails: 'a@x' },
    { emails: [{ value: 'a@x' }] },
  ],
  ['2.5', 'null is unassigned', { title: null, name: { givenName: null } }, {}],
  ['2.5', 'An empty list is unassigned', { emails: [] }, {}],
  ['2.5', 'An empty text is unassigned (Okta, OneLogin)', { title: '', name: { middleName: '' } }, {}],
  [
    '3.3',
    'Attributes of an extension are kept under its URN',
    { [ENTERPRISE]: { department: 'D' } },
    { [ENTERPRISE]: { department: 'D' } },
  ],
  [
    '3.3',
    'An extension may come without its URN in schemas',
    { [VENDOR]: { seatType: 's' } },
    { [VENDOR]: { seatType: 's' } },
  ],
  [
    '4.1.1',
    'name, addresses and the like keep every sub-attribute',
    {
      addresses: [
        {
          streetAddress: 's',
          locality: 'l',
          region: 'r',
          postalCode: 'p',
          country: 'c',
          type: 'work',
          formatted: 'f',
        },
      ],
    },
    {
      addresses: [
        {
          streetAddress: 's',
          locality: 'l',
          region: 'r',
          postalCode: 'p',
          country: 'c',
          type: 'work',
          formatted: 'f',
        },
      ],
    },
  ],
  [
    '4.1.1',
    'locale, timezone, userType and preferredLanguage are kept',
    { locale: 'de-DE', timezone: 'Europe/Berlin', userType: 'x', preferredLanguage: 'de' },
    { locale: 'de-DE', timezone: 'Europe/Berlin', userType: 'x', preferredLanguage: 'de' },
  ],
  [
    '4.1.2',
    'JSON text inside a role stays as it is (Entra ID)',
    { roles: [{ value: '{"id":"r","value":"v"}' }] },
    { roles: [{ value: '{"id":"r","value":"v"}' }] },
  ],
  [
    '4.1.2',
    'phoneNumbers, ims, photos and entitlements are kept',
    {
      phoneNumbers: [{ value: '1', type: 'fax' }],
      ims: [{ value: 'i' }],
      photos: [{ value: 'https://p' }],
      entitlements: [{ value: 'e' }],
    },
    {
      phoneNumbers: [{ value: '1', type: 'fax' }],
      ims: [{ value: 'i' }],
      photos: [{ value: 'https://p' }],
      entitlements: [{ value: 'e' }],
    },
  ],
  [
    '4.3',
    'The manager is an object with value',
    { [ENTERPRISE]: { manager: { value: 'm' } } },
    { [ENTERPRISE]: { manager: { value: 'm' } } },
  ],
  [
    '4.3',
    'The manager may come as text or as a list of one (Entra ID)',
    { [ENTERPRISE]: { manager: [{ value: 'm' }] } },
    { [ENTERPRISE]: { manager: { value: 'm' } } },
  ],
  [
    '4.3',
    'Every enterprise attribute is kept',
    {
      [ENTERPRISE]: {
        employeeNumber: '1',
        costCenter: 'c',
        organization: 'o',
        division: 'd',
        department: 'e',
      },
    },
    {
      [ENTERPRISE]: {
        employeeNumber: '1',
        costCenter: 'c',
        organization: 'o',
        division: 'd',
        department: 'e',
      },
    },
  ],
];

const REFUSED: [section: string, says: string, attributes: object][] = [
  ['2.3.1', 'a text attribute that is a number', { title: 4 }],
  ['2.3.2', 'a boolean that is neither', { active: 'maybe' }],
  ['2.3.4', 'an integer that is a fraction', { [VENDOR]: { seats: 1.5 } }],
  ['2.3.8', 'a complex attribute that is a text', { name: 'Ada' }],
  [
    '2.4',
    'two elements that are primary',
    {
      emails: [
        { value: 'a', primary: true },
        { value: 'b', primary: true },
      ],
    },
  ],
  ['2.2', 'a required attribute that is missing', { userName: undefined }],
  ['2.2', 'a required attribute that is empty', { userName: '  ' }],
  ['2.3.1', 'a text with the character U+0000', { title: 'a\u0000b' }],
];

export const attributeRules: Rule[] = [
  ...KEPT.map(([section, says, sent, kept]) => ({
    section: `RFC 7643 §${section}`,
    says: `${says}.`,
    holds: async (scim: Scim) => {
      const { status, text, body } = await post(scim, sent);
      assert.equal(status, 201, text);
      const { schemas, id, userName, active, groups, meta, ...found } = (
        await scim.send('GET', `/Users/${body['id']}`)
      ).body;
      assert.deepEqual(
        { active: true, ...found, ...(active === false ? { active } : {}) },
        { active: true, ...kept },
      );
    },
  })),
  ...REFUSED.map(([section, says, attributes]) => ({
    section: `RFC 7643 §${section}`,
    says: `400 invalidValue for ${says}.`,
    holds: async (scim: Scim) => {
      const { status, body } = await post(scim, attributes);
      assert.deepEqual([status, body['scimType']], [400, 'invalidValue']);
    },
  })),
  {
    section: 'RFC 7643 §2.2',
    says: 'writeOnly and returned never: a password is accepted, stored in no form and shown nowhere.',
    holds: async (scim) => {
      const { status, text, body } = await post(scim, { password: 'secret-text' });
      assert.equal(status, 201);
      assert.equal(text.includes('secret-text'), false);
      assert.equal(
        'password' in (await scim.send('GET', `/Users/${body['id']}?attributes=password`)).body,
        false,
      );
    },
  },
  {
    section: 'RFC 7643 §2.2',
    says: 'caseExact false: userName is unique without case.',
    holds: async (scim) => {
      await post(scim, {});
      assert.equal((await post(scim, { userName: 'ADA' })).status, 409);
    },
  },
  {
    section: 'RFC 7643 §2.2',
    says: 'Unknown attributes are ignored.',
    holds: async (scim) => {
      const { status, body } = await post(scim, { shoeSize: 4, 'urn:x:y': { a: 1 } });
      assert.deepEqual([status, body['shoeSize'], body['urn:x:y']], [201, undefined, undefined]);
    },
  },
  {
    section: 'RFC 7643 §2.4',
    says: 'At most one element is primary: a PATCH that makes another one primary takes it from the first.',
    holds: async (scim) => {
      const { body } = await post(scim, {
        emails: [
          { value: 'a', type: 'work', primary: true },
          { value: 'b', type: 'home' },
        ],
      });
      const operation = { op: 'replace', path: 'emails[type eq "home"].primary', value: true };
      const changed = await scim.send('PATCH', `/Users/${body['id']}`, patch(operation));
      const primaries = (changed.body['emails'] as JsonObject[]).map(({ primary }) => primary);
      assert.deepEqual(primaries, [false, true]);
    },
  },
  {
    section: 'RFC 7643 §3.1',
    says: 'id is unique, given by the server, never reused and never "bulkId".',
    holds: async (scim) => {
      const ids = [await scim.user(), await scim.user(), await scim.group()].map(({ id }) => String(id));
      assert.equal(new Set(ids).size, 3);
      assert.equal(
        ids.some((id) => id.includes('bulkId')),
        false,
      );
    },
  },
  {
    section: 'RFC 7643 §3.1',
    says: 'externalId is the client’s, caseExact and not unique.',
    holds: async (scim) => {
      const made = [await scim.user({ externalId: 'X' }), await scim.user({ externalId: 'X' })];
      assert.deepEqual(
        made.map(({ externalId }) => externalId),
        ['X', 'X'],
      );
    },
  },
  {
    section: 'RFC 7643 §3.1',
    says: 'meta has resourceType, created, lastModified, location and version; times are UTC.',
    holds: async (scim) => {
      const { id, meta } = await scim.user({ meta: { created: '2001-01-01T00:00:00Z' } });
      const { created, lastModified, ...rest } = meta as JsonObject;
      assert.deepEqual(rest, {
        resourceType: 'User',
        location: `${scim.base}/Users/${id}`,
        version: 'W/"1"',
      });
      for (const time of [created, lastModified]) assert.match(String(time), /^2026-\d\d-\d\dT[\d:.]+Z$/);
    },
  },
  {
    section: 'RFC 7643 §3',
    says: 'schemas names the core schema and the extensions that the resource has data of.',
    holds: async (scim) => {
      assert.deepEqual((await scim.user({ schemas: [USER, ENTERPRISE, 'urn:x'] }))['schemas'], [USER]);
      const { schemas } = await scim.user({ [ENTERPRISE]: { department: 'D' } });
      assert.deepEqual(schemas, [USER, ENTERPRISE]);
    },
  },
  {
    section: 'RFC 7643 §4.1.1',
    says: 'A User whose active is not sent is active; an inactive one is read, found and stays a member.',
    holds: async (scim) => {
      const { id, active } = await scim.user();
      const group = await scim.group({ members: [{ value: id }] });
      assert.equal(active, true);
      const changed = await scim.send(
        'PATCH',
        `/Users/${id}`,
        patch({ op: 'replace', value: { active: false } }),
      );
      assert.deepEqual([changed.status, changed.body['active']], [200, false]);
      assert.partialDeepStrictEqual((await scim.send('GET', `/Groups/${group['id']}`)).body, {
        members: [{ value: id }],
      });
    },
  },
  {
    section: 'RFC 7643 §4.1.2',
    says: 'groups of a User is read-only and names direct and indirect groups.',
    holds: async (scim) => {
      const { id } = await scim.user();
      const inner = await scim.group({ displayName: 'inner', members: [{ value: id }] });
      const outer = await scim.group({ displayName: 'outer', members: [{ value: inner['id'] }] });
      const { groups } = (await scim.send('GET', `/Users/${id}`)).body;
      assert.deepEqual(groups, [
        { value: inner['id'], $ref: `${scim.base}/Groups/${inner['id']}`, display: 'inner', type: 'direct' },
        {
          value: outer['id'],
          $ref: `${scim.base}/Groups/${outer['id']}`,
          display: 'outer',
          type: 'indirect',
        },
      ]);
    },
  },
  {
    section: 'RFC 7643 §4.2',
    says: 'A Group needs a displayName.',
    holds: async (scim) => {
      const { status, body } = await scim.send('POST', '/Groups', {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      });
      assert.deepEqual([status, body['scimType']], [400, 'invalidValue']);
    },
  },
  {
    section: 'RFC 7643 §4.2',
    says: 'members of a Group are Users and Groups, each with value, $ref and type; an empty list where there are none.',
    holds: async (scim) => {
      const [user, group] = [await scim.user(), await scim.group()];
      assert.deepEqual(group['members'], []);
      const { members } = await scim.group({ members: [{ value: user['id'] }, { value: group['id'] }] });
      const expected = [
        { value: user['id'], $ref: `${scim.base}/Users/${user['id']}`, type: 'User' },
        { value: group['id'], $ref: `${scim.base}/Groups/${group['id']}`, type: 'Group' },
      ];
      assert.deepEqual(new Set(members as JsonObject[]), new Set(expected));
    },
  },
  {
    section: 'RFC 7643 §4.2',
    says: 'A member that is neither a User nor a Group of the connection is 400 invalidValue, named.',
    holds: async (scim) => {
      const { status, body } = await scim.send('POST', '/Groups', {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
        displayName: 'g',
        members: [{ value: 'nobody' }],
      });
      assert.deepEqual([status, body['scimType']], [400, 'invalidValue']);
      assert.match(String(body['detail']), /nobody/);
    },
  },
];
