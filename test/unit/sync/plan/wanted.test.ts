import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../../src/core/connection.ts';
import type { Field, FieldValue } from '../../../../src/core/field.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import type { GroupRule, Mapping } from '../../../../src/core/mapping.ts';
import { type MappingInput, mapUser, type Wanted } from '../../../../src/sync/plan/wanted.ts';
import { vendorById } from '../../../../src/vendors/index.ts';
import { connection, EMAIL, field, POLICIES, URN, user } from '../acme.ts';

interface Given {
  field: Field;
  /** What the identity provider pushed in the vendor's extension. */
  pushed?: FieldValue | null;
  document?: JsonObject;
  mapping?: Mapping;
  groups?: string[];
  computed?: FieldValue;
  settings?: JsonObject;
  policies?: Partial<Connection['policies']>;
  vendorGroupIds?: string[];
  /** The document of a User that is deleted. */
  kept?: JsonObject;
}

function input(given: Given): MappingInput {
  const vendor = vendorById('crankwheel');
  if (vendor === undefined) throw new Error('CrankWheel is not in the list of vendors.');
  const extension = given.pushed === undefined ? {} : { [URN]: { [given.field.name]: given.pushed } };
  const settings = given.settings ?? {};
  const policies = { ...POLICIES, ...given.policies };
  return {
    connection: connection({ mapping: given.mapping ?? {}, settings, policies }),
    vendor: { ...vendor, id: 'acme', title: 'Acme', fields: [EMAIL, given.field] },
    user: user({ userName: 'ana@example.com', ...given.document, ...extension }),
    kept: given.kept ?? null,
    groupIds: new Set(given.groups ?? []),
    vendorGroupIds: given.vendorGroupIds ?? [],
    computed: given.computed === undefined ? {} : { [given.field.name]: given.computed },
  };
}

function wantedOf(given: Given): Wanted {
  const mapped = mapUser(input(given));
  if ('refusal' in mapped) throw new Error(mapped.refusal);
  return mapped.wanted;
}

function resultOf(given: Given) {
  return wantedOf(given).fields[given.field.name];
}

function refusalOf(given: Given): string | null {
  const mapped = mapUser(input(given));
  return 'refusal' in mapped ? mapped.refusal : null;
}

function rule(groupId: string, value: FieldValue): GroupRule {
  return { groupId, groupName: groupId.toUpperCase(), value };
}

const role = field('role', { default: { from: 'constant', value: 'default' } });
const tags = field('tags', { type: 'list', items: 'string' });
const roleRules = [rule('g1', 'first'), rule('g2', 'second')];

describe('The value of a field', () => {
  const rules = { rules: roleRules, source: { constant: 'constant' } };
  const everything: Given = {
    field: role,
    pushed: 'pushed',
    mapping: { role: rules },
    groups: ['g1'],
    computed: 'computed',
  };
  const { pushed: _pushed, ...notPushed } = everything;

  it.each<[string, Given, unknown]>([
    ['is the extension attribute before all else', everything, { value: 'pushed', from: 'idp' }],
    ['is a group’s after that', notPushed, { value: 'first', from: 'rule' }],
    [
      'is the connection’s constant after that',
      { ...notPushed, groups: [] },
      { value: 'constant', from: 'constant' },
    ],
    [
      'is what the connection’s expression gives',
      { ...notPushed, groups: [], mapping: { role: { rules: roleRules } } },
      { value: 'computed', from: 'idp' },
    ],
    ['is the default at last', { field: role }, { value: 'default', from: 'default' }],
    ['is not there where not even a default is', { field: field('role') }, undefined],
    [
      'counts a pushed null as not pushed',
      { field: role, pushed: null },
      { value: 'default', from: 'default' },
    ],
    [
      'keeps a pushed false',
      { field: field('flag', { type: 'boolean' }), pushed: false },
      { value: false, from: 'idp' },
    ],
  ])('%s', (_what, given, expected) => {
    expect(resultOf(given)).toEqual(expected);
  });
});

