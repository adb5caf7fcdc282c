import { describe, expect, it } from 'vitest';
import { addressFault, addressKey, foldAddress, quoteAddress } from '../../../src/core/address.ts';

/** `total` characters long. */
function long(total: number): string {
  return `${'a'.repeat(total - '@example.com'.length)}@example.com`;
}

describe('An address is folded', () => {
  it.each([
    ['by its A–Z', 'Ana.DIAZ@Example.COM', 'ana.diaz@example.com'],
    ['by no other letter', 'JOSÉ.Ñ.Ö@Bücher.example', 'josÉ.Ñ.Ö@bücher.example'],
    ['but for the KELVIN SIGN', '\u212aim@example.com', '\u212aim@example.com'],
    ['but for an I with a dot', '\u0130van@example.com', '\u0130van@example.com'],
    ['and never composed', 'jose\u0301@example.com', 'jose\u0301@example.com'],
  ])('%s', (_what, address, folded) => {
    expect(foldAddress(address)).toBe(folded);
  });

  it('for a person’s key, and as a name for a group’s', () => {
    expect(addressKey('user', 'SALES É')).toBe('sales É');
    expect(addressKey('group', 'SALES E\u0301')).toBe('sales é');
  });
});

describe('An address can be sent', () => {
  it.each([
    ['as usual', 'ana@example.com'],
    ['without a dot in its domain', 'ana@example'],
    ['with an apostrophe', "o'brien@example.com"],
    ['with a typographic apostrophe', 'o’brien@example.com'],
    ['with a plus', 'ana+x@example.com'],
    ['with dots that stand alone', 'a.b.c@mail.example.com'],
    ['with other signs', 'a!#$%&*/=?^_`|~-b@example.com'],
    ['with letters beyond ASCII', 'josé.Ångström@bücher.example'],
    ['with letters of other scripts', 'мария@пример.рф'],
    ['with a letter composed of two characters', 'jose\u0301@example.com'],
    ['with a letter whose upper case alone is ASCII', 'kı\u017fa@example.com'],
    ['with an emoji', '👩@example.com'],
    ['with a domain literal', 'ana@[192.0.2.1]'],
    ['with colons in its domain literal', 'ana@[IPv6:2001:db8::1]'],
    ['of 254 characters', long(254)],
    ['of 254 characters that are more UTF-16 units', `${'👩'.repeat(242)}@example.com`],
  ])('%s', (_what, address) => {
    expect(addressFault(address)).toBeNull();
  });
});

const FOLDED = 'holds a character that turns into an ASCII one when texts are compared';

