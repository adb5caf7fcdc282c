import { describe, expect, it } from 'vitest';
import { readMapping, saveMapping, showMapping } from '../../../src/admin/mapping.ts';
import { findConnection } from '../../../src/store/connections.ts';
import { deleteGroup } from '../../../src/store/groups.ts';
import { checkMapping } from '../../../src/sync/plan/mapping-check.ts';
import { audited, isFannedOut, NOW, openWithConnection, pushGroup, refusal } from './operator-fixture.ts';

describe('a mapping file', () => {
  it('names Groups by displayName in any case or by id, and is stored with both', async () => {
    const { operator, connection } = await openWithConnection();
    const admins = await pushGroup(operator.db, connection, 'Admins');
    const sales = await pushGroup(operator.db, connection, 'Sales');
    const file = {
      privilege: {
        rules: [
          { group: 'ADMINS', value: 'admin' },
          { group: sales, value: 'user' },
        ],
      },
    };
    expect(await readMapping(operator, 'crm', file, checkMapping)).toEqual({
      privilege: {
        rules: [
          { groupId: admins, groupName: 'Admins', value: 'admin' },
          { groupId: sales, groupName: 'Sales', value: 'user' },
        ],
      },
    });
  });

  it('means the Group with that id even if another one has it for a name', async () => {
    const { operator, connection } = await openWithConnection();
    const admins = await pushGroup(operator.db, connection, 'Admins');
    await pushGroup(operator.db, connection, admins);
    const file = { privilege: { rules: [{ group: admins, value: 'admin' }] } };
    const mapping = await readMapping(operator, 'crm', file, checkMapping);
    expect(mapping['privilege']?.rules?.[0]).toMatchObject({ groupId: admins, groupName: 'Admins' });
  });

  it('is refused with every fault named at once', async () => {
    const { operator } = await openWithConnection();
    const message = await refusal(
      readMapping(
        operator,
        'crm',
        {
          privilege: { rules: [{ group: 'Nobody', value: 'boss' }], source: { constant: 3 } },
          inDemoPool: { source: { expression: '$eval("1")' } },
          colour: { source: { constant: 'red' } },
          email: { source: { constant: 'a@example.com' } },
          sendOnboardingEmail: {},
        },
        checkMapping,
      ),
    );
    expect(message.split('\n').slice(1)).toEqual([
      expect.stringContaining('mapping of privilege names the Group "Nobody"'),
      expect.stringMatching(/mapping of privilege: the value for the Group "Nobody" is not one of .*admin/),
      expect.stringContaining('mapping of privilege: the constant must be a string'),
      expect.stringMatching(/mapping of inDemoPool: .*\$eval/),
      expect.stringContaining('has no field "colour"; its fields are: email, privilege'),
      expect.stringContaining('mapping of email would give several people one address'),
      expect.stringContaining('mapping of sendOnboardingEmail has neither rules nor a source'),
    ]);
  });

  it.each([
    [[], 'The mapping must be an object'],
    [{ privilege: 'admin' }, 'The mapping of privilege must be {"rules"'],
    [{ privilege: { rule: [] } }, 'The mapping of privilege has the unknown member "rule"'],
    [{ privilege: { rules: {} } }, 'The mapping of privilege: rules must be a list'],
    [{ privilege: { rules: [{ group: 1, value: 'a' }] } }, 'The mapping of privilege: rule 1, group must be'],
    [
      { privilege: { rules: [{ group: 'g', value: null }] } },
      'The mapping of privilege: rule 1, value must be',
    ],
    [
      { privilege: { source: { constant: 'a', expression: 'b' } } },
      'The mapping of privilege: source must be',
    ],
  ])('of a wrong shape is refused: %j', async (file, reason) => {
    const { operator } = await openWithConnection();
    expect(await refusal(readMapping(operator, 'crm', file, checkMapping))).toContain(reason);
  });

  it('takes an expression for the address', async () => {
    const { operator } = await openWithConnection();
    const file = { email: { source: { expression: 'emails[type="work"].value' } } };
    expect(await readMapping(operator, 'crm', file, checkMapping)).toEqual(file);
  });
});

describe('a saved mapping', () => {
  it('makes every account due again and is on the audit trail', async () => {
    const { operator, connection } = await openWithConnection();
    const saved = await saveMapping(operator, 'crm', { privilege: { source: { constant: 'admin' } } });
    expect(saved.version).toBeGreaterThan(connection.version);
    expect(await findConnection(operator.db, 'crm')).toEqual(saved);
    expect(await isFannedOut(operator, 'crm')).toBe(true);
    expect(await audited(operator)).toEqual(['connection.add', 'mapping.set']);
  });

  it('that is the same as before changes nothing', async () => {
    const { operator, connection } = await openWithConnection();
    expect(await saveMapping(operator, 'crm', {})).toEqual(connection);
    expect(await isFannedOut(operator, 'crm')).toBe(false);
  });

  it('is shown as the file that makes it, Groups by their present names, a deleted one by its id', async () => {
    const { operator, connection } = await openWithConnection();
    const kept = await pushGroup(operator.db, connection, 'Admins');
    const gone = await pushGroup(operator.db, connection, 'Sales');
    const rules = [
      { groupId: kept, groupName: 'Former name', value: 'admin' },
      { groupId: gone, groupName: 'Sales', value: 'user' },
    ];
    await saveMapping(operator, 'crm', { privilege: { rules, source: { constant: 'user' } } });
    await deleteGroup(operator.db, connection, gone, () => {}, { requestId: 'push', now: NOW });
    expect(await showMapping(operator, 'crm')).toEqual({
      privilege: {
        rules: [
          { group: 'Admins', value: 'admin' },
          { group: gone, value: 'user' },
        ],
        source: { constant: 'user' },
      },
    });
  });
});
