import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { vendors } from '../../src/vendors/index.ts';

const VENDORS = join(import.meta.dirname, '../../src/vendors');
const FILES = ['README.md', 'client.ts', 'fake.ts', 'index.ts', 'mapping.ts', 'wire.ts'];

const folders = readdirSync(VENDORS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

function lineCount(folder: string, file: string): number {
  return readFileSync(join(VENDORS, folder, file), 'utf8').split('\n').length - 1;
}

describe('src/vendors', () => {
  it('lists in its index exactly the vendors that have a folder, under the same names', () => {
    expect(vendors.map((vendor) => vendor.id).sort()).toEqual(folders.sort());
  });

  it.each(folders)('has every file of the final shape for %s', (folder) => {
    expect(readdirSync(join(VENDORS, folder))).toEqual(expect.arrayContaining(FILES));
  });

  it.each(folders)('keeps %s within 450 lines, its fake apart', (folder) => {
    const files = readdirSync(join(VENDORS, folder)).filter(
      (file) => file.endsWith('.ts') && !file.startsWith('fake'),
    );
    const lines = files.reduce((sum, file) => sum + lineCount(folder, file), 0);
    expect(lines).toBeLessThanOrEqual(450);
  });
});
