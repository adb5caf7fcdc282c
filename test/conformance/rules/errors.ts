import assert from 'node:assert/strict';
import { GROUP, MESSAGE, patch, type Rule, type Scim, USER } from '../rule.ts';

const ADA = { schemas: [USER], userName: 'ada' };

/** A request with the status and keyword of its refusal. */
const REFUSALS: [
  says: string,
  method: string,
  path: string,
  body: unknown,
  status: number,
  scimType?: string,
][] = [
  ['a filter that cannot be read', 'GET', '/Users?filter=x', undefined, 400, 'invalidFilter'],
  ['a userName that is taken', 'POST', '/Users', ADA, 409, 'uniqueness'],
  [
    'a change of a read-only attribute',
    'PATCH',
    '/Users/{id}',
    patch({ op: 'replace', path: 'id', value: 'x' }),
    400,
    'mutability',
  ],
  ['a body that is no JSON', 'POST', '/Users', '{"userName":', 400, 'invalidSyntax'],
  ['a body that is no object', 'PUT', '/Users/{id}', '[]', 400, 'invalidSyntax'],
  ['a body that is missing', 'POST', '/Users', '', 400, 'invalidSyntax'],
  [
    'a PATCH path that names nothing',
    'PATCH',
    '/Users/{id}',
    patch({ op: 'add', path: 'x', value: 1 }),
    400,
    'invalidPath',
  ],
  ['a remove without a path', 'PATCH', '/Users/{id}', patch({ op: 'remove' }), 400, 'noTarget'],
  [
    'a value of the wrong type',
    'POST',
    '/Users',
    { ...ADA, userName: 'x', active: 'x' },
    400,
    'invalidValue',
  ],
  ['an unknown id', 'GET', '/Users/none', undefined, 404],
  ['an unknown endpoint', 'GET', '/None', undefined, 404],
  ['a method that is not there', 'PATCH', '/Users', {}, 405],
  ['a body of more than 1 MiB', 'POST', '/Users', { ...ADA, title: 'x'.repeat(1_100_000) }, 413],
  [
    'a Group of more than 8 MiB',
    'POST',
    '/Groups',
    { schemas: [GROUP], displayName: 'x'.repeat(8_400_000) },
    413,
  ],
  [
    'a body that nests more than 50 deep',
    'POST',
    '/Users',
    `${'['.repeat(51)}${']'.repeat(51)}`,
    400,
    'invalidSyntax',
  ],
  ['an address that cannot be decoded', 'GET', '/Users/%E0%A4%A', undefined, 400],
  ['a subject that is not there', 'GET', '/Me', undefined, 501],
  ['a filter on discovery', 'GET', '/Schemas?filter=id%20pr', undefined, 403],
];

export const errorRules: Rule[] = [
  ...REFUSALS.map(([says, method, path, body, status, scimType]) => ({
    section: 'RFC 7644 §3.12',
    says: `${status}${scimType === undefined ? '' : ` ${scimType}`} for ${says}, with a SCIM error as the body.`,
    holds: async (scim: Scim) => {
      const { id } = await scim.user(ADA);
      const answer = await scim.send(method, path.replace('{id}', String(id)), body);
      assert.equal(answer.status, status, answer.text);
      assert.deepEqual(answer.body['schemas'], [`${MESSAGE}:Error`]);
      // A text, as the RFC has it.
      assert.equal(answer.body['status'], String(status));
      assert.equal(answer.body['scimType'], scimType);
      assert.match(String(answer.body['detail']), /^[A-Z"/].*\.$/s);
      assert.equal((await scim.send('GET', '/Users')).body['totalResults'], 1);
    },
  })),
  {
    section: 'RFC 7644 §7',
    says: 'Keys such as __proto__ and constructor are names like any other and have no effect.',
    holds: async (scim) => {
      const body = `{"schemas":["${USER}"],"userName":"eve","__proto__":{"title":"x"},"constructor":{"prototype":{"title":"x"}}}`;
      const { status, body: made } = await scim.send('POST', '/Users', body);
      assert.deepEqual([status, made['title']], [201, undefined]);
      const change = `{"Operations":[{"op":"replace","value":{"__proto__":{"title":"x"},"name":{"__proto__":{"givenName":"x"}}}}]}`;
      assert.deepEqual((await scim.send('PATCH', `/Users/${made['id']}`, change)).body['title'], undefined);
      assert.equal('title' in {}, false);
    },
  },
  {
    section: 'RFC 7644 §7',
    says: 'A detail quotes no secret: not the password, not a body that cannot be read.',
    holds: async (scim) => {
      const bodies = ['{"password":"secret-text', { ...ADA, schemas: [], password: 'secret-text' }];
      for (const body of bodies) {
        const { status, text } = await scim.send('POST', '/Users', body);
        assert.deepEqual([status, text.includes('secret-text')], [400, false]);
      }
    },
  },
];
