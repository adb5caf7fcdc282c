import { describe, expect, it } from 'vitest';
import { VendorError } from '../../../../src/core/errors.ts';
import type { Field, FieldValue } from '../../../../src/core/field.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import { compileExpressions } from '../../../../src/sync/plan/expressions.ts';
import { field } from '../acme.ts';

const ANA: JsonObject = {
  userName: 'ana@example.com',
  active: true,
  name: { givenName: 'Ana', familyName: 'Díaz' },
  emails: [
    { value: 'home@example.com', type: 'home' },
    { value: 'work@example.com', type: 'work', primary: true },
  ],
  roles: [{ value: 'a' }],
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'Sales' },
};
const single = field('x');
const list = field('x', { type: 'list' });

async function evaluate(about: Field, expression: string, document = ANA): Promise<FieldValue | undefined> {
  const values = await compileExpressions({ x: { source: { expression } } }, [about])(document);
  return values['x'];
}

describe('The result of an expression', () => {
  it.each<[string, Field, string, FieldValue | undefined]>([
    ['is an attribute', single, 'name.givenName', 'Ana'],
    ['is the primary address', single, 'emails[primary].value', 'work@example.com'],
    ['reads the enterprise extension under its short name', single, 'enterprise.department', 'Sales'],
    ['is the first of several for a single value', single, 'emails.value', 'home@example.com'],
    ['is all of them for a list', list, 'emails.value', ['home@example.com', 'work@example.com']],
    ['is a list of one for a list', list, 'roles.value', ['a']],
    ['may be false', single, 'active = false', false],
    ['may be a number', single, '$count(emails)', 2],
    ['may be an object in a list', list, '{"text": enterprise.department}', [{ text: 'Sales' }]],
    ['is no value where nothing is found', single, 'title', undefined],
    ['is no value where a list finds nothing', list, 'groups.value', undefined],
    ['is no value where it is null', single, 'null', undefined],
    ['is no value where it is an empty text', single, '""', undefined],
    ['is no value where the list is empty', single, '[]', undefined],
    ['is an empty list where that is said', list, '[]', []],
  ])('%s', async (_what, about, expression, expected) => {
    expect(await evaluate(about, expression)).toEqual(expected);
  });

  it('is plain JSON', async () => {
    const values = await evaluate(list, 'emails.value');
    expect(Object.getOwnPropertyNames(values)).toEqual(['0', '1', 'length']);
  });

  it('finds no enterprise extension where there is none', async () => {
    expect(await evaluate(single, 'enterprise.department', { userName: 'ana' })).toBeUndefined();
  });
});

describe('An expression', () => {
  it('that fails for a User refuses that User, the field named', async () => {
    const refused = evaluate(single, '$number(userName)');
    await expect(refused).rejects.toBeInstanceOf(VendorError);
    await expect(refused).rejects.toMatchObject({
      code: 'REJECTED',
      message: expect.stringContaining('maps x fails for this User'),
    });
  });

  it('that is no longer allowed refuses every User', async () => {
    await expect(evaluate(single, '[1..3]')).rejects.toMatchObject({
      code: 'REJECTED',
      message: expect.stringContaining('The mapping of x'),
    });
  });

  it('is asked only of fields that have one', async () => {
    const mapping = { x: { source: { constant: 'c' } }, y: { rules: [] } };
    expect(await compileExpressions(mapping, [single, field('y')])(ANA)).toEqual({});
  });
});
