import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const COPIED = ['src', 'test', 'package.json', 'tsconfig.json'];
/** Vitest itself, without what the whole suite sets up first. */
const CONFIG = `export default {
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    isolate: false,
    maxWorkers: 1,
    testTimeout: 15_000,
    experimental: { viteModuleRunner: false },
  },
};`;

/** A push through the whole path to the copied vendor's fake. */
const PUSH = `
import { expect, it } from 'vitest';
import { person, startStage } from './stage.ts';

it('A push reaches Acme', async () => {
  const stage = await startStage('acme');
  const urn = 'urn:ietf:params:scim:schemas:extension:acme:2.0:User';
  const id = await stage.addUser(person('ana@example.com', { [urn]: { privilege: 'admin' } }));
  expect(await stage.vendorAccounts()).toMatchObject([{ key: 'ana@example.com', vendor: { privilege: 'admin' } }]);
  expect((await stage.setActive(id, false)).status).toBe(200);
  expect(await stage.addresses()).toEqual([]);
});
`;

interface Report {
  /** `message`: why a file could not be run. */
  testResults: { message: string; assertionResults: { status: string; fullName: string }[] }[];
}

let copy = '';

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'causeway-sixth-'));
  await Promise.all(COPIED.map((name) => cp(join(ROOT, name), join(copy, name), { recursive: true })));
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  await writeFile(join(copy, 'vitest.config.ts'), CONFIG);
  await writeFile(join(copy, 'test/e2e/delivery/acme.test.ts'), PUSH);
  await copyVendor('crankwheel', 'CrankWheel', 'acme', 'Acme');
});

afterAll(() => rm(copy, { recursive: true, force: true }));

/** The steps 1 and 5 of docs/new-vendor.md. */
async function copyVendor(id: string, title: string, newId: string, newTitle: string): Promise<void> {
  const vendors = join(copy, 'src/vendors');
  await cp(join(vendors, id), join(vendors, newId), { recursive: true });
  for (const name of await readdir(join(vendors, newId))) {
    const file = join(vendors, newId, name);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll(id, newId).replaceAll(title, newTitle));
  }
  const list = join(vendors, 'index.ts');
  const entered = (await readFile(list, 'utf8'))
    .replace(/^/, `import { ${newId} } from './${newId}/index.ts';\n`)
    .replace('AnyVendor[] = [', `AnyVendor[] = [${newId}, `);
  await writeFile(list, entered);
}

/** Runs what concerns the new vendor of the copied tree's tests. */
async function runTests(): Promise<Report> {
  const files = [
    'test/contract/vendors.test.ts',
    'test/e2e/delivery/acme.test.ts',
    'test/rails/vendor-folders.test.ts',
  ];
  const report = join(copy, 'report.json');
  const options = [
    '--reporter=json',
    `--outputFile=${report}`,
    '--testNamePattern=[Aa]cme|exactly the vendors',
  ];
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  await promisify(execFile)(process.execPath, [vitest, 'run', ...files, ...options], { cwd: copy }).catch(
    () => undefined,
  );
  return JSON.parse(await readFile(report, 'utf8')) as Report;
}

describe('A copied vendor folder with its line in the list', { timeout: 120_000 }, () => {
  it('is a sixth vendor: it fulfils the contract, has the final shape, and pushes reach it', async () => {
    const report = await runTests();
    expect(report.testResults.map(({ message }) => message).filter(Boolean)).toEqual([]);
    const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
    const ran = (part: string) =>
      tests.filter(({ status, fullName }) => status === 'passed' && fullName.includes(part)).length;
    expect(tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName)).toEqual([]);
    expect(ran('A push reaches Acme')).toBe(1);
    expect(ran('exactly the vendors that have a folder')).toBe(1);
    expect(ran('within 450 lines')).toBe(1);
    for (const preset of ['defaults', 'look-up by the list', 'update by a repeated POST']) {
      expect(ran(`Acme, ${preset}'`), preset).toBeGreaterThan(20);
    }
  });
});
