import { exec } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const COPIED = [
  'src',
  'test',
  'bin',
  '.gitignore',
  '.dependency-cruiser.cjs',
  '.oxlintrc.json',
  'biome.json',
  'knip.json',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];

/** file, its text, the import rule that it breaks */
const IMPORTS: [string, string, string][] = [
  ['src/core/planted-layer.ts', `import '../store/tables.ts';`, 'core-imports-only-its-own'],
  [
    'src/core/planted-type.ts',
    `import type { Tables } from '../store/tables.ts';`,
    'core-imports-only-its-own',
  ],
  ['src/vendor-kit/planted-layer.ts', `import '../store/tables.ts';`, 'vendor-kit-imports-only-its-own'],
  [
    'src/vendors/crankwheel/planted-peer.ts',
    `import '../attention/index.ts';`,
    'vendor-knows-no-other-vendor',
  ],
  [
    'src/vendors/crankwheel/planted-store.ts',
    `import '../../store/tables.ts';`,
    'vendor-knows-no-other-vendor',
  ],
  ['src/store/planted-layer.ts', `import '../vendor-kit/vendor.ts';`, 'store-imports-only-its-own'],
  ['src/scim/planted-layer.ts', `import '../vendors/index.ts';`, 'scim-imports-only-its-own'],
  ['src/sync/planted-vendor.ts', `import '../vendors/crankwheel/index.ts';`, 'sync-imports-only-its-own'],
  ['src/admin/planted-layer.ts', `import '../http/server.ts';`, 'admin-imports-only-its-own'],
  ['src/http/planted-layer.ts', `import '../vendors/index.ts';`, 'http-imports-only-its-own'],
  ['src/extras/planted-folder.ts', `import '../core/errors.ts';`, 'folder-has-a-place'],
  ['src/http/planted-main.ts', `import '../main.ts';`, 'nothing-imports-the-composition'],
  ['src/http/planted-fake.ts', `import '../vendors/crankwheel/fake.ts';`, 'fakes-stay-out-of-production'],
  ['src/sandbox/planted-fake.ts', `import '../vendors/crankwheel/fake.ts';`, 'fakes-stay-out-of-production'],
  ['src/admin/planted-fakes.ts', `import '../vendors/fakes.ts';`, 'fakes-belong-to-the-sandbox'],
  ['src/sync/planted-scimmy.ts', `import 'scimmy';`, 'scimmy-stays-in-its-folder'],
  ['src/scim/planted-kysely.ts', `import type { Kysely } from 'kysely';`, 'kysely-stays-in-its-folder'],
  ['src/vendors/crankwheel/planted-axios.ts', `import 'axios';`, 'axios-stays-in-its-folder'],
  ['src/sync/planted-express.ts', `import 'express';`, 'express-stays-in-its-folder'],
  ['src/core/planted-cycle.ts', `import type { Self } from './planted-end-of-cycle.ts';`, 'no-cycles'],
  ['src/core/planted-orphan.ts', 'export const alone = 1;', 'no-orphans'],
  ['src/core/planted-nowhere.ts', `import './nowhere.ts';`, 'resolves'],
  ['src/core/planted-development.ts', `import 'supertest';`, 'no-development-packages'],
];

const LINTED = 'src/core/planted-lint.ts';
const LINTED_TEXT = `
async function save(): Promise<void> {}
export function call(state: 'open' | 'shut'): void {
  save();
  switch (state) {
    case 'open':
  }
}
export const count: number = 'one';
export default 1 as any;
${Array.from({ length: 250 }, (_, line) => `export const line${line} = ${line};`).join('\n')}
`;

const CYCLE_END = [
  'src/core/planted-end-of-cycle.ts',
  `import type { Self } from './planted-cycle.ts';`,
] as const;

const UNUSED = 'plantedUnusedExport';

let copy = '';

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'causeway-rails-'));
  await Promise.all(COPIED.map((name) => cp(join(ROOT, name), join(copy, name), { recursive: true })));
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  for (const [file, text] of [...IMPORTS, CYCLE_END, [LINTED, LINTED_TEXT] as const]) await plant(file, text);
  const fold = await readFile(join(copy, 'src/core/fold.ts'), 'utf8');
  await plant('src/core/fold.ts', `${fold}\nexport const ${UNUSED} = 1;\n`);
});

afterAll(() => rm(copy, { recursive: true, force: true }));

async function plant(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(copy, file)), { recursive: true });
  await writeFile(join(copy, file), text);
}

/** Runs one step of `npm run check`, word for word or on `only` one file, in the copied tree. */
async function check(tool: string, only?: string): Promise<{ failed: boolean; output: string }> {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: { check: string };
  };
  const step = scripts.check.split(' && ').find((text) => text.split(' ')[0] === tool);
  if (step === undefined) throw new Error(`npm run check does not run ${tool}.`);
  const command = only === undefined ? step : step.replace(/ \.$/, ` ${only}`);
  const env = {
    ...process.env,
    PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`,
    NO_COLOR: '1',
  };
  const run = promisify(exec)(command, { cwd: copy, env, maxBuffer: 1e8 });
  const { stdout, stderr, code } = await run.then(
    (result) => ({ ...result, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  );
  return { failed: code !== 0, output: stripVTControlCharacters(stdout + stderr) };
}

describe('npm run check', { timeout: 60_000 }, () => {
  it('fails on every planted import that the table of docs/architecture.md forbids', async () => {
    const { failed, output } = await check('depcruise');
    const lines = output.split('\n');
    const missed = IMPORTS.filter(
      ([file, , rule]) => !lines.some((line) => line.includes(`${rule}: `) && line.includes(file)),
    );
    expect(missed).toEqual([]);
    expect(failed).toBe(true);
  });

  it('fails on a planted export that nobody uses', async () => {
    const { failed, output } = await check('knip');
    expect(output).toContain(UNUSED);
    expect(failed).toBe(true);
  });

  it('fails on a wrong type, on a promise nobody waits for and on a switch that forgets a case', async () => {
    const { failed, output } = await check('oxlint', LINTED);
    expect(output).toContain("Type 'string' is not assignable to type 'number'");
    expect(output).toContain('no-floating-promises');
    expect(output).toContain('switch-exhaustiveness-check');
    expect(failed).toBe(true);
  });

  it('fails on any, on a default export and on a source file over 250 lines', async () => {
    const { failed, output } = await check('biome', LINTED);
    expect(output).toContain('noExplicitAny');
    expect(output).toContain('noDefaultExport');
    expect(output).toContain('noExcessiveLinesPerFile');
    expect(failed).toBe(true);
  });
});
