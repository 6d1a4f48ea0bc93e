import { connectProducer } from '@sluice/queue';
import { fetchUrl, pageDigest, shippedQueue } from '@sluice/shared';
import { isolatedRedisTest, redisTest as test } from '@sluice/testing/vitest';
import { describe, expect, vi } from 'vitest';
import { startTestSite } from './testing/test-site.ts';
import { startWorkerProcess } from './testing/worker-process.ts';

/** The settings of a worker, and the producer for its queue. */
async function openQueue(redis: { url: string }, queue: string, prefix: string) {
  const env = { REDIS_URL: redis.url, SLUICE_QUEUE: queue, SLUICE_PREFIX: prefix, SLUICE_CAPACITY: '50' };
  const definition = shippedQueue({ queue, prefix, capacity: 50, keepCount: 10_000, keepMs: 3_600_000 });
  const producer = await connectProducer(definition, { redis: redis.url });
  return { env, producer };
}

describe('the worker program', () => {
  isolatedRedisTest('ends with 3 at a Redis that may evict jobs, when told to refuse it', async ({ redis }) => {
    await (await redis.client()).config('SET', 'maxmemory-policy', 'allkeys-lru');
    await using worker = startWorkerProcess({ REDIS_URL: redis.url, SLUICE_UNSAFE_EVICTION: 'refuse' });
    expect(await worker.ended).toBe(3);
    expect(worker.output()).toMatch(/allkeys-lru/);
  });

  test('says that it is ready, fetches, and retries what is worth it', async ({ redis, queueName, prefix }) => {
    let failures = 0;
    await using site = await startTestSite((request, response) => {
      if (request.url === '/flaky' && failures < 2) response.statusCode = 500;
      if (request.url === '/flaky') failures += 1;
      response.end('fine');
    });
    const { env, producer: opened } = await openQueue(redis, queueName, prefix);
    await using producer = opened;
    await using worker = startWorkerProcess(env);
    await worker.ready();
    const steady = await producer.put(fetchUrl, { url: `${site.origin}/steady`, body: 'text' });
    const flaky = await producer.put(fetchUrl, { url: `${site.origin}/flaky` });
    expect(await producer.result(steady)).toMatchObject({ ok: true, body: 'fine', attempts: 1 });
    expect(await producer.result(flaky)).toMatchObject({ ok: true, attempts: 3 });
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
  });

  test('digests pages in threads', async ({ redis, queueName, prefix }) => {
    const { env, producer: opened } = await openQueue(redis, queueName, prefix);
    await using producer = opened;
    await using worker = startWorkerProcess(env);
    await worker.ready();
    const html = '<html lang=en><title>A page</title><p>Three words <a href=next>here</a>';
    const page = await producer.put(pageDigest, { html, url: 'https://a.test/' });
    expect(await producer.result(page)).toEqual({
      title: 'A page',
      description: null,
      language: 'en',
      words: 3,
      links: ['https://a.test/next'],
      linkCount: 1,
    });
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
  });

  test('gives the jobs of a busy host back until it may be asked, and spends no attempt', async ({
    redis,
    queueName,
    prefix,
  }) => {
    let answers = 0;
    await using site = await startTestSite((_request, response) => {
      answers += 1;
      if (answers === 1) response.writeHead(429, { 'retry-after': '1' });
      response.end();
    });
    const { env, producer: opened } = await openQueue(redis, queueName, prefix);
    await using producer = opened;
    await using worker = startWorkerProcess({ ...env, SLUICE_CONCURRENCY: '1' });
    await worker.ready();
    const receipts = [];
    for (const page of [1, 2, 3, 4]) receipts.push(await producer.put(fetchUrl, { url: `${site.origin}/${page}` }));
    const results = await Promise.all(receipts.map((receipt) => producer.result(receipt)));
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true, true]);
    expect(results.map(({ attempts }) => attempts).toSorted()).toEqual([1, 1, 1, 1]);
    expect(site.requests).toHaveLength(5);
  });

  test('lets a running fetch end on SIGTERM, takes no other, and ends with 0', async ({ redis, queueName, prefix }) => {
    const gate = Promise.withResolvers<void>();
    await using site = await startTestSite(async (_request, response) => {
      await gate.promise;
      response.end('late');
    });
    const { env, producer: opened } = await openQueue(redis, queueName, prefix);
    await using producer = opened;
    await using worker = startWorkerProcess({ ...env, SLUICE_CONCURRENCY: '1' });
    await worker.ready();
    const running = await producer.put(fetchUrl, { url: `${site.origin}/running` });
    const waiting = await producer.put(fetchUrl, { url: `${site.origin}/waiting` });
    await vi.waitFor(() => expect(site.requests).toHaveLength(1));
    worker.child.kill('SIGTERM');
    await vi.waitFor(() => expect(worker.output()).toContain('draining'));
    gate.resolve();
    expect(await worker.ended).toBe(0);
    expect(await producer.result(running)).toMatchObject({ ok: true, bytes: 4 });
    expect(await producer.find(waiting.id)).toMatchObject({ state: 'waiting' });
    expect(site.requests).toHaveLength(1);
  });

  test('gives a running fetch back and ends when its parent goes', async ({ redis, queueName, prefix }) => {
    await using site = await startTestSite(() => {});
    const { env, producer: opened } = await openQueue(redis, queueName, prefix);
    await using producer = opened;
    await using worker = startWorkerProcess(env);
    await worker.ready();
    const { id } = await producer.put(fetchUrl, { url: site.origin });
    await vi.waitFor(() => expect(site.requests).toHaveLength(1));
    worker.child.disconnect();
    expect(await worker.ended).toBe(0);
    expect(await producer.find(id)).toMatchObject({ state: 'waiting', attempts: 0 });
  });

  test('leaves at once on a second SIGTERM', async ({ redis, queueName, prefix }) => {
    await using site = await startTestSite(() => {});
    const { env, producer: opened } = await openQueue(redis, queueName, prefix);
    await using producer = opened;
    await using worker = startWorkerProcess(env);
    await worker.ready();
    await producer.put(fetchUrl, { url: site.origin });
    await vi.waitFor(() => expect(site.requests).toHaveLength(1));
    worker.child.kill('SIGTERM');
    await vi.waitFor(() => expect(worker.output()).toContain('draining'));
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(143);
  });

  test('writes no credentials of a URL to its log', async ({ redis, queueName, prefix }) => {
    await using site = await startTestSite((_request, response) => response.writeHead(500).end());
    const { env, producer: opened } = await openQueue(redis, queueName, prefix);
    await using producer = opened;
    await using worker = startWorkerProcess(env);
    await worker.ready();
    const url = site.origin.replace('://', '://user:hunter2@');
    const receipt = await producer.put(fetchUrl, { url }, { attempts: 2 });
    const result = await producer.result(receipt);
    expect(result).toMatchObject({ ok: false, status: 500, attempts: 2 });
    await vi.waitFor(() => expect(worker.output()).toContain('attempt failed'));
    expect(worker.output() + JSON.stringify(result)).not.toMatch(/hunter2|user:/);
  });
});
