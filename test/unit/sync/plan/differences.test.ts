import { describe, expect, it } from 'vitest';
import type { Field, FieldValue, FieldValues } from '../../../../src/core/field.ts';
import { type Differences, findDifferences, mergeWritten } from '../../../../src/sync/plan/differences.ts';
import type { WantedField } from '../../../../src/sync/plan/wanted.ts';
import { EMAIL, field } from '../acme.ts';

interface Given {
  field: Field;
  wanted?: FieldValue;
  from?: WantedField['from'];
  actual?: FieldValue;
  written?: FieldValue;
  /** Whether Causeway made the account. */
  created?: boolean;
  /** Whether the vendor's `update` can change the field; default true. */
  updatable?: boolean;
}

function compare(given: Given): Differences {
  const { name } = given.field;
  const values = (value: FieldValue | undefined): FieldValues =>
    value === undefined ? {} : { [name]: value };
  const fields =
    given.wanted === undefined ? {} : { [name]: { value: given.wanted, from: given.from ?? 'idp' } };
  return findDifferences({
    wanted: { presence: 'active', why: 'active', address: 'ana@example.com', fields },
    fields: [EMAIL, given.field],
    actual: values(given.actual),
    written: values(given.written),
    created: given.created === true,
    updatable: given.updatable === false ? [] : [name],
    vendorTitle: 'Acme',
    address: 'ana@example.com',
  });
}

const role = field('role');
const tags = field('tags', { type: 'list', items: 'string' });
const clearable = field('motto', { cleared: '' });
const labels = field('labels', { type: 'list', items: 'object', itemKeys: ['text', 'colour'] });

describe('A single value', () => {
  it.each<[string, Given, FieldValues]>([
    ['is set where it differs', { field: role, wanted: 'b', actual: 'a' }, { role: 'b' }],
    ['is left where it is as wanted', { field: role, wanted: 'a', actual: 'a' }, {}],
    ['is set where the vendor has none', { field: role, wanted: 'a' }, { role: 'a' }],
    [
      'that the vendor does not tell counts as Causeway wrote it',
      { field: role, wanted: 'a', written: 'a' },
      {},
    ],
    [
      'is what the vendor tells rather than what Causeway wrote',
      { field: role, wanted: 'a', actual: 'b', written: 'a' },
      { role: 'a' },
    ],
    [
      'is cleared where nothing is wanted any more',
      { field: clearable, actual: 'a', written: 'a' },
      { motto: '' },
    ],
    ['is not cleared where Causeway never wrote it', { field: clearable, actual: 'a' }, {}],
    [
      'is not cleared where somebody has changed what Causeway wrote',
      { field: clearable, actual: 'c', written: 'a' },
      {},
    ],
    [
      'by a rule is set over anybody’s value',
      { field: role, wanted: 'b', from: 'rule', actual: 'a' },
      { role: 'b' },
    ],
    ['by default demotes nobody', { field: role, wanted: 'b', from: 'default', actual: 'a' }, {}],
    ['by a constant demotes nobody', { field: role, wanted: 'b', from: 'constant', actual: 'a' }, {}],
    [
      'by default is set over what Causeway wrote before',
      { field: role, wanted: 'b', from: 'default', actual: 'a', written: 'a' },
      { role: 'b' },
    ],
    [
      'by default is left where somebody has changed what Causeway wrote',
      { field: role, wanted: 'b', from: 'default', actual: 'c', written: 'a' },
      {},
    ],
    [
      'by default is set over what Causeway wrote where the vendor does not tell it',
      { field: role, wanted: 'b', from: 'default', written: 'a' },
      { role: 'b' },
    ],
    [
      'by default is set in an account that Causeway made, where a create could not carry it',
      { field: field('bot', { set: 'update' }), wanted: 'b', from: 'default', created: true },
      { bot: 'b' },
    ],
    [
      'by default is not set in an account that was there, where a create could not carry it',
      { field: field('bot', { set: 'update' }), wanted: 'b', from: 'default' },
      {},
    ],
    [
      'of the create call alone is never compared',
      { field: field('mail', { compared: false }), wanted: 'b', actual: 'a' },
      {},
    ],
    [
      'that is the key is not compared',
      { field: field('login', { set: 'key' }), wanted: 'b', actual: 'a' },
      {},
    ],
    [
      'may be false',
      { field: field('flag', { type: 'boolean' }), wanted: false, actual: true },
      { flag: false },
    ],
  ])('%s', (_what, given, set) => {
    expect(compare(given).changes).toEqual({ set, add: {}, remove: {} });
  });

  it('is shown with what it was, what it will be and why', () => {
    const { shown } = compare({ field: role, wanted: 'b', from: 'rule' });
    expect(shown).toEqual([{ field: 'role', before: null, after: 'b', why: 'rule' }]);
  });
});

