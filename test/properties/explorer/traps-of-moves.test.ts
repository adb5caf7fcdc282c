import { describe, expect, it } from 'vitest';
import { deletes, posts, pushes, Script, stranger } from './script.ts';

const U_AT_A = [posts('U', 'a'), 'rest'] as const;

describe('a changed address', () => {
  const BY_HAND = { policies: { addressChange: 'task', adoption: 'refuse' } } as const;

  it('changed by hand as the task asked, the new address loses its access with a DELETE', () => {
    const script = new Script('addressed', BY_HAND).go(...U_AT_A, pushes('U', { address: 'b' }), 'rest');
    expect(script.tasks).toEqual(['address b']);
    expect(script.go('human renames b a', deletes('U'), 'rest').accounts).toEqual([]);
  });

  it('the same, with another change pushed before anybody looked', () => {
    const script = new Script('addressed', BY_HAND).go(...U_AT_A, pushes('U', { address: 'b' }), 'rest');
    script.go('human renames b a', pushes('U', { address: 'c' }), 'rest', deletes('U'), 'rest');
    expect(script.accounts).toEqual([]);
  });

  it('a stranger who came to b while a is still there is untouched', () => {
    const script = new Script('addressed', BY_HAND).go(...U_AT_A, pushes('U', { address: 'b' }), 'rest');
    script.go(stranger('b'), deletes('U'), 'rest');
    expect(script.accounts).toEqual(['b active admin']);
  });

  it('moved to b and back before the left a is claimed, the first a is kept', () => {
    const script = new Script('found').go(
      ...U_AT_A,
      pushes('U', { address: 'b' }),
      'claim r1',
      'go r1',
      'go r1',
    );
    script.go('go r1', 'go r1', pushes('U', { address: 'a' }), 'rest');
    expect(script.accounts).toEqual(['a active user']);
    expect(script.accountOf('U')).toBe('v1');
  });

  it('moved to b and back, it is looked at first, and made anew if a human removed it meanwhile', () => {
    const script = new Script('found').go(
      ...U_AT_A,
      pushes('U', { address: 'b' }),
      'claim r1',
      'go r1',
      'go r1',
    );
    script.go('go r1', 'go r1', 'human removes v1', pushes('U', { address: 'a' }), 'rest');
    expect(script.accounts).toEqual(['a active user']);
  });

  it('renamed to b by hand while b is next, it is swapped without a second account', () => {
    const script = new Script('found').go(...U_AT_A, pushes('U', { address: 'b' }), 'claim r1');
    script.go('human renames b v1', 'rest');
    expect(script.accounts).toEqual(['b active user']);
    expect(script.accountOf('U')).toBe('v1');
  });

  it('X moves from a to t and Y from b to a at once: both are done, and X first', () => {
    const script = new Script('found', { workers: 2 }).go(posts('X', 'a'), posts('Y', 'b'), 'rest');
    script.go(pushes('Y', { address: 'a' }), pushes('X', { address: 't' }), 'rest');
    expect([script.stateOf('X'), script.stateOf('Y')]).toEqual(['in-sync', 'in-sync']);
    expect(script.accounts).toEqual(['a active user', 't active user']);
  });

  it('three Users who change places at once get 409s, and nobody waits for ever', () => {
    const script = new Script('found').go(posts('X', 'a'), posts('Y', 'b'), posts('Z', 'c'), 'rest');
    script.go(
      pushes('X', { address: 'b' }),
      pushes('Y', { address: 'c' }),
      pushes('Z', { address: 'a' }),
      'rest',
    );
    expect(['X', 'Y', 'Z'].map((user) => script.stateOf(user))).toEqual(['conflict', 'conflict', 'conflict']);
  });
});

describe('an address that another User had', () => {
  it('taken over from a deactivated User, the account stays whatever becomes of that User', () => {
    const script = new Script('found').go(
      ...U_AT_A,
      pushes('U', { active: false }),
      'rest',
      posts('V', 'a'),
      'rest',
    );
    expect(script.accountOf('V')).toBe('v1');
    script.go(pushes('U', { active: true }), 'rest', deletes('U'), 'rest');
    expect(script.accounts).toEqual(['a active user']);
  });

  it('taken over from memory though a human had removed it, it is looked at first and made', () => {
    const script = new Script('found').go(
      ...U_AT_A,
      pushes('U', { active: false }),
      'rest',
      'human removes v1',
    );
    expect(script.go(posts('V', 'a'), 'rest').accounts).toEqual(['a active user']);
    expect(script.stateOf('V')).toBe('in-sync');
  });

  it('left by a deleted User and held, it is taken over, and the hold ends', () => {
    const script = new Script('found', { guard: 0 }).go(...U_AT_A, deletes('U'), 'rest');
    expect(script.world.rows.map(({ state }) => state)).toEqual(['held']);
    expect(script.go(posts('V', 'a'), 'rest').accountOf('V')).toBe('v1');
    expect(script.world.rows.filter(({ held }) => held !== null)).toEqual([]);
  });

  it('an administrator by a rule who moves away never leaves the account to whoever is hired at the old address', () => {
    const script = new Script('found').go(posts('X', 'a', { ruled: true }), 'rest');
    script.go(({ accounts }) => {
      for (const real of accounts) real.aliases = ['old'];
    });
    script.go(pushes('X', { address: 't' }), posts('V', 'a'), 'rest');
    expect(script.accounts).toEqual(['a active user', 't active admin']);
    expect(script.world.accounts.flatMap(({ aliases }) => aliases)).toEqual([]);
  });

  it('where guests cannot be removed, a new User of a deactivated one’s address is taken in, and the task ends', () => {
    const script = new Script('revoking').go(
      ...U_AT_A,
      'human accepts a',
      pushes('U', { active: false }),
      'rest',
    );
    expect(script.tasks).not.toEqual([]);
    script.go(posts('V', 'a', { name: 'Name of U' }), 'rest');
    expect(script.stateOf('V')).toBe('in-sync');
    expect(script.tasks).toEqual([]);
  });
});
