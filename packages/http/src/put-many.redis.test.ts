import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { silentLogger } from '@sluice/queue/logging';
import { redisTest as test } from '@sluice/testing/vitest';
import { expect } from 'vitest';
import { z } from 'zod';
import { buildServer } from './build-server.ts';
import { putLinesInto } from './testing/line-client.ts';

const send = defineJob({ name: 'send', payload: z.object({ to: z.string() }), result: z.void() });

async function serve(redis: string, prefix: string, capacity: number) {
  const queue = defineQueue({ name: 'emails', jobs: [send], capacity, prefix });
  const producer = await connectProducer(queue, { redis });
  const app = buildServer({ producers: [{ queue, producer }], logger: silentLogger() });
  const close = async (): Promise<void> => {
    app.server.closeAllConnections();
    await app.close();
    await producer.close();
  };
  return { app, producer, queue, [Symbol.asyncDispose]: close };
}

test('a batch goes to Redis in one call', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, 60);
  const { app, producer } = served;
  const monitor = await (await redis.client()).monitor();
  const commands: string[] = [];
  monitor.on('monitor', (_time: string, args: string[]) => commands.push(args.join(' ')));
  // Only those that carry a payload into this test's queue: others use the server, too.
  const calls = (): number =>
    commands.filter((text) => /^eval/i.test(text) && text.includes(prefix) && text.includes('{"to":"a"}')).length;
  const put = async (from: number) => {
    const body = Array.from({ length: 50 }, (_, index) => ({ payload: { to: 'a' }, id: String(from + index) }));
    const answer = await app.inject({ method: 'POST', url: '/v1/queues/emails/jobs/batch', body });
    return answer.json().results as { receipt?: { status: string }; problem?: { status: number } }[];
  };
  expect((await put(0)).map(({ receipt }) => receipt?.status)).toEqual(Array.from({ length: 50 }, () => 'created'));
  await expect.poll(calls).toBe(1);
  const second = await put(40);
  await expect.poll(calls).toBe(2);
  const statuses = second.map(({ receipt, problem }) => receipt?.status ?? problem?.status);
  const times = (count: number, status: unknown): unknown[] => Array.from({ length: count }, () => status);
  expect(statuses).toEqual([...times(10, 'duplicate'), ...times(10, 'created'), ...times(30, 429)]);
  expect(await producer.stats()).toMatchObject({ depth: 60 });
  expect(calls()).toBe(2);
  monitor.disconnect();
});

test('a stream into a full queue goes on as capacity comes free, and loses nothing', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, 10);
  const { app, producer, queue } = served;
  const base = await app.listen({ host: '127.0.0.1', port: 0 });
  const client = putLinesInto(base, {}, 'emails');
  const count = 500;
  for (let index = 0; index < count; index += 1)
    client.write(index === 250 ? '{"payload":{"to":5}}' : { payload: { to: 'a' }, id: `j${index}` });
  client.end();
  await expect.poll(() => client.answers.length).toBe(10);
  expect(await producer.stats()).toMatchObject({ depth: 10 });
  const handlers = { send: defineHandler(send, async () => undefined) };
  await using pool = createWorkerPool(queue, handlers, { redis: redis.url, concurrency: 5 });
  await pool.start();
  const answers = await client.all;
  expect(answers.map(({ line }) => line)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  expect(answers.filter(({ receipt }) => receipt?.status === 'created')).toHaveLength(count - 1);
  expect(answers[250]).toMatchObject({ problem: { status: 422 } });
});