describe('An address cannot be sent that', () => {
  it.each([
    ['has no @', 'ana'],
    ['has no @', ''],
    ['has no @', 'ana\uff20example.com'],
    ['has more than one @', 'a@b@example.com'],
    ['has more than one @', 'ana@example.com,bo@example.com'],
    ['has nothing before its @', '@example.com'],
    ['has nothing after its @', 'ana@'],
    ['is too long', long(255)],
    ['is too long', `${'👩'.repeat(243)}@example.com`],
    ['is too long', 'x'.repeat(255)],
    ['is not well-formed Unicode', 'a\ud800na@example.com'],
    ['is not well-formed Unicode', 'a\udc00na@example.com'],
    ['holds a double quote', '"ana"@example.com'],
    ['holds a curly brace', 'a{na@example.com'],
    ['holds a curly brace', 'ana@exam}ple.com'],
    ['holds a comma', 'ana,x@example.com'],
    ['holds a comma', 'ana@[192,0]'],
    ['holds a colon', 'mailto:ana@example.com'],
    ['holds a colon', 'ana@example.com:25'],
    ['holds a colon', 'a:b@[IPv6:2001:db8::1]'],
    ['holds a colon', 'ana@[IPv6:1]:25'],
    ['holds a colon', 'ana@[a][b:c]'],
    ['has two dots in a row', 'ana..diaz@example.com'],
    ['has two dots in a row', 'ana@example..com'],
    ['begins with a dot', '.ana@example.com'],
    ['has a dot before its @', 'ana.@example.com'],
  ])('%s: %j', (fault, address) => {
    expect(addressFault(address)).toBe(fault);
  });

  it.each([
    ['a space', ' ', 'holds white space'],
    ['a tab', '\t', 'holds white space'],
    ['the end of a line', '\n', 'holds white space'],
    ['a no-break space', '\u00a0', 'holds white space'],
    ['an ideographic space', '\u3000', 'holds white space'],
    ['a line separator', '\u2028', 'holds white space'],
    ['a byte order mark', '\ufeff', 'holds white space'],
    ['a NUL', '\0', 'holds a control character'],
    ['a DEL', '\x7f', 'holds a control character'],
    ['a NEXT LINE', '\u0085', 'holds a control character'],
    ['a zero-width space', '\u200b', 'holds an invisible character'],
    ['a joiner', '\u200d', 'holds an invisible character'],
    ['a soft hyphen', '\u00ad', 'holds an invisible character'],
    ['a right-to-left mark', '\u200f', 'holds an invisible character'],
    ['a right-to-left override', '\u202e', 'holds an invisible character'],
    ['an isolate', '\u2066', 'holds an invisible character'],
    ['an Arabic letter mark', '\u061c', 'holds an invisible character'],
    ['an Arabic number sign', '\u0600', 'holds an invisible character'],
    ['a tag', '\u{e0061}', 'holds an invisible character'],
    ['a grapheme joiner', '\u034f', 'holds an invisible character'],
    ['a filler', '\u3164', 'holds an invisible character'],
    ['a variation selector', '\ufe0f', 'holds an invisible character'],
    ['a KELVIN SIGN, in lower case k', '\u212a', FOLDED],
    ['an I with a dot, in lower case i and a dot', '\u0130', FOLDED],
    ['an I and a dot that compose to one', 'I\u0307', FOLDED],
    ['a Greek question mark, composed ;', '\u037e', FOLDED],
    ['a Greek varia, composed `', '\u1fef', FOLDED],
  ])('holds %s, wherever it stands', (_what, character, fault) => {
    expect(addressFault(`a${character}b@example.com`)).toBe(fault);
    expect(addressFault(`${character}b@example.com`)).toBe(fault);
    expect(addressFault(`ab@example${character}.com`)).toBe(fault);
    expect(addressFault(`ab@example.com${character}`)).toBe(fault);
  });

  it('holds any character that NFC or lower case turns into an ASCII one', () => {
    // Beyond the fourth plane nothing has another form.
    const codes = Array.from({ length: 0x40000 - 0x80 }, (_, index) => index + 0x80);
    const turned = codes
      .map((code) => String.fromCodePoint(code))
      .filter((character) => {
        return /\p{ASCII}/u.test(character.normalize('NFC') + character.toLowerCase());
      });
    expect(turned).toContain('\u212a');
    expect(turned.filter((character) => addressFault(`a${character}b@example.com`) !== FOLDED)).toEqual([]);
  });
});

describe('A wrong address is shown', () => {
  it.each([
    ['between quotes', 'ana at home', '"ana at home"'],
    ['with a quote escaped', '"ana"@example.com', String.raw`"\"ana\"@example.com"`],
    ['with letters as they are', 'josé,мария', '"josé,мария"'],
    [
      'with a control character escaped',
      'a\u0000\u0007\u007f\u0085b',
      String.raw`"a\u0000\u0007\u007f\u0085b"`,
    ],
    ['with a right-to-left override escaped', 'a\u202eb', String.raw`"a\u202eb"`],
    ['with a zero-width space escaped', 'a\u200bb', String.raw`"a\u200bb"`],
    ['with a tag escaped, as JSON does', 'a\u{e0061}b', String.raw`"a\udb40\udc61b"`],
    ['with half a character escaped', 'a\ud800b', String.raw`"a\ud800b"`],
    [
      'with any space but the usual one escaped',
      'a b\u00a0\u2028\ufeff',
      String.raw`"a b\u00a0\u2028\ufeff"`,
    ],
    ['with the KELVIN SIGN escaped', '\u212aim', String.raw`"\u212aim"`],
    ['up to 100 characters', 'x'.repeat(101), `"${'x'.repeat(100)}"`],
    ['up to 100 characters, none of them cut', '👩'.repeat(101), `"${'👩'.repeat(100)}"`],
  ])('%s', (_what, address, shown) => {
    expect(quoteAddress(address)).toBe(shown);
  });

  it('as a JSON text of what it is', () => {
    const address = 'a\u0000"\\\u202e\u212a\u{e0061}é ';
    expect(JSON.parse(quoteAddress(address))).toBe(address);
  });
});
