import assert from 'node:assert/strict';
import { connectProducer, type PutOptions } from '@sluice/queue';
import { fetchUrl, shippedQueue } from '@sluice/shared';
import { redisTest, type RedisFixtures } from '@sluice/testing/vitest';
import { type TestAPI, vi } from 'vitest';
import { startTestSite } from './test-site.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

export type WorkerFixture = Awaited<ReturnType<typeof openWorkerFixture>>;

/** A site whose pages come when the gate is open, the queue, and what starts workers. All end with the test. */
async function openWorkerFixture(redis: { url: string }, queue: string, prefix: string) {
  await using stack = new AsyncDisposableStack();
  const gate = Promise.withResolvers<void>();
  const asked: string[] = [];
  const site = stack.use(
    await startTestSite(async (request, response) => {
      asked.push(request.url ?? '');
      if (request.url?.startsWith('/slow')) await gate.promise;
      response.end('fine');
    }),
  );
  const definition = shippedQueue({ queue, prefix, capacity: 200, keepCount: 10_000, keepMs: 3_600_000 });
  const producer = stack.use(await connectProducer(definition, { redis: redis.url }));
  const env = { REDIS_URL: redis.url, SLUICE_QUEUE: queue, SLUICE_PREFIX: prefix, SLUICE_CAPACITY: '200' };
  const moved = stack.move();
  return {
    asked,
    producer,
    openGate: gate.resolve,
    put: (path: string, options?: PutOptions) => producer.put(fetchUrl, { url: `${site.origin}${path}` }, options),
    startWorker: (more: Record<string, string> = {}): WorkerProcess =>
      moved.use(startWorkerProcess({ ...env, ...more })),
    /** As from a shell: without a parent that would have SIGINT to itself. */
    startWorkerAlone: (more: Record<string, string>): WorkerProcess =>
      moved.use(startWorkerProcess({ ...env, ...more }, { hasParent: false })),
    async [Symbol.asyncDispose]() {
      gate.resolve();
      await moved.disposeAsync();
    },
  };
}

/** Asks a worker that was started with `SLUICE_HEALTH_PORT: '0'`. */
export async function askHealth(worker: WorkerProcess, path: string): Promise<number> {
  const base = await vi.waitFor(() => {
    const [, found] = /health on (http:\/\/[\d.:]+)/.exec(worker.output()) ?? [];
    assert(found, 'the worker has not logged yet where it answers');
    return found;
  });
  return (await fetch(`${base}${path}`)).status;
}

/** `redisTest` with a site, a queue and worker processes for it. */
export const workerTest: TestAPI<RedisFixtures & { fixture: WorkerFixture }> = redisTest.extend<{
  fixture: WorkerFixture;
}>({
  fixture: async ({ redis, queueName, prefix }, use) => {
    await using fixture = await openWorkerFixture(redis, queueName, prefix);
    await use(fixture);
  },
}) as unknown as TestAPI<RedisFixtures & { fixture: WorkerFixture }>;
