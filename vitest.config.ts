import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { findContainerRedis } from './scripts/container-redis.ts';
import { findChromium } from './scripts/find-chromium.ts';

// Sources run as they are: the @sluice/source condition points every workspace import at its src folder.
const ssr = { resolve: { conditions: ['@sluice/source', 'node'] } };

// Each test file, and each program that a test starts, is a new process: with code that is compiled once for all of them, types
// stripped, they take a fifth less of the machine's time.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

// Most tests wait for processes and for Redis: with fewer workers than these, cores stand idle.
const maxWorkers = Math.max(4, availableParallelism());

const roots = '{packages/*/src,apps/*/src,bench/src,tests,examples,scripts}';
const never = ['**/node_modules/**', '**/dist/**'];
/**
 * Threads that are started from TypeScript sources strip types by WebAssembly. V8 13.6 (Node 24) can crash where several such
 * threads run in one process: when a call from WebAssembly to JavaScript is compiled anew after its first thousand calls, it
 * frees code of a module that another thread took down with it (SIGSEGV in NativeModule::FreeCode, called by
 * Runtime_TierUpWasmToJSWrapper). With this budget none is compiled anew. What is built has no types to strip.
 */
const execArgv = ['--wasm-wrapper-tiering-budget=1000000000'];

const setUp = (file: string): string => fileURLToPath(new URL(`./scripts/${file}`, import.meta.url));

/**
 * What all tests have in common. How long one waits for a fact, and how long it may take, only matters when it fails: a busy
 * machine needs many times what an idle one does. A test states a limit of its own only where it needs more, or where the
 * limit is what it proves.
 */
