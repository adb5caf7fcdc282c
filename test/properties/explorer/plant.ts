/** A copy of the step machine with one change planted into its text. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { admit } from '../../../src/sync/delivery/admit.ts';
import type { step } from '../../../src/sync/delivery/step.ts';
import type { Planted } from './planted.ts';
import type { Machine } from './world.ts';

const SOURCE = resolve(import.meta.dirname, '../../../src');
const PARTS = ['core', 'sync/delivery', 'sync/plan'];

/** Loads the changed copy, and hands it to `use`. */
export async function withPlanted<T>(
  { rule, file, from, to }: Planted,
  use: (machine: Machine) => T,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'planted-'));
  try {
    for (const part of PARTS) cpSync(join(SOURCE, part), join(folder, part), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const path = join(folder, 'sync/delivery', file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from))
      throw new Error(`The change of rule ${rule} fits ${file} no more: find “${from}” anew.`);
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
    const load = (name: string) => import(pathToFileURL(join(folder, 'sync/delivery', name)).href);
    const [one, other] = await Promise.all([load('step.ts'), load('admit.ts')]);
    return use({ step: one.step as typeof step, admit: other.admit as typeof admit });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
