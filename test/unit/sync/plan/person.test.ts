import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { readPerson } from '../../../../src/sync/plan/person.ts';

const home = { value: 'home@example.com', type: 'home' };
const work = { value: 'work@example.com', type: 'Work' };
const primary = { value: ' main@example.com ', type: 'home', primary: true };

describe('The address', () => {
  it.each<[string, JsonObject, string | null]>([
    ['is the primary e-mail, trimmed', { emails: [work, home, primary] }, 'main@example.com'],
    ['is the one of type work where none is primary', { emails: [home, work] }, 'work@example.com'],
    ['is the first one otherwise', { emails: [home, { value: 'b@example.com' }] }, 'home@example.com'],
    ['is sent as written', { emails: [{ value: 'Ana.DÍAZ@Example.com' }] }, 'Ana.DÍAZ@Example.com'],
    [
      'passes over e-mails without a value',
      { emails: [{ type: 'work', primary: true }, home] },
      'home@example.com',
    ],
    ['passes over blank e-mails', { emails: [{ value: '  ', primary: true }, home] }, 'home@example.com'],
    ['is the userName where there is no e-mail', { userName: 'ana@example.com' }, 'ana@example.com'],
    [
      'is the userName where the e-mails are empty',
      { userName: 'ana@example.com', emails: [] },
      'ana@example.com',
    ],
    [
      'is an e-mail rather than a userName',
      { userName: 'ana@example.com', emails: [home] },
      'home@example.com',
    ],
    ['is none where the userName is no address', { userName: 'ana' }, null],
    ['is none where the userName has two @', { userName: 'a@b@example.com' }, null],
    ['is none where the userName has a comma', { userName: 'ana,x@example.com' }, null],
    ['is none where the userName has a KELVIN SIGN', { userName: '\u212aim@example.com' }, null],
    ['is none where the userName is too long', { userName: `${'a'.repeat(243)}@example.com` }, null],
    ['is a userName with an apostrophe and a plus', { userName: "o'b+x@example.com" }, "o'b+x@example.com"],
    ['is the userName, trimmed', { userName: ' ana@example.com ' }, 'ana@example.com'],
    [
      'is an e-mail that has a fault, so that it can be named, before a userName that has none',
      { userName: 'ana@example.com', emails: [{ value: 'ana at home' }] },
      'ana at home',
    ],
  ])('%s', (_what, document, address) => {
    expect(readPerson(document).address).toBe(address);
  });
});

describe('Given and family name', () => {
  it.each<[string, JsonObject, string | null, string | null]>([
    ['are those of name, trimmed', { name: { givenName: ' Ana ', familyName: 'Díaz' } }, 'Ana', 'Díaz'],
    ['are split from displayName', { displayName: 'Ana Díaz Roca' }, 'Ana', 'Díaz Roca'],
    [
      'are split from name.formatted where there is no displayName',
      { name: { formatted: 'Ana Díaz' } },
      'Ana',
      'Díaz',
    ],
    [
      'come from displayName rather than from name.formatted',
      { displayName: 'Ana Díaz', name: { formatted: 'Dr Díaz' } },
      'Ana',
      'Díaz',
    ],
    ['are filled in one by one', { displayName: 'Ana Díaz', name: { familyName: 'Roca' } }, 'Ana', 'Roca'],
    ['have no family name in a single word', { displayName: 'Ana' }, 'Ana', null],
    ['are none where nothing tells them', { userName: 'ana@example.com' }, null, null],
    ['are none where they are blank', { name: { givenName: ' ', familyName: '' } }, null, null],
    ['are split at any white space', { displayName: '  Ana \t Díaz ' }, 'Ana', 'Díaz'],
  ])('%s', (_what, document, given, family) => {
    expect(readPerson(document)).toMatchObject({ given, family });
  });
});

describe('The full name', () => {
  const name = { givenName: 'Ana', familyName: 'Díaz' };
  it.each<[string, JsonObject, string | null]>([
    ['is displayName', { displayName: 'Ana D.', name: { ...name, formatted: 'Dr Díaz' } }, 'Ana D.'],
    ['is name.formatted after that', { name: { ...name, formatted: 'Dr Díaz' } }, 'Dr Díaz'],
    ['is given and family name after that', { name }, 'Ana Díaz'],
    ['is the one name that there is', { name: { familyName: 'Díaz' } }, 'Díaz'],
    ['is the address at last', { emails: [home] }, 'home@example.com'],
    ['is none where nothing tells it', { userName: 'ana' }, null],
  ])('%s', (_what, document, full) => {
    expect(readPerson(document).full).toBe(full);
  });
});
