import assert from 'node:assert/strict';
import { MESSAGE, namesOf, type Rule, resourcesOf, type Scim } from '../rule.ts';

const LIST = `${MESSAGE}:ListResponse`;

async function fill(scim: Scim, ...names: string[]): Promise<void> {
  for (const userName of names) await scim.user({ userName });
}

const search = (scim: Scim, path: string, body: object) =>
  scim.send('POST', path, { schemas: [`${MESSAGE}:SearchRequest`], ...body });

/** A query on Users a to e with what it answers. */
const PAGES: [says: string, query: string, names: string[], envelope: object][] = [
  [
    'a page begins at startIndex, counted from 1',
    'startIndex=2&count=2',
    ['b', 'c'],
    { totalResults: 5, startIndex: 2, itemsPerPage: 2 },
  ],
  [
    'itemsPerPage is what is answered, not what was asked for',
    'startIndex=5&count=3',
    ['e'],
    { totalResults: 5, itemsPerPage: 1 },
  ],
  ['startIndex below 1 is 1', 'startIndex=-3&count=1', ['a'], { startIndex: 1 }],
  ['count of 0 answers the total alone', 'count=0', [], { totalResults: 5, itemsPerPage: 0, Resources: [] }],
  ['a negative count is 0', 'count=-1', [], { totalResults: 5, Resources: [] }],
  ['a page past the end is empty', 'startIndex=9', [], { totalResults: 5, itemsPerPage: 0, Resources: [] }],
  [
    'without count and startIndex the list begins at 1',
    '',
    ['a', 'b', 'c', 'd', 'e'],
    { startIndex: 1, totalResults: 5 },
  ],
  [
    'the total counts what the filter finds',
    'filter=userName%20gt%20%22b%22&count=1',
    ['c'],
    { totalResults: 3 },
  ],
];

const SORTS: [says: string, query: string, names: string[]][] = [
  ['sortBy sorts ascending where no order is given', 'sortBy=title', ['b', 'a', 'c']],
  [
    'sortOrder descending turns the order round, unassigned values first',
    'sortBy=title&sortOrder=descending',
    ['c', 'a', 'b'],
  ],
  ['a multi-valued attribute is sorted by its primary value', 'sortBy=emails', ['a', 'b', 'c']],
  ['a sub-attribute can be sorted by', 'sortBy=name.familyName', ['a', 'b', 'c']],
  ['texts that are not caseExact are sorted without case', 'sortBy=nickName', ['b', 'a', 'c']],
];

const SORTED = [
  {
    userName: 'a',
    title: 'z',
    nickName: 'b',
    name: { familyName: '1' },
    emails: [{ value: 'z@x' }, { value: 'a@x', primary: true }],
  },
  { userName: 'b', title: 'y', nickName: 'A', name: { familyName: '2' }, emails: [{ value: 'b@x' }] },
  { userName: 'c' },
];

const REFUSED: [section: string, says: string, query: string, scimType: string][] = [
  ['RFC 7644 §3.4.2.4', 'a startIndex that is no integer', 'startIndex=one', 'invalidValue'],
  ['RFC 7644 §3.4.2.4', 'a count that is no integer', 'count=1.5', 'invalidValue'],
  ['RFC 7644 §3.4.2.3', 'a sortBy that is no attribute', 'sortBy=shoeSize', 'invalidValue'],
  ['RFC 7644 §3.4.2.3', 'a sortOrder that is none', 'sortBy=title&sortOrder=up', 'invalidValue'],
  ['RFC 9865 §2.1', 'a cursor that was never answered', 'cursor=nonsense', 'invalidCursor'],
  ['RFC 9865 §2.1', 'a count beside a cursor that is no integer', 'cursor&count=x', 'invalidCount'],
  ['RFC 9865 §2', 'a cursor beside a startIndex', 'cursor&startIndex=1', 'invalidValue'],
];

async function cursorsOf(
  scim: Scim,
  query: string,
): Promise<{ names: unknown[]; next: unknown; previous: unknown }> {
  const answer = await scim.send('GET', `/Users?${query}`);
  assert.equal(answer.status, 200, answer.text);
  const { nextCursor: next, previousCursor: previous } = answer.body;
  return { names: namesOf(answer), next, previous };
}

