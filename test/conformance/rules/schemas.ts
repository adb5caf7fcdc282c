import assert from 'node:assert/strict';
import type { JsonObject } from '../../../src/core/json.ts';
import { ENTERPRISE, GROUP, type Rule, type Scim, USER, VENDOR } from '../rule.ts';

async function attributesOf(scim: Scim, urn: string): Promise<JsonObject[]> {
  return (await scim.send('GET', `/Schemas/${urn}`)).body['attributes'] as JsonObject[];
}

async function attributeAt(scim: Scim, urn: string, path: string): Promise<JsonObject> {
  let attributes = await attributesOf(scim, urn);
  let found: JsonObject = {};
  for (const name of path.split('.')) {
    found = attributes.find((attribute) => attribute['name'] === name) ?? {};
    attributes = (found['subAttributes'] ?? []) as JsonObject[];
  }
  return found;
}

/** The characteristics of RFC 7643 §7 that each attribute is described with. */
const DESCRIBED: [urn: string, path: string, says: string, traits: object][] = [
  [
    USER,
    'userName',
    'a required text, unique without case',
    { type: 'string', required: true, uniqueness: 'server', caseExact: false },
  ],
  [USER, 'name', 'complex', { type: 'complex', multiValued: false }],
  [USER, 'emails', 'multi-valued and complex', { type: 'complex', multiValued: true }],
  [USER, 'emails.primary', 'a boolean', { type: 'boolean' }],
  [USER, 'emails.type', 'a text with canonical values', { canonicalValues: ['work', 'home', 'other'] }],
  [USER, 'active', 'a boolean', { type: 'boolean' }],
  [USER, 'password', 'writeOnly and never returned', { mutability: 'writeOnly', returned: 'never' }],
  [USER, 'groups', 'read-only', { multiValued: true, mutability: 'readOnly' }],
  [USER, 'profileUrl', 'a reference', { type: 'reference', caseExact: true }],
  [USER, 'x509Certificates.value', 'binary', { type: 'binary', caseExact: true }],
  [GROUP, 'displayName', 'required and unique', { type: 'string', required: true, uniqueness: 'server' }],
  [GROUP, 'members', 'multi-valued', { type: 'complex', multiValued: true }],
  [GROUP, 'members.value', 'immutable', { mutability: 'immutable', caseExact: true }],
  [ENTERPRISE, 'manager', 'complex', { type: 'complex', multiValued: false }],
  [ENTERPRISE, 'department', 'a text', { type: 'string', mutability: 'readWrite' }],
  [VENDOR, 'seatType', 'a text', { type: 'string', multiValued: false }],
  [VENDOR, 'seats', 'an integer', { type: 'integer' }],
];

export const schemaRules: Rule[] = [
  ...DESCRIBED.map(([urn, path, says, traits]) => ({
    section: 'RFC 7643 §7',
    says: `The schema ${urn.split(':').slice(-3).join(':')} describes ${path}: ${says}.`,
    holds: async (scim: Scim) => assert.partialDeepStrictEqual(await attributeAt(scim, urn, path), traits),
  })),
  {
    section: 'RFC 7643 §7',
    says: 'Every attribute is described with all its characteristics, and none of them is null.',
    holds: async (scim) => {
      const names = [
        'name',
        'type',
        'multiValued',
        'description',
        'required',
        'mutability',
        'returned',
        'uniqueness',
      ];
      for (const urn of [USER, GROUP, ENTERPRISE, VENDOR]) {
        const open = await attributesOf(scim, urn);
        for (const attribute of open) {
          for (const name of names)
            assert.notEqual(attribute[name] ?? null, null, `${urn}:${attribute['name']}`);
          open.push(...((attribute['subAttributes'] ?? []) as JsonObject[]));
        }
      }
    },
  },
  {
    section: 'RFC 7643 §7',
    says: 'The common attributes id, externalId, meta and schemas are part of no schema.',
    holds: async (scim) => {
      for (const urn of [USER, GROUP]) {
        const names = (await attributesOf(scim, urn)).map(({ name }) => name);
        assert.deepEqual(
          names.filter((name) => ['id', 'externalId', 'meta', 'schemas'].includes(String(name))),
          [],
        );
      }
    },
  },
];
