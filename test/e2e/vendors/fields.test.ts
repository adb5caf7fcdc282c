import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FieldValue } from '../../../src/core/field.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/core/json.ts';
import { vendorUrn } from '../../../src/core/vendor-urn.ts';
import { checkExpression } from '../../../src/sync/plan/expression-check.ts';
import { vendors } from '../../../src/vendors/index.ts';
import { person, type Stage, startStage } from '../delivery/stage.ts';
import { type FieldRow, fieldRows } from './field-rows.ts';
import { atVendor, createdWith, joined, opsSent } from './vendor-acts.ts';

const named = fieldRows.map((row) => [`${row.field} of ${row.vendor}`, row] as const);
const ruled = named.filter(([, row]) => row.rules === true);

function start(row: FieldRow): Promise<Stage> {
  return startStage(row.vendor, { settings: row.settings ?? {}, policies: row.policies ?? {} });
}

function saying(row: FieldRow, value: FieldValue): JsonObject {
  return { [vendorUrn(row.vendor)]: { ...row.beside, [row.field]: value } };
}

function beside(row: FieldRow): JsonObject {
  return row.beside === undefined ? {} : { [vendorUrn(row.vendor)]: row.beside };
}

function onWire(row: FieldRow, value: FieldValue): Json {
  return row.onWire === undefined ? value : row.onWire(value);
}

/** The field as the vendor was sent it: with the create call, or right after it. */
async function sentFor(stage: Stage, row: FieldRow, address: string): Promise<Json | undefined> {
  if (typeof row.wire === 'string') return at((await createdWith(stage, address)) ?? {}, row.wire);
  return at(await atVendor(stage, address), row.wire.afterwards);
}

function at(document: JsonObject, path: string): Json | undefined {
  const steps = path in document ? [path] : path.split('.');
  return steps.reduce<Json | undefined>(
    (value, step) => (isJsonObject(value) ? value[step] : undefined),
    document,
  );
}

async function bodiesSent(stage: Stage, row: FieldRow): Promise<unknown[]> {
  if (row.vendor === 'corezoid') return opsSent(stage);
  const calls = (await stage.calls()).filter(({ method }) => method !== 'GET');
  return calls.map(({ body }) => JSON.parse(body));
}

async function expectExpression(stage: Stage, row: FieldRow): Promise<void> {
  const { text, nickName } = row.expression;
  await stage.setMapping({ [row.field]: { source: { expression: text } } });
  const value = nickName === '' ? String(row.values[0]) : nickName;
  const more = { ...beside(row), nickName: value, externalId: 'e' };
  await stage.addUser(person('e@example.com', more));
  const address = addressOf(row, value, 'e@example.com');
  const expected = address === value ? value : onWire(row, row.values[0]);
  expect(await sentFor(stage, row, address)).toEqual(expected);
}

