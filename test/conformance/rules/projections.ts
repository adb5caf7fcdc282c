import assert from 'node:assert/strict';
import { ENTERPRISE, patch, type Rule, resourcesOf, type Scim, USER } from '../rule.ts';

const ADA = {
  schemas: [USER, ENTERPRISE],
  userName: 'ada',
  title: 'Countess',
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  emails: [{ value: 'a@x', type: 'work' }],
  [ENTERPRISE]: { department: 'Engines', division: 'D' },
};

/** What is answered beside `id` and `schemas`. */
const KEPT: [says: string, query: string, rest: object][] = [
  ['attributes answers those alone', 'attributes=userName', { userName: 'ada' }],
  [
    'attributes is a list separated by commas',
    'attributes=userName,title',
    { userName: 'ada', title: 'Countess' },
  ],
  ['attributes takes names in any case', 'attributes=USERNAME', { userName: 'ada' }],
  ['attributes takes a sub-attribute', 'attributes=name.givenName', { name: { givenName: 'Ada' } }],
  [
    'attributes takes a sub-attribute of a multi-valued attribute',
    'attributes=emails.value',
    { emails: [{ value: 'a@x' }] },
  ],
  ['attributes takes full names', `attributes=${USER}:userName`, { userName: 'ada' }],
  [
    'attributes takes an attribute of an extension',
    `attributes=${ENTERPRISE}:department`,
    { [ENTERPRISE]: { department: 'Engines' } },
  ],
  ['attributes takes an extension as a whole', `attributes=${ENTERPRISE}`, { [ENTERPRISE]: ADA[ENTERPRISE] }],
  ['unknown names are ignored', 'attributes=shoeSize', {}],
  ['attributes that have no value are left out', 'attributes=nickName', {}],
];

async function readAda(scim: Scim, query: string) {
  const { id } = await scim.user(ADA);
  return (await scim.send('GET', `/Users/${id}?${query}`)).body;
}

export const projectionRules: Rule[] = [
  ...KEPT.map(([says, query, rest]) => ({
    section: 'RFC 7644 §3.9',
    says: `Projection: ${says}, and id and schemas with them.`,
    holds: async (scim: Scim) => {
      const { id, ...found } = await readAda(scim, query);
      assert.equal(typeof id, 'string');
      assert.deepEqual(found, { schemas: ADA.schemas, ...rest });
    },
  })),
  {
    section: 'RFC 7644 §3.9',
    says: 'excludedAttributes leaves those out, and sub-attributes too.',
    holds: async (scim) => {
      const found = await readAda(
        scim,
        `excludedAttributes=title,name.givenName,${ENTERPRISE}:division,emails`,
      );
      assert.deepEqual([found['title'], found['emails']], [undefined, undefined]);
      assert.deepEqual(
        [found['name'], found[ENTERPRISE]],
        [{ familyName: 'Lovelace' }, { department: 'Engines' }],
      );
    },
  },
  {
    section: 'RFC 7644 §3.9',
    says: 'excludedAttributes has no effect on what is always returned: id and schemas.',
    holds: async (scim) => {
      const found = await readAda(scim, 'excludedAttributes=id,schemas');
      assert.deepEqual([typeof found['id'], found['schemas']], ['string', ADA.schemas]);
    },
  },
  {
    section: 'RFC 7644 §3.9',
    says: 'Projection works on lists.',
    holds: async (scim) => {
      await scim.user(ADA);
      const [found = {}] = resourcesOf(await scim.send('GET', '/Users?attributes=title'));
      assert.deepEqual(Object.keys(found).sort(), ['id', 'schemas', 'title']);
    },
  },
  {
    section: 'RFC 7644 §3.9',
    says: 'Projection works on the answers of POST and PUT.',
    holds: async (scim) => {
      const { id } = await scim.user(ADA);
      const put = await scim.send('PUT', `/Users/${id}?attributes=title`, ADA);
      assert.deepEqual(put.body, { schemas: ADA.schemas, id, title: 'Countess' });
      const post = await scim.send('POST', '/Users?excludedAttributes=emails', { ...ADA, userName: 'eve' });
      assert.deepEqual([post.status, post.body['emails']], [201, undefined]);
    },
  },
  {
    section: 'RFC 7644 §3.9',
    says: 'excludedAttributes=members answers a Group without reading its members (Entra ID).',
    holds: async (scim) => {
      const { id: member } = await scim.user();
      const { id } = await scim.group({ members: [{ value: member }] });
      assert.equal(
        'members' in (await scim.send('GET', `/Groups/${id}?excludedAttributes=members`)).body,
        false,
      );
      const listed = await scim.send('GET', '/Groups?excludedAttributes=members');
      assert.equal('members' in (resourcesOf(listed)[0] ?? {}), false);
    },
  },
  {
    section: 'RFC 7644 §3.9',
    says: 'Projection changes nothing of what is stored.',
    holds: async (scim) => {
      const { id } = await scim.user(ADA);
      await scim.send(
        'PATCH',
        `/Users/${id}?attributes=title`,
        patch({ op: 'add', path: 'nickName', value: 'n' }),
      );
      assert.partialDeepStrictEqual((await scim.send('GET', `/Users/${id}`)).body, { ...ADA, nickName: 'n' });
    },
  },
];
