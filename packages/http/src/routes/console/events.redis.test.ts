import { connectAllQueues, connectProducer, defineJob, defineQueue } from '@sluice/queue';
import { redisTest as test } from '@sluice/testing/vitest';
import { fastify, type FastifyInstance } from 'fastify';
import { expect } from 'vitest';
import { z } from 'zod';
import { authenticateRequests } from '../../auth/authenticate.ts';
import { sendError } from '../../problems/send-problem.ts';
import { WatchLimit } from '../../requests/watch-limit.ts';
import { ServedQueues } from '../served-queues.ts';
import type { ConsoleQueuesEvent } from './console-feed.ts';
import { consoleEventsRoute } from './events.ts';
import { QueueSamples } from './queue-samples.ts';

const send = defineJob({ name: 'send', payload: z.object({ to: z.string() }), result: z.void() });

/** Reads server-sent events until the caller has enough. */
async function* readEvents(response: Response): AsyncGenerator<{ event: string; data: unknown }> {
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(frame) ?? [];
      if (event && data) yield { event, data: JSON.parse(data) as unknown };
    }
  }
}

function serve(queues: ServedQueues, stopping: AbortSignal, watchesMax = 10): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  app.setErrorHandler(sendError);
  authenticateRequests(app, {});
  const source = queues;
  const watches = new WatchLimit({ watchesMax, watchesPerClient: 1 });
  consoleEventsRoute(app, { source, samples: new QueueSamples(source), isOpen: false, stopping, watches });
  return app;
}

test('a tab gets all queues once, then those that change, until the service stops', async ({ redis, prefix }) => {
  const [emails, faxes] = ['emails', 'faxes'].map((name) => defineQueue({ name, jobs: [send], capacity: 2, prefix }));
  if (!emails || !faxes) return expect.unreachable();
  await using producer = await connectProducer(emails, { redis: redis.url });
  await using other = await connectProducer(faxes, { redis: redis.url });
  await using all = await connectAllQueues({ redis: redis.url });
  const served = [producer, other].map((each) => ({ queue: each.queue, producer: each, admin: all.get(each.queue) }));
  const stopping = new AbortController();
  await using app = serve(new ServedQueues(served), stopping.signal);
  const base = await app.listen({ port: 0 });

  expect((await fetch(`${base}/v1/console/events?queue=letters`)).status).toBe(404);
  const response = await fetch(`${base}/v1/console/events`);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const changes: ConsoleQueuesEvent[] = [];
  for await (const { event, data } of readEvents(response)) {
    if (event !== 'queues') continue;
    const change = data as ConsoleQueuesEvent;
    if (change.changed.length === 0) continue;
    changes.push(change);
    if (changes.length === 1) await producer.put(send, { to: 'a' });
    if (change.changed.some(({ stats }) => stats.depth === 1)) stopping.abort();
  }
  const [first, last] = [changes[0], changes.at(-1)];
  expect(first).toMatchObject({ names: ['emails', 'faxes'], readOnly: true });
  expect(first?.changed.map(({ queue }) => queue)).toEqual(['emails', 'faxes']);
  expect(last?.changed).toMatchObject([{ queue: 'emails', jobs: ['send'], stats: { depth: 1, capacity: 2 } }]);
});

test('streams of tabs count as what the service lets wait, until they are closed', async ({ redis, prefix }) => {
  const queue = defineQueue({ name: 'emails', jobs: [send], capacity: 2, prefix });
  await using producer = await connectProducer(queue, { redis: redis.url });
  await using all = await connectAllQueues({ redis: redis.url });
  const served = new ServedQueues([{ queue, producer, admin: all.get(queue) }]);
  const stopping = new AbortController();
  await using app = serve(served, stopping.signal);
  const url = `${await app.listen({ port: 0 })}/v1/console/events`;
  const leaving = new AbortController();
  expect((await fetch(url, { signal: leaving.signal })).status).toBe(200);
  const refused = await fetch(url);
  expect([refused.status, await refused.json()]).toEqual([
    429,
    expect.objectContaining({ code: 'SLUICE_TOO_MANY_WATCHES' }),
  ]);
  leaving.abort();
  const openAndLeave = async (): Promise<number> => {
    const next = new AbortController();
    const { status } = await fetch(url, { signal: next.signal });
    next.abort();
    return status;
  };
  await expect.poll(openAndLeave).toBe(200);
  stopping.abort();
});

test('a row that has not changed is the same object', async ({ redis, prefix }) => {
  const queue = defineQueue({ name: 'emails', jobs: [send], capacity: 2, prefix });
  await using producer = await connectProducer(queue, { redis: redis.url });
  await using all = await connectAllQueues({ redis: redis.url });
  let nowMs = Date.now();
  const samples = new QueueSamples(
    new ServedQueues([{ queue, producer, admin: all.get(queue) }]),
    () => (nowMs += 1_000),
  );
  const first = await samples.row('emails');
  expect(await samples.row('emails')).toBe(first);
  await producer.put(send, { to: 'a' });
  expect(await samples.row('emails')).toMatchObject({ stats: { depth: 1 } });
});
