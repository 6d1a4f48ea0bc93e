import { stressLifecycle } from '@sluice/testing/lifecycle';
import { describe, expect } from 'vitest';
import { QueueClosedError } from '../job/errors/index.ts';
import { ownTest as test } from '../pool/testing/own-test.ts';
import { makeConsumer } from './connect-consumer.ts';
import { Consumer } from './consumer.ts';

describe('the start and stop of a consumer', () => {
  test('may come in any order, and a take after it is refused', async ({ own, redis }) => {
    const { queue } = own();
    const made = new Map<object, Consumer<typeof queue>>();
    const make = (): ReturnType<typeof Consumer.lifecycleOf> => {
      const consumer = makeConsumer(queue, { redis: redis.url });
      const lifecycle = Consumer.lifecycleOf(consumer);
      made.set(lifecycle, consumer);
      return lifecycle;
    };
    const check = (lifecycle: object): Promise<void> =>
      expect(made.get(lifecycle)?.take({ waitMs: 0 })).rejects.toThrow(QueueClosedError);
    await stressLifecycle(make, { rounds: 1, check });
  });
});
