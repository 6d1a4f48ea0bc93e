import { DefinitionError, type Logger, type RedisInput } from '@sluice/queue';
import { checkOptions, optionRule } from '@sluice/queue/testing';
import type { TestRedis } from '../fixtures/test-redis.ts';

export interface TestQueueOptions {
  /**
   * The Redis of the test: the fixture's `redis`, what `startTestRedis` returned, or an address. It must be one for tests: clocks are
   * moved in it.
   *
   * @default a server of its own, chosen as `startTestRedis` does, which ends with the test queue
   */
  redis?: TestRedis | RedisInput;
  /**
   * How many attempts run at once, 1 to 1,000. With one, jobs run one after another, in the order of the queue.
   *
   * @default 1
   */
  concurrency?: number;
  /**
   * Where pool and producer log.
   *
   * @default nowhere
   */
  logger?: Logger;
  /**
   * Whether the queue stays in Redis when the test queue is closed. Without it the queue is obliterated, unless it was there before.
   *
   * @default false
   */
  keep?: boolean;
}

const RULES = {
  redis: optionRule.anything,
  concurrency: optionRule.wholeNumber(1, 1_000),
  logger: optionRule.logger,
  keep: optionRule.yesOrNo,
} satisfies optionRule.OptionRules<TestQueueOptions>;

/** @throws DefinitionError that names all problems */
export function checkTestQueueOptions(options: TestQueueOptions): void {
  checkOptions('testQueue', RULES, options, DefinitionError);
}

/** @throws DefinitionError when there is no queue in what was given */
export function checkQueue(queue: unknown): void {
  if (typeof queue === 'object' && queue !== null && 'jobs' in queue && 'capacity' in queue) return;
  throw new DefinitionError(
    'testQueue: the first argument must be a queue made by defineQueue; of an app, testQueue(app.queues[0], app)',
  );
}

export function redisInputOf(redis: TestRedis | RedisInput): RedisInput {
  return typeof redis === 'object' && 'url' in redis && 'isCluster' in redis ? redis.url : (redis as RedisInput);
}
