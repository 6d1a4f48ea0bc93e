import type { App, QueueDefinition } from '@sluice/queue/contracts';
import type { Logger } from '@sluice/queue/logging';
import { type AppSource, readApp } from '../app/app-source.ts';
import { type ChosenQueue, chooseQueues } from '../app/queue-selection.ts';
import { parseConfig } from '../config/config.ts';
import { type ProgramOptions, settingsOf } from '../config/program-options.ts';
import { processEnv } from '../config/process-env.ts';
import { telemetryOf } from '../app/load-telemetry.ts';
import { readTogether } from '../config/read-together.ts';
import { createLogger } from '../logging/create-logger.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { runProgram } from '../run-program.ts';
import { leaveOnFault, supervise } from '../signals/supervise.ts';
import { ownVersion } from '../version.ts';
import { type WorkerConfig, workerConfig } from './worker-config.ts';
import type { Worker } from './worker.ts';

/** Options of {@link runWorker}. What is left out comes from the environment: docs/configuration.md. */
export interface RunWorkerOptions<Queue extends string = string> extends ProgramOptions<Queue> {
  /**
   * How many jobs of each queue run at once, 1 to 10,000.
   *
   * @default `SLUICE_CONCURRENCY`, else 10
   */
  concurrency?: number;
  /**
   * How long running jobs may go on after the process was asked to stop, in milliseconds from 0 to 3,600,000.
   *
   * @default `SLUICE_DRAIN_MS`, else 20_000
   */
  drainMs?: number;
  /**
   * Shown in logs and by BullMQ's tools.
   *
   * @default `SLUICE_NAME`, else generated
   */
  name?: string;
  /**
   * The port of `/livez`, `/readyz` and `/metrics`; 0 chooses a free one and logs it.
   *
   * @default `SLUICE_HEALTH_PORT`, else none is opened
   */
  healthPort?: number;
  /**
   * The address of `/livez`, `/readyz` and `/metrics`.
   *
   * @default `SLUICE_HEALTH_HOST`, else '127.0.0.1'
   */
  healthHost?: string;
}

/** Between the end of a drain's time and the end of the process: the handlers' grace, and the last settles. */
const SETTLE_MARGIN_MS = 8_000;
const ORPHAN_MAX_MS = 3_000;

/**
 * Runs a worker process of an app, from its start to its end: a pool for each queue, settings from the environment, a log, health,
 * signals, exit codes. The first SIGTERM or SIGINT drains, the second leaves at once. Ends the process, so nothing after it runs.
 *
 * ```ts
 * import { runWorker } from '@sluice/service';
 * import app from './app.js';
 *
 * await runWorker(app);
 * ```
 *
 * Exit codes: 0 stopped; 1 a fault; 2 a setting or the app is wrong; 3 Redis is away or unsuitable; 128 + its number after a
 * second signal.
 */
export function runWorker<const Queues extends readonly QueueDefinition[]>(
  app: AppSource<App<Queues>>,
  options: RunWorkerOptions<Queues[number]['name']> = {},
): Promise<never> {
  return runProgram(options.program ?? 'worker', () => run(app, options));
}

async function run(source: AppSource, options: RunWorkerOptions): Promise<number> {
  const { env = processEnv, redis, program = 'worker' } = options;
  const given = settingsOf('runWorker', workerConfig.fields, options);
  const [config, app] = await readTogether(
    () => parseConfig(workerConfig, env, given),
    () => readApp(source),
  );
  const queues = chooseQueues(app, config.queues, options.queues ? 'queues' : 'SLUICE_QUEUES');
  const log = options.log ?? createLogger({ name: program, level: config.logLevel });
  leaveOnFault(process, log);
  log.info({ version: ownVersion, pid: process.pid, config, queues: queues.map(shown) }, 'starting');
  // Loaded only here: what else this package offers needs neither a client of Redis nor a web server.
  const { createWorker } = await import('./create-worker.ts');
  const metrics = await metricsOf(config);
  const telemetry = await telemetryOf(options, config, program);
  const worker = await createWorker(app, queues, {
    ...poolOptionsOf(config),
    redis: redis ?? config.redisUrl,
    log,
    metrics,
    ...(telemetry && { telemetry }),
  });
  return supervise(await withHealth(worker, config, { log, metrics }), {
    host: process,
    log,
    drainMaxMs: config.drainMs + longestGraceMs(queues) + SETTLE_MARGIN_MS,
    orphanMaxMs: ORPHAN_MAX_MS,
  });
}

/** Nobody could read them without a port. */
async function metricsOf({ metrics, healthPort }: WorkerConfig): Promise<Metrics | undefined> {
  if (!metrics || healthPort === undefined) return undefined;
  const { Metrics: Collected } = await import('../metrics/metrics.ts');
  return new Collected();
}

async function withHealth(
  worker: Worker,
  { healthPort: port, healthHost: host }: WorkerConfig,
  { log, metrics }: { log: Logger; metrics: Metrics | undefined },
): Promise<Worker> {
  if (port === undefined) return worker;
  const { withHealthServer } = await import('./health-server.ts');
  return withHealthServer(worker, { port, host, log, metrics });
}

function poolOptionsOf({ name, ...config }: WorkerConfig) {
  const { concurrency, drainMs, redisCaFile, unsafeEviction, allowUntestedBullmq } = config;
  const named = name === undefined ? {} : { name };
  return { concurrency, drainMs, redisCaFile, unsafeEviction, allowUntestedBullmq, ...named };
}

function shown({ queue: { name, capacity }, concurrency }: ChosenQueue): object {
  return { name, capacity, concurrency };
}

function longestGraceMs(queues: readonly ChosenQueue[]): number {
  return Math.max(...queues.flatMap(({ queue }) => queue.jobs.map(({ graceMs }) => graceMs)));
}
