import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { resolveFilter } from '../../../src/scim/filter.ts';
import { matches, type Searchable } from '../../../src/scim/filter-match.ts';
import { parseFilterSyntax } from '../../../src/scim/filter-syntax.ts';
import { MAX_COUNT, readQuery } from '../../../src/scim/query.ts';
import type { Database } from '../../../src/store/database.ts';
import { listGroups } from '../../../src/store/group-query.ts';
import { listUsers } from '../../../src/store/user-query.ts';
import { ENTERPRISE, groupSchema, userSchema, VENDOR } from '../scim/schema-fixture.ts';
import { insertConnection, insertGroups, insertUsers } from './directory-fixture.ts';
import { openTemporary } from './temporary-store.ts';

// Few and similar texts, so that comparisons are often equal and often nearly so.
const text = fc.constantFrom(
  'a',
  'A',
  'ab',
  'Öz',
  'öz',
  'z',
  '%',
  '_',
  'a"b',
  "a'b",
  'é',
  '\u{1f600}',
  '\u{ffff}',
  'ß',
  '5',
);
const time = fc.constantFrom(
  '2026-01-01T00:00:00.000Z',
  '2026-01-01T00:00:00.001Z',
  '2025-12-31T23:59:59.000Z',
);
const email = fc.record(
  { value: text, type: fc.constantFrom('work', 'Work', 'home'), primary: fc.boolean() },
  { requiredKeys: [] },
);
const assigned = (document: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(document).filter(([, value]) => JSON.stringify(value).length > 2));
const emails = fc.array(
  email.filter((each) => Object.keys(each).length > 0),
  { maxLength: 3 },
);
const document: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      externalId: text,
      title: text,
      active: fc.boolean(),
      name: fc.record({ givenName: text, familyName: text }, { requiredKeys: ['givenName'] }),
      emails: emails as fc.Arbitrary<JsonObject[]>,
      [ENTERPRISE]: fc.record({ department: text }),
      [VENDOR]: fc
        .record(
          { seats: fc.integer({ min: 0, max: 3 }), teams: fc.array(text, { maxLength: 2 }) },
          { requiredKeys: [] },
        )
        .map((held) => assigned(held)),
    },
    { requiredKeys: [] },
  )
  .map(assigned);

const users = fc.array(fc.record({ document, createdAt: time.map(Date.parse), version: fc.nat(2) }), {
  minLength: 1,
  maxLength: 8,
});

const quoted = text.map((value) => JSON.stringify(value));
const textPath = fc.constantFrom(
  'userName',
  'externalId',
  'id',
  'title',
  'name.givenName',
  'name.familyName',
  'emails',
  'emails.value',
  'emails.type',
  `${ENTERPRISE}:department`,
  `${VENDOR}:teams`,
  'groups',
  'groups.display',
  'meta.version',
  'meta.resourceType',
  'schemas',
);
const elementPath = fc.constantFrom('type', 'value');
const textOperator = fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le');
const orderOperator = fc.constantFrom('eq', 'ne', 'gt', 'ge', 'lt', 'le');
const equality = fc.constantFrom('eq', 'ne');
const special = fc.constantFrom(
  '""',
  '"u-1"',
  '"g-1"',
  '"U-1"',
  '"User"',
  '"W/\\"1\\""',
  JSON.stringify(ENTERPRISE),
);
const words = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map((each) => each.join(' '));
const one = (word: string) => fc.constant(word);

const inElement = fc.oneof(
  words(elementPath, textOperator, quoted),
  words(one('primary'), equality, fc.constantFrom('true', '"False"', 'null')),
  words(fc.constantFrom('type', 'value', 'primary'), one('pr')),
);
const { filter } = fc.letrec<{ filter: string; inner: string }>((tie) => ({
  inner: fc.oneof(
    { maxDepth: 2 },
    inElement,
    words(tie('inner'), fc.constantFrom('and', 'or'), tie('inner')),
    tie('inner').map((term) => `not (${term})`),
  ),
  filter: fc.oneof(
    { maxDepth: 3 },
    words(textPath, textOperator, fc.oneof(quoted, special)),
    words(textPath, equality, one('null')),
    words(
      fc.oneof(textPath, fc.constantFrom('emails.primary', 'active', 'name', ENTERPRISE, VENDOR, 'meta')),
      one('pr'),
    ),
    words(fc.constantFrom('active', 'emails.primary'), equality, fc.constantFrom('true', 'false', 'null')),
    words(one(`${VENDOR}:seats`), orderOperator, fc.constantFrom('0', '1', '2.5', '-1')),
    words(
      fc.constantFrom('meta.created', 'meta.lastModified'),
      orderOperator,
      time.map((each) => JSON.stringify(each)),
    ),
    tie('inner').map((term) => `emails[${term}]`),
    words(
      tie('inner').map((term) => `emails[${term}].value`),
      textOperator,
      quoted,
    ),
    words(one('groups[value eq "g-1"] or groups[display'), textOperator, quoted).map((term) => `${term}]`),
    words(one(`${VENDOR}:teams[value`), textOperator, quoted).map((term) => `${term}]`),
    words(one('name[givenName'), textOperator, quoted).map((term) => `${term}]`),
    words(tie('filter'), fc.constantFrom('and', 'or'), tie('filter')),
    tie('filter').map((term) => `not (${term})`),
  ),
}));

