import { fold } from './fold.ts';

/** The form in which vendor addresses are compared: A–Z alone are folded, so that no other letter ever becomes one of them. */
export function foldAddress(address: string): string {
  return address.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The form in which an account's address is kept for look-ups. A group's is its title, and a title is a name. */
export function addressKey(kind: 'user' | 'group', address: string): string {
  return kind === 'group' ? fold(address) : foldAddress(address);
}

/** The longest address that can be mailed to, in characters (RFC 5321 §4.5.3.1.3, without its angle brackets). */
const MAX_LENGTH = 254;

const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

/** What an address must not hold, wherever it stands. */
const FORBIDDEN: readonly [RegExp, string][] = [
  [/\s/u, 'holds white space'],
  [/\p{Cc}/u, 'holds a control character'],
  [INVISIBLE, 'holds an invisible character'],
  [/"/u, 'holds a double quote'],
  [/[{}]/u, 'holds a curly brace'],
  [/,/u, 'holds a comma'],
  [/\.\./u, 'has two dots in a row'],
];

/**
 * Why a text, trimmed before, cannot be sent as an e-mail address, as the end of a sentence; null: it can. Stricter than RFC 5322: what
 * vendors store, compare or put into their lists in different ways must not make one person's address another's.
 */
export function addressFault(address: string): string | null {
  if (isLonger(address, MAX_LENGTH)) return 'is too long';
  if (!address.isWellFormed()) return 'is not well-formed Unicode';
  const [local = '', domain, ...more] = address.split('@');
  if (domain === undefined) return 'has no @';
  if (more.length > 0) return 'has more than one @';
  if (local === '') return 'has nothing before its @';
  if (domain === '') return 'has nothing after its @';
  const forbidden = FORBIDDEN.find(([pattern]) => pattern.test(address));
  if (forbidden !== undefined) return forbidden[1];
  if (local.startsWith('.')) return 'begins with a dot';
  if (local.endsWith('.')) return 'has a dot before its @';
  if ((isLiteral(domain) ? local : address).includes(':')) return 'holds a colon';
  // A letter and a mark may compose to one of those.
  return [...address, ...address.normalize('NFC')].some(turnsIntoAscii)
    ? 'holds a character that turns into an ASCII one when texts are compared'
    : null;
}

/** Counted in characters; of a very long text none is. */
function isLonger(text: string, characters: number): boolean {
  if (text.length > 2 * characters) return true;
  return text.length > characters && [...text].length > characters;
}

/** As in `user@[IPv6:2001:db8::1]` (RFC 5321 §4.1.3). */
function isLiteral(domain: string): boolean {
  return /^\[[^[\]]+\]$/u.test(domain);
}

/** Such as the KELVIN SIGN, whose lower case is k: at a vendor that folds it, it is another person's address. */
function turnsIntoAscii(character: string): boolean {
  return !isAscii(character) && [...character.normalize('NFC'), ...character.toLowerCase()].some(isAscii);
}

function isAscii(character: string): boolean {
  return character.charCodeAt(0) < 0x80;
}

/** Of a wrong address, this much is shown, in characters. */
const SHOWN = 100;

/** The beginning of a wrong address as a JSON text; what cannot be seen, or is not what it looks like, is escaped. */
export function quoteAddress(address: string): string {
  const shown = JSON.stringify([...address.slice(0, 2 * SHOWN)].slice(0, SHOWN).join(''));
  const odd = (character: string) =>
    /(?! )[\p{Z}\p{Cc}]/u.test(character) || INVISIBLE.test(character) || turnsIntoAscii(character);
  return [...shown].map((character) => (odd(character) ? escapeUnits(character) : character)).join('');
}

function escapeUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
