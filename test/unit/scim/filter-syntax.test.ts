import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScimError } from '../../../src/scim/errors.ts';
import { type FilterSyntax, parseFilterSyntax, printFilter } from '../../../src/scim/filter-syntax.ts';

/** The tree without the places where its parts stood. */
function shapeOf(filter: FilterSyntax): unknown {
  return JSON.parse(JSON.stringify(filter, (key, value) => (key === 'at' ? undefined : value)));
}

function refusal(text: string): ScimError {
  try {
    parseFilterSyntax(text);
  } catch (error) {
    if (error instanceof ScimError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

const compare = (path: string, operator: string, value: unknown) => ({
  kind: 'compare',
  path,
  operator,
  value,
});
const present = (path: string) => ({ kind: 'present', path });
const and = (...terms: unknown[]) => ({ kind: 'and', terms });
const or = (...terms: unknown[]) => ({ kind: 'or', terms });
const not = (term: unknown) => ({ kind: 'not', term });
const element = (path: string, filter: unknown) => ({ kind: 'element', path, filter });

describe('a filter is read by the grammar of RFC 7644 §3.4.2.2', () => {
  it.each([
    ['userName eq "bjensen"', compare('userName', 'eq', 'bjensen')],
    ['name.familyName co "O\'Malley"', compare('name.familyName', 'co', "O'Malley")],
    [
      'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"',
      compare('urn:ietf:params:scim:schemas:core:2.0:User:userName', 'sw', 'J'),
    ],
    ['title pr', present('title')],
    [
      'meta.lastModified gt "2011-05-13T04:42:34Z"',
      compare('meta.lastModified', 'gt', '2011-05-13T04:42:34Z'),
    ],
    ['title pr and userType eq "Employee"', and(present('title'), compare('userType', 'eq', 'Employee'))],
    ['a pr or b pr and c pr', or(present('a'), and(present('b'), present('c')))],
    ['(a pr or b pr) and c pr', and(or(present('a'), present('b')), present('c'))],
    ['a pr and b pr and c pr', and(present('a'), present('b'), present('c'))],
    ['not (a pr)', not(present('a'))],
    ['NOT(a PR) AND b Eq 1', and(not(present('a')), compare('b', 'eq', 1))],
    [
      'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
      and(
        compare('userType', 'eq', 'Employee'),
        or(compare('emails', 'co', 'example.com'), compare('emails.value', 'co', 'example.org')),
      ),
    ],
    [
      'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp"]',
      or(
        element('emails', and(compare('type', 'eq', 'work'), compare('value', 'co', '@example.com'))),
        element('ims', compare('type', 'eq', 'xmpp')),
      ),
    ],
    [
      'emails[type eq "work"].value eq "x"',
      element('emails', and(compare('type', 'eq', 'work'), compare('value', 'eq', 'x'))),
    ],
    ['emails[not (type eq "work")]', element('emails', not(compare('type', 'eq', 'work')))],
    ['a eq "x) and (b eq \\"y"', compare('a', 'eq', 'x) and (b eq "y')],
    ['a eq "\\u00d6z\\n\\\\"', compare('a', 'eq', 'Öz\n\\')],
    ['a eq true', compare('a', 'eq', true)],
    ['a eq False', compare('a', 'eq', false)],
    ['a eq null', compare('a', 'eq', null)],
    ['a gt -1.5e3', compare('a', 'gt', -1500)],
    ['a eq -0', compare('a', 'eq', 0)],
    ['  a   pr  ', present('a')],
    ['((((a pr))))', present('a')],
    ['not.so pr', present('not.so')],
    ['members.$ref eq "x"', compare('members.$ref', 'eq', 'x')],
  ])('%s', (text, tree) => {
    expect(shapeOf(parseFilterSyntax(text))).toEqual(tree);
  });
});

describe('a filter that is none is refused with the place of the mistake', () => {
  it.each([
    ['', 'is empty'],
    ['   ', 'is empty'],
    ['userName', 'character 9: it ends too early; after "userName" one of pr, eq'],
    ['userName eq', 'character 12: it ends too early; after "eq" a value was expected'],
    ['userName eq bjensen', 'character 13: after "eq" a value was expected; texts stand in double quotes'],
    ["userName eq 'bjensen'", 'character 13: "\'" has no meaning here'],
    ['userName eq "bjensen', 'character 13: the text that starts here has no closing double quote'],
    ['userName eq "a\\"', 'character 13: the text that starts here has no closing double quote'],
    ['userName eq "\\x"', 'character 13: inside quotes write'],
    ['userName eq "a\tb"', 'character 13: inside quotes write'],
    ['userName eq "a\\u0000"', 'character 13: a text must not contain the character U+0000'],
    ['userName is "x"', 'character 10: after "userName" one of pr, eq'],
    ['userName eq "x" title pr', 'character 17: nothing more was expected'],
    ['userName eq "x" and', 'character 20: it ends too early; the name of an attribute was expected'],
    ['and title pr', 'character 5: after "and" one of pr'],
    ['(title pr', 'character 10: it ends too early; ")" was expected for the "(" at character 1'],
    ['title pr)', 'character 9: nothing more was expected'],
    ['emails[type pr', 'character 15: it ends too early; "]" was expected for the "[" at character 7'],
    ['emails[type pr)', 'character 15: "]" was expected'],
    ['emails[]', 'character 8: the name of an attribute was expected'],
    ['emails[type pr] eq "x"', 'character 17: nothing more was expected'],
    ['not title pr', 'character 5: after "not" one of pr'],
    ['"x" eq userName', 'character 1: the name of an attribute was expected'],
    ['.value pr', 'character 1: the name of an attribute was expected'],
    ['name. pr', 'character 1: the name of an attribute was expected'],
    ['a eq 1e999', 'character 6: the number is too large'],
    ['a eq 01', 'character 7: nothing more was expected'],
    ['a eq +1', 'character 6: "+" has no meaning here'],
    ['a > 1', 'character 3: ">" has no meaning here'],
    ['titlé pr', 'character 5: "é" has no meaning here'],
    ['a eq {"b":1}', 'character 6: "{" has no meaning here'],
  ])('%s', (text, detail) => {
    const error = refusal(text);
    expect(error).toMatchObject({ status: 400, scimType: 'invalidFilter' });
    expect(error.detail).toContain(detail);
  });
});

describe('the limits of a filter', () => {
  const nested = (depth: number) => `${'('.repeat(depth)}title pr${')'.repeat(depth)}`;
  const chained = (terms: number) => Array(terms).fill('title pr').join(' or ');
  const long = (bytes: number) => `title eq "${'x'.repeat(bytes - 11)}"`;

  it('are 20 levels, 100 comparisons and 4,096 bytes', () => {
    for (const text of [nested(20), chained(100), long(4096)]) {
      expect(() => parseFilterSyntax(text)).not.toThrow();
    }
  });

  it.each([
    ['a level more', nested(21), 'nested more than 20 levels deep'],
    ['a comparison more', chained(101), 'more than 100 comparisons'],
    ['a byte more', long(4097), 'longer than 4096 bytes'],
    ['more bytes than characters', `title eq "${'é'.repeat(2045)}"`, 'longer than 4096 bytes'],
  ])('refuse %s', (_, text, detail) => {
    expect(refusal(text).detail).toContain(detail);
  });

  it('keep every hostile text under 50 ms', () => {
    const hostile = [
      `userName eq "${'\\'.repeat(4000)}`,
      `userName eq "${'\n'.repeat(4000)}`,
      '('.repeat(4096),
      'not('.repeat(1024),
      'a['.repeat(2048),
      `${'a'.repeat(4095)}!`,
      `a eq ${'1'.repeat(4000)}e`,
      'a pr or '.repeat(512),
      ' '.repeat(4096),
      `${'a.'.repeat(2040)} pr`,
      `(${Array(16).fill('(a pr or b pr)').join(' and ')})`,
    ];
    const timeToParse = (text: string): number => {
      const start = performance.now();
      try {
        parseFilterSyntax(text);
      } catch (error) {
        expect(error).toBeInstanceOf(ScimError);
      }
      return performance.now() - start;
    };
    // The best of three, as the machine may be busy with something else.
    for (const text of hostile) {
      expect(Math.min(timeToParse(text), timeToParse(text), timeToParse(text))).toBeLessThan(50);
    }
  });
});

const path = fc.constantFrom(
  'title',
  'name.givenName',
  'urn:ietf:params:scim:schemas:core:2.0:User:userName',
  'x.$ref',
);
const scalar = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
);
const { tree } = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    path.map((name) => `${name} pr`),
    fc
      .tuple(path, fc.constantFrom('eq', 'NE', 'co', 'gt'), scalar)
      .filter(([, , value]) => !String(value).includes('\0'))
      .map(([name, operator, value]) => `${name} ${operator} ${JSON.stringify(value)}`),
    fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map((terms) => terms.join(' and ')),
    fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map((terms) => terms.join(' or ')),
    tie('tree').map((term) => `(${term})`),
    tie('tree').map((term) => `not (${term})`),
    tie('tree').map((term) => `emails[${term}]`),
    tie('tree').map((term) => `emails[${term}].value eq "x"`),
  ),
}));

describe('a printed filter', () => {
  it('parses to the tree that it was printed from', () => {
    fc.assert(
      fc.property(tree, (text) => {
        const first = parseFilterSyntax(text);
        const printed = printFilter(first);
        const second = parseFilterSyntax(printed);
        expect(shapeOf(second)).toEqual(shapeOf(first));
        expect(printFilter(second)).toBe(printed);
      }),
      { numRuns: 300 },
    );
  });

  it('is either parsed or refused with a SCIM error, whatever the text', () => {
    const piece = fc.constantFrom(
      '(',
      ')',
      '[',
      ']',
      '"',
      '\\',
      ' and ',
      ' or ',
      ' not ',
      ' eq ',
      ' pr',
      'emails',
      '.value',
      '1',
      '-',
      '\u{1f600}',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ unit: 'binary' })), { maxLength: 30 }), (pieces) => {
        try {
          parseFilterSyntax(pieces.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(ScimError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
