import { logLevels } from '@sluice/queue/logging';
import { parseQueueSelection, queueSelectionForm } from '../app/queue-selection.ts';
import { field } from './field.ts';

/** Settings that mean the same in every program. */
export const commonFields = {
  redisUrl: field.redisAddress({
    env: 'REDIS_URL',
    envFirst: 'SLUICE_REDIS_URL',
    description:
      'Address of the Redis that holds the queues, with user and password if it requires them, percent-encoded. For a Redis Cluster, several of its nodes. SLUICE_REDIS_URL is read before it.',
    secret: true,
    example: 'redis://127.0.0.1:6379',
  }),
  redisCaFile: field.text({
    env: 'SLUICE_REDIS_CA_FILE',
    description:
      'Path of a PEM file with the certificate authority of Redis, where that is no public one, or with a self-signed certificate. Used for Redis only; REDIS_URL must start with rediss://.',
    optional: true,
    example: '/etc/sluice/redis-ca.pem',
  }),
  app: field.text({
    env: 'SLUICE_APP',
    description:
      'The app module that says which queues there are and who runs their jobs: a path, a file: URL, or the name of a package. Without it the programs run the shipped app.',
    optional: true,
    example: './dist/app.js',
  }),
  queues: field.parsed({
    env: 'SLUICE_QUEUES',
    description:
      "The queues of the app that this process serves, and for workers how many jobs of each run at once, where that is not SLUICE_CONCURRENCY. Without it, all of the app's.",
    optional: true,
    form: queueSelectionForm,
    parse: parseQueueSelection,
    example: 'emails,fetches=5',
  }),
  unsafeEviction: field.choice({
    env: 'SLUICE_UNSAFE_EVICTION',
    description:
      'What to do when the maxmemory-policy of Redis is not noeviction, so that Redis may delete jobs: log a warning, or refuse to start.',
    of: ['warn', 'refuse'],
    default: 'warn',
  }),
  allowUntestedBullmq: field.flag({
    env: 'SLUICE_ALLOW_UNTESTED_BULLMQ',
    description: 'Whether to run with a minor version of BullMQ that this version of Sluice was not tested with.',
    default: 'false',
  }),
  metrics: field.flag({
    env: 'SLUICE_METRICS',
    description:
      'Whether /metrics is served for Prometheus: by the HTTP service, and by a worker on its health port if it has one.',
    default: 'true',
  }),
  telemetryModule: field.text({
    env: 'SLUICE_TELEMETRY',
    description:
      'The module with the telemetry that follows jobs in traces: bullmq-otel, or a path, file: URL or package whose default export is telemetry as BullMQ takes it. The SDK that collects spans is loaded by NODE_OPTIONS=--import ./otel.mjs.',
    optional: true,
    example: 'bullmq-otel',
  }),
  logLevel: field.choice({
    env: 'SLUICE_LOG_LEVEL',
    description: 'Log lines below this level are dropped. Lines about single jobs have level debug.',
    of: logLevels,
    default: 'info',
  }),
} as const;
