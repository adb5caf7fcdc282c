import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { OperatorError } from '../../src/core/errors.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const REAL = { CAUSEWAY_SECRET_KEY: KEY, CAUSEWAY_PUBLIC_URL: 'https://scim.example.com' };

function mistakesOf(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    return (error as OperatorError).message;
  }
  throw new Error('The configuration was accepted.');
}

describe('the configuration', () => {
  it('is a sandbox on loopback when nothing is set', () => {
    expect(readConfig({ PATH: '/usr/bin' })).toEqual({
      mode: 'sandbox',
      host: '127.0.0.1',
      port: 8080,
      publicUrl: null,
      dataDir: resolve('data'),
      secretKey: null,
      databaseUrl: null,
      tls: null,
      trustedProxies: [],
      logLevel: 'info',
    });
  });

  it('is real as soon as there is a secret key, and does not show that key', () => {
    const config = readConfig(REAL);
    expect(config.mode).toBe('real');
    expect(config.secretKey?.reveal()).toBe(KEY);
    expect(JSON.stringify(config)).not.toContain(KEY);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('takes a PostgreSQL database for a real start, and does not show its URL', () => {
    const url = 'postgresql://causeway:hunter2@db.example.com/causeway?sslmode=verify-full';
    const config = readConfig({ ...REAL, CAUSEWAY_DATABASE_URL: url });
    expect(config.databaseUrl?.reveal()).toBe(url);
    expect(JSON.stringify(config)).not.toContain('hunter2');
    expect(mistakesOf({ CAUSEWAY_DATABASE_URL: url })).toContain('CAUSEWAY_SECRET_KEY is missing');
  });

  it.each(['mysql://root:hunter2@db/causeway', 'postgresql://root:hunter2@db', 'hunter2@db'])(
    'refuses %s as a database, and does not repeat it',
    (url) => {
      const message = mistakesOf({ ...REAL, CAUSEWAY_DATABASE_URL: url });
      expect(message).toContain('CAUSEWAY_DATABASE_URL must be the URL of a PostgreSQL database');
      expect(message).not.toContain('hunter2');
    },
  );

  it('leaves variables for tests alone', () => {
    expect(readConfig({ CAUSEWAY_TEST_DATABASE_URL: 'x' }).mode).toBe('sandbox');
  });

  it('reports every mistake at once, each with its variable', () => {
    const message = mistakesOf({
      CAUSEWAY_HOST: 'http://here',
      CAUSEWAY_PORT: '80a',
      CAUSEWAY_PUBLIC_URL: 'http://scim.example.com',
      CAUSEWAY_SECRET_KEY: 'c2hvcnQ=',
      CAUSEWAY_TLS_CERT: '/nowhere/cert.pem',
      CAUSEWAY_TRUSTED_PROXIES: '10.0.0.0/33',
      CAUSEWAY_LOG_LEVEL: 'loud',
      CAUSEWAY_DATA_DIR: '',
      CAUSEWAY_PUBLIC_ULR: 'https://x.example',
    });
    expect(message).toContain('10 settings are wrong');
    for (const part of [
      'CAUSEWAY_HOST must be a host name',
      'CAUSEWAY_PORT must be a whole number',
      'CAUSEWAY_PUBLIC_URL must be an https URL',
      'CAUSEWAY_SECRET_KEY must be 32 random bytes in base64, and this is 5 bytes',
      'CAUSEWAY_TLS_CERT names the file "/nowhere/cert.pem", which cannot be read (ENOENT)',
      'CAUSEWAY_TLS_KEY is missing',
      'CAUSEWAY_TRUSTED_PROXIES must be',
      'CAUSEWAY_LOG_LEVEL must be one of',
      'CAUSEWAY_DATA_DIR is empty',
      'CAUSEWAY_PUBLIC_ULR is not a setting of Causeway: did you mean CAUSEWAY_PUBLIC_URL?',
    ]) {
      expect(message).toContain(part);
    }
  });

  it.each([
    ['c2VjcmV0LXRoYXQtaXMtdG9vLXNob3J0', 'of another length'],
    ['not base64 but secret!', 'that is not base64'],
  ])('never repeats a secret key %s', (key) => {
    expect(mistakesOf({ ...REAL, CAUSEWAY_SECRET_KEY: key })).not.toContain(key);
  });

  it('takes an empty secret key for a mistake, not for a sandbox', () => {
    expect(mistakesOf({ CAUSEWAY_SECRET_KEY: '' })).toContain('CAUSEWAY_SECRET_KEY is empty');
  });

  it('needs a public URL once it is real', () => {
    expect(mistakesOf({ CAUSEWAY_SECRET_KEY: KEY })).toContain('CAUSEWAY_PUBLIC_URL is missing');
  });

  it.each([
    ['https://scim.example.com/', 'https://scim.example.com'],
    ['https://example.com/bridge/', 'https://example.com/bridge'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ])('takes %s as a public URL', (given, used) => {
    expect(readConfig({ ...REAL, CAUSEWAY_PUBLIC_URL: given }).publicUrl).toBe(used);
  });

  it.each([
    'scim.example.com',
    'http://127.0.0.1.example.com',
    'https://a:b@example.com',
    'https://example.com/?a=b',
    'ftp://example.com',
  ])('refuses %s as a public URL', (given) => {
    expect(mistakesOf({ CAUSEWAY_PUBLIC_URL: given })).toContain('CAUSEWAY_PUBLIC_URL must be');
  });

  it('reads trusted proxies as addresses, ranges and loopback', () => {
    const config = readConfig({ CAUSEWAY_TRUSTED_PROXIES: 'loopback, 10.0.0.7,fd00::/8' });
    expect(config.trustedProxies).toEqual(['loopback', '10.0.0.7', 'fd00::/8']);
  });

  it('refuses files that are no certificate and key', () => {
    const folder = mkdtempSync(join(tmpdir(), 'causeway-config-'));
    writeFileSync(join(folder, 'cert.pem'), 'no certificate');
    writeFileSync(join(folder, 'key.pem'), 'private nonsense');
    const message = mistakesOf({
      CAUSEWAY_TLS_CERT: join(folder, 'cert.pem'),
      CAUSEWAY_TLS_KEY: join(folder, 'key.pem'),
    });
    rmSync(folder, { recursive: true });
    expect(message).toContain('must name a PEM certificate');
    expect(message).not.toContain('private nonsense');
  });
});
