import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { ENTERPRISE, patchOf, type ScimServer, startScim, USER, VENDOR } from '../http/scim-server.ts';
import { inMode } from './mode.ts';

/** What a User should be, kept as plainly as can be: texts by path, one address a type, a list of roles. */
interface Model {
  active: boolean;
  texts: Map<string, string>;
  emails: Map<string, string>;
  roles: string[];
}

interface Step {
  request: { method: 'PUT' | 'PATCH'; body: (model: Model) => JsonObject };
  apply(model: Model): void;
}

const TEXTS = [
  'title',
  'nickName',
  'name.givenName',
  'name.familyName',
  `${ENTERPRISE}:department`,
  `${VENDOR}:seatType`,
];
const path = fc.constantFrom(...TEXTS);
const text = fc.constantFrom('a', 'A', 'ä', 'b"c', "d'e", '%_', '{"f":1}', '😀');
const type = fc.constantFrom('work', 'home', 'other');
const flag = fc.boolean();
const assignOp = fc.constantFrom('add', 'replace', 'Add', 'REPLACE');

function operation(change: object, apply: (model: Model) => void): Step {
  return { request: { method: 'PATCH', body: () => patchOf(change) }, apply };
}

const textSteps = [
  fc
    .tuple(assignOp, path, text)
    .map(([op, where, value]) =>
      operation({ op, path: where, value }, ({ texts }) => texts.set(where, value)),
    ),
  fc
    .tuple(path, text)
    .map(([where, value]) =>
      operation({ op: 'replace', value: { [where]: value } }, ({ texts }) => texts.set(where, value)),
    ),
  path.map((where) => operation({ op: 'remove', path: where }, ({ texts }) => texts.delete(where))),
  path.map((where) =>
    operation({ op: 'replace', path: where, value: '' }, ({ texts }) => texts.delete(where)),
  ),
  fc.tuple(text, text).map(([givenName, familyName]) =>
    operation({ op: 'replace', path: 'name', value: { givenName, familyName } }, ({ texts }) => {
      texts.set('name.givenName', givenName);
      texts.set('name.familyName', familyName);
    }),
  ),
];

const listSteps = [
  fc
    .tuple(assignOp, type, text)
    .map(([op, kind, value]) =>
      operation({ op, path: `emails[type eq "${kind}"].value`, value }, ({ emails }) =>
        emails.set(kind, value),
      ),
    ),
  type.map((kind) =>
    operation({ op: 'remove', path: `emails[type eq "${kind}"]` }, ({ emails }) => emails.delete(kind)),
  ),
  fc.constant(operation({ op: 'remove', path: 'emails' }, ({ emails }) => emails.clear())),
  fc
    .array(text, { maxLength: 3 })
    .map((values) =>
      operation({ op: 'add', path: 'roles', value: values.map((value) => ({ value })) }, ({ roles }) =>
        addRoles(roles, values),
      ),
    ),
  fc.array(text, { minLength: 1, maxLength: 3 }).map((values) =>
    operation({ op: 'remove', path: 'roles', value: values.map((value) => ({ value })) }, (model) => {
      model.roles = model.roles.filter((role) => !values.some((value) => sameRole(value, role)));
    }),
  ),
  fc.array(text, { maxLength: 3 }).map((values) =>
    operation({ op: 'replace', path: 'roles', value: values.map((value) => ({ value })) }, (model) => {
      model.roles = [...new Set(values)];
    }),
  ),
  fc.tuple(assignOp, flag, flag).map(([op, active, quoted]) =>
    operation({ op, path: 'active', value: quoted ? String(active) : active }, (model) => {
      model.active = active;
    }),
  ),
];

/** Roles are compared without case. */
const sameRole = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** What is there already takes the new spelling. */
function addRoles(roles: string[], values: string[]): void {
  for (const value of values) {
    const place = roles.findIndex((role) => sameRole(role, value));
    if (place < 0) roles.push(value);
    else roles[place] = value;
  }
}

/** A PUT of what the model holds, with one text less. */
const put: fc.Arbitrary<Step> = path.map((left) => ({
  request: {
    method: 'PUT',
    body: (model) => ({
      schemas: [USER],
      userName: 'ada',
      ...documentOf({ ...model, texts: without(model.texts, left) }),
    }),
  },
  apply: (model) => {
    model.texts.delete(left);
    model.roles = [...new Set(model.roles)];
  },
}));

