import { namePattern, nameRule, queueDefaults } from '@sluice/queue/contracts';
import { logLevels } from '@sluice/queue/logging';
import { field } from './field.ts';

const NAME = { pattern: namePattern, form: nameRule };

/** Settings that mean the same in every program. */
export const commonFields = {
  redisUrl: field.redisAddress({
    env: 'REDIS_URL',
    description:
      'The Redis that holds the queues, with user and password where it wants them, percent-encoded. Of a Redis Cluster, several of its nodes.',
    secret: true,
    example: 'redis://127.0.0.1:6379',
  }),
  redisCaFile: field.text({
    env: 'SLUICE_REDIS_CA_FILE',
    description:
      'Path of a file in PEM with the certificate that signed the one of Redis, where that is no public authority, such as when it signed its own. Holds for Redis alone; REDIS_URL must start with rediss://.',
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
      'Number of the deployment, larger for each later one, also for one that goes back to an older build. While programs with different SLUICE_CAPACITY are at work, that of the largest revision holds for all. Without it the capacity that came last does.',
    optional: true,
    min: 1,
  }),
  unsafeEviction: field.choice({
    env: 'SLUICE_UNSAFE_EVICTION',
    description:
      'What to do when the maxmemory-policy of Redis is another than noeviction, so that it may delete jobs: warn in the log, or refuse to start.',
    of: ['warn', 'refuse'],
    default: 'warn',
  }),
  allowUntestedBullmq: field.flag({
    env: 'SLUICE_ALLOW_UNTESTED_BULLMQ',
    description: 'Whether to work with a minor version of BullMQ that this version of Sluice was not tested with.',
    default: 'false',
  }),
  logLevel: field.choice({
    env: 'SLUICE_LOG_LEVEL',
    description: 'Lines of the log below this level are dropped. The lines of single jobs are at debug.',
    of: logLevels,
    default: 'info',
  }),
} as const;
