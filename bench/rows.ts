import type { JsonObject } from '../src/core/json.ts';
import { ENTERPRISE_USER } from '../src/core/user.ts';
import type { Order } from './messages.ts';
import { GROUP_SIZES, groupId, OUTSIDERS, personBody, scattered, userId, userName } from './people.ts';

export type SubjectName = 'causeway' | 'express' | 'scimmy';

export interface Answer {
  status: number;
  text: string;
}

/** Sends one request, with `body` as its JSON; an answer of another status than `expected` fails the row. */
export type Send = (
  method: string,
  path: string,
  expected: readonly number[],
  body?: JsonObject,
) => Promise<Answer>;

/** One line of the table. */
export interface Row {
  name: string;
  title: string;
  /** Sends the requests of the nth iteration; `n` never comes twice in one run. */
  iterate(send: Send, n: number, order: Order): Promise<unknown>;
  subjects: readonly SubjectName[];
  /** Sent by one client all the while, neither counted nor timed. */
  beside?(send: Send, n: number): Promise<unknown>;
  connections?: number;
  /** Left out of smaller directories. */
  leastUsers?: number;
  /** Of plain SCIMMY: left out of it where one request would take many seconds. */
  scimmyUpTo?: number;
}

const ALL = ['causeway', 'express', 'scimmy'] as const;
const OURS = ['causeway'] as const;
const OK = [200] as const;
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
const PAGE = 100;
const BULK_OPERATIONS = 100;

/** No two runs on one store may create the same person. */
const RUN = process.pid.toString(36);

function newName(n: number): string {
  return `new.${RUN}.${n}@example.com`;
}

function patch(...operations: JsonObject[]): JsonObject {
  return { schemas: [PATCH_OP], Operations: operations };
}

function anyUser(n: number, { size }: Order): number {
  return scattered(n, size);
}

function lookUp(name: string): string {
  return `/Users?filter=${encodeURIComponent(`userName eq "${name}"`)}`;
}

/** As Entra ID sends a change of nearly everything: one operation an attribute. */
function manyOperations(n: number): JsonObject[] {
  const plain = ['displayName', 'title', 'preferredLanguage', 'locale', 'timezone', 'nickName', 'userType'];
  const names = [
    'name.givenName',
    'name.familyName',
    'name.formatted',
    'name.middleName',
    'name.honorificPrefix',
  ];
  const address = ['streetAddress', 'locality', 'region', 'postalCode', 'country', 'formatted'];
  const enterprise = ['employeeNumber', 'costCenter', 'organization', 'division', 'department'];
  const paths = [
    ...plain,
    ...names,
    ...address.map((name) => `addresses[type eq "work"].${name}`),
    ...enterprise.map((name) => `${ENTERPRISE_USER}:${name}`),
    'emails[type eq "work"].value',
    'emails[type eq "home"].value',
    'emails[type eq "other"].value',
    'phoneNumbers[type eq "work"].value',
    'phoneNumbers[type eq "mobile"].value',
    'phoneNumbers[type eq "fax"].value',
    ...['home', 'other'].flatMap((type) =>
      ['streetAddress', 'locality', 'country'].map((name) => `addresses[type eq "${type}"].${name}`),
    ),
  ];
  const operations = paths.map((path) => ({ op: 'Add', path, value: `${path.length} ${n}` }));
  return [...operations, { op: 'Replace', path: 'active', value: 'True' }];
}

function bulkOf(n: number): JsonObject {
  const operations = Array.from({ length: BULK_OPERATIONS }, (_, index) => {
    const data = personBody(n, `bulk.${RUN}.${n}.${index}@example.com`);
    return { method: 'POST', path: '/Users', bulkId: `b${index}`, data };
  });
  return { schemas: [BULK], Operations: operations };
}

function memberPatch(op: 'add' | 'remove', id: string): JsonObject {
  return patch({ op, path: 'members', value: [{ value: id }] });
}

