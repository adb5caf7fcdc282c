import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { missingOptionals, readLock } from './lock-file.ts';

describe('The lock file', () => {
  it('names every optional package of another platform, or npm ci refuses it (node test/rails/lock-file.ts mends it)', () => {
    const lock = readLock(readFileSync('package-lock.json', 'utf8'));
    expect(missingOptionals(lock).map(({ name }) => name)).toEqual([]);
  });
});
