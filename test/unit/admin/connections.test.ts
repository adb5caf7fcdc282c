import { describe, expect, it } from 'vitest';
import { pauseConnection, removeConnection, resumeConnection } from '../../../src/admin/connection-life.ts';
import { addConnection, editConnection } from '../../../src/admin/connections.ts';
import { listAudit } from '../../../src/store/audit.ts';
import {
  findConnection,
  pauseConnection as pauseForCredential,
  readCredentials,
} from '../../../src/store/connections.ts';
import { openKeyring } from '../../../src/store/encryption.ts';
import {
  audited,
  isFannedOut,
  NOW,
  newConnection,
  openOperator,
  openWithConnection,
  pushUser,
  refusal,
} from './operator-fixture.ts';

describe('a new connection', () => {
  it('has the vendor’s title, default settings and policies where nothing else is given', async () => {
    const { connection } = await openWithConnection();
    expect(connection).toMatchObject({ id: 'crm', vendor: 'crankwheel', title: 'CrankWheel', dryRun: false });
    expect(connection.settings).toMatchObject({ baseUrl: 'https://meeting.is/ss/api', lookup: 'get' });
    expect(connection.policies).toMatchObject({ deactivate: 'remove', addressChange: 'task' });
    expect(connection.policyOverrides).toEqual({});
  });

  it('keeps policies that are set, in force and as overrides', async () => {
    const { connection } = await openWithConnection({
      policies: { set: { deactivate: 'task', allowedDomains: ['Example.COM'] }, reset: [] },
    });
    expect(connection.policyOverrides).toEqual({ deactivate: 'task', allowedDomains: ['example.com'] });
    expect(connection.policies).toMatchObject({ deactivate: 'task', delete: 'remove' });
  });

  it('protects addresses trimmed and with A–Z folded alone', async () => {
    const { connection } = await openWithConnection({
      policies: { set: { protectedAddresses: [' Ana@Example.COM', 'JOSÉ@example.com'] }, reset: [] },
    });
    expect(connection.policies.protectedAddresses).toEqual(['ana@example.com', 'josÉ@example.com']);
  });

  it.each([
    ['ana', 'has no @'],
    ['ana,bo@example.com', 'holds a comma'],
    [`${'a'.repeat(243)}@example.com`, 'is too long'],
    ['\u212aim@example.com', 'holds a character that turns into an ASCII one when texts are compared'],
  ])('cannot protect %j, and says why', async (address, fault) => {
    const operator = await openOperator();
    const policies = { set: { protectedAddresses: ['bo@example.com', address] }, reset: [] };
    expect(await refusal(addConnection(operator, newConnection({ policies })))).toContain(
      `The policy protectedAddresses.1 is not right: it ${fault}; give addresses such as ana@example.com.`,
    );
  });

  it('is refused with everything that is wrong named at once, and nothing is stored', async () => {
    const operator = await openOperator();
    const message = await refusal(
      addConnection(
        operator,
        newConnection({
          settings: { lookup: 'guess', colour: 'red' },
          credentials: {},
          policies: { set: { waitMs: -1 }, reset: ['patience'] },
        }),
      ),
    );
    expect(message.split('\n').slice(1)).toEqual([
      expect.stringContaining('setting lookup must be one of get, list'),
      expect.stringContaining('There is no setting "colour"'),
      expect.stringContaining('credential apiKey is missing. A CrankWheel API key'),
      expect.stringContaining('There is no policy "patience"'),
      expect.stringContaining('policy waitMs must not be less than 0'),
    ]);
    expect(await findConnection(operator.db, 'crm')).toBeUndefined();
    expect(await audited(operator)).toEqual([]);
  });

  it.each(['CRM', 'a b', '-a', 'a-', 'a/b', '', 'a'.repeat(64)])('cannot have the id %j', async (id) => {
    const operator = await openOperator();
    expect(await refusal(addConnection(operator, newConnection({ id })))).toContain('lower-case letters');
  });

  it('cannot have the id of another one', async () => {
    const { operator } = await openWithConnection();
    expect(await refusal(addConnection(operator, newConnection()))).toContain('exists already');
  });

  it('cannot be to a vendor that is not there; the message names those that are', async () => {
    const operator = await openOperator();
    const message = await refusal(addConnection(operator, newConnection({ vendor: 'acme' })));
    expect(message).toMatch(/no vendor "acme".*attention.*crankwheel/);
  });

  it.each(['http://meeting.is/api', 'https://user:pass@meeting.is/api'])(
    'cannot have the base URL %s',
    async (baseUrl) => {
      const operator = await openOperator();
      expect(await refusal(addConnection(operator, newConnection({ settings: { baseUrl } })))).toContain(
        'baseUrl',
      );
    },
  );

  it('is on the audit trail without its credentials', async () => {
    const { operator } = await openWithConnection();
    const trail = await listAudit(operator.db, { limit: 10 });
    expect(trail).toMatchObject([
      { action: 'connection.add', actor: 'cli:tester', connectionId: 'crm', at: NOW },
    ]);
    expect(JSON.stringify(trail)).not.toContain('key-one');
  });
});

