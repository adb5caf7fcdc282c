import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/core/json.ts';
import { findMismatches, substitute, type Variables } from './match.ts';

const mismatches = (wanted: Json, found: unknown, variables: Variables = new Map()) =>
  findMismatches(wanted, found, variables);

describe('a wanted answer', () => {
  it.each<[string, Json, unknown]>([
    ['an object with more members', { a: 1 }, { a: 1, b: 2 }],
    ['a member that is wanted absent and is', { a: '<absent>' }, {}],
    ['any text', { a: '<text>' }, { a: 'x' }],
    ['any whole number', { a: '<integer>' }, { a: 0 }],
    ['any list', { a: '<list>' }, { a: [] }],
    ['any time', { a: '<dateTime>' }, { a: '2026-01-31T09:00:00.000Z' }],
    [
      'elements among others, in any order',
      { '<some>': [{ a: 2 }, { a: 1 }] },
      [{ a: 0 }, { a: 1 }, { a: 2 }],
    ],
  ])('is matched by %s', (_what, wanted, found) => expect(mismatches(wanted, found)).toEqual([]));

  it.each<[string, Json, unknown, string]>([
    ['another value', { a: 'x' }, { a: 'y' }, 'body.a: wanted "x", got "y"'],
    ['a number as a text', { a: 1 }, { a: '1' }, 'body.a: wanted 1, got "1"'],
    ['a boolean as a text', { a: true }, { a: 'true' }, 'body.a: wanted true, got "true"'],
    ['nothing', { a: { b: 1 } }, {}, 'body.a: wanted an object, got nothing'],
    ['a member that is wanted absent', { a: '<absent>' }, { a: null }, 'body.a: wanted <absent>, got null'],
    ['an empty text', { a: '<text>' }, { a: '' }, 'body.a: wanted <text>, got ""'],
    ['more elements', { a: [1] }, { a: [1, 2] }, 'body.a: wanted a list of 1, got [1,2]'],
    ['elements in another order', { a: [1, 2] }, { a: [2, 1] }, 'body.a[0]: wanted 1, got 2'],
    [
      'no such element',
      { '<some>': [{ a: 3 }] },
      [{ a: 1 }],
      'body: wanted an element {"a":3} among [{"a":1}]',
    ],
  ])('is not matched by %s', (_what, wanted, found, line) => {
    expect(mismatches(wanted, found)[0]).toBe(line);
  });

  it('keeps what it captures and wants the same the next time', () => {
    const variables: Variables = new Map();
    expect(mismatches({ id: '{{user.id}}' }, { id: 'u1' }, variables)).toEqual([]);
    expect(substitute('/Users/{{user.id}}', variables)).toBe('/Users/u1');
    expect(mismatches({ id: '{{user.id}}' }, { id: 'u2' }, variables)).toHaveLength(1);
  });

  it('does not keep what a rejected element would have captured', () => {
    const variables: Variables = new Map();
    const wanted = { '<some>': [{ id: '{{user.id}}', name: 'bo' }] };
    expect(
      mismatches(
        wanted,
        [
          { id: 'u1', name: 'ana' },
          { id: 'u2', name: 'bo' },
        ],
        variables,
      ),
    ).toEqual([]);
    expect(variables.get('user.id')).toBe('u2');
  });

  it('says which name no answer has given yet', () => {
    expect(() => substitute('/Users/{{user.id}}', new Map())).toThrow('{{user.id}}');
  });
});
