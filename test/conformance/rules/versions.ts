import assert from 'node:assert/strict';
import { patch, type Rule, type Scim, USER } from '../rule.ts';

const CONDITIONS: [tags: string, says: string, isMet: boolean][] = [
  ['W/"1"', 'the version', true],
  ['"1"', 'the version as a strong tag, compared weakly', true],
  ['*', 'any version', true],
  ['W/"8", W/"1"', 'one of several versions', true],
  ['W/"8"', 'another version', false],
  ['x', 'nonsense', false],
];

export const versionRules: Rule[] = [
  ...CONDITIONS.flatMap(([tags, says, isMet]): Rule[] => [
    {
      section: 'RFC 7644 §3.14',
      says: `If-Match with ${says}: PUT, PATCH and DELETE are ${isMet ? 'carried out' : '412 and change nothing'}.`,
      holds: async (scim) => {
        const headers = { 'If-Match': tags };
        const requests = [
          ['PUT', { schemas: [USER], userName: 'PUT' }, 200],
          ['PATCH', patch({ op: 'add', path: 'title', value: 't' }), 200],
          ['DELETE', undefined, 204],
        ] as const;
        for (const [method, body, done] of requests) {
          const { id } = await scim.user({ userName: method });
          assert.equal((await scim.send(method, `/Users/${id}`, body, headers)).status, isMet ? done : 412);
          if (!isMet) assert.equal((await scim.send('GET', `/Users/${id}`)).headers.get('etag'), 'W/"1"');
        }
      },
    },
    {
      section: 'RFC 7644 §3.14',
      says: `If-None-Match with ${says}: GET is ${isMet ? '304 without a body' : '200'}.`,
      holds: async (scim: Scim) => {
        for (const [endpoint, { id }] of [
          ['Users', await scim.user()],
          ['Groups', await scim.group()],
        ] as const) {
          const { status, text } = await scim.send('GET', `/${endpoint}/${id}`, undefined, {
            'If-None-Match': tags,
          });
          assert.deepEqual([status, text === ''], isMet ? [304, true] : [200, false]);
        }
      },
    },
  ]),
  {
    section: 'RFC 7644 §3.14',
    says: 'meta.version is the ETag header, and every change raises it.',
    holds: async (scim) => {
      const { id } = await scim.user();
      const change = await scim.send(
        'PATCH',
        `/Users/${id}`,
        patch({ op: 'add', path: 'title', value: 't' }),
      );
      assert.equal(change.headers.get('etag'), 'W/"2"');
      assert.partialDeepStrictEqual(change.body, { meta: { version: 'W/"2"' } });
    },
  },
  {
    section: 'RFC 7644 §3.14',
    says: 'A write that changes nothing keeps the version.',
    holds: async (scim) => {
      const { id } = await scim.user({ title: 't' });
      const same = await scim.send(
        'PATCH',
        `/Users/${id}`,
        patch({ op: 'replace', path: 'title', value: 't' }),
      );
      assert.deepEqual([same.status, same.headers.get('etag')], [200, 'W/"1"']);
    },
  },
  {
    section: 'RFC 7644 §3.14',
    says: 'A Group’s version is raised by a change of its members.',
    holds: async (scim) => {
      const { id: member } = await scim.user();
      const { id } = await scim.group();
      const change = patch({ op: 'add', path: 'members', value: [{ value: member }] });
      assert.equal((await scim.send('PATCH', `/Groups/${id}`, change)).headers.get('etag'), 'W/"2"');
      await scim.send('DELETE', `/Users/${member}`);
      assert.equal((await scim.send('GET', `/Groups/${id}`)).headers.get('etag'), 'W/"3"');
    },
  },
];
