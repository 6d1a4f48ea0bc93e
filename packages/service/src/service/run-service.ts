import type { HttpAuth, HttpService, HttpServiceOptions } from '@sluice/http';
import type { QueueDefinition, QueuesApp } from '@sluice/queue/contracts';
import type { Logger } from '@sluice/queue/logging';
import { type AppSource, readApp } from '../app/app-source.ts';
import { chooseQueues } from '../app/queue-selection.ts';
import { telemetryOf } from '../app/load-telemetry.ts';
import { parseConfig } from '../config/config.ts';
import { processEnv } from '../config/process-env.ts';
import { type ProgramOptions, settingsOf } from '../config/program-options.ts';
import { readTogether } from '../config/read-together.ts';
import { exitCodes } from '../exit-codes.ts';
import { createLogger } from '../logging/create-logger.ts';
import { runProgram } from '../run-program.ts';
import { stopOnSignals } from '../signals/stop-on-signals.ts';
import { type ServiceConfig, serviceConfig } from './service-config.ts';

/** Options of {@link runService}. What is left out comes from the environment: docs/configuration.md. */
export interface RunServiceOptions<Queue extends string = string> extends ProgramOptions<Queue> {
  /**
   * The address to listen on.
   *
   * @default `HOST`, else '127.0.0.1'
   */
  host?: string;
  /**
   * The port to listen on; 0 chooses a free one and logs it.
   *
   * @default `PORT`, else 8080
   */
  port?: number;
  /**
   * Host names to accept in addition to those of this machine; `*` for any.
   *
   * @default `SLUICE_ALLOWED_HOSTS`
   */
  allowedHosts?: readonly string[];
  /**
   * Whether requests need an API key: `keys` always, `none` never, because only trusted clients reach the address, `auto` once anybody has
   * made one; until then it listens on a loopback address only.
   *
   * @default `SLUICE_HTTP_AUTH`, else 'auto'
   */
  auth?: HttpAuth;
  /**
   * Whether the routes of operators are open to requests that need no API key.
   *
   * @default `SLUICE_HTTP_OPERATOR`, else false
   */
  operator?: boolean;
  /**
   * Whether `/metrics` needs an API key that may `read`, where API keys are asked for.
   *
   * @default `SLUICE_METRICS_KEY`, else true
   */
  metricsKey?: boolean;
  /**
   * Whether it serves the console, a page at `/` that shows the queues, and steers them with an API key that may, or `operator`.
   *
   * @default `SLUICE_CONSOLE`, else false
   */
  console?: boolean;
  /**
   * The most requests under way at once.
   *
   * @default `SLUICE_REQUESTS_MAX`, else 1_000
   */
  requestsMax?: number;
  /**
   * The most bytes that the bodies of all requests under way may have together.
   *
   * @default `SLUICE_BODIES_MAX_BYTES`, else 16 MiB
   */
  bodiesMaxBytes?: number;
  /**
   * The most requests at once that wait for what happens to jobs and queues.
   *
   * @default `SLUICE_WATCHES_MAX`, else 2_500
   */
  watchesMax?: number;
  /**
   * The most of them that one client may have.
   *
   * @default `SLUICE_WATCHES_PER_CLIENT`, else 1_250
   */
  watchesPerClient?: number;
  /**
   * The longest that a request may wait for capacity, in milliseconds.
   *
   * @default `SLUICE_WAIT_MAX_MS`, else 30_000
   */
  waitMaxMs?: number;
  /**
   * How many puts of one client may wait for capacity at once.
   *
   * @default `SLUICE_WAITERS_PER_CLIENT`, else half of `requestsMax`
   */
  waitersPerClient?: number;
  /**
   * How long it goes on answering after SIGTERM, in milliseconds, while `/readyz` returns 503.
   *
   * @default `SLUICE_SHUTDOWN_DELAY_MS`, else 5_000
   */
  shutdownDelayMs?: number;
  /**
   * How long running requests may take to end once it has stopped listening, in milliseconds.
   *
   * @default `SLUICE_DRAIN_MS`, else 20_000
   */
  drainMs?: number;
}

/**
 * Runs the HTTP API of an app's queues, from start to end: settings from the environment, a log, health, signals, exit codes. It puts
 * and reads; handlers are not loaded. Ends the process, so nothing after it runs.
 *
 * ```ts
 * import { runService } from '@sluice/service';
 * import app from './app.js';
 *
 * await runService(app);
 * ```
 *
 * Exit codes as of `runWorker`.
 */
export function runService<const Queues extends readonly QueueDefinition[]>(
  app: AppSource<QueuesApp<Queues>>,
  options: RunServiceOptions<Queues[number]['name']> = {},
): Promise<never> {
  return runProgram(options.program ?? 'producer', () => run(app, options));
}

async function run(source: AppSource<QueuesApp>, options: RunServiceOptions): Promise<number> {
  const { env = processEnv, redis, program = 'producer' } = options;
  const given = settingsOf('runService', serviceConfig.fields, options);
  const [config, app] = await readTogether(
    () => parseConfig(serviceConfig, env, given),
    () => readApp(source),
  );
  const chosen = chooseQueues(app, config.queues, options.queues ? 'queues' : 'SLUICE_QUEUES');
  const logger = options.log ?? createLogger({ name: program, level: config.logLevel });
  // Loaded only here: what else this package offers needs neither a client of Redis nor a web server.
  const [{ HttpService: Service }, { redisWithCa }, { Metrics }] = await Promise.all([
    import('@sluice/http'),
    import('@sluice/queue'),
    import('../metrics/metrics.ts'),
  ]);
  const input = typeof redis === 'object' ? redis : redisWithCa(config.redisUrl, config.redisCaFile);
  const telemetry = await telemetryOf(options, config, program);
  const settings: HttpServiceOptions = {
    ...config,
    queues: chosen.map(({ queue }) => queue),
    redis: input,
    logger,
    metrics: config.metrics ? new Metrics() : undefined,
    ...(telemetry && { telemetry }),
  };
  await serve(new Service(settings), config, logger);
  return exitCodes.stopped;
}

async function serve(service: HttpService, { shutdownDelayMs }: ServiceConfig, logger: Logger): Promise<void> {
  const { promise: stopped, resolve, reject } = Promise.withResolvers<void>();
  const { asked } = stopOnSignals(process, {
    signals: ['SIGTERM', 'SIGINT'],
    onFirst: (signal) => {
      logger.info({ signal }, 'stopping');
      // SIGTERM comes from what runs the service, and gives load balancers time to notice; SIGINT from a person who waits.
      service.stop(signal === 'SIGTERM' ? shutdownDelayMs : 0).then(resolve, reject);
    },
  });
  logger.debug('connecting');
  await service.start().catch((error: unknown) => {
    // A start that was called off is no failure, whatever it ended with.
    if (!asked.aborted) throw error;
  });
  await stopped;
}
