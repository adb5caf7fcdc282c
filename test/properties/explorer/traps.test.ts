import { describe, expect, it } from 'vitest';
import { deletes, posts, pushes, Script, stranger } from './script.ts';

const REFUSE = { policies: { adoption: 'refuse' } } as const;
const U_AT_A = [posts('U', 'a'), 'rest'] as const;

describe('strangers', () => {
  it('b is untouched when U moved there, adopted it, was killed and moved back', () => {
    const script = new Script('found').go(...U_AT_A, stranger('b'));
    script.go(
      pushes('U', { address: 'b' }),
      'claim r1',
      'go r1',
      'kill',
      pushes('U', { address: 'a' }),
      'rest',
    );
    expect(script.accounts).toEqual(['a active user', 'b active admin']);
  });

  it('an administrator whom a human made after the look and before a kill is not ours, and refuse changes nothing', () => {
    const script = new Script('found', REFUSE).go(posts('U', 'a'), 'claim r1', 'go r1', 'go r1');
    script.go(stranger('a'), 'kill', 'rest');
    expect(script.stateOf('U')).toBe('conflict');
    expect(script.go(deletes('U'), 'rest').accounts).toEqual(['a active admin']);
  });

  it('an account made anew after a removal whose answer was lost stays, and a task says so', () => {
    const script = new Script('found', REFUSE).go(...U_AT_A, deletes('U'), 'claim r1', 'go r1', 'go r1');
    script.go('go r1 lost', stranger('a'), 'rest');
    expect(script.accounts).toEqual(['a active admin']);
  });

  it('where the address is the id, an account made anew with other fields after a lost removal stays, and a task says so', () => {
    const script = new Script('addressed', REFUSE).go(...U_AT_A, deletes('U'), 'claim r1', 'go r1', 'go r1');
    script.go('go r1 lost', stranger('a'), 'rest');
    expect(script.accounts).toEqual(['a active admin']);
    expect(script.tasks).toEqual(['look a']);
  });

  it('id 1 was removed by hand and id 2 made there: under refuse a DELETE leaves id 2', () => {
    const script = new Script('found', REFUSE).go(...U_AT_A, 'human removes v1', stranger('a'));
    expect(script.go(deletes('U'), 'rest').accounts).toEqual(['a active admin']);
    expect(script.tasks).toEqual([]);
  });

  it('a leaver with a stranger at its address makes no task under refuse', () => {
    const script = new Script('found', REFUSE).go(
      stranger('a'),
      posts('U', 'a'),
      'rest',
      deletes('U'),
      'rest',
    );
    expect(script.accounts).toEqual(['a active admin']);
    expect(script.tasks).toEqual([]);
  });

  it('a human’s hidden invitation that was resent and accepted is untouched by a DELETE under refuse', () => {
    const script = new Script('revoking', REFUSE).go(stranger('a', { presence: 'pending', id: 'a' }));
    script.go(posts('U', 'a'), 'rest', 'human accepts a', deletes('U'), 'rest');
    expect(script.world.accounts.map(({ perms }) => perms)).toEqual([['p']]);
  });

  it('an address that two accounts have is a conflict, and no third is made', () => {
    const script = new Script('listed').go(stranger('a'), stranger('a'), posts('U', 'a'), 'rest');
    expect(script.stateOf('U')).toBe('conflict');
    expect(script.accounts).toHaveLength(2);
  });

  it('a value that a human changed from what a default had written stays', () => {
    const script = new Script('found').go(
      ...U_AT_A,
      'human promotes v1',
      pushes('U', { name: 'Other' }),
      'rest',
    );
    expect(script.accounts).toEqual(['a active admin']);
  });
});

describe('who leaves', () => {
  it('remembered as suspended and enabled by hand, it is looked at and removed by a DELETE', () => {
    const script = new Script('found').go(
      ...U_AT_A,
      pushes('U', { active: false }),
      'rest',
      'human enables v1',
    );
    expect(script.go(deletes('U'), 'rest').accounts).toEqual([]);
  });

  it('of two administrators who leave at once, judged on one list, one stays', () => {
    const script = new Script('administered', { workers: 2 });
    script.go(
      posts('U', 'a', { ruled: true }),
      posts('V', 'b', { ruled: true }),
      'rest',
      deletes('U'),
      deletes('V'),
    );
    script.go('claim r1', 'claim r2', 'go r1', 'go r2', 'go r1', 'rest');
    expect(script.accounts).toHaveLength(1);
  });

  it('a withdrawal whose answer was lost, and the invitation accepted: the access is taken', () => {
    const script = new Script('invited').go(...U_AT_A, deletes('U'), 'claim r1', 'go r1');
    script.go('go r1 late', 'human accepts a', 'rest');
    expect(script.accounts).toEqual([]);
  });

  it('no human is asked when an inactive User is posted and deleted where invitations are hidden', () => {
    const script = new Script('hidden').go(posts('U', 'a', { active: false }), 'rest', deletes('U'), 'rest');
    expect(script.tasks).toEqual([]);
  });

  it('an invitation that was sent again before a kill is not forgotten by a DELETE, and nobody is invited again', () => {
    const script = new Script('revoking').go(
      posts('U', 'a'),
      'claim r1',
      'go r1',
      'go r1',
      'go r1 late',
      'go r1',
    );
    script.go('wait', 'claim r1', 'go r1', 'go r1', 'go r1 killed', deletes('U'), 'rest');
    expect(script.tasks).toEqual(['watch a']);
  });

  it('an unmade invitation in doubt goes to the new User of its address with its task, and done leads on', () => {
    const script = new Script('hidden').go(
      posts('U', 'a'),
      'claim r1',
      'go r1',
      'go r1',
      'go r1 late',
      'go r1',
    );
    script.go(deletes('U'), 'rest', posts('V', 'a'), 'rest');
    expect(script.tasks).toEqual(['doubt a']);
    const row = script.world.tasks[0]?.row ?? '';
    expect(script.go(`operator says doubt done ${row}`, 'rest').stateOf('V')).toBe('in-sync');
    expect(script.tasks).toEqual([]);
  });
});
