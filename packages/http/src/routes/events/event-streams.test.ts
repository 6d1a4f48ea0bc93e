import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { QueueEvent } from '@sluice/queue';
import { fastify, type FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AnswerLimit, answerDefaults } from '../../requests/answer-limit.ts';
import { WatchLimit } from '../../requests/watch-limit.ts';
import { readEvents } from '../../testing/read-events.ts';
import { ScriptedProducer, scriptedQueue, statsOf } from '../../testing/scripted-producer.ts';
import { startServer } from '../../testing/started-server.ts';
import { ServedQueues } from '../served-queues.ts';
import { eventsRoutes } from './events-routes.ts';

/** The routes alone, with a heartbeat of their own. */
async function serve({ heartbeatMs = 60_000 } = {}): Promise<{
  app: FastifyInstance;
  base: string;
  producer: ScriptedProducer;
}> {
  const app = fastify();
  const producer = new ScriptedProducer();
  app.decorateRequest('sluiceClient', '');
  app.decorateRequest('sluiceLoad', undefined);
  const stopping = new AbortController();
  const watches = new WatchLimit({ watchesMax: 10, watchesPerClient: 10 });
  eventsRoutes(app, {
    queues: new ServedQueues([scriptedQueue(producer)]),
    watches,
    answers: new AnswerLimit(answerDefaults),
    stopping: stopping.signal,
    heartbeatMs,
  });
  onTestFinished(async () => {
    stopping.abort();
    app.server.closeAllConnections();
    await app.close();
  });
  const base = await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, base: `${base}/v1/queues/fetches`, producer };
}

/** A client that asks for a stream and reads nothing of it. */
async function silentReader(base: string): Promise<Socket> {
  const { port, pathname } = new URL(base);
  const socket = connect(Number(port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  socket.pause();
  await once(socket, 'connect');
  socket.write(`GET ${pathname}/events?jobs=true HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  return socket;
}

const endOf = (nth: number): QueueEvent => ({ cursor: `9-${nth}`, at: 9, id: `job-${nth}`, event: 'completed' });

describe('a stream of events', () => {
  it('shows that it lives while nothing happens', async () => {
    const { base } = await serve({ heartbeatMs: 20 });
    const stream = await readEvents(`${base}/events`);
    await expect.poll(() => stream.comments).toBeGreaterThan(2);
    expect(stream.events.map(({ event }) => event)).toEqual(['stats']);
    stream.close();
  });

  it('is cut off when its client does not read, and others are not held up', async () => {
    const { app, base, producer } = await serve();
    const connections = async (): Promise<number> =>
      new Promise((resolve, reject) =>
        app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      );
    await silentReader(base);
    await expect.poll(() => producer.followers.size).toBe(1);
    const reads = await readEvents(`${base}/events?jobs=true`);
    await expect.poll(() => reads.events.length).toBe(1);
    expect(await connections()).toBe(2);
    // More than the kernel keeps for a client that does not read.
    let nth = 0;
    while (nth < 1_000_000 && (await connections()) === 2) {
      const steps = Array.from({ length: 2_000 }, () => endOf((nth += 1)));
      for (const follower of producer.followers) follower(steps);
      await expect.poll(() => reads.events.length, { interval: 1 }).toBe(nth + 1);
    }
    expect(await connections()).toBe(1);
    reads.close();
  });

  it('shows the numbers of a queue again when they have changed', async () => {
    const { base, producer } = await serve();
    let depth = 0;
    producer.onStats = async () => statsOf({ depth: (depth += 1) });
    const stream = await readEvents(`${base}/events`);
    await expect.poll(() => stream.events.length, { timeout: 5_000 }).toBeGreaterThan(1);
    expect(stream.events[0]).toMatchObject({ event: 'stats', data: { queue: 'fetches', depth: 1 } });
    stream.close();
  });

  it('says when the queue cannot be looked at, and when it can again', async () => {
    const { base, producer } = await serve();
    let isAway = true;
    producer.onStats = () => (isAway ? Promise.reject(new Error('secret host')) : Promise.resolve(statsOf({})));
    const stream = await readEvents(`${base}/events`);
    await expect.poll(() => stream.events).toMatchObject([{ event: 'trouble', data: { status: 500 } }]);
    isAway = false;
    await expect.poll(() => stream.events.at(-1)?.event, { timeout: 5_000 }).toBe('stats');
    expect(JSON.stringify(stream.events)).not.toContain('secret');
    stream.close();
  });

  it('asks Redis nothing once nobody reads it', async () => {
    const { base, producer } = await serve();
    const streams = await Promise.all([1, 2, 3].map(() => readEvents(`${base}/events?jobs=true`)));
    await expect.poll(() => streams.every(({ events }) => events.length > 0)).toBe(true);
    expect(producer.followers.size).toBe(1);
    for (const stream of streams) stream.close();
    await expect.poll(() => producer.followers.size).toBe(0);
  });

  it('counts with long polls, and gives its place back', async () => {
    const { base, requests } = await startServer({ watchesPerClient: 2, requestsMax: 1 });
    const url = `${base}/v1/queues/fetches/events`;
    const streams = [await readEvents(url), await readEvents(url)];
    expect((await readEvents(url)).response.status).toBe(429);
    streams[0]?.close();
    await expect.poll(() => requests().map(({ status }) => status)).toContain(499);
    const next = await readEvents(url);
    expect(next.response.status).toBe(200);
    for (const stream of [...streams, next]) stream.close();
  });

  it('is refused for what is no queue, or no query', async () => {
    const { base } = await startServer();
    const status = async (path: string): Promise<number> =>
      (await readEvents(`${base}/v1/queues/${path}`)).response.status;
    expect(await status('letters/events')).toBe(404);
    expect(await status('fetches/events?jobs=yes')).toBe(422);
    expect(await status('fetches/jobs/none/events')).toBe(404);
    const head = await fetch(`${base}/v1/queues/fetches/events`, { method: 'HEAD' });
    expect([head.status, head.headers.get('allow')]).toEqual([405, 'GET']);
  });
});
