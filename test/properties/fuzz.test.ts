import { Agent, request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Json, JsonObject } from '../../src/core/json.ts';
import {
  addUsers,
  ENTERPRISE,
  GROUP,
  patchOf,
  type ScimServer,
  startScim,
  USER,
  VENDOR,
} from '../http/scim-server.ts';
import { bodies, filters, paths } from './corpus.ts';
import { inMode } from './mode.ts';

const REQUESTS = inMode(600, 200_000);
const PER_RUN = 20;

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
}

interface Answered {
  status: number;
  type: string | undefined;
  text: string;
}

const words = fc.constantFrom(
  ...[
    'userName',
    'USERNAME',
    'name',
    'name.givenName',
    'emails',
    'emails[type eq "work"].value',
    'roles',
    'members',
  ],
  ...[
    'groups',
    'active',
    'schemas',
    'id',
    'meta',
    'externalId',
    'password',
    'displayName',
    'value',
    'type',
    'primary',
    '$ref',
  ],
  ...[
    'Operations',
    'op',
    'path',
    'add',
    'replace',
    'remove',
    '__proto__',
    'constructor',
    'toString',
    'bulkId:1',
    'bulkId',
  ],
  ...[
    USER,
    GROUP,
    ENTERPRISE,
    VENDOR,
    `${ENTERPRISE}:manager`,
    'method',
    'data',
    'filter',
    'sortBy',
    'count',
    'True',
    '',
    '\u0000',
    '\ud800',
  ],
);
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Json>(null, true, false, 0, -1, 1e300, 0.1, [], {}),
    words,
    fc.string({ maxLength: 8 }),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(words, fc.string({ maxLength: 4 })), tie('json'), { maxKeys: 5 }),
  ),
}));

/** Text with some of its characters taken out, doubled or replaced. */
const mutated = (texts: readonly string[]) =>
  fc
    .tuple(
      fc.constantFrom(...texts),
      fc.array(
        fc.tuple(
          fc.nat(400),
          fc.nat(4),
          fc.oneof(
            words,
            fc.string({ maxLength: 3 }),
            fc.constantFrom('"', '[', ']', '(', ')', '{', '}', ',', '\\'),
          ),
        ),
        { maxLength: 3 },
      ),
    )
    .map(([text, changes]) =>
      changes.reduce((current, [place, removed, inserted]) => {
        const at = place % (current.length + 1);
        return current.slice(0, at) + inserted + current.slice(at + removed);
      }, text),
    );

