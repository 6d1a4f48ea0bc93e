import {
  connectProducer,
  createWorkerPool,
  defineHandler,
  defineJob,
  defineQueue,
  type Producer,
  type QueueDefinition,
} from '@sluice/queue';
import { redisTest } from '@sluice/testing/vitest';
import { silentLogger } from '@sluice/queue/logging';
import type { FastifyInstance } from 'fastify';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { buildServer } from '../../build-server.ts';
import { readEvents, type ReadEvent } from '../../testing/read-events.ts';

const shout = defineJob({ name: 'shout', payload: z.string(), result: z.string(), retry: { attempts: 1 } });
const go = new Map<string, PromiseWithResolvers<void>>();
const gate = (name: string): PromiseWithResolvers<void> => {
  const known = go.get(name) ?? Promise.withResolvers<void>();
  go.set(name, known);
  return known;
};
const handlers = {
  shout: defineHandler(shout, async ({ payload, id, progress }) => {
    if (payload === 'large') return 'x'.repeat(100_000);
    if (payload !== 'a') return payload;
    await progress({ done: 1 });
    await gate(id).promise;
    return payload.toUpperCase();
  }),
};

interface Kit {
  readonly queue: QueueDefinition<readonly [typeof shout]>;
  readonly producer: Producer<QueueDefinition<readonly [typeof shout]>>;
  readonly app: FastifyInstance;
  readonly base: string;
  work(): Promise<void>;
}

const test = redisTest.extend<{ kit: Kit }>({
  kit: async ({ redis, queueName }, use) => {
    const queue = defineQueue({ name: queueName, jobs: [shout], capacity: 50 });
    await using producer = await connectProducer(queue, { redis: redis.url });
    await using pool = createWorkerPool(queue, handlers, { redis: redis.url, concurrency: 2 });
    const app = buildServer({ producers: [{ queue, producer }], logger: silentLogger() });
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    await use({ queue, producer, app, base: `${address}/v1/queues/${queueName}`, work: () => pool.start() });
    app.server.closeAllConnections();
    await app.close();
  },
});

const names = (events: readonly ReadEvent[]): string[] => events.map(({ event }) => event);
const ofKind = (events: readonly ReadEvent[], kind: string): ReadEvent[] =>
  events.filter(({ event }) => event === kind);

describe('the events of a job', () => {
  test('are the job, its states, its progress and its end', async ({ kit: { producer, base, work } }) => {
    const { id } = await producer.put(shout, 'a');
    const stream = await readEvents(`${base}/jobs/${id}/events`);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
    expect(stream.response.headers.get('x-request-id')).not.toBeNull();
    await expect.poll(() => stream.events).toMatchObject([{ event: 'job', data: { id, state: 'waiting' } }]);
    await work();
    await expect.poll(() => names(stream.events)).toEqual(['job', 'state', 'progress']);
    gate(id).resolve();
    await stream.ended;
    expect(stream.events.slice(1)).toMatchObject([
      { event: 'state', data: { state: 'active', at: expect.any(Number) } },
      { event: 'progress', data: { progress: { done: 1 } } },
      { event: 'end', data: { id, state: 'completed', result: 'A' }, id: expect.stringMatching(/^ended-\d+$/) },
    ]);
    const last = stream.events.at(-1)?.id ?? '';
    const again = await readEvents(`${base}/jobs/${id}/events`, { 'last-event-id': last });
    expect(again.response.status).toBe(204);
    const late = await readEvents(`${base}/jobs/${id}/events`);
    await late.ended;
    expect(names(late.events)).toEqual(['end']);
  });

  test('end with a job that is removed; a job that is not kept has none', async ({ kit: { producer, base } }) => {
    const { id } = await producer.put(shout, 'a');
    const stream = await readEvents(`${base}/jobs/${id}/events`);
    await expect.poll(() => names(stream.events)).toEqual(['job']);
    await producer.cancel(id);
    await stream.ended;
    expect(stream.events.at(-1)).toMatchObject({ event: 'end', data: { id, state: 'removed' } });
    expect((await readEvents(`${base}/jobs/${id}/events`)).response.status).toBe(404);
  });

  test('leave out a large result', async ({ kit: { producer, base, work } }) => {
    await work();
    const { id } = await producer.put(shout, 'large');
    await producer.result(id);
    const stream = await readEvents(`${base}/jobs/${id}/events`);
    await stream.ended;
    expect(stream.events).toMatchObject([{ event: 'end', data: { state: 'completed', isShortened: true } }]);
    expect(stream.events[0]?.data).not.toHaveProperty('result');
  });
});

