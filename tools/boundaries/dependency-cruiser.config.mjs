// The file-level rules of the architecture. Each one has a planted violation in boundaries.test.ts; a rule without one fails that test.

const TESTS = '\\.(test|conformance|fixture|builder)\\.ts$|^tests/|^libs/testing/|^tools/';
const FEATURES = '^libs/(tracking|registry|access|runner|recipes|drift|audit)/';
const NODE_ONLY = '^libs/(contracts|pure)/src/';

function forbid(name, comment, from, to) {
  return { name, comment, severity: 'error', from, to };
}

function onlyIn(name, packages, home, comment) {
  return forbid(
    name,
    comment,
    { path: '^(libs|apps|migrations)/', pathNot: `${home}|${TESTS}` },
    { path: `(^|node_modules/)(${packages})(/|$)` },
  );
}

const forbidden = [
  forbid('no-cycle', 'Files that need each other are one file, or lack a third.', {}, { circular: true }),
  forbid('no-unresolved', 'An import that leads nowhere.', { pathNot: '^tests/fixtures/' }, { couldNotResolve: true }),

  forbid(
    'contracts-import-contracts',
    'contracts ← everything; it needs nobody.',
    { path: '^libs/contracts/' },
    { path: '^(libs|apps|migrations)/', pathNot: '^libs/contracts/' },
  ),
  forbid(
    'pure-imports-contracts',
    'pure: functions over contracts, nothing else of ours.',
    { path: '^libs/pure/', pathNot: TESTS },
    { path: '^(libs|apps|migrations)/', pathNot: '^libs/(pure|contracts)/' },
  ),
  forbid(
    'platform-imports-pure',
    'platform knows no feature.',
    { path: '^(libs/platform|migrations)/', pathNot: TESTS },
    { path: '^(libs|apps)/', pathNot: '^libs/(platform|pure|contracts)/' },
  ),
  forbid(
    'reads-import-platform',
    'a -reads lib answers with typed SQL, and knows no feature.',
    { path: '^libs/[a-z]+-reads/', pathNot: TESTS },
    { path: '^(libs|apps|migrations)/', pathNot: '^libs/([a-z]+-reads|platform|pure|contracts)/' },
  ),
  forbid(
    'reads-import-no-reads',
    'a -reads lib asks no other.',
    { path: '^libs/([a-z]+-reads)/', pathNot: TESTS },
    { path: '^libs/[a-z]+-reads/', pathNot: '^libs/$1/' },
  ),
  forbid(
    'feature-imports-no-feature',
    'Ask a neighbour through its -reads lib, or subscribe to its event.',
    { path: '^libs/(tracking|registry|access|runner|recipes|drift|audit)/', pathNot: TESTS },
    { path: FEATURES, pathNot: '^libs/$1/' },
  ),
  forbid(
    'nobody-imports-apps',
    'Apps compose; nothing builds on an app.',
    { path: '^(libs|migrations)/', pathNot: TESTS },
    { path: '^apps/' },
  ),
  forbid(
    'apps-import-no-apps',
    'What two apps share belongs into a lib.',
    { path: '^apps/([^/]+)/', pathNot: TESTS },
    { path: '^apps/', pathNot: '^apps/$1/' },
  ),
  forbid(
    'cli-talks-http',
    'The command line reaches the platform by HTTP only.',
    { path: '^apps/(cli|console)/', pathNot: TESTS },
    { path: '^(libs|migrations)/', pathNot: '^libs/(pure|contracts)/' },
  ),
  forbid(
    'worker-has-no-database',
    'One attempt of a job: HTTP and its job token only.',
    { path: '^apps/worker/', pathNot: TESTS },
    {
      path: '^(libs/|migrations/)',
      pathNot: '^libs/(recipes|platform/src/(?!database|queue|audit-client)|pure|contracts)',
    },
  ),
  forbid(
    'testing-is-for-tests',
    'Fakes and builders never reach production.',
    { path: '^(libs|apps|migrations)/', pathNot: TESTS },
    { path: '^libs/testing/' },
  ),
  forbid(
    'tests-stay-out',
    'Production code imports no test.',
    { path: '^(libs|apps|migrations)/', pathNot: TESTS },
    { path: '\\.(test|conformance|builder)\\.ts$|^tests/' },
  ),
  forbid(
    'enter-by-the-front',
    "A lib is entered through its index (platform, pure: the subpath's).",
    { path: '^(libs|apps)/([^/]+)/', pathNot: TESTS },
    {
      path: '^libs/[^/]+/src/',
      pathNot: '^libs/$2/|^libs/[^/]+/src/index\\.ts$|^libs/(platform|pure)/src/[^/]+/index\\.ts$',
    },
  ),

  onlyIn(
    'orm-stays-in-stores',
    'typeorm|pg',
    '\\.(store|entity)\\.ts$|^libs/[a-z]+-reads/|^libs/platform/src/(database|queue|audit-client)/|^migrations/',
    'SQL and TypeORM live in *.store.ts, *.entity.ts, reads, platform/{database,queue,audit-client} and migrations.',
  ),
  onlyIn(
    'nest-typeorm-stays-in-modules',
    '@nestjs/typeorm',
    '\\.(module|store)\\.ts$|^libs/[a-z]+-reads/|^libs/platform/src/(database|queue|audit-client)/',
    'A module says which entities its stores map; nobody else needs it.',
  ),
  onlyIn(
    'queue-behind-its-port',
    'bull|pg-boss|@nestjs/bull|ioredis',
    '^libs/platform/src/queue/|^migrations/src/queue/',
    'Use the JobQueue port.',
  ),
  onlyIn('blobs-behind-their-port', 'minio', '^libs/platform/src/artifacts/', 'Use the BlobStore port.'),
  onlyIn('tensorflow-stays-in-recipes', '@tensorflow/[^/]+', '^libs/recipes/', 'Only recipes load TensorFlow.'),

  forbid(
    'browser-safe',
    'contracts and pure also run in a browser.',
    { path: NODE_ONLY, pathNot: TESTS },
    { dependencyTypes: ['core'] },
  ),
  forbid(
    'contracts-and-pure-know-no-framework',
    'zod is all that they need.',
    { path: NODE_ONLY, pathNot: TESTS },
    { path: 'node_modules/(@nestjs|fastify|typeorm|pg|pino|minio|bull)' },
  ),
  forbid(
    'controller-calls-no-store',
    'controller → use case → store: nothing is skipped (its types may pass through).',
    { path: '\\.controller\\.ts$' },
    { path: '\\.(store|entity)\\.ts$', dependencyTypesNot: ['type-only'] },
  ),
  forbid(
    'store-calls-nobody-above',
    'Nothing calls back up.',
    { path: '\\.(store|entity)\\.ts$' },
    { path: '\\.(controller|service|module)\\.ts$' },
  ),
  forbid(
    'entities-stop-at-the-store',
    'Entities are a table mapping: not part of a lib, not of a use case.',
    {
      path: '^libs/[^/]+/src/',
      pathNot: `\\.(store|entity|module)\\.ts$|[/.]entities\\.ts$|/index\\.ts$|^libs/(platform|[a-z]+-reads)/|${TESTS}`,
    },
    { path: '\\.entity\\.ts$' },
  ),
  forbid(
    'no-dev-dependency',
    'What production code needs stands in "dependencies".',
    { path: '^(libs|apps|migrations)/', pathNot: TESTS },
    { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  ),
];

// dependency-cruiser asks for its configuration as the default export.
export default {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^((libs|apps)/[^/]+|migrations)/dist/|^tests/fixtures/' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@assay/source', 'import', 'node', 'default', 'types'],
    },
  },
};