export const listRules: Rule[] = [
  ...PAGES.map(([says, query, names, envelope]) => ({
    section: 'RFC 7644 §3.4.2.4',
    says: `Pages: ${says}.`,
    holds: async (scim: Scim) => {
      await fill(scim, 'a', 'b', 'c', 'd', 'e');
      const answer = await scim.send('GET', `/Users?${query}`);
      assert.deepEqual(namesOf(answer), names);
      assert.partialDeepStrictEqual(answer.body, { schemas: [LIST], ...envelope });
    },
  })),
  ...SORTS.map(([says, query, names]) => ({
    section: 'RFC 7644 §3.4.2.3',
    says: `Sorting: ${says}.`,
    holds: async (scim: Scim) => {
      for (const user of SORTED) await scim.user(user);
      assert.deepEqual(namesOf(await scim.send('GET', `/Users?${query}`)), names);
    },
  })),
  ...REFUSED.map(([section, says, query, scimType]) => ({
    section,
    says: `400 ${scimType} for ${says}.`,
    holds: async (scim: Scim) => {
      const { status, body } = await scim.send('GET', `/Users?${query}`);
      assert.deepEqual([status, body['scimType']], [400, scimType]);
    },
  })),
  {
    section: 'RFC 7644 §3.4.2',
    says: 'A list of nothing has totalResults 0 and an empty Resources.',
    holds: async (scim) => {
      for (const path of ['/Users', '/Groups']) {
        const { status, body } = await scim.send('GET', path);
        const empty = { schemas: [LIST], totalResults: 0, startIndex: 1, itemsPerPage: 0, Resources: [] };
        assert.deepEqual([status, body], [200, empty]);
      }
    },
  },
  {
    section: 'RFC 7644 §3.4.2.4',
    says: 'Pages: the order is the same for every request, so that pages of one another neither repeat nor miss.',
    holds: async (scim) => {
      await fill(scim, 'e', 'd', 'c', 'b', 'a');
      const names: unknown[] = [];
      for (const startIndex of [1, 3, 5]) {
        names.push(...namesOf(await scim.send('GET', `/Users?startIndex=${startIndex}&count=2`)));
      }
      assert.deepEqual(names, ['e', 'd', 'c', 'b', 'a']);
    },
  },
  {
    section: 'RFC 7644 §3.4.2.4',
    says: 'Pages: a page has 200 resources at most, as ServiceProviderConfig says.',
    holds: async (scim) => {
      const operations = Array.from({ length: 205 }, (_, n) => ({
        method: 'POST',
        path: '/Groups',
        bulkId: `b${n}`,
        data: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: `g${n}` },
      }));
      await scim.send('POST', '/Bulk', { schemas: [`${MESSAGE}:BulkRequest`], Operations: operations });
      const { body } = await scim.send('GET', '/Groups?count=1000');
      assert.deepEqual([body['itemsPerPage'], body['totalResults']], [200, 205]);
      assert.equal((await scim.send('GET', '/Groups')).body['itemsPerPage'], 100);
    },
  },
  {
    section: 'RFC 7644 §3.4.3',
    says: 'POST /Users/.search and /Groups/.search answer like GET with the same parameters.',
    holds: async (scim) => {
      await fill(scim, 'a', 'b', 'c');
      await scim.group({ displayName: 'g' });
      const users = await search(scim, '/Users/.search', {
        filter: 'userName ne "a"',
        count: 1,
        startIndex: 2,
        attributes: ['userName'],
      });
      assert.deepEqual(namesOf(users), ['c']);
      assert.partialDeepStrictEqual(users.body, {
        schemas: [LIST],
        totalResults: 2,
        startIndex: 2,
        itemsPerPage: 1,
      });
      assert.deepEqual(Object.keys(resourcesOf(users)[0] ?? {}).sort(), ['id', 'schemas', 'userName']);
      assert.deepEqual(namesOf(await search(scim, '/Groups/.search', {})), ['g']);
    },
  },
  {
    section: 'RFC 7644 §3.4.3',
    says: 'POST /.search on the root searches Users and Groups.',
    holds: async (scim) => {
      await fill(scim, 'a');
      await scim.group({ displayName: 'g' });
      assert.deepEqual(namesOf(await search(scim, '/.search', {})), ['a', 'g']);
      assert.deepEqual(namesOf(await search(scim, '/.search', { filter: 'meta.resourceType eq "Group"' })), [
        'g',
      ]);
    },
  },
  {
    section: 'RFC 7644 §3.4.3',
    says: 'A search without the schema of a SearchRequest is 400 invalidSyntax.',
    holds: async (scim) => {
      const { status, body } = await scim.send('POST', '/Users/.search', { filter: 'userName pr' });
      assert.deepEqual([status, body['scimType']], [400, 'invalidSyntax']);
    },
  },
  {
    section: 'RFC 9865 §2',
    says: 'An empty cursor asks for the first page; nextCursor leads to the next, the last page has none.',
    holds: async (scim) => {
      await fill(scim, 'a', 'b', 'c');
      const first = await cursorsOf(scim, 'cursor&count=2');
      assert.deepEqual([first.names, first.previous], [['a', 'b'], undefined]);
      const second = await cursorsOf(scim, `count=2&cursor=${String(first.next)}`);
      assert.deepEqual([second.names, second.next], [['c'], undefined]);
    },
  },
  {
    section: 'RFC 9865 §2',
    says: 'previousCursor leads back.',
    holds: async (scim) => {
      await fill(scim, 'a', 'b', 'c');
      const { next } = await cursorsOf(scim, 'cursor&count=2');
      const { previous } = await cursorsOf(scim, `count=2&cursor=${String(next)}`);
      assert.deepEqual((await cursorsOf(scim, `count=2&cursor=${String(previous)}`)).names, ['a', 'b']);
    },
  },
  {
    section: 'RFC 9865 §2',
    says: 'Cursors stay true while resources come and go.',
    holds: async (scim) => {
      const { id } = await scim.user({ userName: 'a' });
      await fill(scim, 'b', 'c');
      const { next } = await cursorsOf(scim, 'cursor&count=2');
      await scim.send('DELETE', `/Users/${id}`);
      await fill(scim, 'd');
      assert.deepEqual((await cursorsOf(scim, `cursor=${String(next)}`)).names, ['c', 'd']);
    },
  },
  {
    section: 'RFC 9865 §2',
    says: 'A cursor belongs to its filter: with another one it is 400 invalidCursor.',
    holds: async (scim) => {
      await fill(scim, 'a', 'b', 'c');
      const { next } = await cursorsOf(scim, 'cursor&count=1');
      const { status, body } = await scim.send('GET', `/Users?cursor=${String(next)}&filter=userName%20pr`);
      assert.deepEqual([status, body['scimType']], [400, 'invalidCursor']);
    },
  },
  {
    section: 'RFC 9865 §2',
    says: 'Cursors work with sorting.',
    holds: async (scim) => {
      await fill(scim, 'b', 'c', 'a');
      const { names, next } = await cursorsOf(scim, 'cursor&count=2&sortBy=userName');
      assert.deepEqual(names, ['a', 'b']);
      assert.deepEqual((await cursorsOf(scim, `sortBy=userName&cursor=${String(next)}`)).names, ['c']);
    },
  },
];
