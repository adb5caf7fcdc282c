import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { issueToken } from '../../src/store/tokens.ts';
import { addConnection, startEdge } from '../http/edge-server.ts';
import { KINDS, type Kind, temporaryStore } from '../store-contract/stores.ts';
import { crowdId, insertMembers } from './crowd.ts';
import { type Work, WorkCount } from './work-count.ts';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const SMALL = 120;
const LARGE = 4000;

afterEach(() => void vi.restoreAllMocks());

type Send = (method: string, path: string, body?: object) => Promise<number>;

/** A directory of `users` Users, all but one of them in the group `g`; what comes first was asked once before. */
async function directoryOf(kind: Kind, users: number) {
  const store = temporaryStore(kind);
  const server = await startEdge(await store.open());
  const { db, keyring } = server;
  // Before the store itself goes.
  onTestFinished(() => server.close());
  await addConnection(server, 'acme');
  await insertMembers(db, 'acme', users);
  const options = { connectionId: 'acme', label: 'x', expiresAt: null, now: 1 };
  const { token } = await issueToken(db, keyring, options);
  const send: Send = async (method, path, body) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' };
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${server.url}/scim/acme/v2${path}`, { method, headers, ...init });
    await response.text();
    return response.status;
  };
  await send('GET', `/Users/${crowdId(1)}`);
  return { db, send, last: crowdId(users) };
}

async function workAt(kind: Kind, users: number, request: (send: Send, last: string) => Promise<number>) {
  const { db, send, last } = await directoryOf(kind, users);
  const count = new WorkCount();
  let status = 0;
  const work = await count.during(async () => {
    status = await request(send, last);
  });
  expect(status).toBeLessThan(300);
  const scans = kind === 'SQLite' ? await count.scans(db) : [];
  vi.restoreAllMocks();
  return { work, scans };
}

const patch = (operation: object) => ({ schemas: [PATCH_OP], Operations: [operation] });
const person = {
  schemas: [USER],
  userName: 'new@example.com',
  emails: [{ value: 'new@example.com' }],
  active: true,
};

/** The most that each may cost; a lower figure is welcome, and is then written here. */
const REQUESTS: [string, Work, (send: Send, last: string) => Promise<number>][] = [
  [
    'a User read by id',
    { statements: 3, commits: 0, rows: 3, parsed: 0 },
    (send) => send('GET', `/Users/${crowdId(7)}`),
  ],
  [
    'a look-up by userName that finds',
    { statements: 3, commits: 0, rows: 3, parsed: 8 },
    (send) => send('GET', '/Users?filter=userName%20eq%20%22user-7%22'),
  ],
  [
    'a look-up by userName that finds nothing',
    { statements: 2, commits: 0, rows: 1, parsed: 8 },
    (send) => send('GET', '/Users?filter=userName%20eq%20%22nobody%22'),
  ],
  [
    'a page of 100 Users',
    { statements: 4, commits: 0, rows: 203, parsed: 0 },
    (send) => send('GET', '/Users?count=100'),
  ],
  [
    'a creation',
    { statements: 7, commits: 1, rows: 1, parsed: 140 },
    (send) => send('POST', '/Users', person),
  ],
  [
    'a PATCH of active',
    { statements: 6, commits: 1, rows: 4, parsed: 400 },
    (send) => send('PATCH', `/Users/${crowdId(7)}`, patch({ op: 'replace', path: 'active', value: false })),
  ],
  [
    'a member added',
    { statements: 5, commits: 1, rows: 4, parsed: 220 },
    (send, last) =>
      send('PATCH', '/Groups/g', patch({ op: 'add', path: 'members', value: [{ value: last }] })),
  ],
  [
    'a member removed',
    { statements: 4, commits: 1, rows: 3, parsed: 230 },
    (send) =>
      send('PATCH', '/Groups/g', patch({ op: 'remove', path: 'members', value: [{ value: crowdId(7) }] })),
  ],
  [
    'a Group read without its members',
    { statements: 2, commits: 0, rows: 2, parsed: 27 },
    (send) => send('GET', '/Groups/g?excludedAttributes=members'),
  ],
];

describe.each(KINDS)('What a request costs on %s', (kind) => {
  it.each(REQUESTS)('is bounded for %s', async (_, limit, request) => {
    const { work, scans } = await workAt(kind, SMALL, request);
    expect(scans).toEqual([]);
    for (const name of ['statements', 'commits', 'rows', 'parsed'] as const) {
      expect(work[name], `${name} of ${JSON.stringify(work)}`).toBeLessThanOrEqual(limit[name]);
    }
  });

  it.each(REQUESTS)('does not grow with the directory for %s', async (_, _limit, request) => {
    const small = await workAt(kind, SMALL, request);
    const large = await workAt(kind, LARGE, request);
    expect(large).toEqual(small);
  });
});
