import { redisTest as test } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { exactJson } from '../job/encoding/exact-members.ts';
import { JsonText } from '../job/encoding/json-text.ts';
import { writeJson } from '../job/encoding/exact-json.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { createWorkerPool } from '../pool/create-worker-pool.ts';
import { connectProducer } from './connect-producer.ts';

const read = defineJob({
  name: 'read',
  payload: z.string(),
  result: z.object({ ok: z.boolean(), body: exactJson(z.unknown()) }),
});
const echo = defineJob({ name: 'echo', payload: z.any(), result: z.any() });

describe('a value', () => {
  test('arrives and comes back as it was put', async ({ redis, prefix, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [echo], capacity: 10, prefix });
    const seen: unknown[] = [];
    const handler = defineHandler(echo, async ({ payload, progress }) => {
      seen.push(payload);
      await progress({ n: -0 });
      return payload as unknown;
    });
    await using pool = createWorkerPool(queue, { echo: handler }, { redis: redis.url, concurrency: 1 });
    await pool.start();
    await using producer = await connectProducer(queue, { redis: redis.url });
    const values = [undefined, null, -0, { n: [-0, 2 ** 53] }, JSON.parse('{"__proto__":{"a":1}}') as unknown];
    const results: unknown[] = [];
    for (const value of values) {
      const receipt = await producer.put(echo, value);
      results.push(await producer.result(receipt));
      expect((await producer.find(receipt.id))?.progress).toStrictEqual({ n: -0 });
    }
    expect(seen).toStrictEqual(values);
    expect(results).toStrictEqual(values);
  });

  test('that is a JSON text comes back digit by digit, from a result and from find', async ({
    redis,
    prefix,
    queueName,
  }) => {
    const queue = defineQueue({ name: queueName, jobs: [read], capacity: 10, prefix });
    const handler = defineHandler(read, ({ payload }) => ({ ok: true, body: new JsonText(payload) }));
    await using pool = createWorkerPool(queue, { read: handler }, { redis: redis.url, concurrency: 1 });
    await pool.start();
    await using producer = await connectProducer(queue, { redis: redis.url });
    const text = '{"id":9007199254740993,"a":1,"a":[-0,1e999,1.10],"10":1,"9":2}';
    const receipt = await producer.put(read, text);
    const result = await producer.result(receipt);
    const found = await producer.find(receipt.id);
    expect([result, found?.result].map((each) => writeJson(each))).toEqual(Array(2).fill(`{"ok":true,"body":${text}}`));
  });

  test('that is another one is a conflict under the same id', async ({ redis, prefix, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [echo], capacity: 10, prefix });
    await using producer = await connectProducer(queue, { redis: redis.url });
    for (const [one, other] of [
      [undefined, null],
      [0, -0],
    ]) {
      const { id } = await producer.put(echo, one);
      await producer.put(echo, one, { id });
      await expect(producer.put(echo, other, { id })).rejects.toMatchObject({ code: 'SLUICE_PUT_CONFLICT' });
      const { id: own } = await producer.put(echo, one, { id: `own-${id}` });
      expect((await producer.put(echo, one, { id: own })).status).toBe('duplicate');
      await expect(producer.put(echo, other, { id: own })).rejects.toMatchObject({ code: 'SLUICE_PUT_CONFLICT' });
    }
  });
});
