import assert from 'node:assert/strict';
import { ENTERPRISE, GROUP, namesOf, type Rule, type Scim, USER, VENDOR } from '../rule.ts';

const ADA = {
  schemas: [USER, ENTERPRISE, VENDOR],
  userName: 'ada',
  externalId: 'X1',
  title: 'Countess',
  active: true,
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  emails: [
    { value: 'ada@example.com', type: 'work', primary: true },
    { value: 'ada@home.example', type: 'home' },
  ],
  x509Certificates: [{ value: 'AAEC' }],
  [ENTERPRISE]: { department: 'Engines', manager: { value: 'm-1' } },
  [VENDOR]: { seatType: 'full', seats: 5 },
};
const BOB = {
  userName: 'bob',
  externalId: 'x1',
  active: false,
  name: { givenName: 'Bob', familyName: 'Boole' },
  emails: [{ value: 'bob@home.example', type: 'work' }],
  [ENTERPRISE]: { department: 'Logic' },
  [VENDOR]: { seats: 10 },
};
const CAT = { userName: 'cat' };

/** Ada and Bob in a group of their own each, Cat in none. */
async function fill(scim: Scim): Promise<{ ada: string; engines: string }> {
  const ada = String((await scim.user(ADA))['id']);
  const bob = await scim.user(BOB);
  await scim.user(CAT);
  const engines = await scim.group({ displayName: 'Engines', members: [{ value: ada }] });
  await scim.group({ displayName: 'Logic', externalId: 'g', members: [{ value: bob['id'] }] });
  return { ada, engines: String(engines['id']) };
}

const find = (scim: Scim, filter: string, endpoint = '/Users') =>
  scim.send('GET', `${endpoint}?filter=${encodeURIComponent(filter)}`);

/** A filter with the userNames that it finds of Ada, Bob and Cat; `{…}` stands for an id. */
const FOUND: [says: string, filter: string, found: string[], section?: string][] = [
  ['eq: the values are equal', 'userName eq "ada"', ['ada']],
  [
    'ne: the values differ; an unassigned attribute differs from every value',
    'title ne "Countess"',
    ['bob', 'cat'],
  ],
  ['co: the value is contained', 'name.familyName co "oo"', ['bob']],
  ['sw: the value is the beginning', 'userName sw "b"', ['bob']],
  ['ew: the value is the end', 'emails.value ew "home.example"', ['ada', 'bob']],
  ['pr: the attribute has a value', 'title pr', ['ada']],
  ['pr on a complex attribute: it has a value that is not empty', 'name pr', ['ada', 'bob']],
  ['gt: greater, by the type of the attribute', `${VENDOR}:seats gt 5`, ['bob']],
  ['ge: greater or equal', `${VENDOR}:seats ge 5`, ['ada', 'bob']],
  ['lt: less; integers are compared as numbers, not as texts', `${VENDOR}:seats lt 10`, ['ada']],
  ['le: less or equal', `${VENDOR}:seats le 10`, ['ada', 'bob']],
  ['texts are compared in the order of their characters', 'userName gt "ada"', ['bob', 'cat']],
  ['dateTimes are compared as time, whatever their zone', 'meta.created lt "2026-03-01T11:00:00+02:00"', []],
  ['dateTimes are equal as time', 'meta.created eq "2026-03-01T11:00:00+01:00"', ['ada', 'bob', 'cat']],
  ['booleans are compared with true and false', 'active eq false', ['bob']],
  ['a boolean may stand in quotes, as Entra ID writes it', 'active eq "False"', ['bob']],
  ['null stands for no value', 'title eq null', ['bob', 'cat']],
  ['attribute names and operators are in any case', 'USERNAME EQ "ada"', ['ada']],
  ['a text whose attribute is not caseExact is compared without case', 'userName eq "ADA"', ['ada']],
  ['a text whose attribute is caseExact is compared with case', 'externalId eq "x1"', ['bob']],
  ['and: both hold', 'active eq true and title pr', ['ada']],
  ['or: one of both holds', 'userName eq "ada" or userName eq "cat"', ['ada', 'cat']],
  ['not: what stands in its brackets does not hold', 'not (title pr)', ['bob', 'cat']],
  ['and comes before or', 'userName eq "cat" or userName eq "ada" and title pr', ['ada', 'cat']],
  ['brackets come before and', '(userName eq "cat" or userName eq "ada") and title pr', ['ada']],
  ['not may hold a whole expression', 'not (userName eq "cat" or title pr)', ['bob']],
  ['a multi-valued attribute matches where one of its values does', 'emails.value co "home"', ['ada', 'bob']],
  [
    'a multi-valued attribute without a sub-attribute means its value',
    'emails eq "bob@home.example"',
    ['bob'],
  ],
  [
    'attr[…]: one and the same element fulfils all of it',
    'emails[type eq "work" and value co "home"]',
    ['bob'],
  ],
  ['attr[…] with or, and and not inside', 'emails[type eq "home" or not (value co "ada")]', ['ada', 'bob']],
  [
    'attr[…].sub compares that very element, as Entra ID writes it',
    'emails[type eq "work"].value eq "ada@example.com"',
    ['ada'],
  ],
  ['attr[…] joined with more', 'emails[type eq "work"] and userName sw "a"', ['ada']],
  ['primary is searchable', 'emails[primary eq true]', ['ada']],
  ['a sub-attribute is named with a dot', 'name.givenName eq "ada"', ['ada']],
  ['a fully qualified core attribute', `${USER}:userName eq "bob"`, ['bob'], '3.10'],
  ['a fully qualified sub-attribute', `${USER}:name.familyName eq "boole"`, ['bob'], '3.10'],
  ['an extension attribute by its URN', `${ENTERPRISE}:department eq "logic"`, ['bob'], '3.10'],
  ['a sub-attribute of an extension', `${ENTERPRISE}:manager.value eq "m-1"`, ['ada'], '3.10'],
  ["the vendor's own extension attribute", `${VENDOR}:seatType eq "FULL"`, ['ada'], '3.10'],
  ['schemas is searchable', `schemas eq "${VENDOR}"`, ['ada', 'bob']],
  ['meta.resourceType is searchable', 'meta.resourceType eq "User" and title pr', ['ada']],
  ['meta.version is searchable', 'meta.version eq "W/\\"1\\"" and title pr', ['ada']],
  ['id is searchable', 'id eq "{ada}"', ['ada']],
  ['groups holds the groups of a User', 'groups eq "{engines}"', ['ada']],
  ['groups.display is searchable', 'groups.display eq "logic"', ['bob']],
  ['a text that looks like SQL is only a text', `userName eq "x' or '1'='1"`, []],
  ['a quote inside a text is escaped as in JSON', 'userName eq "a\\"da"', []],
  ['wildcards of SQL have no meaning', 'userName co "%"', []],
];

