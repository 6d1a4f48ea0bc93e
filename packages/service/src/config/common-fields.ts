import { namePattern, nameRule, queueDefaults } from '@sluice/queue/contracts';
import { logLevels } from '@sluice/queue/logging';
import { field } from './field.ts';

const NAME = { pattern: namePattern, form: nameRule };

/** Settings that mean the same in every program. */
export const commonFields = {
  redisUrl: field.redisAddress({
    env: 'REDIS_URL',
    description:
      'Address of the Redis that holds the queues, with user and password if it requires them, percent-encoded. For a Redis Cluster, several of its nodes.',
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
  queue: field.text({
    ...NAME,
    env: 'SLUICE_QUEUE',
    description: 'Name of the queue.',
    default: 'fetches',
  }),
  prefix: field.text({
    ...NAME,
    env: 'SLUICE_PREFIX',
    description: 'What the Redis keys of the queue start with. The same in all programs that share the queue.',
    default: queueDefaults.prefix,
  }),
  capacity: field.wholeNumber({
    env: 'SLUICE_CAPACITY',
    description:
      'The most unfinished jobs that the queue may hold: waiting, delayed, backing off and running ones. Puts wait for capacity, or are refused, above it.',
    default: '1000',
    min: 1,
  }),
  revision: field.wholeNumber({
    env: 'SLUICE_REVISION',
    description:
      'Number of the deployment, larger for each later one, also for a rollback to an older build. While programs with different SLUICE_CAPACITY run, the one with the largest revision applies to all. Without it, the one that connected last does.',
    optional: true,
    min: 1,
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
  logLevel: field.choice({
    env: 'SLUICE_LOG_LEVEL',
    description: 'Log lines below this level are dropped. Lines about single jobs have level debug.',
    of: logLevels,
    default: 'info',
  }),
} as const;
