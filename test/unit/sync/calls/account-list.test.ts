import { describe, expect, it } from 'vitest';
import { createAccountList } from '../../../../src/sync/calls/account-list.ts';
import { account } from '../acme.ts';

const ANA = account({ id: 'v1', address: 'Ana@Example.com' });
const BO = account({ id: 'v2', address: 'bo@example.com' });

describe('A list', () => {
  it.each([
    ['by the vendor’s id', { id: 'v2', address: 'gone@example.com' }, BO],
    ['by address, in any case', { id: null, address: 'ana@example.COM' }, ANA],
    ['by address where the id is not there', { id: 'v9', address: 'bo@example.com' }, BO],
    ['absent where neither is there', { id: 'v9', address: 'cy@example.com' }, 'absent'],
    ['absent where there is no address to look for', { id: 'v9', address: null }, 'absent'],
  ])('finds an account %s', (_what, key, expected) => {
    expect(createAccountList('user', [ANA, BO]).find(key)).toEqual(expected);
  });

  it('with an address twice tells by id alone which account is whose', () => {
    const twin = account({ id: 'v3', address: 'ANA@example.com' });
    const list = createAccountList('user', [ANA, BO, twin]);
    expect(list.find({ id: null, address: 'ana@example.com' })).toBe('several');
    expect(list.find({ id: 'v3', address: 'ana@example.com' })).toEqual(twin);
    expect(list.size).toBe(3);
  });

  it('with an address three times has several all the same', () => {
    const twins = ['v3', 'v4'].map((id) => ({ ...ANA, id }));
    const list = createAccountList('user', [ANA, ...twins]);
    expect(list.find({ id: null, address: ANA.address })).toBe('several');
  });

  it.each([
    ['before', [account({ id: 'i1', presence: 'pending' }), account({ id: 'v1' })]],
    ['after', [account({ id: 'v1' }), account({ id: 'i1', presence: 'pending' })]],
  ])('takes a person for whose the address is, with an invitation left over %s', (_what, listed) => {
    const list = createAccountList('user', listed);
    expect(list.find({ id: null, address: 'ana@example.com' })).toMatchObject({ id: 'v1' });
  });

  it('with an account twice has it once, as last told', () => {
    const later = { ...ANA, presence: 'suspended' as const };
    const list = createAccountList('user', [ANA, later]);
    expect(list.all).toEqual([later]);
    expect(list.find({ id: null, address: ANA.address })).toEqual(later);
  });

  it('finds a person by another of their addresses', () => {
    const list = createAccountList('user', [{ ...ANA, aliases: ['ana.d@example.com'] }, BO]);
    expect(list.find({ id: null, address: 'Ana.D@example.com' })).toMatchObject({ id: 'v1' });
  });

  it('has an account once where one of its other addresses is its first one', () => {
    const list = createAccountList('user', [{ ...ANA, aliases: ['ana@example.com'] }]);
    expect(list.find({ id: null, address: 'ana@example.com' })).toMatchObject({ id: 'v1' });
  });

  it('of groups finds them by their titles, as names are compared', () => {
    const staff = account({ id: 'g1', address: 'STRASSE Ünit' });
    const list = createAccountList('group', [staff]);
    expect(list.find({ id: null, address: 'strasse ünit' })).toEqual(staff);
  });

  describe('of people with letters beyond A–Z', () => {
    const upper = account({ id: 'v1', address: 'JosÉ@Example.com', aliases: ['J@corp.test'] });
    const lower = account({ id: 'v2', address: 'josé@example.com' });
    const twins = [
      account({ id: 'v3', address: 'anÁ@example.com' }),
      account({ id: 'v4', address: 'ANÁ@example.com' }),
    ];
    const list = createAccountList('user', [upper, lower, ...twins]);

    it.each([
      ['by its address, A–Z in any case', 'JOSÉ@example.com', upper],
      ['by no other letter in another case', 'josé@EXAMPLE.com', lower],
      ['by its second login', 'j@CORP.test', upper],
      ['by no address that two have', 'anÁ@example.com', 'several'],
      ['by no letter that folds to one of A–Z elsewhere', '\u212Aim@example.com', 'absent'],
    ])('finds an account %s', (_what, address, expected) => {
      expect(list.find({ id: null, address })).toEqual(expected);
    });
  });
});