describe('A list', () => {
  it.each<[string, Given, FieldValue | undefined, FieldValue | undefined]>([
    ['gets what it lacks', { field: tags, wanted: ['a', 'b'], actual: ['a'] }, ['b'], undefined],
    [
      'keeps what others added',
      { field: tags, wanted: ['a'], actual: ['a', 'x'], written: ['a'] },
      undefined,
      undefined,
    ],
    [
      'loses what Causeway added and nobody wants now',
      { field: tags, wanted: ['b'], actual: ['a', 'b', 'x'], written: ['a', 'b'] },
      undefined,
      ['a'],
    ],
    [
      'loses all that Causeway added where nothing is wanted',
      { field: tags, actual: ['a', 'x'], written: ['a'] },
      undefined,
      ['a'],
    ],
    ['keeps all where Causeway added nothing', { field: tags, actual: ['x'] }, undefined, undefined],
    [
      'is not removed from what has gone already',
      { field: tags, wanted: [], actual: ['x'], written: ['a'] },
      undefined,
      undefined,
    ],
    [
      'is the same in any order',
      { field: tags, wanted: ['b', 'a'], actual: ['a', 'b'] },
      undefined,
      undefined,
    ],
    [
      'by default is not given to an account that was there',
      { field: tags, wanted: ['a'], from: 'default', actual: ['x'] },
      undefined,
      undefined,
    ],
    [
      'by default replaces what Causeway added',
      { field: tags, wanted: ['d'], from: 'default', actual: ['a'], written: ['a'] },
      ['d'],
      ['a'],
    ],
    [
      'that the vendor does not tell counts as Causeway wrote it',
      { field: tags, wanted: ['a', 'b'], written: ['a'] },
      ['b'],
      undefined,
    ],
    [
      'knows an object by its first member',
      {
        field: labels,
        wanted: [{ text: 'b' }],
        actual: [{ text: 'a', colour: '#1' }, { text: 'b' }],
        written: [{ text: 'a' }],
      },
      undefined,
      [{ text: 'a', colour: '#1' }],
    ],
    [
      'gets an object whose other members changed',
      {
        field: labels,
        wanted: [{ text: 'a', colour: '#2' }],
        actual: [{ text: 'a', colour: '#1' }],
        written: [{ text: 'a', colour: '#1' }],
      },
      [{ text: 'a', colour: '#2' }],
      undefined,
    ],
  ])('%s', (_what, given, add, remove) => {
    const { name } = given.field;
    expect(compare(given).changes).toEqual({
      set: {},
      add: add === undefined ? {} : { [name]: add },
      remove: remove === undefined ? {} : { [name]: remove },
    });
  });

  it.each([
    ['keeps its only element', ['a'], ['a'], undefined],
    ['keeps one of those that would all go', ['a', 'b'], ['a', 'b'], ['a']],
    ['may lose all of Causeway’s where others’ remain', ['a', 'x'], ['a'], ['a']],
  ])('of at least one element %s', (_what, actual, written, remove) => {
    const { changes } = compare({ field: { ...tags, minItems: 1 }, wanted: [], actual, written });
    expect(changes.remove['tags']).toEqual(remove);
  });

  it('of at least one element may exchange it', () => {
    const { changes } = compare({
      field: { ...tags, minItems: 1 },
      wanted: ['b'],
      actual: ['a'],
      written: ['a'],
    });
    expect(changes).toEqual({ set: {}, add: { tags: ['b'] }, remove: { tags: ['a'] } });
  });

  it('is shown whole, with what others added', () => {
    const { shown } = compare({ field: tags, wanted: ['b'], actual: ['a', 'x'], written: ['a'] });
    expect(shown).toEqual([{ field: 'tags', before: ['a', 'x'], after: ['x', 'b'], why: 'idp' }]);
  });
});

describe('What the vendor has no call for', () => {
  it.each([
    ['a value', role, 'b', 'a', 'Set role of ana@example.com to b in Acme.'],
    ['a list', tags, ['b'], [], 'Set tags of ana@example.com to ["b"] in Acme.'],
  ])('is a task: %s', (_what, about, wanted, actual, title) => {
    const { changes, tasks } = compare({ field: about, wanted, actual, updatable: false });
    expect(changes).toEqual({ set: {}, add: {}, remove: {} });
    expect(tasks).toEqual([{ kind: `field:${about.name}`, title, wanted }]);
  });

  it('is a task where a value has to go and nothing can be written in its place', () => {
    const given = { field: role, actual: 'a', written: 'a' };
    expect(compare(given)).toMatchObject({
      changes: { set: {}, add: {}, remove: {} },
      tasks: [{ kind: 'field:role', title: 'Clear role of ana@example.com in Acme.', wanted: '' }],
    });
    expect(compare({ ...given, actual: 'c' }).tasks).toEqual([]);
    expect(compare({ ...given, field: { ...role, set: 'create' } }).tasks).toEqual([]);
  });

  it('is nothing where the vendor says so', () => {
    const ignored = field('mail', { withoutCall: 'ignore' });
    expect(compare({ field: ignored, wanted: 'b', actual: 'a', updatable: false })).toMatchObject({
      shown: [],
      tasks: [],
    });
  });
});

describe('What Causeway wrote', () => {
  const changes = { set: {}, add: {}, remove: {} };
  it.each<[string, FieldValues, Partial<typeof changes>, FieldValues]>([
    ['has the new single values', { role: 'a' }, { set: { role: 'b' } }, { role: 'b' }],
    ['has the elements added', { tags: ['a'] }, { add: { tags: ['b'] } }, { tags: ['a', 'b'] }],
    ['has not the elements removed', { tags: ['a', 'b'] }, { remove: { tags: ['a'] } }, { tags: ['b'] }],
    ['keeps what did not change', { role: 'a', tags: ['a'] }, {}, { role: 'a', tags: ['a'] }],
    [
      'has an element once, as last written',
      { labels: [{ text: 'a', colour: '#1' }] },
      { add: { labels: [{ text: 'a', colour: '#2' }] } },
      { labels: [{ text: 'a', colour: '#2' }] },
    ],
  ])('%s', (_what, written, change, expected) => {
    expect(mergeWritten([role, tags, labels], written, { ...changes, ...change })).toEqual(expected);
  });
});
