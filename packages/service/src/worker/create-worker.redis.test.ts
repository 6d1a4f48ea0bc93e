import { defineApp, defineHandler, defineJob, defineQueue, type HandlerContext } from '@sluice/queue';
import { silentLogger } from '@sluice/queue/logging';
import { stressLifecycle } from '@sluice/testing/lifecycle';
import { redisTest as test } from '@sluice/testing/vitest';
import { Registry } from 'prom-client';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { chooseQueues } from '../app/queue-selection.ts';
import { Metrics } from '../metrics/metrics.ts';
import { createWorker } from './create-worker.ts';
import { withHealthServer } from './health-server.ts';

const job = defineJob({ name: 'job', payload: z.void(), result: z.void() });
const handler = defineHandler(job, () => undefined);
const log = silentLogger();

interface AppSettings {
  readonly lastFails?: boolean;
  readonly metrics?: Metrics;
}

/** An app with two queues whose handlers open one thing each. */
function openApp(prefix: string, closed: string[], { lastFails = false, metrics }: AppSettings = {}) {
  const queues = ['first', 'second'].map((name) => defineQueue({ name, jobs: [job], capacity: 5, prefix }));
  const app = defineApp({
    queues,
    handlers: Object.fromEntries(
      queues.map(({ name }) => [
        name,
        ({ onStop }: HandlerContext) => {
          onStop(() => void closed.push(name));
          if (lastFails && name === 'second') throw new Error('no database');
          return { job: handler };
        },
      ]),
    ),
  });
  return (redis: string) =>
    createWorker(app, chooseQueues(app, undefined, ''), {
      redis,
      redisCaFile: undefined,
      concurrency: 2,
      log,
      metrics,
    });
}

describe('a worker with two queues', () => {
  test('and a health server bears start and stop in any order', async ({ redis, prefix }) => {
    const closed: string[] = [];
    const create = openApp(prefix, closed);
    const workers = await Promise.all(Array.from({ length: 40 }, () => create(redis.url)));
    const make = () => {
      const worker = workers.pop();
      if (!worker) throw new Error('more rounds than workers');
      return withHealthServer(worker, { host: '127.0.0.1', port: 0, log });
    };
    await stressLifecycle(make, { rounds: 1 });
  });

  test('has metrics of each of them', async ({ redis, prefix }) => {
    const metrics = new Metrics({ register: new Registry() });
    const worker = await openApp(prefix, [], { metrics })(redis.url);
    await worker.start();
    const text = await metrics.text();
    await worker.stop();
    for (const queue of ['first', 'second']) {
      expect(text).toContain(`sluice_slots{queue="${queue}"} 2`);
      expect(text).toContain(`sluice_queue_capacity{queue="${queue}"} 5`);
    }
  });

  test('closes what its handlers opened, the last one first, once, also when it never started', async ({ prefix }) => {
    const closed: string[] = [];
    const worker = await openApp(prefix, closed)('redis://127.0.0.1:1');
    await Promise.all([worker.drain(), worker.stop()]);
    expect(closed).toEqual(['second', 'first']);
    expect(worker.state).toBe('stopped');
  });

  test('closes what was opened when other handlers cannot be made', async ({ prefix }) => {
    const closed: string[] = [];
    await expect(openApp(prefix, closed, { lastFails: true })('redis://127.0.0.1:1')).rejects.toThrow('no database');
    expect(closed).toEqual(['second', 'first']);
  });

  test('closes what was opened when Redis is away at the start', async ({ prefix }) => {
    const closed: string[] = [];
    const worker = await openApp(prefix, closed)('redis://127.0.0.1:1');
    await expect(worker.start()).rejects.toMatchObject({ code: 'SLUICE_REDIS_UNAVAILABLE' });
    await expect.poll(() => closed).toEqual(['second', 'first']);
  });
});
