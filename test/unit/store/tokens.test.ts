import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../../src/core/errors.ts';
import type { Policies } from '../../../src/core/policy.ts';
import { insertConnection } from '../../../src/store/connections.ts';
import type { Database } from '../../../src/store/database.ts';
import { openKeyring } from '../../../src/store/encryption.ts';
import { findToken, issueToken, listTokens, revokeToken, touchToken } from '../../../src/store/tokens.ts';
import { openTemporary } from './temporary-store.ts';

const keyring = openKeyring(new Uint8Array(32).fill(1));

async function openWithConnections(): Promise<Database> {
  const db = await openTemporary();
  for (const id of ['okta', 'entra']) {
    const connection = {
      id,
      vendor: 'crankwheel',
      title: id,
      settings: {},
      mapping: {},
      policies: {} as Policies,
      policyOverrides: {},
      dryRun: false,
    };
    await insertConnection(db, keyring, connection, {}, 1);
  }
  return db;
}

function issue(db: Database, connectionId = 'okta', expiresAt: number | null = null) {
  return issueToken(db, keyring, { connectionId, label: 'Okta', expiresAt, now: 1000 });
}

describe('a token', () => {
  it('is 256 random bits behind a prefix that a scanner recognises', async () => {
    const db = await openWithConnections();
    const [one, two] = [await issue(db), await issue(db)];
    expect(one.token).toMatch(/^cwy_[A-Za-z0-9_-]{43}$/);
    expect(one.token).not.toBe(two.token);
  });

  it('is found by its digest, and stored in no other form', async () => {
    const db = await openWithConnections();
    const { id, token } = await issue(db, 'okta', 5000);
    expect(await findToken(db, keyring.digestToken(token))).toEqual({
      id,
      connectionId: 'okta',
      expiresAt: 5000,
      revokedAt: null,
    });
    const rows = await db.selectFrom('tokens').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(token.slice(8));
  });

  it('that nobody issued, or another key digested, is not found', async () => {
    const db = await openWithConnections();
    const { token } = await issue(db);
    const other = openKeyring(new Uint8Array(32).fill(2));
    expect(await findToken(db, keyring.digestToken('cwy_guess'))).toBeUndefined();
    expect(await findToken(db, other.digestToken(token))).toBeUndefined();
  });

  it('is found as revoked from then on, and is revoked once', async () => {
    const db = await openWithConnections();
    const { id, token } = await issue(db);
    expect(await revokeToken(db, id, 2000)).toBe(true);
    expect(await revokeToken(db, id, 3000)).toBe(false);
    expect(await revokeToken(db, 'unknown', 3000)).toBe(false);
    expect(await findToken(db, keyring.digestToken(token))).toMatchObject({ revokedAt: 2000 });
  });

  it('is listed with its life, without its digest', async () => {
    const db = await openWithConnections();
    const { id, token } = await issue(db, 'okta', 5000);
    await touchToken(db, id, 2000);
    expect(await listTokens(db, 'okta')).toEqual([
      {
        id,
        connectionId: 'okta',
        label: 'Okta',
        hint: token.slice(0, 8),
        createdAt: 1000,
        expiresAt: 5000,
        revokedAt: null,
        lastUsedAt: 2000,
      },
    ]);
  });

  it('is one of several of its connection, oldest first', async () => {
    const db = await openWithConnections();
    const ids = [(await issue(db, 'okta')).id, (await issue(db, 'okta')).id, (await issue(db, 'entra')).id];
    expect((await listTokens(db, 'okta')).map((token) => token.id)).toEqual(ids.slice(0, 2));
    expect((await listTokens(db)).map((token) => token.id)).toEqual([ids[2], ids[0], ids[1]]);
  });

  it('needs a connection', async () => {
    const db = await openWithConnections();
    await expect(issue(db, 'nobody')).rejects.toThrow(OperatorError);
    expect(await listTokens(db)).toEqual([]);
  });
});
