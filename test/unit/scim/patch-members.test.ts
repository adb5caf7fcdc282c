import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/core/json.ts';
import { patchGroup, RESOURCE_ID, refusal, refusalOf } from './patch-fixture.ts';
import { GROUP } from './schema-fixture.ts';

type Change = Awaited<ReturnType<typeof patchGroup>>['members'];

function delta(add: string[], remove: string[]): Change {
  return { kind: 'delta', add: add.map((value) => ({ value })), remove };
}

function replaced(...ids: string[]): Change {
  return { kind: 'replace', members: ids.map((value) => ({ value })) };
}

const add = (...ids: string[]): Json => ({
  op: 'add',
  path: 'members',
  value: ids.map((value) => ({ value })),
});
const remove = (id: string): Json => ({ op: 'remove', path: `members[value eq "${id}"]` });

describe('the members of a group change as differences', () => {
  it.each<[string, Json[], Change]>([
    ['no word of members', [{ op: 'replace', value: { displayName: 'X' } }], delta([], [])],
    ['Okta: one removed by filter, one added', [remove('a'), add('b')], delta(['b'], ['a'])],
    [
      'Entra ID: Add with $ref null',
      [{ op: 'Add', path: 'members', value: [{ $ref: null, value: 'a' }] }],
      delta(['a'], []),
    ],
    [
      'Entra ID: Remove with a value list takes those only',
      [{ op: 'Remove', path: 'members', value: [{ $ref: null, value: 'a' }] }],
      delta([], ['a']),
    ],
    ['JumpCloud: one object', [{ op: 'remove', path: 'members', value: { value: 'a' } }], delta([], ['a'])],
    ['authentik: many operations of one', [add('a'), add('b'), add('a')], delta(['a', 'b'], [])],
    ['Entra validator: added and removed in one request', [add('a'), remove('a')], delta([], ['a'])],
    ['removed and added again', [remove('a'), add('a')], delta(['a'], [])],
    [
      'two ids in one filter',
      [{ op: 'remove', path: 'members[value eq "a" or value eq "b"]' }],
      delta([], ['a', 'b']),
    ],
    [
      'path in any case and with its URN',
      [{ op: 'ADD', path: `${GROUP}:MEMBERS`, value: [{ VALUE: 'a' }] }],
      delta(['a'], []),
    ],
    ['an empty value list removes nobody', [{ op: 'remove', path: 'members', value: [] }], delta([], [])],
    ['path-less add', [{ op: 'add', value: { members: [{ value: 'a' }] } }], delta(['a'], [])],
    [
      'an id that is hostile is only an id',
      [remove('x\\" or value pr or value eq \\"')],
      delta([], ['x" or value pr or value eq "']),
    ],
  ])('%s', async (_, operations, change) => {
    expect((await patchGroup(...operations)).members).toEqual(change);
  });

  it.each<[string, Json[], Change]>([
    [
      'Okta: full push',
      [{ op: 'replace', path: 'members', value: [{ value: 'a', display: 'A' }] }],
      { kind: 'replace', members: [{ value: 'a', display: 'A' }] },
    ],
    ['Okta: emptied group', [{ op: 'replace', path: 'members', value: [] }], replaced()],
    [
      'Okta: path-less',
      [{ op: 'replace', value: { members: [], id: RESOURCE_ID, displayName: 'X' } }],
      replaced(),
    ],
    ['Keycloak: remove with a value of null', [{ op: 'remove', path: 'members', value: null }], replaced()],
    ['RFC 7644 §3.5.2.2: remove without a value', [{ op: 'remove', path: 'members' }], replaced()],
    [
      'what comes after counts, what came before does not',
      [add('x'), { op: 'replace', path: 'members', value: [{ value: 'a' }] }, add('b'), remove('a')],
      replaced('b'),
    ],
  ])('or as a whole: %s', async (_, operations, change) => {
    expect((await patchGroup(...operations)).members).toEqual(change);
  });

  it('keeps what a member says of itself', async () => {
    const value = [{ value: 'a', display: 'Ada', type: 'user' }];
    expect((await patchGroup({ op: 'add', path: 'members', value })).members).toEqual({
      kind: 'delta',
      add: [{ value: 'a', display: 'Ada', type: 'User' }],
      remove: [],
    });
  });

  it('needs the members there are only for a filter other than by value', async () => {
    const { members } = await patchGroup(add('c'), { op: 'remove', path: 'members[type eq "Group"]' });
    if (members.kind !== 'filtered') throw new Error(`It is ${members.kind}.`);
    const current = [
      { value: 'a', type: 'User' as const },
      { value: 'b', type: 'Group' as const },
    ];
    expect(await members.apply(current)).toEqual([{ value: 'a', type: 'User' }, { value: 'c' }]);
    expect(current).toHaveLength(2);
  });
});