describe('Group rules', () => {
  it('give a single value by the first rule that matches, in the rules’ order', () => {
    const given = { field: role, mapping: { role: { rules: roleRules } } };
    expect(resultOf({ ...given, groups: ['g2', 'g1'] })?.value).toBe('first');
    expect(resultOf({ ...given, groups: ['g2'] })?.value).toBe('second');
    expect(resultOf({ ...given, groups: ['g3'] })).toEqual({ value: 'default', from: 'default' });
  });

  it('give a list all values that match, joined in the rules’ order, each once', () => {
    const rules = [rule('g1', ['a', 'b']), rule('g2', ['c']), rule('g3', ['b', 'd'])];
    const given = { field: tags, mapping: { tags: { rules } } };
    expect(resultOf({ ...given, groups: ['g3', 'g1'] })?.value).toEqual(['a', 'b', 'd']);
    expect(resultOf({ ...given, groups: [] })).toBeUndefined();
  });
});

describe('A default', () => {
  const document = {
    displayName: ' Ana D. ',
    externalId: 'x1',
    name: { givenName: 'Ana', familyName: 'Díaz' },
  };
  it.each<[string, Field['default'], unknown]>([
    ['an address', { from: 'address' }, { value: 'ana@example.com', from: 'idp' }],
    ['a given name', { from: 'given' }, { value: 'Ana', from: 'idp' }],
    ['a family name', { from: 'family' }, { value: 'Díaz', from: 'idp' }],
    ['a full name', { from: 'full' }, { value: 'Ana D.', from: 'idp' }],
    ['displayName, trimmed', { from: 'displayName' }, { value: 'Ana D.', from: 'idp' }],
    ['externalId', { from: 'externalId' }, { value: 'x1', from: 'idp' }],
    ['a constant', { from: 'constant', value: 'c' }, { value: 'c', from: 'default' }],
    ['a setting', { from: 'setting', name: 'plan' }, { value: 'gold', from: 'default' }],
    ['a setting that is not set', { from: 'setting', name: 'none' }, undefined],
    ['a setting that is null', { from: 'setting', name: 'missing' }, undefined],
    ['a setting that is empty', { from: 'setting', name: 'empty' }, undefined],
  ])('may be %s', (_what, source, expected) => {
    const settings = { plan: 'gold', missing: null, empty: '' };
    expect(resultOf({ field: field('x', { default: source }), document, settings })).toEqual(expected);
  });

  it('from a single setting is a list of one for a list', () => {
    const source = { from: 'setting', name: 'team' } as const;
    const teams = field('teams', { type: 'list', default: source });
    expect(resultOf({ field: teams, settings: { team: 't1' } })?.value).toEqual(['t1']);
    expect(resultOf({ field: teams, settings: { team: ['t1', 't2'] } })?.value).toEqual(['t1', 't2']);
  });
});

describe('A field', () => {
  it('is left out where a setting switches it off', () => {
    const off = { ...role, offBySetting: 'takesRoles' };
    expect(resultOf({ field: off, settings: { takesRoles: false } })).toBeUndefined();
    expect(resultOf({ field: off, settings: { takesRoles: true } })?.value).toBe('default');
  });

  it('that is too long is left out where the vendor says so', () => {
    const short = field('nick', { maxLength: 3, omitIfTooLong: true });
    expect(resultOf({ field: short, pushed: 'abcd' })).toBeUndefined();
    expect(resultOf({ field: short, pushed: 'abc' })?.value).toBe('abc');
  });

  it('is measured in characters, not in UTF-16 units', () => {
    expect(resultOf({ field: field('nick', { maxLength: 3 }), pushed: '👩👩👩' })?.value).toBe('👩👩👩');
  });
});

