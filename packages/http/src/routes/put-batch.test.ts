import { defineQueue, QueueFullError, RedisUnavailableError } from '@sluice/queue/contracts';
import { fetchUrl } from '@sluice/shared';
import { describe, expect, it } from 'vitest';
import { payload, post } from '../testing/post-job.ts';
import { receiptOf, ScriptedProducer } from '../testing/scripted-producer.ts';
import { BATCH_MAX } from '../requests/load-limit.ts';

const path = 'jobs/batch' as const;
const full = new QueueFullError({ queue: 'fetches', depth: 50, capacity: 50, retryAfterMs: 1_200, reason: 'capacity' });

describe('a batch over HTTP', () => {
  it('answers each job with its receipt or its problem, in their order', async () => {
    const producer = new ScriptedProducer();
    producer.onPut = async ({ options: { id = 'generated' } }) => {
      if (id === 'full') throw full;
      return receiptOf({ id });
    };
    const body = [{ payload, id: 'a' }, { payload, id: 'full' }, { payload, prority: 1 }, 7, { payload }];
    const answer = await post(producer, { path, body });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.json()).toEqual({
      queue: 'fetches',
      results: [
        { receipt: receiptOf({ id: 'a' }) },
        { problem: expect.objectContaining({ status: 429, code: 'SLUICE_QUEUE_FULL' }) },
        { problem: expect.objectContaining({ status: 422, errors: [expect.objectContaining({ path: ['prority'] })] }) },
        { problem: expect.objectContaining({ status: 422, errors: [expect.objectContaining({ path: [] })] }) },
        { receipt: receiptOf({ id: 'generated' }) },
      ],
    });
  });

  it('is put at once, none waiting for another', async () => {
    const producer = new ScriptedProducer();
    const redis = Promise.withResolvers<void>();
    producer.onPut = () => redis.promise.then(() => receiptOf({}));
    const answer = post(producer, { path, body: [{ payload }, { payload }, { payload }] });
    await expect.poll(() => producer.seen.length).toBe(3);
    redis.resolve();
    expect((await answer).json().results).toHaveLength(3);
  });

  it('waits for capacity as long as its client prefers', async () => {
    const producer = new ScriptedProducer();
    const answer = await post(producer, { path, body: [{ payload }, { payload }], headers: { prefer: 'wait=3' } });
    expect(answer.headers['preference-applied']).toBe('wait=3');
    expect(producer.seen).toMatchObject(Array.from({ length: 2 }, () => ({ options: { waitMs: 3_000 } })));
  });

  it('has no more jobs than go to Redis in one call, and may be larger than a single put', async () => {
    const many = Array.from({ length: BATCH_MAX.jobs }, () => ({ payload }));
    expect((await post(new ScriptedProducer(), { path, body: many })).json().results).toHaveLength(BATCH_MAX.jobs);
    const tooMany = await post(new ScriptedProducer(), { path, body: [...many, { payload }] });
    expect(tooMany.json()).toMatchObject({ status: 422, code: 'SLUICE_BODY_INVALID' });
    const large = { payload: { url: 'x'.repeat(BATCH_MAX.bytes / 4) } };
    expect((await post(new ScriptedProducer(), { path, body: [large, large] })).statusCode).toBe(200);
    expect((await post(new ScriptedProducer(), { path, body: [large, large, large, large] })).statusCode).toBe(413);
  });

  it.each([[{ payload }], ['text'], [null]])('is refused as a whole when it is no list: %j', async (body) => {
    const answer = await post(new ScriptedProducer(), {
      path,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.json()).toMatchObject({ status: 422, errors: [{ path: [] }] });
  });

  it('has no Idempotency-Key, which would name them all', async () => {
    const producer = new ScriptedProducer();
    const answer = await post(producer, { path, body: [{ payload }], headers: { 'idempotency-key': 'k' } });
    expect(answer.json()).toMatchObject({ status: 400, code: 'SLUICE_HEADER_INVALID' });
    expect(producer.seen).toEqual([]);
  });

  it('drops jobs where the queue does', async () => {
    const definition = defineQueue({ name: 'fetches', jobs: [fetchUrl], capacity: 50, whenFull: 'drop-oldest' });
    const producer = new ScriptedProducer();
    await post(producer, { path, body: [{ payload }], definition });
    expect(producer.seen).toMatchObject([{ method: 'put' }]);
  });

  it('names no host when Redis is away', async () => {
    const producer = new ScriptedProducer();
    producer.onPut = () => Promise.reject(new RedisUnavailableError('redis.internal:6379'));
    const answer = await post(producer, { path, body: [{ payload }] });
    expect(answer.json().results).toMatchObject([{ problem: { status: 503 } }]);
    expect(answer.body).not.toContain('redis.internal');
  });
});