describe("a group's own attributes", () => {
  it.each<[string, Json]>([
    ['Okta: path-less with its id', { op: 'replace', value: { id: RESOURCE_ID, displayName: 'New' } }],
    ['Entra ID: by path', { op: 'Replace', path: 'displayName', value: 'New' }],
    [
      'authentik: the whole group',
      {
        op: 'replace',
        value: { schemas: [GROUP], id: RESOURCE_ID, displayName: 'New', meta: {}, members: [] },
      },
    ],
  ])('rename, %s', async (_, operation) => {
    const document = { displayName: 'Old', externalId: 'e' };
    expect((await patchGroup(operation)).change(document)).toEqual({ displayName: 'New', externalId: 'e' });
    expect(document.displayName).toBe('Old');
  });

  it('never hold members', async () => {
    expect((await patchGroup(add('a'))).change({ displayName: 'Staff' })).toEqual({ displayName: 'Staff' });
  });

  it('include a name, always', async () => {
    const { change } = await patchGroup({ op: 'remove', path: 'displayName' });
    expect(refusal(() => change({ displayName: 'Staff' }))).toMatchObject({
      status: 400,
      scimType: 'mutability',
    });
  });
});

describe('what is refused', () => {
  it.each<[string, Json, string]>([
    ['a member without a value', { op: 'add', path: 'members', value: [{ display: 'A' }] }, 'invalidValue'],
    ['an add without a value', { op: 'add', path: 'members' }, 'invalidValue'],
    [
      'a change within a member, which is immutable',
      { op: 'replace', path: 'members[value eq "a"].display', value: 'B' },
      'mutability',
    ],
    [
      'a member put in the place of another',
      { op: 'replace', path: 'members[value eq "a"]', value: { value: 'b' } },
      'mutability',
    ],
    ['the id of another group', { op: 'replace', value: { id: 'other', displayName: 'X' } }, 'mutability'],
  ])('%s', async (_, operation, scimType) => {
    expect(await refusalOf(() => patchGroup(operation))).toMatchObject({
      status: 400,
      scimType,
    });
  });
});

it('refuses to compare every member with more than 100 values', async () => {
  const path = `members[${Array(60).fill('value sw "a"').join(' or ')}]`;
  const operation: Json = { op: 'remove', path };
  expect((await patchGroup(operation)).members.kind).toBe('filtered');
  expect(await refusalOf(() => patchGroup(operation, operation))).toMatchObject({ status: 413 });
});

it('reads 100,000 members in one operation without holding the process', async () => {
  const value = Array.from({ length: 100_000 }, (_, n) => ({ value: `member-${n}`, display: 'Somebody' }));
  // CPU, not time: the machine may do other things too.
  const started = process.threadCpuUsage();
  const { members } = await patchGroup({ op: 'add', path: 'members', value });
  expect(members.kind === 'delta' ? members.add.length : 0).toBe(100_000);
  expect(process.threadCpuUsage(started).user).toBeLessThan(1_000_000);
});
