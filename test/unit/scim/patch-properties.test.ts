import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { ScimError } from '../../../src/scim/errors.ts';
import { foldDocument, normaliseGroup, normaliseUser } from '../../../src/scim/normalise.ts';
import { applyPatch, groupPatch, type MembersChange, parsePatch } from '../../../src/scim/patch.ts';
import { PATCH_OP, patchGroup, patchUser, RESOURCE_ID } from './patch-fixture.ts';
import { CORE, ENTERPRISE, GROUP, groupSchema, userSchema, VENDOR } from './schema-fixture.ts';

const RUNS = { numRuns: 300 };

/** A plain model of a User: texts by path, one e-mail value a type, a set of teams. */
interface Model {
  texts: Map<string, string>;
  emails: Map<string, string>;
  teams: Set<string>;
}

interface Step {
  operation: JsonObject;
  apply: (model: Model) => void;
}

const TEXTS = ['title', 'nickName', 'name.givenName', 'name.familyName', `${ENTERPRISE}:department`];
const word = fc.constantFrom('a', 'b', 'c', 'd');
const spelt = (text: string) => fc.constantFrom(text, text.toUpperCase(), text.toLowerCase());
const assigning = fc.constantFrom('add', 'Add', 'replace', 'REPLACE');

const setText: fc.Arbitrary<Step> = fc
  .record({ op: assigning, path: fc.constantFrom(...TEXTS), value: word, pathless: fc.boolean() })
  .chain(({ op, path, value, pathless }) =>
    spelt(path).map((written) => ({
      operation: pathless ? { op, value: { [written]: value } } : { op, path: written, value },
      apply: ({ texts }) => texts.set(path, value),
    })),
  );

const clearText: fc.Arbitrary<Step> = fc
  .record({ path: fc.constantFrom(...TEXTS), empty: fc.constantFrom('', null, 'remove') })
  .map(({ path, empty }) => ({
    operation: empty === 'remove' ? { op: 'Remove', path } : { op: 'replace', path, value: empty },
    apply: ({ texts }) => texts.delete(path),
  }));

const setEmail: fc.Arbitrary<Step> = fc
  .record({ op: assigning, type: fc.constantFrom('work', 'home', 'other'), value: word })
  .chain(({ op, type, value }) =>
    spelt(`emails[type eq "${type}"].value`).map((written) => ({
      operation: { op, path: written.replace(/"(.*)"/i, `"${type}"`), value },
      apply: ({ emails }) => emails.set(type, value),
    })),
  );

const clearEmail: fc.Arbitrary<Step> = fc
  .record({ type: fc.constantFrom('work', 'home', 'other'), sub: fc.constantFrom('', '.value') })
  .map(({ type, sub }) => ({
    operation: { op: 'remove', path: `emails[type eq "${type}"]${sub}` },
    apply: ({ emails }) => emails.delete(type),
  }));

const teams: fc.Arbitrary<Step> = fc
  .record({ op: fc.constantFrom('add', 'replace', 'remove'), values: fc.array(word, { maxLength: 3 }) })
  .map(({ op, values }) => ({
    operation: { op, path: `${VENDOR}:teams`, value: values },
    apply: (model) => {
      if (op === 'replace') model.teams.clear();
      for (const value of values) {
        if (op === 'remove') model.teams.delete(value);
        else model.teams.add(value);
      }
    },
  }));

const step = fc.oneof(setText, clearText, setEmail, clearEmail, teams);

function textsOf(document: JsonObject): Map<string, string> {
  const name = Object(document['name']);
  const enterprise = Object(document[ENTERPRISE]);
  const found = [
    document['title'],
    document['nickName'],
    name.givenName,
    name.familyName,
    enterprise.department,
  ];
  return new Map(TEXTS.flatMap((path, at) => (typeof found[at] === 'string' ? [[path, found[at]]] : [])));
}

function emailsOf(document: JsonObject): Map<string, string> {
  const emails = Array.isArray(document['emails']) ? document['emails'] : [];
  return new Map(emails.map((email) => [Object(email).type, Object(email).value]));
}

describe('random PATCH sequences', () => {
  it('agree with a plain model, in one request or in many', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const model: Model = { texts: new Map(), emails: new Map(), teams: new Set() };
        for (const { apply } of steps) apply(model);
        const operations = steps.map(({ operation }) => operation);
        const document = patchUser({}, ...operations);
        expect(textsOf(document)).toEqual(model.texts);
        expect(emailsOf(document)).toEqual(model.emails);
        expect(new Set(Object(document[VENDOR]).teams)).toEqual(model.teams);
        expect(operations.reduce((current, operation) => patchUser(current, operation), {})).toEqual(
          operations.length === 0 ? {} : document,
        );
      }),
      RUNS,
    );
  });

  it('leave a document that a PUT of it would leave too', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const document = patchUser({}, ...steps.map(({ operation }) => operation));
        expect(normaliseUser(userSchema, { ...document, schemas: [CORE] }).document).toEqual(document);
      }),
      RUNS,
    );
  });

  it('give the same members whether they are written as differences or as a list', async () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const ids = fc.array(id, { maxLength: 3 });
    const operation = fc.oneof(
      ids.map((values) => ({ op: 'add', path: 'members', value: values.map((value) => ({ value })) })),
      ids.map((values) => ({ op: 'remove', path: 'members', value: values.map((value) => ({ value })) })),
      ids.map((values) => ({ op: 'replace', path: 'members', value: values.map((value) => ({ value })) })),
      id.map((value) => ({ op: 'remove', path: `members[value eq "${value}"]` })),
      id.map((value) => ({ op: 'remove', path: `members[value eq "${value}" and value pr]` })),
      fc.constant({ op: 'remove', path: 'members' }),
    );
    await fc.assert(
      fc.asyncProperty(ids, fc.array(operation, { maxLength: 8 }), async (start, operations) => {
        const together = await membersAfter(new Set(start), operations);
        let apart = new Set<string>(start);
        for (const each of operations) apart = await membersAfter(apart, [each]);
        expect(together).toEqual(apart);
      }),
      RUNS,
    );
  });
});