async function found(db: Database, connectionId: string, expression: string): Promise<string[]> {
  const query = readQuery(userSchema, { filter: expression, count: String(MAX_COUNT) });
  const page = await listUsers(db, connectionId, query);
  expect(page.totalResults).toBe(page.resources.length);
  return page.resources.map(({ id }) => id);
}

describe('a filter in SQL', () => {
  it('finds the Users that the plain evaluator finds', async () => {
    const db = await openTemporary();
    let run = 0;
    const filters = fc.array(filter, { minLength: 10, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(users, filters, async (generated, expressions) => {
        run += 1;
        const connectionId = `c-${run}`;
        const stored: (Searchable & { id: string })[] = generated.map((each, index) => ({
          id: `u-${index}`,
          version: each.version,
          createdAt: each.createdAt,
          modifiedAt: each.createdAt,
          document: { ...each.document, userName: `${each.document['title'] ?? 'x'}-${index}` },
          groups: index % 2 === 0 ? [{ value: 'g-1', display: 'Öz' }] : [],
        }));
        await insertConnection(db, connectionId);
        await insertUsers(db, connectionId, stored);
        const members = stored.filter((_, index) => index % 2 === 0);
        await insertGroups(db, connectionId, [
          {
            id: 'g-1',
            document: { displayName: 'Öz' },
            members: members.map(({ id }) => ({ value: id, type: 'User' as const })),
          },
        ]);
        for (const expression of expressions) {
          const tree = resolveFilter(userSchema, parseFilterSyntax(expression));
          const expected = stored.filter((user) => matches(tree, user)).map(({ id }) => id);
          expect(await found(db, connectionId, expression), expression).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('compares stored times as time', async () => {
    const db = await openTemporary();
    await insertConnection(db, 'c');
    await insertGroups(db, 'c', [
      { id: 'g-1', document: {}, members: [], createdAt: Date.parse('2026-01-01T00:00:00Z') },
    ]);
    const total = async (filter: string) =>
      (await listGroups(db, 'c', readQuery(groupSchema, { filter }))).totalResults;
    expect(await total('meta.created eq "2026-01-01T02:00:00+02:00"')).toBe(1);
    expect(await total('meta.created lt "2026-01-01T00:00:00+02:00"')).toBe(0);
  });

  it('runs the largest and deepest filters that are read', async () => {
    const db = await openTemporary();
    await insertConnection(db, 'c');
    await insertUsers(db, 'c', [{ id: 'u-1', document: { emails: [{ value: 'a@x' }] } }]);
    const many = (term: string, join: string) => Array(100).fill(term).join(join);
    expect(await found(db, 'c', many('emails[value sw "a"]', ' and '))).toEqual(['u-1']);
    expect(await found(db, 'c', many('title pr', ' or '))).toEqual([]);
    expect(
      await found(db, 'c', `${'not('.repeat(18)}${'emails[not(value eq "a@x")]'}${')'.repeat(18)}`),
    ).toEqual([]);
    const pairs = Array(50).fill('(userName pr or title pr)').join(' and ');
    expect(await found(db, 'c', `${'('.repeat(19)}${pairs}${')'.repeat(19)}`)).toEqual(['u-1']);
  });

  it("never sees another connection's Users or memberships", async () => {
    const db = await openTemporary();
    for (const id of ['a', 'b']) {
      await insertConnection(db, id);
      await insertUsers(db, id, [{ id: 'u-1', document: { emails: [{ value: `${id}@example.com` }] } }]);
    }
    await insertGroups(db, 'b', [{ id: 'g-1', document: {}, members: [{ value: 'u-1', type: 'User' }] }]);
    for (const filter of ['emails eq "b@example.com"', 'groups eq "g-1"', 'groups pr', 'emails co "b@"']) {
      expect(await found(db, 'a', filter)).toEqual([]);
      expect(await found(db, 'b', filter)).toEqual(['u-1']);
    }
  });
});
