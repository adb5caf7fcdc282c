import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../../src/core/errors.ts';
import { checkKey, openKeyring } from '../../../src/store/encryption.ts';
import { openTemporary } from './temporary-store.ts';

const secretKey = new Uint8Array(32).fill(7);
const keyring = openKeyring(secretKey);
const other = openKeyring(randomBytes(32));

describe('a sealed secret', () => {
  it('opens with the same key, in the same context, also after a restart', () => {
    const sealed = keyring.seal('schlüssel', 'one');
    expect(openKeyring(secretKey).open(sealed, 'one')).toBe('schlüssel');
  });

  it('shows nothing of its text and is different every time', () => {
    const sealed = keyring.seal('password-1', 'one');
    expect(sealed).not.toContain('password');
    expect(Buffer.from(sealed.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('password');
    expect(keyring.seal('password-1', 'one')).not.toBe(sealed);
  });

  it('does not open in the context of another connection', () => {
    expect(() => keyring.open(keyring.seal('x', 'one'), 'two')).toThrow(OperatorError);
  });

  it('does not open once a single bit was changed', () => {
    const [version, id, body] = keyring.seal('secret', 'one').split('.');
    const bytes = Buffer.from(body ?? '', 'base64url');
    for (const index of [0, 12, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      const sealed = [version, id, changed.toString('base64url')].join('.');
      expect(() => keyring.open(sealed, 'one')).toThrow(/changed or moved/);
    }
  });

  it.each(['', 'v1', 'v1.x', 'v2.a.b', 'not an envelope'])('is not %j', (text) => {
    expect(() => keyring.open(text, 'one')).toThrow(OperatorError);
  });

  it('of another key says so', () => {
    expect(() => other.open(keyring.seal('x', 'one'), 'one')).toThrow(/another CAUSEWAY_SECRET_KEY/);
  });
});

describe('a secret key', () => {
  it.each([0, 16, 31, 33])('of %i bytes is refused', (bytes) => {
    expect(() => openKeyring(new Uint8Array(bytes))).toThrow(OperatorError);
  });

  it('is bound to the store at the first start', async () => {
    const db = await openTemporary();
    await checkKey(db, keyring);
    await checkKey(db, openKeyring(secretKey));
    await expect(checkKey(db, other)).rejects.toThrow(/belongs to another CAUSEWAY_SECRET_KEY/);
    await expect(checkKey(db, other)).rejects.toThrow(OperatorError);
  });
});

describe('the digest of a token', () => {
  it('is the same for the same key alone', () => {
    const digest = keyring.digestToken('cwy_a');
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(openKeyring(secretKey).digestToken('cwy_a')).toBe(digest);
    expect(keyring.digestToken('cwy_b')).not.toBe(digest);
    expect(other.digestToken('cwy_a')).not.toBe(digest);
  });
});