const common = {
  setupFiles: [setUp('wait-for-timeout.ts'), setUp('../packages/http/src/testing/answers-setup.ts')],
  expect: { poll: { timeout: 30_000 } },
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

/** After a test, on a busy machine. */
const patient = { closeWithinMs: 15_000 };

const slow = '**/*.slow.test.ts';
const needsEngine = '**/*.docker.test.ts';
const needsTarballs = '**/*.packed.test.ts';
const needsBrowser = '**/*.browser.test.ts';

/** The units: tests next to their code that need only Node. */
const units = '{packages/*/{src,build},packages/console/page,apps/*/src,bench/src,scripts}/**/*.test.ts';
const needsRedis = '**/*.redis.test.ts';

/** Test files share a process, because to start one for each of them takes far longer than the units themselves. */
const unit: TestProjectInlineConfiguration = {
  extends: false,
  ssr,
  test: {
    name: 'unit',
    isolate: false,
    maxWorkers,
    execArgv,
    ...common,
    include: [units],
    exclude: [...never, needsRedis, slow, needsEngine],
    provide: { ...patient, redisSource: { kind: 'local' } },
  },
};

/**
 * What needs Redis, on a private local server, and whole programs; without the slow ones. Here too test files share a process, and
 * its server with it.
 */
const local: TestProjectInlineConfiguration = {
  extends: false,
  ssr,
  test: {
    name: 'local',
    isolate: false,
    maxWorkers,
    execArgv,
    ...common,
    include: [`${roots}/${needsRedis}`, '{tests,examples}/**/*.test.ts'],
    exclude: [...never, slow, needsEngine, needsTarballs, needsBrowser],
    provide: { ...patient, redisSource: { kind: 'local' } },
  },
};

/** What takes longer than a few seconds. */
const slowOnes: TestProjectInlineConfiguration = {
  extends: false,
  ssr,
  test: {
    name: 'slow',
    maxWorkers,
    execArgv,
    ...common,
    include: [`${roots}/**/*.slow.test.ts`],
    exclude: never,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    provide: { ...patient, redisSource: { kind: 'local' } },
  },
};

/** About a handler and its process, whichever Redis there is. */
const aboutHandlers = [
  'packages/queue/src/threads/**',
  'packages/queue/src/pool/{ack-methods,ack-methods-table,batch-handlers,health,time-limits}.redis.test.ts',
];

/** About the process that works on a queue, whichever version of Redis there is. */
const aboutProcesses = [
  'packages/queue/src/{consumer,threads}/**',
  'packages/queue/src/leases/thread/**',
  'packages/queue/src/pool/!(worker-pool).redis.test.ts',
];

/** What the engine does in Redis, once more on Redis in a container: another version than the local one. */
function container(image: string): TestProjectInlineConfiguration {
  return {
    extends: false,
    ssr,
    test: {
      name: 'container',
      isolate: false,
      maxWorkers,
      execArgv,
      ...common,
      include: ['packages/queue/src/**/*.redis.test.ts', 'packages/local-redis/src/**/*.docker.test.ts'],
      exclude: [...never, slow, ...aboutProcesses],
      provide: { ...patient, redisSource: { kind: 'container', image } },
    },
  };
}

/**
 * Tests that cannot run on a cluster as they are. The first two read the whole keyspace with SCAN, which a cluster client sends to
 * one node, and the first has flows over two queues, which a cluster cannot add in one run. The others change one server: its users,
 * its `maxmemory`, its answers.
 */
const needOneServer = [
  '**/differential.redis.test.ts',
  '**/admit-one.redis.test.ts',
  '**/restricted-users.redis.test.ts',
  '**/full-redis.redis.test.ts',
  '**/old-redis.redis.test.ts',
];

/**
 * The engine's integration suite once more, on a Redis Cluster of three local masters. Tests that restart, freeze or read
 * the files of one server are skipped by their fixture.
 */
const cluster: TestProjectInlineConfiguration = {
  extends: false,
  ssr,
  test: {
    name: 'cluster',
    isolate: false,
    maxWorkers,
    execArgv,
    ...common,
    include: ['packages/queue/src/**/*.redis.test.ts'],
    exclude: [...never, slow, ...needOneServer, ...aboutHandlers],
    provide: { ...patient, redisSource: { kind: 'cluster' } },
  },
};

/**
 * What stands closest to BullMQ once more, on the oldest version of it that Sluice works with. The newest is what everything
 * else runs on.
 */
const oldestBullmq: TestProjectInlineConfiguration = {
  extends: false,
  ssr,
  test: {
    name: 'bullmq-oldest',
    isolate: false,
    maxWorkers,
    ...common,
    execArgv: [...execArgv, '--import', new URL('scripts/oldest-bullmq.mjs', import.meta.url).href],
    include: [
      'packages/queue/src/store/backend/{installed-bullmq,plain-bullmq,full-redis}.redis.test.ts',
      'packages/queue/src/store/backend/differential/differential.redis.test.ts',
      'packages/queue/src/pool/worker-pool.redis.test.ts',
      'packages/queue/src/store/lease-store/batch.redis.test.ts',
      'packages/queue/src/store/lease-store/timeout-settler.redis.test.ts',
    ],
    exclude: never,
    provide: { ...patient, redisSource: { kind: 'local' }, bullmq: '6.5.4' },
  },
};

/** The public packages as users get them: installed from their tarballs into projects outside of this repository. */
const packed: TestProjectInlineConfiguration = {
  extends: false,
  ssr,
  test: {
    name: 'packed',
    maxWorkers,
    execArgv,
    ...common,
    include: [`tests/packed/${needsTarballs}`],
    exclude: never,
    globalSetup: fileURLToPath(new URL('tests/packed/kit/global-setup.ts', import.meta.url)),
    testTimeout: 300_000,
    hookTimeout: 300_000,
    provide: { ...patient, redisSource: { kind: 'local' } },
  },
};

/** The console in a real browser, built as users get it. */
function browser(chromium: string): TestProjectInlineConfiguration {
  return {
    extends: false,
    ssr,
    test: {
      name: 'browser',
      maxWorkers,
      execArgv,
      ...common,
      include: [`tests/console/${needsBrowser}`],
      exclude: never,
      globalSetup: fileURLToPath(new URL('tests/console/kit/global-setup.ts', import.meta.url)),
      testTimeout: 120_000,
      provide: { ...patient, redisSource: { kind: 'local' }, chromium },
    },
  };
}

export default defineConfig(async () => {
  const redis = await findContainerRedis(process.env);
  if ('reason' in redis) console.error(`${redis.reason}: the integration suite runs on a private local Redis only`);
  const chromium = findChromium(process.env);
  if ('reason' in chromium) console.error(chromium.reason);
  return {
    test: {
      maxWorkers,
      projects: [
        unit,
        local,
        ...('image' in redis ? [container(redis.image)] : []),
        cluster,
        oldestBullmq,
        packed,
        ...('path' in chromium ? [browser(chromium.path)] : []),
        slowOnes,
      ],
      reporters: ['default', './scripts/count-reporter.ts'],
    },
  };
});
