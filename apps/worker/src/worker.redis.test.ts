import { silentLogger } from '@sluice/queue/logging';
import { parseConfig } from '@sluice/service';
import { redisTest as test } from '@sluice/testing/vitest';
import { stressLifecycle } from '@sluice/testing/lifecycle';
import { workerConfig } from './config.ts';
import { withHealthServer } from './health-server.ts';
import { createWorker } from './worker.ts';

test('a worker with its health server bears start and stop in any order', async ({ redis, queueName, prefix }) => {
  const config = parseConfig(workerConfig, { REDIS_URL: redis.url, SLUICE_QUEUE: queueName, SLUICE_PREFIX: prefix });
  const log = silentLogger();
  const make = () => withHealthServer(createWorker(config, log), { host: '127.0.0.1', port: 0, log });
  await stressLifecycle(make, { rounds: 1 });
});
