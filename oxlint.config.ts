import { defineConfig, type OxlintOverride } from 'oxlint';

/** A kind of import that a part of the repository may not have. Each is written once, and named by the parts below. */
const fences = {
  clients: {
    group: ['bullmq', 'bullmq/**', 'ioredis', 'ioredis/**'],
    message: 'Only packages/queue talks to Redis and BullMQ; use what it offers.',
  },
  otherSources: {
    regex: String.raw`(^\.\.?/.*|^@sluice/[a-z-]+)/src(/|$)`,
    message: 'Import a package by its name, never its src folder by path.',
  },
  apps: {
    group: ['cli', 'worker', 'producer'].flatMap((app) => [`@sluice/${app}`, `@sluice/${app}/**`]),
    message: 'Apps import packages, never each other; packages never import apps. They meet in Redis.',
  },
  testKit: {
    group: ['@sluice/testing', '@sluice/testing/**', 'testcontainers', '@testcontainers/*', 'vitest', 'vitest/**'],
    message: 'The test kit is for tests.',
  },
  ownRedis: {
    group: ['@sluice/local-redis', '@sluice/local-redis/**'],
    message: 'Only the command line and the test kit start a Redis of their own.',
  },
  schemaLibraries: {
    group: ['zod', 'zod/**', 'valibot', 'arktype'],
    message:
      'Contracts take a schema of any library, and any version of it: packages/queue loads none, and its types name none.',
  },
  packagesAbove: {
    group: ['shared', 'service', 'http'].flatMap((name) => [`@sluice/${name}`, `@sluice/${name}/**`]),
    message: 'The arrows point down: apps, then service, then http and shared, then queue.',
  },
  service: {
    group: ['@sluice/service', '@sluice/service/**'],
    message: 'Job schemas and the HTTP API need nothing of a process.',
  },
  shared: {
    group: ['@sluice/shared', '@sluice/shared/**'],
    message: 'What every process needs knows no job.',
  },
  allButNode: {
    group: ['*', '!node:*', '!node:*/**', '!./*'],
    message: "packages/local-redis stands alone: Node's own modules and nothing else.",
  },
} satisfies Record<string, Fence>;

/** The floors of packages/queue/src, the lowest first. What stands on one floor does not import its neighbours. */
const floors: readonly (readonly string[])[] = [
  ['job'],
  ['store'],
  ['leases', 'threads'],
  ['attempt', 'admin'],
  ['put', 'pool'],
  ['consumer'],
];

type Fence = { group: string[]; message: string } | { regex: string; message: string };

const forTests: string[] = ['**/*.test.ts', '**/testing/**'];
const everywhere = [fences.otherSources, fences.apps];
const inQueue = [...everywhere, fences.testKit, fences.ownRedis, fences.packagesAbove, fences.schemaLibraries];

function fence(files: string[], patterns: Fence[], excludeFiles: string[] = forTests): OxlintOverride {
  return { files, excludeFiles, rules: { 'no-restricted-imports': ['error', { patterns: [...patterns] }] } };
}

function fenceOfFloor(folder: string, level: number): OxlintOverride {
  const above = floors.slice(level).flatMap((floor) => floor.filter((other) => other !== folder));
  const upwards: Fence[] =
    above.length === 0
      ? []
      : [
          {
            regex: String.raw`^(\./|(\.\./)+)(${above.join('|')})/`,
            message: `The floors of packages/queue: ${floors.map((floor) => floor.join(' and ')).join(', ')}. Imports go down.`,
          },
        ];
  const index = { regex: String.raw`^(\.\./)+index\.ts$`, message: 'The index is for users of the package.' };
  return fence([`packages/queue/src/${folder}/**/*.ts`], [...inQueue, index, ...upwards]);
}