const reads: Row[] = [
  {
    name: 'read',
    title: 'read by id',
    subjects: ALL,
    iterate: (send, n, order) => send('GET', `/Users/${userId(anyUser(n, order))}`, OK),
  },
  {
    name: 'lookup-hit',
    title: 'lookup `userName eq`, hit',
    subjects: ALL,
    iterate: (send, n, order) => send('GET', lookUp(userName(anyUser(n, order))), OK),
  },
  {
    name: 'lookup-miss',
    title: 'lookup `userName eq`, miss',
    subjects: ALL,
    iterate: (send, n) => send('GET', lookUp(`nobody.${n}@example.com`), OK),
  },
  {
    name: 'page-next',
    title: 'page of 100, in sequence',
    subjects: ALL,
    connections: 1,
    iterate: (send, n, { size }) =>
      send('GET', `/Users?startIndex=${(n % Math.floor(size / PAGE)) * PAGE + 1}&count=${PAGE}`, OK),
  },
  {
    name: 'page-blue',
    title: 'page of 100, out of the blue',
    subjects: ALL,
    connections: 2,
    iterate: (send, n, { size }) =>
      send('GET', `/Users?startIndex=${scattered(n, size - PAGE) + 1}&count=${PAGE}`, OK),
  },
  {
    name: 'filter',
    title: 'filter on an attribute without an index',
    subjects: OURS,
    connections: 1,
    iterate: (send, n) =>
      send('GET', `/Users?filter=${encodeURIComponent(`title co "none ${n}"`)}`, [200, 400]),
  },
  {
    name: 'sort',
    title: 'first 100 of all, sorted by an attribute without an index',
    subjects: OURS,
    connections: 1,
    iterate: (send) => send('GET', '/Users?sortBy=title&count=100', [200, 400]),
  },
  {
    name: 'read-beside-sort',
    title: 'read by id while such a sort runs',
    subjects: OURS,
    connections: 1,
    iterate: (send, n, order) => send('GET', `/Users/${userId(anyUser(n, order))}`, OK),
    beside: (send) => send('GET', '/Users?sortBy=title&count=100', [200, 400]),
  },
  {
    name: 'read-beside-filter',
    title: 'read by id while such a filter runs',
    subjects: OURS,
    connections: 1,
    iterate: (send, n, order) => send('GET', `/Users/${userId(anyUser(n, order))}`, OK),
    beside: (send, n) =>
      send('GET', `/Users?filter=${encodeURIComponent(`title co "none ${n}"`)}`, [200, 400]),
  },
];

const writes: Row[] = [
  {
    name: 'create',
    title: 'create',
    subjects: ALL,
    iterate: (send, n) => send('POST', '/Users', [201], personBody(n, newName(n))),
  },
  {
    name: 'replace',
    title: 'replace',
    subjects: ALL,
    iterate: (send, n, order) => {
      const user = anyUser(n, order);
      return send('PUT', `/Users/${userId(user)}`, OK, { ...personBody(user), title: `Manager ${n}` });
    },
  },
  {
    name: 'patch-active',
    title: 'PATCH `active`',
    subjects: ALL,
    iterate: (send, n, order) => {
      const value = Math.floor(n / order.size) % 2 === 1;
      return send(
        'PATCH',
        `/Users/${userId(anyUser(n, order))}`,
        [200, 204],
        patch({ op: 'replace', path: 'active', value }),
      );
    },
  },
  {
    name: 'patch-36',
    title: 'PATCH of 36 operations',
    subjects: ['causeway', 'express'],
    iterate: (send, n, order) =>
      send('PATCH', `/Users/${userId(anyUser(n, order))}`, [200, 204], patch(...manyOperations(n))),
  },
  {
    name: 'bulk-100',
    title: 'Bulk of 100 creations',
    subjects: ['causeway', 'express'],
    connections: 1,
    iterate: (send, n) => send('POST', '/Bulk', OK, bulkOf(n)),
  },
];

function groupRows(members: (typeof GROUP_SIZES)[number]): Row[] {
  const path = `/Groups/${groupId(members)}`;
  const common = { subjects: ALL, leastUsers: members, scimmyUpTo: 10_000 };
  const kind = members.toLocaleString('en');
  return [
    {
      ...common,
      name: `member-${members}`,
      title: `add or remove a member, group of ${kind}`,
      async iterate(send, n, { size }) {
        const id = userId(size + (n % OUTSIDERS));
        await send('PATCH', path, [200, 204], memberPatch('add', id));
        await send('PATCH', path, [200, 204], memberPatch('remove', id));
      },
    },
    {
      ...common,
      name: `group-${members}`,
      title: `read group of ${kind} with members`,
      connections: 1,
      iterate: (send) => send('GET', path, OK),
    },
    {
      ...common,
      name: `group-${members}-bare`,
      title: `read group of ${kind} without members`,
      iterate: (send) => send('GET', `${path}?excludedAttributes=members`, OK),
    },
  ];
}

/** What Entra ID does for each person of an initial cycle. */
export const CYCLE: Row = {
  name: 'cycle',
  title: 'Entra-like cycle, a person: lookup, create, group add, delivered',
  subjects: OURS,
  connections: 16,
  async iterate(send, n) {
    const name = newName(n);
    await send('GET', lookUp(name), OK);
    const { text } = await send('POST', '/Users', [201], personBody(n, name));
    const created = JSON.parse(text) as { id: string };
    await send('PATCH', `/Groups/${groupId(1000)}`, [200, 204], memberPatch('add', created.id));
  },
};

/** The directory's rows, in the order of the table. */
export const ROWS: readonly Row[] = [...reads, ...writes, ...GROUP_SIZES.flatMap(groupRows)];

export function rowNamed(name: string): Row {
  const row = [...ROWS, CYCLE].find((each) => each.name === name);
  if (row === undefined) throw new Error(`There is no row ${name}.`);
  return row;
}
