import { describe, expect, it } from 'vitest';
import { issueToken, listTokens, revokeToken } from '../../../src/admin/tokens.ts';
import { listAudit } from '../../../src/store/audit.ts';
import { findToken } from '../../../src/store/tokens.ts';
import { audited, NOW, openOperator, openWithConnection, refusal } from './operator-fixture.ts';

const OPTIONS = { connectionId: 'crm', label: 'okta', expiresAt: null };

describe('a token', () => {
  it('is told once and known by its digest; lists and the audit trail do not hold it', async () => {
    const { operator } = await openWithConnection();
    const { id, token } = await issueToken(operator, OPTIONS);
    expect(await findToken(operator.db, operator.keyring.digestToken(token))).toMatchObject({ id });
    const told = [await listTokens(operator, null), await listAudit(operator.db, { limit: 10 })];
    expect(JSON.stringify(told)).not.toContain(token);
    expect(await audited(operator)).toEqual(['connection.add', `token.issue token ${id}`]);
  });

  it('needs a connection and a time of expiry that is still to come', async () => {
    const { operator } = await openWithConnection();
    expect(await refusal(issueToken(operator, { ...OPTIONS, connectionId: 'other' }))).toContain('"other"');
    expect(await refusal(issueToken(operator, { ...OPTIONS, expiresAt: NOW }))).toContain('still to come');
    expect(await listTokens(operator, 'crm')).toEqual([]);
  });

  it('is revoked once; others stay valid', async () => {
    const { operator } = await openWithConnection();
    const first = await issueToken(operator, OPTIONS);
    const second = await issueToken(operator, OPTIONS);
    expect(await revokeToken(operator, first.id)).toMatchObject({ connectionId: 'crm', label: 'okta' });
    const states = (await listTokens(operator, 'crm')).map(({ id, revokedAt }) => [id, revokedAt]);
    expect(states).toEqual([
      [first.id, NOW],
      [second.id, null],
    ]);
    expect(await refusal(revokeToken(operator, first.id))).toContain(
      'was revoked on 2026-03-01T10:00:00.000Z',
    );
    expect((await audited(operator)).at(-1)).toBe(`token.revoke token ${first.id}`);
  });

  it('that does not exist cannot be revoked', async () => {
    const operator = await openOperator();
    expect(await refusal(revokeToken(operator, 'nope'))).toContain('causeway token list');
  });
});