describe('the events of a queue', () => {
  test('are its numbers when they change', async ({ kit: { producer, base } }) => {
    const stream = await readEvents(`${base}/events`);
    await expect.poll(() => stream.events).toMatchObject([{ event: 'stats', data: { depth: 0, jobs: ['shout'] } }]);
    const put = producer.put(shout, 'a');
    await expect
      .poll(() => ofKind(stream.events, 'stats').at(-1)?.data, { timeout: 5_000 })
      .toMatchObject({ depth: 1 });
    await put;
    stream.close();
  });

  test('are the jobs that end, too, and go on where a client left', async ({ kit: { producer, base, work } }) => {
    await work();
    const url = `${base}/events?jobs=true`;
    const first = await readEvents(url);
    await expect.poll(() => names(first.events)).toContain('stats');
    await producer.result(await producer.put(shout, 'b', { id: 'b/1' }));
    await expect
      .poll(() => ofKind(first.events, 'ended'), { timeout: 5_000 })
      .toMatchObject([
        { data: { id: 'b/1', state: 'completed', at: expect.any(Number) }, id: expect.stringMatching(/^\d+-\d+$/) },
      ]);
    const last = ofKind(first.events, 'ended').at(-1)?.id ?? '';
    first.close();
    for (const id of ['c', 'd']) await producer.result(await producer.put(shout, 'b', { id }));
    const second = await readEvents(url, { 'last-event-id': last });
    const ended = (): unknown[] => ofKind(second.events, 'ended').map(({ data }) => (data as { id: string }).id);
    await expect.poll(ended).toEqual(['c', 'd']);
    await producer.result(await producer.put(shout, 'b', { id: 'e' }));
    await expect.poll(ended, { timeout: 5_000 }).toEqual(['c', 'd', 'e']);
    expect(names(second.events)).not.toContain('gap');
    second.close();
  });

  test('say that some were missed when the stream does not go back so far', async ({
    kit: { producer, base, work },
  }) => {
    await work();
    await producer.result(await producer.put(shout, 'b'));
    for (const last of ['1-0', 'nonsense', 'ended-1']) {
      const stream = await readEvents(`${base}/events?jobs=true`, { 'last-event-id': last });
      await expect.poll(() => names(stream.events)).toContain('gap');
      stream.close();
    }
  });

  test('end when the service stops, and say when to come again', async ({ kit: { producer, base, app } }) => {
    const { id } = await producer.put(shout, 'a');
    const urls = [`${base}/events?jobs=true`, `${base}/events`, `${base}/jobs/${id}/events`];
    const streams = await Promise.all(urls.map((url) => readEvents(url)));
    await expect.poll(() => streams.every(({ events }) => events.length > 0)).toBe(true);
    const closed = app.close();
    for (const { ended, events } of streams) {
      await ended;
      expect(events.at(-1)).toMatchObject({ event: 'retry', retryMs: expect.any(Number) });
    }
    await closed;
  });

  test('are read over one connection, however many streams there are', async ({
    kit: { producer, base },
    redis,
    skip,
  }) => {
    skip(redis.isCluster, 'counts the clients of one server');
    const client = await redis.client();
    const count = async (): Promise<number> =>
      String(await client.client('LIST'))
        .trim()
        .split('\n').length;
    const before = await count();
    const { id } = await producer.put(shout, 'a');
    const urls = [
      `${base}/events?jobs=true`,
      `${base}/events`,
      `${base}/jobs/${id}/events`,
      `${base}/jobs/${id}?wait=60`,
    ];
    const leaving = new AbortController();
    const poll = fetch(urls.pop() ?? '', { signal: leaving.signal }).catch(() => undefined);
    const streams = await Promise.all([...urls, ...urls, ...urls].map((url) => readEvents(url)));
    await expect.poll(() => streams.every(({ events }) => events.length > 0)).toBe(true);
    expect(await count()).toBe(before + 1);
    for (const stream of streams) stream.close();
    leaving.abort();
    await poll;
  });
});