function without(texts: Map<string, string>, left: string): Map<string, string> {
  return new Map([...texts].filter(([name]) => name !== left));
}

function documentOf({ active, texts, emails, roles }: Model): JsonObject {
  return {
    active,
    ...Object.fromEntries(texts),
    emails: [...emails].map(([kind, value]) => ({ type: kind, value })),
    roles: roles.map((value) => ({ value })),
  };
}

/** The User as the server answers it, in the model's terms. */
function modelOf(body: JsonObject): Model {
  const [name, enterprise, vendor] = [Object(body['name']), Object(body[ENTERPRISE]), Object(body[VENDOR])];
  const values = [
    body['title'],
    body['nickName'],
    name.givenName,
    name.familyName,
    enterprise.department,
    vendor.seatType,
  ];
  const list = (attribute: string): JsonObject[] => (body[attribute] ?? []) as JsonObject[];
  return {
    active: body['active'] === true,
    texts: new Map(
      TEXTS.flatMap((where, n) => (typeof values[n] === 'string' ? [[where, values[n]] as const] : [])),
    ),
    emails: new Map(list('emails').map((email) => [String(email['type']), String(email['value'])])),
    roles: list('roles').map((role) => String(role['value'])),
  };
}

async function follow(server: ScimServer, userName: string, steps: Step[]): Promise<void> {
  const made = await server.send('POST', '/Users', { body: { schemas: [USER], userName } });
  const at = `/Users/${String(made.body['id'])}`;
  const model: Model = { active: true, texts: new Map(), emails: new Map(), roles: [] };
  for (const { request, apply } of steps) {
    const body = { ...request.body(model), ...(request.method === 'PUT' ? { userName } : {}) };
    const answer = await server.send(request.method, at, { body });
    expect(answer.status, answer.text).toBe(200);
    apply(model);
    expect(modelOf(answer.body)).toEqual(model);
  }
  expect(modelOf((await server.send('GET', at)).body)).toEqual(model);
}

describe('A random sequence of PUT and PATCH', () => {
  it('leaves what a plain model of it leaves', { timeout: inMode(30_000, 600_000) }, async () => {
    const server = await startScim();
    let users = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(...textSteps, ...listSteps, put), { maxLength: 12 }),
        async (steps) => {
          users += 1;
          await follow(server, `user-${users}`, steps);
        },
      ),
      { numRuns: inMode(40, 5000) },
    );
  });

  it('of members leaves what a set of them leaves', { timeout: inMode(30_000, 600_000) }, async () => {
    const server = await startScim();
    const ids: string[] = [];
    for (const userName of ['a', 'b', 'c', 'd', 'e']) {
      ids.push(
        String((await server.send('POST', '/Users', { body: { schemas: [USER], userName } })).body['id']),
      );
    }
    const some = fc.subarray(ids);
    const step = fc.record({ op: fc.constantFrom('add', 'remove', 'replace'), values: some, filtered: flag });
    let groups = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 6 }), async (requests) => {
        groups += 1;
        const created = await server.send('POST', '/Groups', {
          body: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: `g-${groups}` },
        });
        const at = `/Groups/${String(created.body['id'])}`;
        let members = new Set<string>();
        for (const steps of requests) {
          const operations = steps.map(({ op, values, filtered }) =>
            filtered && op === 'remove' && values.length > 0
              ? { op, path: `members[${values.map((value) => `value eq "${value}"`).join(' or ')}]` }
              : { op, path: 'members', value: values.map((value) => ({ value })) },
          );
          for (const { op, values } of steps) {
            if (op === 'replace') members = new Set(values);
            else for (const value of values) op === 'add' ? members.add(value) : members.delete(value);
          }
          const {
            status,
            text: answered,
            body,
          } = await server.send('PATCH', at, { body: patchOf(...operations) });
          expect(status, answered).toBe(200);
          expect(new Set((body['members'] as JsonObject[]).map(({ value }) => value))).toEqual(members);
        }
      }),
      { numRuns: inMode(30, 3000) },
    );
  });
});
