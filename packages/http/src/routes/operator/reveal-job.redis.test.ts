import { connectAllQueues, connectProducer, defineJob, defineQueue } from '@sluice/queue';
import { redisTest as test } from '@sluice/testing/vitest';
import { fastify } from 'fastify';
import { expect } from 'vitest';
import { z } from 'zod';
import { sluiceHttp } from '../../sluice-http.ts';

const CARD = '4111111111111111';
const pay = defineJob({
  name: 'pay',
  payload: z.object({ card: z.object({ number: z.string() }) }),
  result: z.void(),
  secretFields: ['card.number'],
});
const url = '/v1/queues/payments/jobs/a';

test('only an admin sees secret fields, a few times a second, and the audit log says of which job', async ({
  redis,
  prefix,
}) => {
  const queue = defineQueue({ name: 'payments', jobs: [pay], capacity: 5, prefix });
  await using producer = await connectProducer(queue, { redis: redis.url });
  await producer.put(pay, { card: { number: CARD } }, { id: 'a' });
  await using all = await connectAllQueues({ redis: redis.url, prefix });
  const keyOf = async (client: string, verbs: ('read' | 'operate' | 'admin')[]) =>
    (await all.apiKeys.add({ client, verbs })).key;
  const [operator, chief] = [await keyOf('operator', ['read', 'operate']), await keyOf('chief', ['admin'])];
  await using app = fastify();
  await app.register(sluiceHttp, { queues: [queue], redis: redis.url, auth: 'keys' });
  const reveal = (key: string, id = 'a') =>
    app.inject({
      method: 'POST',
      url: `/v1/queues/payments/jobs/${id}/reveal`,
      headers: { authorization: `Bearer ${key}` },
    });

  const refused = await reveal(operator);
  expect([refused.statusCode, refused.body.includes(CARD)]).toEqual([403, false]);
  const shown = await reveal(chief);
  expect([shown.statusCode, shown.headers['cache-control'], shown.json()]).toEqual([
    200,
    'no-store',
    { queue: 'payments', id: 'a', fields: [{ path: 'card.number', json: JSON.stringify(CARD) }] },
  ]);
  expect((await app.inject({ url, headers: { authorization: `Bearer ${operator}` } })).body).not.toContain(CARD);
  const later = await Promise.all([reveal(chief, 'none'), reveal(chief), reveal(chief)]);
  expect(later.map(({ statusCode }) => statusCode)).toContain(429);
  expect(later.find(({ statusCode }) => statusCode === 429)?.headers['retry-after']).toBeDefined();

  await expect.poll(async () => (await all.audit.list()).entries.length).toBe(5);
  const { entries } = await all.audit.list();
  expect(entries.map(({ what }) => what)).toContainEqual(
    expect.objectContaining({
      client: 'chief',
      queue: 'payments',
      id: 'a',
      status: 200,
      effect: { id: 'a', fields: 1 },
    }),
  );
  expect(JSON.stringify(entries)).not.toContain(CARD);
});
