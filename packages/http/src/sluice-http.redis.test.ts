import { connectProducer, defineJob, defineQueue } from '@sluice/queue';
import { redisTest as test } from '@sluice/testing/vitest';
import { fastify } from 'fastify';
import { expect } from 'vitest';
import { z } from 'zod';
import { sluiceHttp } from './sluice-http.ts';

const send = defineJob({ name: 'send', payload: z.object({ to: z.string() }), result: z.void() });

test('the plugin opens connections of its own for queues, and closes them with the server', async ({
  redis,
  prefix,
}) => {
  const queues = ['emails', 'faxes'].map((name) => defineQueue({ name, jobs: [send], capacity: 1, prefix }));
  const app = fastify();
  await app.register(sluiceHttp, { queues, redis: redis.url });
  const put = (queue: string) =>
    app.inject({ method: 'POST', url: `/v1/queues/${queue}/jobs`, body: { payload: { to: 'a' } } });
  expect((await put('emails')).statusCode).toBe(202);
  expect((await put('emails')).statusCode).toBe(429);
  expect((await put('faxes')).statusCode).toBe(202);
  expect((await app.inject('/readyz')).statusCode).toBe(200);
  await app.close();
});

test('the plugin leaves producers open that it was given', async ({ redis, prefix }) => {
  const emails = defineQueue({ name: 'emails', jobs: [send], capacity: 5, prefix });
  await using producer = await connectProducer(emails, { redis: redis.url });
  const app = fastify();
  await app.register(sluiceHttp, { producers: [producer] });
  expect((await app.inject('/v1/queues/emails')).json()).toMatchObject({ capacity: 5, jobs: ['send'] });
  await app.close();
  expect(await producer.stats()).toMatchObject({ depth: 0 });
});

test('a flow may be over the queues of the plugin, but not over those of producers', async ({ redis, prefix }) => {
  const [emails, faxes] = ['emails', 'faxes'].map((name) => defineQueue({ name, jobs: [send], capacity: 2, prefix }));
  if (!emails || !faxes) return expect.unreachable();
  const one = { job: 'send', payload: { to: 'a' } };
  const body = { ...one, id: 'x', children: [{ ...one, queue: 'faxes' }] };
  const app = fastify();
  await app.register(sluiceHttp, { queues: [emails, faxes], redis: redis.url });
  const post = () => app.inject({ method: 'POST', url: '/v1/queues/emails/flows', body });
  const receipts = { id: 'x', queue: 'emails', status: 'created', children: [{ id: 'x.0', status: 'created' }] };
  expect((await post()).json()).toMatchObject(receipts);
  expect((await post()).statusCode).toBe(200);
  expect((await app.inject('/v1/queues/emails/jobs/x')).json()).toMatchObject({ state: 'waiting-children' });
  await app.close();

  await using producers = await connectProducer(emails, { redis: redis.url });
  await using others = await connectProducer(faxes, { redis: redis.url });
  const own = fastify();
  await own.register(sluiceHttp, { producers: [producers, others] });
  const refused = await own.inject({ method: 'POST', url: '/v1/queues/emails/flows', body });
  expect(refused.json()).toMatchObject({ status: 422, errors: [{ path: ['children', 0, 'queue'] }] });
  await own.close();
});
