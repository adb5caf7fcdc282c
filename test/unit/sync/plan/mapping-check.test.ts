import { describe, expect, it } from 'vitest';
import type { FieldValue } from '../../../../src/core/field.ts';
import type { FieldMapping } from '../../../../src/core/mapping.ts';
import { checkMapping } from '../../../../src/sync/plan/mapping-check.ts';
import { vendorById } from '../../../../src/vendors/index.ts';

function faultsOf(name: string, entry: FieldMapping): string[] {
  const vendor = vendorById('attention');
  if (vendor === undefined) throw new Error('Attention is not in the list of vendors.');
  return checkMapping(vendor, { [name]: entry });
}

function ruleFor(value: FieldValue): FieldMapping {
  return { rules: [{ groupId: 'g1', groupName: 'Sales', value }] };
}

describe('A mapping may be saved', () => {
  it.each<[string, string, FieldMapping]>([
    ['with a rule', 'seatType', ruleFor('listener')],
    ['with a rule for a list', 'teams', ruleFor(['t1'])],
    ['with a constant', 'dealsEnabled', { source: { constant: true } }],
    ['with an expression', 'firstName', { source: { expression: 'name.givenName' } }],
    ['with an expression for the address', 'email', { source: { expression: 'emails[type="work"].value' } }],
    [
      'with both rules and a source',
      'seatType',
      { ...ruleFor('listener'), source: { constant: 'recording' } },
    ],
  ])('%s', (_what, name, entry) => {
    expect(faultsOf(name, entry)).toEqual([]);
  });
});

describe('A mapping is refused, the field named,', () => {
  it.each<[string, string, FieldMapping, string]>([
    [
      'for a field that the vendor has not',
      'shoeSize',
      ruleFor('42'),
      'Attention has no field "shoeSize"; its fields are: email, firstName,',
    ],
    [
      'with a value that the field does not have',
      'seatType',
      ruleFor('throne'),
      'The mapping of seatType: the value for the Group "Sales" is not one of recording, listener.',
    ],
    [
      'with a constant of another type',
      'dealsEnabled',
      { source: { constant: 'yes' } },
      'The mapping of dealsEnabled: the constant must be a boolean.',
    ],
    [
      'with one value for a list',
      'teams',
      ruleFor('t1'),
      'The mapping of teams: the value for the Group "Sales" must be a list.',
    ],
    [
      'with an expression that is not allowed',
      'firstName',
      { source: { expression: '$eval("1")' } },
      'The mapping of firstName: The expression calls $eval',
    ],
    [
      'with one address for several people',
      'email',
      ruleFor('all@example.com'),
      'only an expression can give it',
    ],
    [
      'with a constant address',
      'email',
      { source: { constant: 'all@example.com' } },
      'only an expression can give it',
    ],
    ['with nothing in it', 'firstName', {}, 'The mapping of firstName has neither rules nor a source.'],
  ])('%s', (_what, name, entry, fault) => {
    expect(faultsOf(name, entry)).toEqual([expect.stringContaining(fault)]);
  });

  it('with every fault told at once', () => {
    const rules = [...(ruleFor('throne').rules ?? []), ...(ruleFor('sofa').rules ?? [])];
    expect(faultsOf('seatType', { rules, source: { constant: 'stool' } })).toHaveLength(3);
  });
});