describe('policies that a vendor cannot carry out', () => {
  it.each([
    [{ deactivate: 'suspend' }, 'cannot suspend an account under these settings', 'remove, task'],
    [{ delete: 'revoke' }, 'cannot revoke an account under these settings', 'remove, task'],
    [{ groups: 'mirror' }, 'no groups that can be mirrored', 'rules, off'],
    [{ removeGroups: true }, 'no call to delete a group', 'false'],
  ])('are refused: %j', async (set, reason, possible) => {
    const operator = await openOperator();
    const message = await refusal(addConnection(operator, newConnection({ policies: { set, reset: [] } })));
    expect(message).toContain(reason);
    expect(message).toContain(`can be: ${possible}.`);
  });

  it('are refused when a change of settings makes them impossible', async () => {
    const { operator } = await openWithConnection({
      vendor: 'attention',
      settings: { scim: { enabled: true } },
      policies: { set: { deactivate: 'suspend' }, reset: [] },
    });
    const message = await refusal(
      editConnection(operator, 'crm', { settings: { scim: { enabled: false } } }),
    );
    expect(message).toContain('cannot suspend');
    const after = await editConnection(operator, 'crm', {
      settings: { scim: { enabled: false } },
      policies: { set: {}, reset: ['deactivate'] },
    });
    expect(after.connection.policies.deactivate).toBe('remove');
    expect(after.connection.policyOverrides).toEqual({});
  });
});

describe('an edit', () => {
  it('changes what is given and nothing else', async () => {
    const { operator, connection } = await openWithConnection({ vendor: 'attention' });
    const edited = await editConnection(operator, 'crm', { settings: { scim: { enabled: true } } });
    expect(edited.connection.settings).toEqual({
      ...connection.settings,
      scim: { enabled: true, update: 'patch' },
    });
    expect(edited.connection.version).toBeGreaterThan(connection.version);
  });

  it('of settings brings the vendor’s policies under them into force', async () => {
    const { operator } = await openWithConnection({ vendor: 'attention' });
    const { connection } = await editConnection(operator, 'crm', { settings: { scim: { enabled: true } } });
    expect(connection.policies.deactivate).toBe('suspend');
  });

  it.each([
    ['settings', { settings: { lookup: 'list' } }, true],
    ['policies', { policies: { set: { deactivate: 'task' }, reset: [] } }, true],
    ['the same settings', { settings: { lookup: 'get' } }, false],
    ['the title', { title: 'Sales' }, false],
    ['credentials', { credentials: { apiKey: 'key-two' } }, false],
  ])('of %s decides whether accounts are due again', async (_what, edit, dueAgain) => {
    const { operator } = await openWithConnection();
    expect(await editConnection(operator, 'crm', edit)).toMatchObject({ dueAgain });
    expect(await isFannedOut(operator, 'crm')).toBe(dueAgain);
  });

  it('makes accounts due again when the dry run ends, and not when it begins', async () => {
    const { operator } = await openWithConnection();
    expect(await editConnection(operator, 'crm', { dryRun: true })).toMatchObject({ dueAgain: false });
    expect(await editConnection(operator, 'crm', { dryRun: false })).toMatchObject({ dueAgain: true });
  });

  it('replaces one credential and keeps the others', async () => {
    const { operator } = await openWithConnection({
      vendor: 'attention',
      credentials: { apiKey: 'key-one', scimToken: 'scim-one' },
    });
    await editConnection(operator, 'crm', { credentials: { apiKey: 'key-two' } });
    expect(await readCredentials(operator.db, operator.keyring, 'crm')).toEqual({
      apiKey: 'key-two',
      scimToken: 'scim-one',
    });
    expect(JSON.stringify(await listAudit(operator.db, { limit: 10 }))).not.toMatch(/key-|scim-one/);
  });

  it('takes all credentials anew where the old ones were sealed with a key that is lost', async () => {
    const { operator } = await openWithConnection({
      vendor: 'attention',
      credentials: { apiKey: 'key-one', scimToken: 'scim-one' },
    });
    const after = { ...operator, keyring: openKeyring(new Uint8Array(32).fill(6)) };
    await expect(readCredentials(after.db, after.keyring, 'crm')).rejects.toThrow(
      /another CAUSEWAY_SECRET_KEY/,
    );
    await editConnection(after, 'crm', { credentials: { apiKey: 'key-two' } });
    expect(await readCredentials(after.db, after.keyring, 'crm')).toEqual({
      apiKey: 'key-two',
      scimToken: null,
    });
  });

  it('that is refused changes nothing', async () => {
    const { operator, connection } = await openWithConnection();
    await refusal(
      editConnection(operator, 'crm', {
        title: 'Other',
        credentials: { apiKey: '' },
        settings: { lookup: 'list' },
      }),
    );
    expect(await findConnection(operator.db, 'crm')).toEqual(connection);
    expect(await audited(operator)).toEqual(['connection.add']);
  });
});

