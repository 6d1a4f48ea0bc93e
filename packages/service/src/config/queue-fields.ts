import { limits, namePattern, nameRule, queueDefaults } from '@sluice/queue/contracts';
import { field } from './field.ts';

const NAME = { pattern: namePattern, form: nameRule };

/** Settings of a queue whose definition comes from the environment, as that of the shipped app does. */
export const queueFields = {
  queue: field.text({
    ...NAME,
    env: 'SLUICE_QUEUE',
    description: 'Name of the queue of the shipped app.',
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
  idempotencyMs: field.duration({
    env: 'SLUICE_IDEMPOTENCY_MS',
    description:
      'How long an id or Idempotency-Key is remembered after its job has ended. Until then the same put again adds nothing.',
    default: '24h',
    max: limits.idempotencyMaxMs,
  }),
} as const;
