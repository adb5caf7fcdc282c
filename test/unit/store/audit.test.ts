import { describe, expect, it } from 'vitest';
import { type AuditEntry, listAudit, writeAudit } from '../../../src/store/audit.ts';
import { inTransaction } from '../../../src/store/database.ts';
import { openTemporary } from './temporary-store.ts';

const entry: Omit<AuditEntry, 'id'> = {
  at: 1000,
  actor: 'cli:ann',
  action: 'token.issue',
  connectionId: 'okta',
  target: 'token 1',
  detail: { label: 'Okta' },
};

describe('the audit trail', () => {
  it('is read newest first, of one connection or of all', async () => {
    const db = await openTemporary();
    await writeAudit(db, entry);
    await writeAudit(db, { ...entry, action: 'serve.start', connectionId: null, target: null, detail: {} });
    await writeAudit(db, { ...entry, action: 'token.revoke' });
    const all = await listAudit(db, { limit: 10 });
    expect(all.map(({ action }) => action)).toEqual(['token.revoke', 'serve.start', 'token.issue']);
    expect(all[2]).toEqual({ ...entry, id: expect.any(String) });
    const own = await listAudit(db, { connectionId: 'okta', limit: 10 });
    expect(own.map(({ action }) => action)).toEqual(['token.revoke', 'token.issue']);
    expect(await listAudit(db, { limit: 1 })).toEqual(all.slice(0, 1));
  });

  it('has nothing of what was rolled back', async () => {
    const db = await openTemporary();
    const failing = inTransaction(db, async (tx) => {
      await writeAudit(tx, entry);
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(await listAudit(db, { limit: 10 })).toEqual([]);
  });
});
