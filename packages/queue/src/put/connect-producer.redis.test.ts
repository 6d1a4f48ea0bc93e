import { redisTest } from '@sluice/testing/vitest';
import { stressLifecycle } from '@sluice/testing/lifecycle';
import { expect, vi } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { producerDefaults } from '../job/defaults.ts';
import { silentLogger } from '../job/logging/logger.ts';
import { ProducerResources } from './producer-resources.ts';

const job = defineJob({ name: 'job', payload: z.null(), result: z.null() });

redisTest('a producer bears start and stop in any order, and leaves no connection', async ({ redis, prefix }) => {
  const queue = defineQueue({ name: 'q', prefix, jobs: [job], capacity: 10 });
  const client = await redis.client();
  const connectionsBefore = await countConnections();
  const { unavailableMs, memoryWatermark } = producerDefaults;
  const settings = { redis: client, logger: silentLogger(), check: () => Promise.resolve() };
  const limits = { unavailableMs, memoryWatermark, isGuest: false, allowUntestedBullmq: false };
  await stressLifecycle(() => new ProducerResources(queue, { ...settings, ...limits }), { rounds: 1 });
  await vi.waitFor(async () => expect(await countConnections()).toBe(connectionsBefore), { timeout: 10_000 });

  async function countConnections(): Promise<number> {
    return String(await client.client('LIST'))
      .trim()
      .split('\n').length;
  }
});