/** A filter on Groups with the displayNames that it finds. */
const FOUND_GROUPS: [says: string, filter: string, found: string[]][] = [
  ['displayName of Groups is searchable without case', 'displayName eq "ENGINES"', ['Engines']],
  ['members of Groups are searchable', 'members eq "{ada}"', ['Engines']],
  ['members[…] of Groups is searchable', 'members[value eq "{ada}" and type eq "User"]', ['Engines']],
  ["Entra ID's reference check: id and members", 'id eq "{engines}" and members eq "{ada}"', ['Engines']],
  ['externalId of Groups is searchable', 'externalId eq "g"', ['Logic']],
];

/** What is 400 with `invalidFilter`. */
const REFUSED: [says: string, filter: string][] = [
  ['an unknown attribute', 'shoeSize eq 4'],
  ['an unknown operator', 'userName is "ada"'],
  ['a missing value', 'userName eq'],
  ['a text without its closing quote', 'userName eq "ada'],
  ['a bracket that is not closed', '(userName eq "ada"'],
  ['a text without quotes', 'userName eq ada'],
  ['two comparisons without a word between', 'userName pr title pr'],
  ['an order of booleans', 'active gt true'],
  ['an order of binary values', 'x509Certificates.value gt "AA"'],
  ['a comparison of a complex attribute as a whole', 'name eq "ada"'],
  ['a number where a text is wanted', 'userName eq 4'],
  ['a dateTime that is none', 'meta.created gt "yesterday"'],
  ['the password, which is never returned', 'password eq "x"'],
  ['an empty filter', ' '],
  ['more than 4 KiB', `userName eq "${'x'.repeat(4096)}"`],
  ['more than 20 levels', `${'('.repeat(21)}userName pr${')'.repeat(21)}`],
  ['more than 100 comparisons', Array(101).fill('title pr').join(' or ')],
];

function fillIn(filter: string, ids: Record<string, string>): string {
  return filter.replaceAll(/\{(ada|engines)\}/g, (_, name: string) => ids[name] ?? '');
}

export const filterRules: Rule[] = [
  ...FOUND.map(([says, filter, found, section = '3.4.2.2']) => ({
    section: `RFC 7644 §${section}`,
    says: `Filters: ${says}.`,
    holds: async (scim: Scim) => {
      const ids = await fill(scim);
      const answer = await find(scim, fillIn(filter, ids));
      assert.deepEqual([answer.status, namesOf(answer)], [200, found]);
      assert.equal(answer.body['totalResults'], found.length);
    },
  })),
  ...FOUND_GROUPS.map(([says, filter, found]) => ({
    section: 'RFC 7644 §3.4.2.2',
    says: `Filters: ${says}.`,
    holds: async (scim: Scim) => {
      const ids = await fill(scim);
      assert.deepEqual(namesOf(await find(scim, fillIn(filter, ids), '/Groups')), found);
    },
  })),
  ...REFUSED.map(([says, filter]) => ({
    section: 'RFC 7644 §3.4.2.2',
    says: `A filter is refused with 400 invalidFilter for ${says}.`,
    holds: async (scim: Scim) => {
      const { status, body } = await find(scim, filter);
      assert.deepEqual([status, body['scimType']], [400, 'invalidFilter']);
    },
  })),
  {
    section: 'RFC 7644 §3.4.2.2',
    says: 'A filter that finds nothing is answered 200 with an empty list, not 404.',
    holds: async (scim) => {
      const { status, body } = await find(scim, 'userName eq "nobody"');
      assert.deepEqual([status, body['totalResults'], body['Resources']], [200, 0, []]);
    },
  },
  {
    section: 'RFC 7644 §3.4.2.2',
    says: 'A plus stands for a blank in a query, as Entra ID writes it.',
    holds: async (scim) => {
      await scim.user(CAT);
      assert.deepEqual(namesOf(await scim.send('GET', '/Users?filter=userName+eq+%22cat%22')), ['cat']);
    },
  },
  {
    section: 'RFC 7644 §3.4.2.2',
    says: 'Inactive Users are found like others.',
    holds: async (scim) => {
      await scim.user({ ...CAT, active: false });
      assert.deepEqual(namesOf(await find(scim, 'userName eq "cat"')), ['cat']);
    },
  },
  {
    section: 'RFC 7644 §3.10',
    says: `An attribute of Groups may be written with the URN ${GROUP}.`,
    holds: async (scim) => {
      await scim.group({ displayName: 'Staff' });
      assert.deepEqual(namesOf(await find(scim, `${GROUP}:displayName eq "staff"`, '/Groups')), ['Staff']);
    },
  },
];
