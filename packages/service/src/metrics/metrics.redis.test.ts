import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue, flow } from '@sluice/queue';
import { HttpService } from '@sluice/http';
import { silentLogger } from '@sluice/queue/logging';
import { isolatedRedisTest, redisTest as test } from '@sluice/testing/vitest';
import { Registry } from 'prom-client';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { Metrics } from './metrics.ts';

const job = defineJob({ name: 'half', payload: z.int(), result: z.int(), retry: { attempts: 1 } });
const handler = defineHandler(job, ({ payload }) => {
  if (payload % 2 === 1) throw new Error('odd');
  return payload / 2;
});
const logger = silentLogger();

/** The value of one series, or undefined when there is none. */
const valueIn = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

describe('the metrics of a producer and a pool', () => {
  test('say what became of puts and attempts, and how full the queue is', async ({
    redis,
    prefix,
    queueName: name,
  }) => {
    const queue = defineQueue({ name, jobs: [job], capacity: 4, prefix });
    const metrics = new Metrics({ register: new Registry() });
    await using producer = await connectProducer(queue, { redis: redis.url });
    await using pool = createWorkerPool(queue, { half: handler }, { redis: redis.url, concurrency: 2 });
    metrics.observeProducer(queue, producer);
    metrics.observePool(queue, pool);

    for (const payload of [1, 2]) await producer.put(job, payload, { id: `${payload}` });
    await producer.put(job, 2, { id: '2' });
    await producer.putFlow(flow(job, 4, { children: [flow(job, 6)] }));
    await producer.tryPut(job, 8).catch(() => undefined);
    await producer.put(job, 9, { id: '2' }).catch(() => undefined);
    const calledOff = new AbortController();
    const waiting = producer.put(job, 8, { signal: calledOff.signal });
    await expect.poll(() => producer.waitingPuts).toBe(1);
    expect(valueIn(await metrics.text(), `sluice_waiting_puts{queue="${name}"}`)).toBe(1);
    calledOff.abort();
    await expect(waiting).rejects.toThrow();
    const full = await metrics.text();
    const put = (outcome: string): number | undefined =>
      valueIn(full, `sluice_puts_total{queue="${name}",job="half",outcome="${outcome}"}`);
    const outcomes = ['created', 'duplicate', 'conflict', 'full', 'cancelled'].map(put);
    expect(outcomes).toEqual([4, 1, 1, 1, 1]);
    expect(valueIn(full, `sluice_queue_depth{queue="${name}"}`)).toBe(4);
    expect(valueIn(full, `sluice_queue_capacity{queue="${name}"}`)).toBe(4);
    expect(valueIn(full, `sluice_put_wait_seconds_count{queue="${name}",job="half",outcome="cancelled"}`)).toBe(1);
    expect(valueIn(full, `sluice_slots{queue="${name}"}`)).toBe(2);

    await pool.runUntilIdle({ idleMs: 50 });
    const done = await metrics.text();
    const ended = (outcome: string): number | undefined =>
      valueIn(done, `sluice_attempts_total{queue="${name}",job="half",outcome="${outcome}"}`);
    expect([ended('completed'), ended('dead')]).toEqual([3, 1]);
    expect(valueIn(done, `sluice_run_seconds_count{queue="${name}",job="half",outcome="completed"}`)).toBe(3);
    expect(valueIn(done, `sluice_queueing_seconds_count{queue="${name}",job="half"}`)).toBe(4);
    expect(valueIn(done, `sluice_queue_depth{queue="${name}"}`)).toBe(0);
  });

  isolatedRedisTest(
    'know what needs no Redis while it is away, and say so',
    async ({ redis, server, queueName: name }) => {
      const queue = defineQueue({ name, jobs: [job], capacity: 1 });
      const metrics = new Metrics({ register: new Registry(), readMs: 200 });
      await using producer = await connectProducer(queue, { redis: redis.url, unavailableMs: 500 });
      metrics.observeProducer(queue, producer);
      await producer.put(job, 1);
      expect(valueIn(await metrics.text(), `sluice_queue_up{queue="${name}"}`)).toBe(1);
      await server.halt('kill');
      await producer.put(job, 2).catch(() => undefined);
      const text = await metrics.text();
      expect(valueIn(text, `sluice_queue_up{queue="${name}"}`)).toBe(0);
      expect(valueIn(text, `sluice_queue_depth{queue="${name}"}`)).toBeUndefined();
      expect(valueIn(text, `sluice_puts_total{queue="${name}",job="half",outcome="created"}`)).toBe(1);
      expect(valueIn(text, `sluice_puts_total{queue="${name}",job="half",outcome="unavailable"}`)).toBe(1);
    },
  );
});

describe('the HTTP service', () => {
  test('serves the metrics of its requests and its puts', async ({ redis, prefix, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 1, prefix });
    const metrics = new Metrics({ register: new Registry() });
    const options = { queues: [queue], redis: redis.url, logger, host: '127.0.0.1', port: 0, drainMs: 1_000, metrics };
    const service = new HttpService(options);
    await service.start();
    try {
      const put = (): Promise<Response> =>
        fetch(`${service.url}/v1/queues/${queueName}/jobs`, {
          method: 'POST',
          body: '{"payload":1}',
          headers: { 'content-type': 'application/json' },
        });
      expect([(await put()).status, (await put()).status]).toEqual([202, 429]);
      expect((await fetch(`${service.url}/nowhere`)).status).toBe(404);
      const response = await fetch(`${service.url}/metrics`);
      expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
      const text = await response.text();
      const requests = (labels: string): number | undefined =>
        valueIn(text, `sluice_http_request_duration_seconds_count{${labels}}`);
      expect(requests('method="POST",route="/v1/queues/:queue/jobs",status="202"')).toBe(1);
      expect(requests('method="POST",route="/v1/queues/:queue/jobs",status="429"')).toBe(1);
      expect(requests('method="GET",route="none",status="404"')).toBe(1);
      expect(valueIn(text, `sluice_puts_total{queue="${queueName}",job="half",outcome="created"}`)).toBe(1);
      expect(valueIn(text, `sluice_puts_total{queue="${queueName}",job="half",outcome="full"}`)).toBe(1);
      expect(valueIn(text, `sluice_queue_depth{queue="${queueName}"}`)).toBe(1);
    } finally {
      await service.stop();
    }
  });
});
