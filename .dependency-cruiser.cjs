/**
 * Who may import whom, as in docs/architecture.md. `npm run check` fails on any violation, type-only imports included.
 * A folder of `src/` that is not named here may import nothing, so a new folder has to be given its place first.
 */

const FAKE = '^src/(vendor-kit|vendors/[^/]+)/fake';
const FAKE_LIST = '^src/vendors/fakes[.]ts$';

/** What each folder may import of `src/`, itself apart. */
const LAYERS = {
  core: [],
  'vendor-kit': ['core/'],
  store: ['core/'],
  scim: ['core/', 'store/'],
  sync: ['core/', 'store/', 'vendor-kit/', 'vendors/index[.]ts$'],
  admin: ['core/', 'store/', 'vendor-kit/', 'vendors/index[.]ts$'],
  http: ['core/', 'scim/', 'store/', 'admin/'],
};

/** Folders that compose the others, and the vendors, which have rules of their own. */
const FREE = ['cli', 'sandbox', 'vendors'];

/** npm packages that one concern keeps to itself. */
const PACKAGES = [
  { name: 'scimmy', path: 'scimmy(-routers)?', only: ['^src/scim/', FAKE] },
  { name: 'kysely', path: 'kysely', only: ['^src/store/'] },
  { name: 'axios', path: 'axios', only: ['^src/vendor-kit/'] },
  { name: 'express', path: '(@types/)?express', only: ['^src/(http|scim|admin|sandbox)/', FAKE] },
];

const layerRules = Object.entries(LAYERS).map(([folder, allowed]) => ({
  name: `${folder}-imports-only-its-own`,
  comment: `src/${folder} may import ${allowed.join(', ') || 'nothing'} of src.`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: [`${folder}/`, ...allowed].map((path) => `^src/${path}`) },
}));

const packageRules = PACKAGES.map(({ name, path, only }) => ({
  name: `${name}-stays-in-its-folder`,
  comment: `${name} may be imported by ${only.join(', ')} alone.`,
  severity: 'error',
  from: { path: '^src/', pathNot: only },
  to: { path: `(^|/)node_modules/${path}/` },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    ...packageRules,
    {
      name: 'folder-has-a-place',
      comment: 'A folder that is not in the import table may import nothing: add it to the table first.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${[...Object.keys(LAYERS), ...FREE].join('|')})/` },
      to: { path: '^src/' },
    },
    {
      name: 'vendor-knows-no-other-vendor',
      comment: 'A vendor may import core, vendor-kit and its own folder; never another vendor.',
      severity: 'error',
      from: { path: '^src/vendors/([^/]+)/' },
      to: { path: '^src/', pathNot: ['^src/(core|vendor-kit)/', '^src/vendors/$1/'] },
    },
    {
      name: 'vendor-list-imports-vendors-only',
      comment: 'The lists of vendors and of fakes may import core, vendor-kit and the vendors.',
      severity: 'error',
      from: { path: '^src/vendors/[^/]+[.]ts$' },
      to: { path: '^src/', pathNot: '^src/(core|vendor-kit|vendors)/' },
    },
    {
      name: 'fakes-stay-out-of-production',
      comment: 'A fake is imported dynamically, through the list of fakes: a real server never loads one.',
      severity: 'error',
      from: { path: '^src/', pathNot: FAKE },
      to: { path: FAKE, dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'fakes-belong-to-the-sandbox',
      comment: 'Beside tests, only the sandbox may ask for a fake.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/sandbox/' },
      to: { path: FAKE_LIST },
    },
    {
      name: 'nothing-imports-the-composition',
      comment:
        'cli, sandbox, main and config build the program out of the rest; the rest does not know them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/((cli|sandbox)/|(main|config)[.]ts$)' },
      to: { path: '^src/((cli|sandbox)/|(main|config)[.]ts$)' },
    },
    {
      name: 'nothing-imports-the-cli',
      comment: 'The command line is an edge: what others need of it belongs in admin.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'source-knows-no-test',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle means that a concern has no place of its own yet; type-only cycles count.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A module that imports nothing and that nobody imports is dead.',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '^src/main[.]ts$' },
      to: {},
    },
    {
      name: 'resolves',
      comment: 'An import that cannot be resolved escapes every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-packages',
      comment:
        'What src imports is a dependency in package.json: a server is installed without the development ones.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.d.ts', '.json'],
    },
    reporterOptions: { text: { highlightFocused: true } },
  },
};