const parameter = fc.oneof(
  mutated(filters).map((filter) => `filter=${encodeURIComponent(filter.toWellFormed())}`),
  fc
    .tuple(
      fc.constantFrom(
        'attributes',
        'excludedAttributes',
        'sortBy',
        'cursor',
        'count',
        'startIndex',
        'sortOrder',
      ),
      fc.oneof(
        words,
        fc.string({ maxLength: 6 }),
        fc.integer().map(String),
        fc.constantFrom('descending', '1', '9999999999'),
      ),
    )
    .map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`),
  fc.constantFrom('cursor', 'filter=%', 'filter=%E0%A4%A', '&&&', 'count=1&count=2'),
);
const body = fc.oneof(
  mutated(bodies),
  json.map((value) => JSON.stringify(value)),
  fc
    .array(json, { maxLength: 3 })
    .map((values) => JSON.stringify(patchOf(...values.map((value) => Object(value))))),
  fc
    .array(
      fc.record(
        { op: fc.constantFrom('add', 'replace', 'remove', 'Add'), path: mutated(paths), value: json },
        { requiredKeys: ['op'] },
      ),
      { maxLength: 4 },
    )
    .map((operations) => JSON.stringify(patchOf(...operations))),
  json.map((value) =>
    JSON.stringify({ schemas: [USER, GROUP], userName: 'x', displayName: 'x', ...Object(value) }),
  ),
);
const target = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      '/Users',
      '/Users/{user}',
      '/Groups',
      '/Groups/{group}',
      '/Bulk',
      '/.search',
      '/Users/.search',
      '/Groups/.search',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '/Schemas',
      '/Me',
      '/ResourceTypes/User',
      '/ServiceProviderConfig',
      '/',
      '//',
      '/Users/%00',
      '/Users/%E0%A4%A',
      '/Users/../Groups',
      '/Users/{user}/x',
      `/Schemas/${USER}`,
    ),
  },
);
const headers = fc.dictionary(
  fc.constantFrom('accept', 'content-type', 'if-match', 'if-none-match', 'content-encoding', 'prefer'),
  fc.constantFrom(
    'application/scim+json',
    'application/json',
    'W/"1"',
    '*',
    '"',
    'x, y',
    'gzip',
    'text/plain',
    'application/json; charset=utf-16',
    '',
  ),
  { maxKeys: 2 },
);
const sent: fc.Arbitrary<Sent> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'),
    target,
    parameters: fc.array(parameter, { maxLength: 3 }),
    headers: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: headers }),
    body: fc.option(body, { nil: undefined }),
  })
  .map(({ method, target: path, parameters, headers: named, body: content }) => ({
    method,
    path: parameters.length === 0 ? path : `${path}?${parameters.join('&')}`,
    headers: { 'content-type': 'application/scim+json', ...named },
    body: method === 'GET' || method === 'HEAD' || method === 'TRACE' ? undefined : content,
  }));

function transmit(
  agent: Agent,
  url: URL,
  { method, path, headers: named, body: content }: Sent,
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        agent,
        method,
        host: url.hostname,
        port: url.port,
        path: `/scim/acme/v2${path}`,
        headers: content === undefined ? named : { ...named, 'content-length': Buffer.byteLength(content) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers['content-type'],
            text: Buffer.concat(chunks).toString(),
          }),
        );
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(content);
  });
}

function check({ status, type, text }: Answered): void {
  if (status >= 500) expect(status, text).toBe(501);
  expect(text).not.toMatch(/node_modules|\.ts:\d|SQLITE|no such column|at async /);
  if (text === '') return;
  expect(type).toMatch(/^application\/(scim\+)?json$/);
  const parsed = JSON.parse(text) as JsonObject;
  if (status >= 400)
    expect(parsed).toMatchObject({ status: String(status), detail: expect.stringMatching(/\S/) });
}

/** A directory beside the one that is attacked, whole. */
async function neighbour(server: ScimServer): Promise<string> {
  const users = await server.send('GET', '/scim/other/v2/Users');
  const groups = await server.send('GET', '/scim/other/v2/Groups');
  return users.text + groups.text;
}

describe(`${REQUESTS} random and mutated requests`, () => {
  it('never give a 5xx, a stack trace or a changed neighbour', {
    timeout: inMode(60_000, 7_200_000),
  }, async () => {
    const server = await startScim();
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    onTestFinished(() => agent.destroy());
    const url = new URL(server.url);
    const other = await server.send('POST', '/scim/other/v2/Users', {
      body: { schemas: [USER], userName: 'safe' },
    });
    const members = [{ value: other.body['id'] }];
    await server.send('POST', '/scim/other/v2/Groups', {
      body: { schemas: [GROUP], displayName: 'safe', members },
    });
    const before = await neighbour(server);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(sent, { minLength: PER_RUN, maxLength: PER_RUN }), async (requests) => {
        run += 1;
        const [user = ''] = await addUsers(server, `victim-${run}`);
        const group = await server.send('POST', '/Groups', {
          body: { schemas: [GROUP], displayName: `victims-${run}`, members: [{ value: user }] },
        });
        const fill = (text: string) =>
          text.replaceAll('{user}', user).replaceAll('{group}', String(group.body['id']));
        const answers = requests.map((each) =>
          transmit(agent, url, {
            ...each,
            path: fill(each.path),
            body: each.body === undefined ? undefined : fill(each.body),
          }),
        );
        for (const answer of await Promise.all(answers)) check(answer);
        expect(server.errors).toEqual([]);
        expect(await neighbour(server)).toBe(before);
      }),
      { numRuns: REQUESTS / PER_RUN },
    );
  });
});
