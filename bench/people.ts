import type { JsonObject } from '../src/core/json.ts';
import { CORE_GROUP, CORE_USER, ENTERPRISE_USER } from '../src/core/user.ts';

export const CONNECTION = 'bench';

/** Users beyond the directory's size, who are in no group: they are added to groups and taken out again. */
export const OUTSIDERS = 1000;

export const GROUP_SIZES = [10, 1000, 10_000, 100_000] as const;

const FIRST = ['Ana', 'Bogdan', 'Chiara', 'Dmitri', 'Élodie', 'Farid', 'Greta', 'Hiroshi', 'Inês', 'Jonas'];
const LAST = ['Díaz', 'Novák', 'Rossi', 'Ivanova', 'Lefèvre', 'Haddad', 'Olsen', 'Tanaka', 'Costa', 'Weber'];
const DEPARTMENTS = ['Sales', 'Support', 'Engineering', 'Finance', 'Legal', 'Marketing', 'People'];

/** UUIDs in the order of `n`, so that pages by id are pages by number. */
export function userId(n: number): string {
  return `018f0000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

export function groupId(members: number): string {
  return `018f0000-0000-7001-8000-${members.toString(16).padStart(12, '0')}`;
}

export function userName(n: number): string {
  return `person.${n}@example.com`;
}

/** Numbers from 0 to `size` - 1 in an order without pattern: the nth of it. */
export function scattered(n: number, size: number): number {
  return Number((BigInt(n) * 2_654_435_761n) % BigInt(size));
}

/** About 1 KB: what Entra ID's and Okta's default mappings fill of the core and enterprise schemas. */
export function personDocument(n: number, name = userName(n)): JsonObject {
  const given = FIRST[n % FIRST.length] ?? '';
  const family = LAST[Math.floor(n / 10) % LAST.length] ?? '';
  return {
    externalId: `00u${n.toString(36).padStart(17, '0')}`,
    userName: name,
    name: { formatted: `${given} ${family}`, givenName: given, familyName: family },
    displayName: `${given} ${family} ${n}`,
    title: `Manager, region ${n % 1000}`,
    preferredLanguage: 'en-GB',
    locale: 'en-GB',
    timezone: 'Europe/Zurich',
    active: true,
    emails: [
      { value: name, type: 'work', primary: true },
      { value: `home.${name}`, type: 'home' },
    ],
    phoneNumbers: [
      { value: `+41 44 ${100 + (n % 900)} 00 00`, type: 'work' },
      { value: `+41 79 ${100 + (n % 900)} 11 11`, type: 'mobile' },
    ],
    addresses: [
      {
        type: 'work',
        streetAddress: `Bahnhofstrasse ${n % 200}`,
        locality: 'Zürich',
        region: 'ZH',
        postalCode: '8001',
        country: 'CH',
      },
    ],
    [ENTERPRISE_USER]: {
      employeeNumber: String(100_000 + n),
      costCenter: `CC-${n % 300}`,
      organization: 'Example AG',
      division: 'EMEA',
      department: DEPARTMENTS[n % DEPARTMENTS.length] ?? '',
    },
  };
}

/** The body of a push. */
export function personBody(n: number, name?: string): JsonObject {
  return { schemas: [CORE_USER, ENTERPRISE_USER], ...personDocument(n, name) };
}

/** What a server answers for a person, for those that answer from memory. */
export function personAnswer(n: number, base: string, name?: string): JsonObject {
  const id = userId(n);
  const at = '2026-03-01T10:00:00.000Z';
  return {
    schemas: [CORE_USER, ENTERPRISE_USER],
    id,
    ...personDocument(n, name),
    groups: [],
    meta: {
      resourceType: 'User',
      created: at,
      lastModified: at,
      location: `${base}/Users/${id}`,
      version: 'W/"1"',
    },
  };
}

export function groupTitle(members: number): string {
  return `Group of ${members}`;
}

export function memberAnswer(n: number, base: string): JsonObject {
  return { value: userId(n), $ref: `${base}/Users/${userId(n)}`, type: 'User' };
}

/** A group without its members, as it is answered. */
export function groupAnswer(members: number, base: string): JsonObject {
  const id = groupId(members);
  const meta = { resourceType: 'Group', location: `${base}/Groups/${id}`, version: 'W/"1"' };
  return { schemas: [CORE_GROUP], id, displayName: groupTitle(members), meta };
}