async function membersAfter(members: ReadonlySet<string>, operations: Json[]): Promise<Set<string>> {
  const change: MembersChange = (await patchGroup(...operations)).members;
  switch (change.kind) {
    case 'delta': {
      const left = [...members].filter((id) => !change.remove.includes(id));
      return new Set([...left, ...change.add.map(({ value }) => value)]);
    }
    case 'replace':
      return new Set(change.members.map(({ value }) => value));
    case 'filtered':
      return new Set(
        (await change.apply([...members].map((value) => ({ value })))).map(({ value }) => value),
      );
  }
}

const NAMES = [
  'userName',
  'displayName',
  'name',
  'emails',
  'roles',
  'addresses',
  'members',
  'active',
  'id',
  'meta',
  'groups',
  'schemas',
  'value',
  'type',
  'primary',
  '$ref',
  'manager',
  'password',
  '__proto__',
  'constructor',
  'toString',
  'name.givenName',
  'emails.value',
  'emails[type eq "work"].value',
  CORE,
  GROUP,
  ENTERPRISE,
  `${ENTERPRISE}:manager`,
  VENDOR,
  `${VENDOR}:teams`,
  'tags',
  'levels',
];
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Json>(null, true, false, 'True', '', 0, 1.5, 'x', 'work', [], {}, RESOURCE_ID),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.array(fc.tuple(fc.constantFrom(...NAMES), tie('json')), { maxLength: 5 }).map(toObject),
  ),
}));

/** As JSON.parse makes it: `__proto__` is a member like any other. */
function toObject(entries: [string, Json][]): JsonObject {
  return JSON.parse(
    `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
  );
}

async function acceptedOf<T>(run: () => Promise<T>): Promise<T | null> {
  const settled = await run().then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error;
    },
  );
  return accepted(settled);
}

/** The result, or null for a refusal; anything else that is thrown is a defect. */
function accepted<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof ScimError && error.status >= 400 && error.status < 500) return null;
    throw error;
  }
}

describe('hostile bodies', () => {
  const body = fc.array(fc.tuple(fc.constantFrom(...NAMES), json), { maxLength: 8 }).map(toObject);

  it('are read or refused, unchanged, and what is read reads the same again', () => {
    fc.assert(
      fc.property(body, fc.constantFrom(CORE, GROUP), (part, urn) => {
        const sent = { userName: 'ada', displayName: 'x', ...part, schemas: [urn] };
        const before = JSON.stringify(sent);
        const isUser = urn === CORE;
        const schema = isUser ? userSchema : groupSchema;
        const read = (value: JsonObject) =>
          (isUser ? normaliseUser(schema, value) : normaliseGroup(schema, value)).document;
        const document = accepted(() => read(sent));
        expect(JSON.stringify(sent)).toBe(before);
        if (document === null) return;
        expect(Object.getPrototypeOf(document)).toBe(Object.prototype);
        expect(read({ ...document, schemas: [urn] })).toEqual(document);
        expect(Object.keys(foldDocument(schema, document)).sort()).toEqual(Object.keys(document).sort());
      }),
      { numRuns: 2000 },
    );
  });

  it('never break a PATCH, nor change what it is applied to', async () => {
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'replace', 'remove', 'Add'),
        path: fc.option(
          fc.constantFrom(
            ...NAMES,
            'roles[primary eq "True"].value',
            'emails[value pr]',
            'members[type eq "User"]',
          ),
        ),
        value: json,
      },
      { requiredKeys: ['op'] },
    );
    const start = {
      userName: 'ada',
      displayName: 'Ada',
      emails: [{ type: 'work', value: 'w', primary: true }],
    };
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 6 }), fc.boolean(), async (operations, isUser) => {
        const message: JsonObject = JSON.parse(
          JSON.stringify({ schemas: [PATCH_OP], Operations: operations }),
        );
        const schema = isUser ? userSchema : groupSchema;
        const document = isUser ? start : { displayName: 'Staff' };
        const before = [JSON.stringify(document), JSON.stringify(message)];
        const result = await acceptedOf(async () => {
          const parsed = parsePatch(schema, message, RESOURCE_ID);
          if (isUser) return applyPatch(schema, document, parsed);
          return (await groupPatch(schema, parsed)).change(document);
        });
        expect([JSON.stringify(document), JSON.stringify(message)]).toEqual(before);
        if (result === null) return;
        expect(result).not.toHaveProperty('password');
        expect(Object.keys(result)).not.toEqual(expect.arrayContaining(['members']));
        expect(JSON.stringify(result)).not.toContain('null');
        expect({}).not.toHaveProperty('givenName');
      }),
      { numRuns: 2000 },
    );
  });
});