describe('a pause', () => {
  it('for a dead credential ends when the credential is replaced', async () => {
    const { operator } = await openWithConnection();
    await pauseForCredential(operator.db, 'crm', 'CrankWheel does not accept the credential.', NOW);
    const edited = await editConnection(operator, 'crm', { credentials: { apiKey: 'key-two' } });
    expect(edited).toMatchObject({ resumed: true, connection: { paused: null } });
  });

  it('by the operator outlives a replaced credential and ends with resume', async () => {
    const { operator } = await openWithConnection();
    await pauseConnection(operator, 'crm', 'maintenance');
    const edited = await editConnection(operator, 'crm', { credentials: { apiKey: 'key-two' } });
    expect(edited).toMatchObject({ resumed: false, connection: { paused: { at: NOW } } });
    expect(edited.connection.paused?.reason).toContain('maintenance');
    await resumeConnection(operator, 'crm');
    expect((await findConnection(operator.db, 'crm'))?.paused).toBeNull();
    expect(await audited(operator)).toEqual([
      'connection.add',
      'connection.pause',
      'connection.edit',
      'connection.resume',
    ]);
  });

  it('for a dead credential stands while other things change', async () => {
    const { operator } = await openWithConnection();
    await pauseForCredential(operator.db, 'crm', 'CrankWheel does not accept the credential.', NOW);
    expect(await editConnection(operator, 'crm', { title: 'Sales' })).toMatchObject({ resumed: false });
  });

  it('is refused twice, and resume without one', async () => {
    const { operator } = await openWithConnection();
    expect(await refusal(resumeConnection(operator, 'crm'))).toContain('not paused');
    await pauseConnection(operator, 'crm', null);
    expect(await refusal(pauseConnection(operator, 'crm', null))).toContain('paused already');
  });
});

describe('a removed connection', () => {
  it('is gone with all that it held; the audit trail stays', async () => {
    const { operator, connection } = await openWithConnection();
    await pushUser(operator.db, connection, 'ana@example.com');
    await removeConnection(operator, 'crm');
    expect(await findConnection(operator.db, 'crm')).toBeUndefined();
    expect(await operator.db.selectFrom('accounts').selectAll().execute()).toEqual([]);
    expect(await audited(operator)).toEqual(['connection.add', 'connection.remove']);
    expect(await refusal(removeConnection(operator, 'crm'))).toContain('There is no connection "crm"');
  });
});
