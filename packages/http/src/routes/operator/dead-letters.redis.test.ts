import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { redisTest as test } from '@sluice/testing/vitest';
import { fastify, type InjectOptions } from 'fastify';
import { expect } from 'vitest';
import { z } from 'zod';
import { sluiceHttp } from '../../sluice-http.ts';

const send = defineJob({
  name: 'send',
  payload: z.object({ to: z.string() }),
  result: z.void(),
  retry: { attempts: 1 },
});
const letters = '/v1/queues/emails/dead-letters';

test('an operator lists, shows, replays and purges dead letters', async ({ redis, prefix }) => {
  const emails = defineQueue({ name: 'emails', jobs: [send], capacity: 5, prefix });
  await using producer = await connectProducer(emails, { redis: redis.url });
  const handler = defineHandler(send, () => {
    throw new Error('the mailbox is full');
  });
  await using pool = createWorkerPool(emails, { send: handler }, { redis: redis.url, concurrency: 1 });
  await pool.start();
  for (const id of ['a', 'b', 'c']) await producer.put(send, { to: id }, { id });
  await producer.join();
  await pool.stop();
  await using app = fastify();
  await app.register(sluiceHttp, { producers: [producer], redis: redis.url, operator: true });
  const ask = async (options: InjectOptions): Promise<[number, Record<string, unknown>]> => {
    const response = await app.inject(options);
    return [response.statusCode, response.json()];
  };

  const payload = encodeURIComponent('{"to":["a","b"]}');
  expect(await ask({ url: `${letters}?error=mailbox&payload=${payload}&limit=1` })).toMatchObject([
    200,
    { queue: 'emails', jobs: [{ id: 'b', state: 'dead' }], total: 3, next: expect.any(String) },
  ]);
  expect(
    await ask({ url: '/v1/queues/emails/jobs?state=dead,waiting&payload=%7B%22to%22%3A%22c%22%7D' }),
  ).toMatchObject([200, { jobs: [{ id: 'c' }], looked: 3, total: 3, next: null }]);
  expect((await ask({ url: '/v1/queues/emails/jobs?state=dad' }))[0]).toBe(422);
  const [, shown] = await ask({ url: `${letters}/a` });
  expect(shown).toMatchObject({ failedAttempts: [{ code: 'ERROR', message: 'the mailbox is full' }] });
  expect(shown).not.toHaveProperty('payload');
  expect(await ask({ url: `${letters}/a?payload=true` })).toMatchObject([200, { payload: { to: 'a' } }]);
  expect(await ask({ url: `${letters}/x` })).toMatchObject([404, { code: 'SLUICE_JOB_NOT_FOUND' }]);

  const post = (what: string, body: object): Promise<[number, Record<string, unknown>]> =>
    ask({ method: 'POST', url: `${letters}/${what}`, payload: body });
  expect(await post('replay', { filter: {}, dryRun: true })).toMatchObject([200, { matched: 3, results: {} }]);
  expect(await post('replay', { ids: ['a', 'x'] })).toMatchObject([
    200,
    { results: { replayed: 1, gone: 1 }, left: 0 },
  ]);
  expect(await post('purge', { filter: { payload: { to: 'b' } } })).toMatchObject([200, { results: { purged: 1 } }]);
  expect(await producer.stats()).toMatchObject({ depth: 1, dead: 1 });
  for (const body of [{}, { ids: ['a'], filter: {} }, { filter: { stat: 1 } }, { filter: {}, waitMs: -1 }])
    expect((await post('replay', body))[0]).toBe(422);
  expect((await ask({ url: `${letters}?payload=x` }))[0]).toBe(422);

  // A run that takes long ends with the service, and says where it was.
  for (const id of ['d', 'e']) await producer.put(send, { to: id }, { id });
  const cancel = { filter: {}, ratePerSecond: 1 };
  const cancelling = ask({ method: 'POST', url: '/v1/queues/emails/jobs/cancel', payload: cancel });
  await expect.poll(() => producer.stats()).toMatchObject({ depth: 2 });
  await app.close();
  expect(await cancelling).toMatchObject([
    200,
    { results: { removed: 1 }, stopped: 'aborted', next: expect.any(String) },
  ]);
});