describe('The field', () => {
  it.each(named)('%s has its default, or what the extension attribute says', async (_name, row) => {
    const stage = await start(row);
    const attributed = addressOf(row, row.values[0], 'b@example.com');
    const plain = await stage.postUser(person('a@example.com', { externalId: 'ext-1' }));
    expect(plain.status).toBe(row.needed === true ? 400 : 201);
    expect(await sentFor(stage, row, 'a@example.com')).toEqual(row.standard('a@example.com'));
    await stage.addUser(person('b@example.com', saying(row, row.values[0])));
    expect(await sentFor(stage, row, attributed)).toEqual(onWire(row, row.values[0]));
  });

  it.each(ruled)(
    '%s follows the rules of groups, then the connection’s constant or expression',
    async (_name, row) => {
      const stage = await start(row);
      const [first, second] = row.values;
      const id = await stage.addUser(person('ruled@example.com', { ...beside(row), active: false }));
      const later = await stage.addGroup('Later', id);
      const earlier = await stage.addGroup('Earlier', id);
      await stage.setMapping({
        [row.field]: {
          rules: [
            { groupId: earlier, groupName: 'Earlier', value: first },
            { groupId: later, groupName: 'Later', value: second },
          ],
          source: { constant: second },
        },
      });
      expect((await stage.setActive(id, true)).status).toBe(200);
      const both = Array.isArray(first) && Array.isArray(second) ? [...first, ...second] : first;
      expect(await sentFor(stage, row, 'ruled@example.com')).toEqual(onWire(row, both));
      await stage.addUser(person('constant@example.com', { ...beside(row), externalId: 'c' }));
      expect(await sentFor(stage, row, 'constant@example.com')).toEqual(onWire(row, second));
      await expectExpression(stage, row);
    },
  );

  it.each(named.filter(([, row]) => row.rules !== true))(
    '%s, which cannot be the same for several people, follows the connection’s expression',
    async (_name, row) => {
      const stage = await start(row);
      await expectExpression(stage, row);
    },
  );

  it.each(named.filter(([, row]) => row.refused !== undefined))(
    '%s is refused before the account is made where the vendor cannot take it, with its name',
    async (_name, row) => {
      const stage = await start(row);
      const { status, body } = await stage.postUser(person('a@example.com', row.refused?.user ?? {}));
      expect(body['detail']).toContain(row.refused?.names);
      expect(status).toBe(400);
      expect(await stage.vendorAccounts()).toEqual([]);
      expect((await stage.send('GET', '/Users')).body['totalResults']).toBe(0);
    },
  );

  it.each(named.filter(([, row]) => row.omitted !== undefined))(
    '%s is left out where it is too long',
    async (_name, row) => {
      const stage = await start(row);
      await stage.addUser(person('a@example.com', row.omitted ?? {}));
      expect(await createdWith(stage, 'a@example.com')).toMatchObject({ email: 'a@example.com' });
      expect(await sentFor(stage, row, 'a@example.com')).toBeUndefined();
    },
  );

  it.each(named)('%s changes later as its table says', async (_name, row) => {
    const stage = await start(row);
    const [first, second] = row.values;
    const address = addressOf(row, first, 'a@example.com');
    const id = await joined(stage, address, saying(row, first));
    const path = `${vendorUrn(row.vendor)}:${row.field}`;
    expect((await stage.patchUser(id, { op: 'replace', path, value: second })).status).toBe(200);
    const { later } = row;
    const tasks = (await stage.openTasks()).map(({ kind }) => kind);
    const sent = await bodiesSent(stage, row);
    if (later === 'ignored') expect({ tasks, sent }).toEqual({ tasks: [], sent: [] });
    else if ('task' in later) expect({ tasks, sent }).toEqual({ tasks: [later.task], sent: [] });
    else expect({ tasks, sent }).toEqual({ tasks: [], sent: later.call });
    expect(await stage.state(id)).toBe(tasks.length > 0 ? 'task' : 'in-sync');
  });

  it('has a row here for every field of every vendor', () => {
    const tried = new Set(fieldRows.map(({ vendor, field }) => `${vendor} ${field}`));
    const there = vendors.flatMap(({ id, fields }) => fields.map(({ name }) => `${id} ${name}`));
    expect(there.filter((name) => !tried.has(name))).toEqual([]);
  });
});

describe('docs/mapping.md', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/mapping.md'), 'utf8');

  it.each(vendors.map(({ title, fields }) => [title, fields] as const))(
    'has a row for every field of %s, in a section of its own',
    (title, fields) => {
      const [section = ''] = guide.split(`\n## ${title}\n`)[1]?.split('\n## ') ?? [];
      const rows = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
      expect(rows.sort()).toEqual(fields.map(({ name }) => name).sort());
    },
  );

  it('names every function that an expression may call, and no other', () => {
    const [, allowed = ''] = checkExpression('$eval("1")')?.split('are allowed: ') ?? [];
    const [, named = ''] = /Functions that may be used: ([^.]*)\./.exec(guide) ?? [];
    const functions = [...named.matchAll(/`\$(\w+)`/g)].map(([, name]) => name);
    expect(functions).toEqual(allowed.replace('.', '').split(', '));
  });

  it('shows only expressions that may be saved', () => {
    const [, table = ''] = guide.split('| expression | gives |');
    const shown = [...table.matchAll(/^\| `(.+?)` \|/gm)].map(([, text]) => text ?? '').slice(0, 7);
    expect(shown).toHaveLength(7);
    expect(shown.map(checkExpression)).toEqual(shown.map(() => null));
  });
});

/** The address that a row's value makes of the person: only the key field's value is one. */
function addressOf(row: FieldRow, value: FieldValue, otherwise: string): string {
  return row.values[0] === 'first@example.com' ? String(value) : otherwise;
}
