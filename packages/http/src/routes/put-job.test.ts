import { defineQueue, QueueFullError, type WhenFull } from '@sluice/queue/contracts';
import { fetchUrl } from '@sluice/shared';
import { describe, expect, it } from 'vitest';
import { receiptOf, ScriptedProducer } from '../testing/scripted-producer.ts';
import { payload, post, refusing } from '../testing/post-job.ts';

describe('a put over HTTP', () => {
  it('answers 202 with the receipt and the place of the job', async () => {
    const answer = await post(new ScriptedProducer(), { body: { payload, id: 'a/b ü' } });
    expect(answer.statusCode).toBe(202);
    expect(answer.headers.location).toBe('/v1/queues/fetches/jobs/a%2Fb%20%C3%BC');
    expect(answer.json()).toEqual({
      queue: 'fetches',
      job: 'http.fetch',
      id: 'a/b ü',
      status: 'created',
      depth: 1,
      capacity: 50,
      waitedMs: 0,
    });
  });

  it('hands contract, payload and options to the producer', async () => {
    const producer = new ScriptedProducer();
    await post(producer, {
      body: {
        job: 'http.fetch',
        payload,
        id: 'x',
        delayMs: 5,
        priority: 2,
        dedupe: { key: 'k', mode: 'throttle', forMs: 5 },
        timeoutMs: 1_000,
        expiresAt: 4e12,
      },
    });
    expect(producer.seen).toEqual([
      {
        method: 'tryPut',
        job: 'http.fetch',
        payload,
        options: {
          id: 'x',
          delayMs: 5,
          priority: 2,
          dedupe: { key: 'k', mode: 'throttle', forMs: 5 },
          timeoutMs: 1_000,
          expiresAt: 4e12,
          signal: expect.any(AbortSignal),
        },
      },
    ]);
  });

  it.each([
    ['{"job":"http.fetch","payload":{"n":9007199254740993}}', ['payload', 'n']],
    ['{"payload":{"list":[0.1234567890123456789]}}', ['payload', 'list', 0]],
    ['{"payload":1e-999}', ['payload']],
    ['{"payload":{},"delayMs":1e999}', ['delayMs']],
    ['{"payload":{"a":{"__proto__":{"b":1}}}}', ['payload', 'a', '__proto__']],
    ['{"payload":[{"constructor":{"prototype":1}}]}', ['payload', 0, 'constructor']],
  ])('says where %s would not arrive as it was sent', async (text, path) => {
    const producer = new ScriptedProducer();
    const answer = await post(producer, { body: text, headers: { 'content-type': 'application/json' } });
    expect(answer.json()).toMatchObject({ status: 422, code: 'SLUICE_BODY_INVALID', errors: [{ path }] });
    expect(producer.seen).toEqual([]);
  });

  it('hands on the sign of a zero', async () => {
    const producer = new ScriptedProducer();
    await post(producer, { body: '{"payload":{"n":-0}}', headers: { 'content-type': 'application/json' } });
    expect(producer.seen).toStrictEqual([expect.objectContaining({ payload: { n: -0 } })]);
  });

  it('still answers 400 for what is no JSON', async () => {
    const answer = await post(new ScriptedProducer(), {
      body: '{"payload":',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.statusCode).toBe(400);
  });

  it.each(['duplicate', 'deduplicated'] as const)('answers 200 when the job is a %s', async (status) => {
    const producer = new ScriptedProducer();
    producer.onPut = async () => receiptOf({ status });
    expect(await post(producer)).toMatchObject({ statusCode: 200 });
  });
});

describe('a full queue', () => {
  const full = new QueueFullError({
    queue: 'fetches',
    depth: 50,
    capacity: 50,
    retryAfterMs: 1_200,
    reason: 'capacity',
  });

  it('answers 429 with when to come back, rounded up to whole seconds', async () => {
    const answer = await post(refusing(full));
    expect(answer.statusCode).toBe(429);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toEqual({
      type: 'urn:sluice:problem:queue-full',
      title: 'The queue is full',
      status: 429,
      detail: 'queue fetches is full (50 of 50, capacity): workers do not keep up, or none runs; try again in 1200 ms',
      code: 'SLUICE_QUEUE_FULL',
      queue: 'fetches',
      depth: 50,
      capacity: 50,
      retryAfterMs: 1_200,
      reason: 'capacity',
      waitedMs: 0,
    });
  });

  it('never says to come back in 0 seconds', async () => {
    const now = new QueueFullError({
      queue: 'fetches',
      depth: 50,
      capacity: 50,
      retryAfterMs: 0,
      reason: 'too-many-waiters',
    });
    expect((await post(refusing(now))).headers['retry-after']).toBe('1');
  });

  it('is waited for only when the client prefers so', async () => {
    const producer = new ScriptedProducer();
    const answer = await post(producer, { headers: { prefer: 'wait=7' } });
    expect(producer.seen).toMatchObject([
      { method: 'put', options: { waitMs: 7_000, signal: expect.any(AbortSignal) } },
    ]);
    expect(answer.headers['preference-applied']).toBe('wait=7');
  });

  it('is waited for no longer than the service allows', async () => {
    const producer = new ScriptedProducer();
    const answer = await post(producer, { headers: { prefer: 'wait=3600' } });
    expect(producer.seen).toMatchObject([{ options: { waitMs: 20_000 } }]);
    expect(answer.headers['preference-applied']).toBe('wait=20');
  });

  it('is not waited for with wait=0', async () => {
    const producer = new ScriptedProducer();
    await post(producer, { headers: { prefer: 'wait=0' } });
    expect(producer.seen).toMatchObject([{ method: 'tryPut' }]);
  });
});

describe('a queue that does not wait', () => {
  const queueThat = (whenFull: WhenFull) => defineQueue({ name: 'fetches', jobs: [fetchUrl], capacity: 50, whenFull });

  it.each(['drop-oldest', 'drop-lowest-priority'] as const)(
    'drops under %s for a put over HTTP, too',
    async (policy) => {
      const producer = new ScriptedProducer();
      producer.onPut = async () => receiptOf({ dropped: 'old' });
      const answer = await post(producer, { definition: queueThat(policy) });
      expect(producer.seen).toMatchObject([{ method: 'put', options: expect.not.objectContaining({ waitMs: 0 }) }]);
      expect(answer.json()).toMatchObject({ dropped: 'old' });
    },
  );

  it.each(['reject', 'drop-oldest'] as const)('is not waited for under %s, and says so', async (policy) => {
    const producer = new ScriptedProducer();
    const answer = await post(producer, { definition: queueThat(policy), headers: { prefer: 'wait=7' } });
    expect(answer.headers).not.toHaveProperty('preference-applied');
    expect(producer.seen).toMatchObject([{ options: expect.not.objectContaining({ waitMs: 7_000 }) }]);
  });

  it('takes no policy from a stranger', async () => {
    const answer = await post(new ScriptedProducer(), { body: { payload, whenFull: 'drop-oldest' } });
    expect(answer.json()).toMatchObject({ status: 422, errors: [{ path: ['whenFull'] }] });
  });
});

describe('an Idempotency-Key', () => {
  it('is the id', async () => {
    const producer = new ScriptedProducer();
    await post(producer, { headers: { 'idempotency-key': '"order-17"' } });
    expect(producer.seen).toMatchObject([{ options: { id: 'order-17' } }]);
  });

  it('may repeat the id of the body', async () => {
    const headers = { 'idempotency-key': 'order-17' };
    expect(await post(new ScriptedProducer(), { body: { payload, id: 'order-17' }, headers })).toMatchObject({
      statusCode: 202,
    });
  });

  it('is answered with how long it will be known, as an id in the body is', async () => {
    const definition = defineQueue({ name: 'fetches', jobs: [fetchUrl], capacity: 50, idempotencyMs: 86_400_000 });
    const headers = { 'idempotency-key': 'order-17' };
    const answers = [
      await post(new ScriptedProducer(), { definition, headers }),
      await post(new ScriptedProducer(), { definition, body: { payload, id: 'order-17' } }),
      await post(new ScriptedProducer(), { definition }),
    ];
    expect(answers.map((answer) => answer.headers['idempotency-window-ms'])).toEqual([
      '86400000',
      '86400000',
      undefined,
    ]);
  });

  it('may not contradict it', async () => {
    const producer = new ScriptedProducer();
    const answer = await post(producer, {
      body: { payload, id: 'order-18' },
      headers: { 'idempotency-key': 'order-17' },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'SLUICE_HEADER_INVALID' });
    expect(producer.seen).toEqual([]);
  });
});