export default defineConfig({
  plugins: ['typescript', 'import', 'node', 'unicorn', 'oxc', 'vitest', 'promise'],
  categories: { correctness: 'error' },
  options: { typeAware: true },
  // A template is a project of its own, whose packages are not installed here; a test checks the types of what it becomes.
  ignorePatterns: ['**/dist/**', '**/node_modules/**', 'apps/cli/templates/**'],
  rules: {
    eqeqeq: 'error',
    'prefer-const': 'error',
    'no-var': 'error',
    'no-warning-comments': [
      'error',
      {
        terms: ['todo', 'fixme', 'xxx'],
        location: 'start',
      },
    ],
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-imports': [
      'error',
      {
        fixStyle: 'inline-type-imports',
        disallowTypeAnnotations: false,
      },
    ],
    'typescript/no-misused-promises': [
      'error',
      {
        checksVoidReturn: false,
        checksConditionals: false,
      },
    ],
    'typescript/only-throw-error': 'error',
    'typescript/switch-exhaustiveness-check': [
      'error',
      {
        considerDefaultExhaustiveForUnions: true,
      },
    ],
    'typescript/unbound-method': 'off',
    'vitest/no-focused-tests': 'error',
    'vitest/no-disabled-tests': 'error',
    'vitest/no-standalone-expect': 'off',
    'vitest/require-to-throw-message': 'off',
    'vitest/require-mock-type-parameters': 'off',
    'vitest/valid-expect': 'off',
    'vitest/no-conditional-expect': 'off',
    'vitest/expect-expect': [
      'error',
      {
        assertFunctionNames: ['expect', 'expect*'],
      },
    ],
    'import/no-cycle': [
      'error',
      {
        ignoreTypes: false,
      },
    ],
    'node/no-process-env': 'error',
  },
  overrides: [
    fence(['apps/**/*.ts'], [...everywhere, fences.clients, fences.testKit]),
    fence(
      ['apps/worker/**/*.ts', 'apps/producer/**/*.ts'],
      [...everywhere, fences.clients, fences.testKit, fences.ownRedis],
    ),
    fence(
      ['packages/shared/**/*.ts'],
      [...everywhere, fences.clients, fences.testKit, fences.ownRedis, fences.service],
    ),
    fence(
      ['packages/http/**/*.ts'],
      [...everywhere, fences.clients, fences.testKit, fences.ownRedis, fences.shared, fences.service],
    ),
    fence(
      ['packages/service/**/*.ts'],
      [...everywhere, fences.clients, fences.testKit, fences.ownRedis, fences.shared],
    ),
    fence(['packages/console/src/**/*.ts'], [fences.allButNode]),
    fence(['packages/console/page/**/*.{ts,tsx}'], [...everywhere, fences.clients, fences.testKit, fences.ownRedis]),
    fence(['packages/local-redis/**/*.ts'], [fences.allButNode]),
    fence(['packages/queue/**/*.ts'], inQueue),
    ...floors.flatMap((floor, level) => floor.map((folder) => fenceOfFloor(folder, level))),
    fence(['packages/testing/**/*.ts'], everywhere, []),
    fence(
      ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tests/**/*.ts', 'examples/**/*.ts'],
      everywhere,
      [],
    ),
    {
      // What Node 22 does not have. What is built runs there.
      files: ['packages/*/src/**/*.ts', 'apps/{cli,worker}/src/**/*.ts'],
      excludeFiles: forTests,
      rules: { 'no-restricted-globals': ['error', 'AsyncDisposableStack', 'DisposableStack'] },
    },
    {
      files: ['**/*.test.ts', '**/testing/**'],
      rules: {
        'typescript/no-misused-spread': 'off',
        'typescript/only-throw-error': 'off',
        'typescript/require-array-sort-compare': 'off',
      },
    },
    {
      // node:test waits for the tests of a file itself.
      files: ['**/*.node-test.ts'],
      rules: { 'typescript/no-floating-promises': 'off' },
    },
    {
      files: [
        'apps/*/src/main.ts',
        'apps/*/src/app.ts',
        'apps/*/src/testing/**',
        'packages/service/src/config/**/*.ts',
        'packages/local-redis/src/environment.ts',
        'packages/testing/src/servers/redis-source.ts',
        'packages/service/src/testing/**',
        '**/*.test.ts',
        'tests/**',
        'scripts/**',
        'vitest.config.ts',
      ],
      rules: { 'node/no-process-env': 'off' },
    },
  ],
});
