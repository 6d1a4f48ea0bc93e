import { commonFields, defineConfig, field, type ConfigOf } from '@sluice/service';
import { queueDefaults } from '@sluice/queue/contracts';

/** The settings of a worker process, from its environment. */
export const workerConfig = defineConfig({
  redisUrl: commonFields.redisUrl,
  redisCaFile: commonFields.redisCaFile,
  queue: commonFields.queue,
  prefix: commonFields.prefix,
  capacity: commonFields.capacity,
  revision: commonFields.revision,
  concurrency: field.wholeNumber({
    env: 'SLUICE_CONCURRENCY',
    description: 'How many jobs one worker process runs at once.',
    default: '10',
    min: 1,
    max: 1_000,
  }),
  keepCount: field.wholeNumber({
    env: 'SLUICE_KEEP_COUNT',
    description: 'The most completed jobs that are kept with their results.',
    default: String(queueDefaults.keep.completed.count),
    min: 0,
  }),
  keepMs: field.duration({
    env: 'SLUICE_KEEP_MS',
    description: 'How long a completed job is kept with its result.',
    default: '60m',
    min: 1_000,
  }),
  drainMs: field.duration({
    env: 'SLUICE_DRAIN_MS',
    description:
      'How long a worker that was asked to stop lets its running jobs go on. Jobs that still run then are given back to the queue, without spending an attempt. Set the stop timeout of the orchestrator at least 10 s higher.',
    default: '20s',
    max: 3_600_000,
  }),
  name: field.text({
    env: 'SLUICE_NAME',
    description: 'Name of the worker in logs and in the tools of BullMQ. Generated when it is not set.',
    optional: true,
    pattern: /^[\w.:-]{1,100}$/,
    form: '1 to 100 of A-Z a-z 0-9 . _ : -',
    example: 'worker-1',
  }),
  allowPrivate: field.flag({
    env: 'SLUICE_ALLOW_PRIVATE',
    description:
      'Whether URLs may lead to private, loopback and other addresses that are not public. Only for trusted input.',
    default: 'false',
  }),
  useProxy: field.flag({
    env: 'SLUICE_USE_PROXY',
    description:
      'Whether fetches go through the proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name; without it these variables are ignored. A proxy resolves names itself, so the proxy must block private addresses.',
    default: 'false',
  }),
  unsafeEviction: commonFields.unsafeEviction,
  allowUntestedBullmq: commonFields.allowUntestedBullmq,
  healthPort: field.wholeNumber({
    env: 'SLUICE_HEALTH_PORT',
    description:
      'The port on which the worker answers /livez and /readyz; 0 chooses a free one and logs it. Without it no port is opened. The container image sets 8081.',
    optional: true,
    max: 65_535,
    example: '8081',
  }),
  healthHost: field.text({
    env: 'SLUICE_HEALTH_HOST',
    description: 'The address on which the worker answers /livez and /readyz. The container image sets 0.0.0.0.',
    default: '127.0.0.1',
  }),
  logLevel: commonFields.logLevel,
});

export type WorkerConfig = ConfigOf<typeof workerConfig>;
