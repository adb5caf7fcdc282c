import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScimError } from '../../../src/scim/errors.ts';
import { parseJson } from '../../../src/scim/json-text.ts';

/** What comes of the text: its value, or the keyword of its refusal. */
async function outcome(text: string): Promise<unknown> {
  try {
    return await parseJson(text);
  } catch (error) {
    if (error instanceof ScimError) return error.scimType;
    throw error;
  }
}

function plainOutcome(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return 'invalidSyntax';
  }
}

const long = (count: number) => Array.from({ length: count }, (_, n) => ({ value: `id-${n}`, '}]"\\': n }));

describe('A long JSON text, read in parts', () => {
  it.each<[string, unknown]>([
    ['a list of many', long(20_000)],
    ['a list in an object', { a: 1, members: long(20_000), b: { c: long(9000) }, d: [] }],
    [
      'operations that hold lists',
      { Operations: [{ op: 'add', value: long(9000) }, { op: 'x' }, long(9000)] },
    ],
    ['one long text', { a: 'x'.repeat(600_000), b: ['"'.repeat(200_000), 1] }],
    ['a long list of lists', long(300).map(() => long(40))],
    [
      'an object of many keys',
      Object.fromEntries(long(9000).map(({ value }) => [value, `${value}`.repeat(5)])),
    ],
  ])('%s is what JSON.parse makes of it', async (_, value) => {
    for (const text of [JSON.stringify(value), `\n ${JSON.stringify(value, null, 1)} \t`]) {
      expect(text.length).toBeGreaterThan(262_144);
      expect(await outcome(text)).toEqual(value);
    }
  });

  it('with one character changed is read as JSON.parse reads it, or refused as it refuses it', async () => {
    const text = JSON.stringify({ a: 1, list: long(6000), b: { c: long(6000), d: 'e' }, f: [1, [], {}] });
    const place = fc.oneof(
      fc.nat(200),
      fc.nat(text.length),
      fc.integer({ min: text.length - 60, max: text.length }),
    );
    const character = fc.constantFrom(
      '',
      ',',
      ':',
      '[',
      ']',
      '{',
      '}',
      '"',
      '\\',
      '1',
      ' ',
      ',,',
      '{}',
      '[1]',
    );
    await fc.assert(
      fc.asyncProperty(place, fc.nat(2), character, async (at, removed, inserted) => {
        const changed = text.slice(0, at) + inserted + text.slice(at + removed);
        expect(JSON.stringify(await outcome(changed))).toBe(JSON.stringify(plainOutcome(changed)));
      }),
      { numRuns: 60 },
    );
  });

  it('may name a member __proto__ without any effect', async () => {
    const value = await parseJson(`{"__proto__":{"admin":true},"padding":"${'x'.repeat(300_000)}"}`);
    expect(Object.hasOwn(Object(value), '__proto__')).toBe(true);
    expect(Object(value).admin).toBeUndefined();
  });

  it.each([
    ['{"a":"x\\u0000"}', 'invalidValue'],
    ['{"\\\\\\u0000":1}', 'invalidValue'],
    ['{"a":"\\\\u0000"}', { a: '\\u0000' }],
    ['{"a":"x\\ud800y"}', 'invalidValue'],
    ['{"a":"x\\uDC00"}', 'invalidValue'],
    ['{"a":"\\ud800\\ud800\\udc00"}', 'invalidValue'],
    ['{"a":"\\uD83D\\uDE00"}', { a: '😀' }],
    ['{"a":"\\\\ud800"}', { a: '\\ud800' }],
  ])('%s: a character that cannot be kept is refused, its name is not', async (text, expected) => {
    expect(await outcome(text)).toEqual(expected);
  });

  it.each([
    ['more than 50 levels', `{"a":"${'x'.repeat(300_000)}","b":${'['.repeat(50)}${']'.repeat(50)}}`],
    [
      'more than 10,000 names in one object',
      JSON.stringify(Object.fromEntries(long(20_000).map(({ value }) => [value, value]))),
    ],
    ['nothing but a bracket', '['.repeat(300_000)],
    ['two values', `${JSON.stringify(long(9000))}[]`],
  ])('is refused for %s', async (_, text) => {
    expect(await outcome(text)).toBe('invalidSyntax');
  });
});