describe('A value is refused, its field named,', () => {
  const texts = { type: 'list', items: 'string' } as const;
  const coloured = { type: 'list', items: 'object', itemKeys: ['text', 'colour'] } as const;
  it.each<[string, Given, string]>([
    [
      'where a required one is missing',
      { field: field('role', { required: true, sourceHint: 'a group rule' }) },
      'Acme needs role: set a group rule.',
    ],
    [
      'where a required list is empty',
      { field: { ...tags, required: true }, pushed: [] },
      'Acme needs tags: set the mapping of tags.',
    ],
    [
      'that is not one of the values',
      { field: field('role', { values: ['a', 'b'] }), pushed: 'c' },
      'Acme does not take this role: the value is not one of a, b.',
    ],
    [
      'that is too long',
      { field: field('role', { maxLength: 2 }), pushed: 'abc' },
      'Acme does not take this role: the value is longer than 2 characters.',
    ],
    [
      'that is too short',
      { field: field('role', { minLength: 2 }), pushed: 'a' },
      'Acme does not take this role: the value is shorter than 2 characters.',
    ],
    [
      'that does not have the form',
      {
        field: field('colour', { pattern: { regex: /^#\d+$/, meaning: 'a colour such as #1' } }),
        pushed: 'red',
      },
      'Acme does not take this colour: the value is not a colour such as #1.',
    ],
    [
      'of another type',
      { field: field('flag', { type: 'boolean' }), pushed: 'yes' },
      'Acme does not take this flag: the value must be a boolean.',
    ],
    [
      'that is no whole number',
      { field: field('n', { type: 'integer' }), pushed: 1.5 },
      'Acme does not take this n: the value is no whole number.',
    ],
    [
      'that is one where a list is wanted',
      { field: tags, pushed: 'a' },
      'Acme does not take this tags: the value must be a list.',
    ],
    [
      'that is a list where one is wanted',
      { field: role, pushed: ['a'] },
      'Acme does not take this role: the value must be a single value.',
    ],
    [
      'whose element is wrong',
      { field: field('t', { ...texts, values: ['a'] }), pushed: ['a', 'b'] },
      'Acme does not take this t: the value has an element that is not one of a.',
    ],
    [
      'whose element has another type',
      { field: field('t', texts), pushed: [1] },
      'Acme does not take this t: the value has an element that is no string.',
    ],
    [
      'whose element has an unknown member',
      { field: field('t', coloured), pushed: [{ text: 'a', size: 1 }] },
      'Acme does not take this t: the value has an element that has the unknown member "size".',
    ],
    [
      'whose element lacks its name',
      { field: field('t', coloured), pushed: [{ colour: '#1' }] },
      'Acme does not take this t: the value has an element that lacks "text".',
    ],
  ])('%s', (_what, given, refusal) => {
    expect(refusalOf(given)).toBe(refusal);
  });

  it('wherever it comes from', () => {
    const limited = field('role', { values: ['a'] });
    expect(refusalOf({ field: limited, computed: 'b' })).toContain('role');
    expect(
      refusalOf({ field: limited, mapping: { role: { rules: [rule('g', 'b')] } }, groups: ['g'] }),
    ).toContain('role');
  });
});

describe('The address', () => {
  const any = field('x');
  it('is the key field’s value', () => {
    expect(wantedOf({ field: any }).address).toBe('ana@example.com');
  });

  it('may come from an expression', () => {
    const given = input({ field: any });
    const mapped = mapUser({ ...given, computed: { email: 'a.diaz@corp.test' } });
    expect(mapped).toMatchObject({ wanted: { address: 'a.diaz@corp.test' } });
  });

  it.each([
    ['is missing', { userName: 'ana' }, 'Acme needs an e-mail address: map emails or userName.'],
    [
      'has no @',
      { emails: [{ value: 'ana at home' }] },
      'Acme needs an e-mail address, and "ana at home" has no @: map emails or userName.',
    ],
    [
      'holds a comma',
      { emails: [{ value: 'ana,x@example.com' }] },
      'Acme needs an e-mail address, and "ana,x@example.com" holds a comma: map emails or userName.',
    ],
    [
      'is too long, of which 100 characters are shown',
      { emails: [{ value: `${'a'.repeat(300)}@example.com` }] },
      `Acme needs an e-mail address, and "${'a'.repeat(100)}" is too long: map emails or userName.`,
    ],
    [
      'holds what cannot be seen, which is shown escaped',
      { emails: [{ value: 'ana\u202emoc.elpmaxe@example.com' }] },
      String.raw`Acme needs an e-mail address, and "ana\u202emoc.elpmaxe@example.com" holds an invisible character: map emails or userName.`,
    ],
    [
      'holds a KELVIN SIGN, which is shown escaped',
      { emails: [{ value: '\u212aim@example.com' }] },
      String.raw`Acme needs an e-mail address, and "\u212aim@example.com" holds a character that turns into an ASCII one when texts are compared: map emails or userName.`,
    ],
  ])('is refused where it %s', (_what, document, refusal) => {
    expect(refusalOf({ field: any, document })).toBe(refusal);
  });

  it('is checked wherever it comes from', () => {
    const mapped = mapUser({ ...input({ field: any }), computed: { email: 'a,b@corp.test' } });
    expect(mapped).toEqual({ refusal: expect.stringContaining('"a,b@corp.test" holds a comma') });
  });

  it('is sent trimmed, wherever it comes from', () => {
    const mapped = mapUser({ ...input({ field: any }), computed: { email: ' a.diaz@corp.test\n' } });
    expect(mapped).toMatchObject({
      wanted: { address: 'a.diaz@corp.test', fields: { email: { value: 'a.diaz@corp.test' } } },
    });
  });

  it('is missing where it is blank', () => {
    const mapped = mapUser({ ...input({ field: any }), computed: { email: ' ' } });
    expect(mapped).toEqual({ refusal: 'Acme needs an e-mail address: map emails or userName.' });
  });

  it.each(["o'brien@example.com", 'ana+x@example.com', 'josé@bücher.example', 'ana@[IPv6:2001:db8::1]'])(
    'may be %s',
    (value) => {
      expect(wantedOf({ field: any, document: { emails: [{ value }] } }).address).toBe(value);
    },
  );

  it('must lie within the allowed domains, whatever its case', () => {
    const policies = { allowedDomains: ['example.com', 'corp.test'] };
    expect(refusalOf({ field: any, policies, document: { userName: 'ana@EXAMPLE.com' } })).toBeNull();
    expect(refusalOf({ field: any, policies, document: { userName: 'ana@sub.example.com' } })).toContain(
      'Nobody outside example.com, corp.test is invited',
    );
  });
});

describe('The presence', () => {
  it('is active where `active` is missing', () => {
    expect(wantedOf({ field: role })).toMatchObject({ presence: 'active', why: 'active' });
  });

  it.each([
    [
      'suspended for a User that is not active',
      user({ active: false }),
      { presence: 'suspended', why: 'deactivated' },
    ],
    ['absent for a User that is deleted', null, { presence: 'absent', why: 'deleted' }],
  ])('is %s, and nothing but the address is mapped or validated', (_what, subject, expected) => {
    const kept = { userName: 'ana@example.com' };
    const given = input({ field: field('role', { required: true }), kept });
    expect(mapUser({ ...given, user: subject })).toEqual({
      wanted: { ...expected, address: 'ana@example.com', fields: {} },
    });
  });

  it.each<[string, JsonObject | null, Partial<Connection['policies']>]>([
    ['no document is kept', null, {}],
    ['the document maps to no address', { userName: 'ana' }, {}],
    ['nobody of its domain is invited', { userName: 'ana@else.test' }, { allowedDomains: ['example.com'] }],
  ])('of a leaver has no address to look at where %s', (_what, kept, policies) => {
    const deleted = mapUser({ ...input({ field: role, policies }), kept, user: null });
    expect(deleted).toMatchObject({ wanted: { presence: 'absent', address: null } });
  });

  it('of a leaver is looked for where an expression maps the kept document to', () => {
    const given = input({ field: role, kept: { userName: 'ana' } });
    const computed = { email: 'a.diaz@corp.test' };
    expect(mapUser({ ...given, user: null, computed })).toMatchObject({
      wanted: { address: 'a.diaz@corp.test' },
    });
  });
});

describe('On a connection that mirrors groups, a field of memberships', () => {
  const teams = field('teams', {
    type: 'list',
    mirrored: true,
    default: { from: 'constant', value: ['general'] },
  });
  const policies = { groups: 'mirror' } as const;

  it('has the vendor’s ids of the User’s groups, as somebody’s word', () => {
    expect(resultOf({ field: teams, policies, vendorGroupIds: ['t1'] })).toEqual({
      value: ['t1'],
      from: 'rule',
    });
  });

  it('has whole numbers where the vendor’s ids are such', () => {
    const numbered = { ...teams, items: 'integer' } as const;
    expect(resultOf({ field: numbered, policies, vendorGroupIds: ['7'] })?.value).toEqual([7]);
  });

  it('has what else is wanted after them, but for the default', () => {
    expect(resultOf({ field: teams, policies, vendorGroupIds: ['t1'], pushed: ['t2', 't1'] })?.value).toEqual(
      ['t1', 't2'],
    );
  });

  it('has the default where the User is in no group', () => {
    expect(resultOf({ field: teams, policies })).toEqual({ value: ['general'], from: 'default' });
  });

  it('takes no notice of groups where they are not mirrored', () => {
    expect(resultOf({ field: teams, vendorGroupIds: ['t1'] })?.value).toEqual(['general']);
  });
});
