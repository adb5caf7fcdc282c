import { describe, expect, it } from 'vitest';
import { encodeCursor } from '../../../src/core/cursor.ts';
import { ScimError } from '../../../src/scim/errors.ts';
import { DEFAULT_COUNT, MAX_COUNT, readQuery } from '../../../src/scim/query.ts';
import { ENTERPRISE, groupSchema, userSchema } from './schema-fixture.ts';

const read = (parameters: Record<string, unknown>) => readQuery(userSchema, parameters);

function refusal(parameters: Record<string, unknown>): ScimError {
  try {
    read(parameters);
  } catch (error) {
    if (error instanceof ScimError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('a list request', () => {
  it('without parameters is the first page of everything by id', () => {
    expect(read({})).toMatchObject({
      filter: null,
      sort: null,
      count: DEFAULT_COUNT,
      page: { kind: 'index', startIndex: 1 },
    });
  });

  it.each([
    [{ startIndex: '3' }, 3],
    [{ startIndex: 3 }, 3],
    [{ startIndex: '0' }, 1],
    [{ startIndex: '-5' }, 1],
    [{ startIndex: '' }, 1],
    [{ startIndex: '99999999999999999999' }, Number.MAX_SAFE_INTEGER],
  ])('%j starts at %i (RFC 7644 §3.4.2.4)', (parameters, startIndex) => {
    expect(read(parameters).page).toEqual({ kind: 'index', startIndex });
  });

  it.each([
    [{ count: '5' }, 5],
    [{ count: '0' }, 0],
    [{ count: '-1' }, 0],
    [{ count: '' }, DEFAULT_COUNT],
    [{ count: '100000' }, MAX_COUNT],
    [{ count: '5', cursor: '' }, 5],
    [{ COUNT: 7 }, 7],
  ])('%j has pages of %i', (parameters, count) => {
    expect(read(parameters).count).toBe(count);
  });

  it.each([
    [{ startIndex: 'one' }, 'invalidValue', '"startIndex" must be a whole number'],
    [{ startIndex: '1.5' }, 'invalidValue', '"startIndex" must be a whole number'],
    [{ startIndex: ['1', '2'] }, 'invalidValue', '"startIndex" must be given once'],
    [{ filter: ['title pr', 'title pr'] }, 'invalidValue', '"filter" must be given once'],
    [{ filter: { $gt: '' } }, 'invalidValue', '"filter" must be given once'],
    [{ filter: 'title pr', FILTER: 'title pr' }, 'invalidValue', '"filter" must be given once'],
    [{ filter: '' }, 'invalidFilter', 'The filter is empty'],
    [{ filter: 'titel pr' }, 'invalidFilter', 'there is no attribute "titel"'],
    [{ count: 'all' }, 'invalidValue', '"count" must be a whole number'],
    [{ count: 'all', cursor: '' }, 'invalidCount', '"count" must be a whole number'],
    [{ cursor: 'x' }, 'invalidCursor', 'not one of this query'],
    [{ cursor: '', startIndex: '1' }, 'invalidValue', 'either "startIndex" or "cursor"'],
    [{ sortBy: 'nick' }, 'invalidValue', '"sortBy" names "nick", which is no attribute'],
    [{ sortBy: 'name' }, 'invalidValue', '"sortBy" cannot be name'],
    [{ sortBy: 'password' }, 'invalidValue', '"sortBy" cannot be password'],
    [{ sortOrder: 'up' }, 'invalidValue', '"sortOrder" must be'],
  ])('%j is refused', (parameters, scimType, detail) => {
    const error = refusal(parameters);
    expect(error).toMatchObject({ status: 400, scimType });
    expect(error.detail).toContain(detail);
  });

  it('is not repeated in full in the refusal', () => {
    const name = 'x'.repeat(4000);
    for (const parameters of [{ sortBy: name }, { filter: `${name} pr` }, { filter: `${name} is "y"` }]) {
      expect(refusal(parameters).detail.length).toBeLessThan(250);
    }
  });

  it.each([
    ['USERNAME', ['userName'], null],
    ['emails', ['emails'], 'value'],
    ['emails.type', ['emails'], 'type'],
    [`${ENTERPRISE}:manager`, [ENTERPRISE, 'manager', 'value'], null],
  ])('sorted by %s reads %j %s', (sortBy, keys, sub) => {
    expect(read({ sortBy, sortOrder: 'Descending' }).sort).toMatchObject({
      ref: { keys, sub },
      descending: true,
    });
  });

  it('sorts by nothing where all resources are alike', () => {
    expect(read({ sortBy: 'meta.resourceType' }).sort).toBeNull();
    expect(read({ sortOrder: 'descending' }).sort).toBeNull();
  });
});

describe('a cursor', () => {
  const target = { direction: 'after', position: { sort: null, id: 'u-1' } } as const;

  it('is used only with the query that it was answered to', () => {
    const filtered = { filter: 'title eq "a"' };
    const cursor = encodeCursor(read(filtered).fingerprint, target);
    expect(read({ filter: ' title  EQ "a"', cursor }).page).toEqual({ kind: 'cursor', target });
    for (const other of [{}, { filter: 'title eq "b"' }, { ...filtered, sortBy: 'title' }]) {
      expect(refusal({ ...other, cursor }).scimType).toBe('invalidCursor');
    }
    expect(() => readQuery(groupSchema, { cursor })).toThrow(ScimError);
  });

  it('that was tampered with is refused', () => {
    const { fingerprint } = read({});
    const forge = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url');
    for (const content of [
      null,
      {},
      [],
      [fingerprint],
      [fingerprint, 'after'],
      [fingerprint, 'after', 5, null],
      [fingerprint, 'beside', 'u-1', null],
      [fingerprint, 'after', 'u-1', {}],
      [fingerprint, 'after', 'u-1', true],
    ]) {
      expect(refusal({ cursor: forge(content) }).scimType).toBe('invalidCursor');
    }
  });
});
