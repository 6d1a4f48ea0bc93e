import type { RedisInput, WorkerPoolOptions } from '@sluice/queue';
import { DefinitionError, didYouMean } from '@sluice/queue/contracts';
import type { Logger, LogLevel } from '@sluice/queue/logging';
import { parseQueueSelection, type QueueChoice } from '../app/queue-selection.ts';
import type { ConfigFields } from './config.ts';

/** What every program's options have. Each counts instead of the variable that says the same. */
export interface ProgramOptions<Queue extends string = string> {
  /**
   * Only these queues of the app, each with `=concurrency` if wanted: `['emails', 'fetches=5']`.
   *
   * @default `SLUICE_QUEUES`, else all
   */
  queues?: readonly (Queue | `${Queue}=${number}`)[];
  /**
   * Where Redis is.
   *
   * @default `SLUICE_REDIS_URL`, else `REDIS_URL`
   */
  redis?: RedisInput;
  /**
   * Path of a PEM file with the certificate authority of Redis.
   *
   * @default `SLUICE_REDIS_CA_FILE`
   */
  redisCaFile?: string;
  /**
   * What to do when Redis may evict jobs: `warn`, or `refuse` to start.
   *
   * @default `SLUICE_UNSAFE_EVICTION`, else 'warn'
   */
  unsafeEviction?: 'warn' | 'refuse';
  /**
   * Work with a minor version of BullMQ that was not tested.
   *
   * @default `SLUICE_ALLOW_UNTESTED_BULLMQ`, else false
   */
  allowUntestedBullmq?: boolean;
  /**
   * Whether `/metrics` is served for Prometheus: by the HTTP service, and by a worker on its health port.
   *
   * @default `SLUICE_METRICS`, else true
   */
  metrics?: boolean;
  /**
   * Log lines below this are dropped.
   *
   * @default `SLUICE_LOG_LEVEL`, else 'info'
   */
  logLevel?: LogLevel;
  /**
   * Where log lines go.
   *
   * @default JSON lines on standard output
   */
  log?: Logger;
  /**
   * Follows jobs in traces, as of `connectProducer` and `createWorkerPool`.
   *
   * @default what `telemetryModule` names
   */
  telemetry?: NonNullable<WorkerPoolOptions['telemetry']>;
  /**
   * A module with the telemetry, where `telemetry` is not given: `bullmq-otel`, or a path, `file:` URL or package.
   *
   * @default `SLUICE_TELEMETRY`, else none
   */
  telemetryModule?: string;
  /**
   * Name of the program in its log and before its errors.
   *
   * @default 'worker' or 'producer'
   */
  program?: string;
  /**
   * Where settings are read from.
   *
   * @default `process.env`
   */
  env?: NodeJS.ProcessEnv;
}

/** Those that are no settings of the environment. */
const others = ['redis', 'log', 'telemetry', 'program', 'env'];

/**
 * The options by the names of the settings that they replace.
 *
 * @throws DefinitionError when one is unknown or names queues in a way that cannot be read
 */
export function settingsOf(
  where: string,
  fields: ConfigFields,
  { queues, redis, ...options }: ProgramOptions,
): Record<string, unknown> {
  const known = [...Object.keys(fields), ...others];
  const stranger = Object.keys(options).find((name) => !known.includes(name));
  if (stranger !== undefined) throw unknownOption(where, stranger, known);
  return {
    ...options,
    queues: queues && readQueues(where, queues),
    // What is a client or has options of its own is not printed.
    redisUrl: typeof redis === 'string' ? redis : redis && 'given by the program',
  };
}

function unknownOption(where: string, name: string, known: readonly string[]): DefinitionError {
  const meant = didYouMean(name, known);
  return new DefinitionError(
    `${where}: ${name} is no option here; ${meant ? `did you mean ${meant}?` : `there are ${known.join(', ')}`}`,
  );
}

function readQueues(where: string, queues: readonly string[]): readonly QueueChoice[] {
  const read = parseQueueSelection(queues.join(','));
  if ('problem' in read) throw new DefinitionError(`${where}: queues ${read.problem}`);
  return read.value;
}
