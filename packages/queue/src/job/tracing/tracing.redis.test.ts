import { Queue, Worker } from 'bullmq';
import { redisTest as test } from '@sluice/testing/vitest';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../contracts/job-contract.ts';
import { defineQueue } from '../contracts/queue-policy.ts';
import { defineBatchHandler } from '../handler/batch-handler.ts';
import { connectConsumer } from '../../consumer/connect-consumer.ts';
import { createWorkerPool } from '../../pool/create-worker-pool.ts';
import { connectProducer } from '../../put/connect-producer.ts';
import { flow } from '../../put/flow/flow-node.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import { defineHandler } from '../../threads/thread/define-handler.ts';
import { activeSpan, kindOf, RecordedSpans } from './testing/recorded-spans.ts';

const job = defineJob({ name: 'work', payload: z.int(), result: z.int(), retry: { attempts: 1 } });

let spans: RecordedSpans;
beforeEach(() => void (spans = new RecordedSpans()));
afterEach(() => spans[Symbol.dispose]());

const noted: (string | undefined)[] = [];
/** Fails for a payload below 0. */
const handler = defineHandler(job, async ({ payload }) => {
  noted.push(activeSpan());
  await spans.within('inside', async () => undefined);
  if (payload < 0) throw new Error('negative');
  return payload;
});
afterEach(() => void (noted.length = 0));

describe('the traces of a producer and a pool', () => {
  test('join put, process, attempt and settle, and the handler runs under its attempt', async ({
    redis,
    prefix,
    queueName: name,
  }) => {
    const queue = defineQueue({ name, jobs: [job], capacity: 5, prefix });
    const { telemetry } = spans;
    await using producer = await connectProducer(queue, { redis: redis.url, telemetry });
    await using pool = createWorkerPool(queue, { work: handler }, { redis: redis.url, concurrency: 2, telemetry });
    const { id } = await spans.within('request', () => producer.put(job, 1));
    await pool.runUntilIdle({ idleMs: 20 });
    expect(spans.tree().toSorted()).toEqual([
      `attempt ${name} < process ${name}`,
      `inside < attempt ${name}`,
      `process ${name} < put ${name}`,
      `put ${name} < request`,
      'request',
      `settle ${name} < process ${name}`,
    ]);
    expect(spans.traces).toBe(1);
    expect(noted).toEqual([`attempt ${name}`]);
    const put = spans.only(`put ${name}`);
    expect(kindOf(put)).toBe('PRODUCER');
    expect(put.attributes).toMatchObject({
      'messaging.system': 'sluice',
      'messaging.destination.name': name,
      'messaging.operation.name': 'put',
      'messaging.operation.type': 'send',
      'messaging.message.id': id,
      'sluice.job.name': 'work',
      'sluice.put.outcome': 'created',
    });
    const process = spans.only(`process ${name}`);
    expect(kindOf(process)).toBe('CONSUMER');
    expect(process.attributes).toMatchObject({
      'messaging.operation.type': 'process',
      'messaging.message.id': id,
      'messaging.client.id': pool.name,
      'sluice.job.attempt': 1,
      'sluice.attempt.outcome': 'completed',
    });
    expect(kindOf(spans.only(`settle ${name}`))).toBe('CLIENT');
  });

  test('say what a put was refused for, and an attempt failed with', async ({ redis, prefix, queueName: name }) => {
    const queue = defineQueue({ name, jobs: [job], capacity: 1, prefix });
    const { telemetry } = spans;
    await using producer = await connectProducer(queue, { redis: redis.url, telemetry });
    await using pool = createWorkerPool(queue, { work: handler }, { redis: redis.url, concurrency: 2, telemetry });
    await producer.put(job, -1);
    await expect(producer.tryPut(job, 2, { id: 'mine' })).rejects.toThrow('full');
    await pool.runUntilIdle({ idleMs: 20 });
    const attempt = spans.only(`attempt ${name}`);
    expect(attempt.attributes).toMatchObject({ 'error.type': 'Error' });
    expect(attempt.events.map(({ attributes }) => attributes?.['exception.message'])).toEqual(['negative']);
    expect(spans.only(`process ${name}`).attributes).toMatchObject({ 'sluice.attempt.outcome': 'dead' });
    expect(spans.tree().filter((line) => line === `put ${name}`)).toHaveLength(2);
    await expect(producer.put(job, 'no number' as never)).rejects.toThrow();
  });

  test('follow each of many puts, a flow, and a batch, whose handler runs under no put', async ({
    redis,
    prefix,
    queueName: name,
  }) => {
    const queue = defineQueue({ name, jobs: [job], capacity: 9, prefix });
    const { telemetry } = spans;
    const batch = defineBatchHandler(job, { size: 2, waitMs: 5 }, (attempts) => {
      noted.push(activeSpan());
      return attempts.map(({ payload }) => payload);
    });
    await using producer = await connectProducer(queue, { redis: redis.url, telemetry });
    await using pool = createWorkerPool(queue, { work: batch }, { redis: redis.url, concurrency: 4, telemetry });
    await spans.within('many', async () => {
      for await (const _ of producer.putMany(job, [1, 2]));
    });
    await spans.within('flow', () => producer.putFlow(flow(job, 3, { children: [flow(job, 4)] })));
    await pool.runUntilIdle({ idleMs: 50 });
    const tree = spans.tree();
    const times = (line: string): number => tree.filter((each) => each === line).length;
    expect(times(`put ${name} < many`)).toBe(2);
    expect(times(`put ${name} < flow`)).toBe(1);
    expect(times(`process ${name} < put ${name}`)).toBe(4);
    expect(new Set(noted)).toEqual(new Set([undefined]));
    expect(spans.traces).toBe(2);
  });

  test('leave a job out that asks for it, and the plain way is as it was', async ({
    redis,
    prefix,
    queueName: name,
  }) => {
    const queue = defineQueue({ name, jobs: [job], capacity: 9, prefix });
    const { telemetry } = spans;
    await using producer = await connectProducer(queue, { redis: redis.url, telemetry });
    await using plain = await connectProducer(queue, { redis: redis.url });
    const optionsOf = async (id: string): Promise<unknown> =>
      JSON.parse((await (await redis.client()).hget(`${prefix}:{${name}}:k.${id}`, 'opts')) ?? '');
    await producer.put(job, 1, { id: 'joined' });
    await producer.put(job, 1, { id: 'delayed', delayMs: 60_000 });
    await producer.put(job, 1, { id: 'omitted', telemetry: { omitContext: true } });
    await plain.put(job, 1, { id: 'plain' });
    const own = await optionsOf('plain');
    const { sluice, ...others } = own as { sluice: object; jobId: string };
    expect(await optionsOf('joined')).toEqual({
      ...others,
      sluice,
      jobId: 'k.joined',
      tm: expect.stringMatching(/"traceparent"/),
    });
    expect(await optionsOf('delayed')).toMatchObject({ tm: expect.stringMatching(/"traceparent"/) });
    expect(await optionsOf('omitted')).toEqual({ ...others, sluice, jobId: 'k.omitted', omc: true });
    await expect(producer.put(job, 1, { telemetry: { omit: true } as never })).rejects.toThrow('omitContext');
  });
});

test('the traces of a consumer last from the take of a job to its end', async ({ redis, prefix, queueName: name }) => {
  const queue = defineQueue({ name, jobs: [job], capacity: 5, prefix });
  const { telemetry } = spans;
  await using producer = await connectProducer(queue, { redis: redis.url, telemetry });
  const consumer = await connectConsumer(queue, { redis: redis.url, telemetry });
  const { id } = await spans.within('request', () => producer.put(job, 1));
  const lease = await consumer.take();
  await lease?.ack(1);
  await consumer.close();
  expect(spans.tree().toSorted()).toEqual([
    `attempt ${name} < process ${name}`,
    `process ${name} < put ${name}`,
    `put ${name} < request`,
    'request',
    `settle ${name} < process ${name}`,
  ]);
  expect(spans.only(`process ${name}`).attributes).toMatchObject({
    'messaging.message.id': id,
    'sluice.attempt.outcome': 'completed',
  });
});

describe('the traces of Sluice and BullMQ', () => {
  test('join from a producer of ours to a Worker', async ({ redis, prefix, queueName: name }) => {
    const queue = defineQueue({ name, jobs: [job], capacity: 5, prefix });
    const { telemetry } = spans;
    await using producer = await connectProducer(queue, { redis: redis.url, telemetry });
    const connection = connectionOf(redis.url);
    const worker = new Worker(`{${name}}`, async () => noted.push(activeSpan()), { connection, prefix, telemetry });
    const receipt = await spans.within('request', () => producer.put(job, 1));
    await producer.outcome(receipt.id).catch(() => undefined);
    await worker.close();
    expect(spans.tree()).toContain(`process {${name}} < put ${name}`);
    expect(noted).toEqual([`process {${name}}`]);
  });

  test('join from Queue.add to a pool of ours', async ({ redis, prefix, queueName: name }) => {
    const queue = defineQueue({ name, jobs: [job], capacity: 5, prefix });
    const { telemetry } = spans;
    await using pool = createWorkerPool(queue, { work: handler }, { redis: redis.url, concurrency: 2, telemetry });
    const raw = new Queue(`{${name}}`, { connection: connectionOf(redis.url), prefix, telemetry });
    await spans.within('request', () => raw.add('work', 1));
    await spans.within('other', () => raw.add('work', 2, { telemetry: { omitContext: true } }));
    await raw.close();
    await pool.runUntilIdle({ idleMs: 20 });
    const tree = spans.tree();
    expect(tree).toContain(`process ${name} < add {${name}}.work`);
    expect(tree).toContain(`process ${name}`); // of the job that left its context out
    expect(noted).toEqual([`attempt ${name}`, `attempt ${name}`]);
  });

  test('break no job by a context that is none', async ({ redis, prefix, queueName: name }) => {
    const queue = defineQueue({ name, jobs: [job], capacity: 5, prefix });
    const { telemetry } = spans;
    await using pool = createWorkerPool(queue, { work: handler }, { redis: redis.url, concurrency: 2, telemetry });
    const faults: unknown[] = [];
    pool.on('fault', ({ where }) => faults.push(where));
    const raw = new Queue(`{${name}}`, { connection: connectionOf(redis.url), prefix });
    await raw.add('work', 1, { telemetry: { metadata: '{not JSON' } });
    await raw.add('work', 2, { telemetry: { metadata: 17 as never } });
    await pool.runUntilIdle({ idleMs: 20 });
    expect(await raw.getCompletedCount()).toBe(2);
    await raw.close();
    expect(faults).toEqual(['the telemetry']);
  });
});

test.for([
  ['of any text is stored as it is', '<gap>"\\{"', '<gap>"\\{"'],
  ['that is too long is not stored', 'x'.repeat(8_193), undefined],
] as const)('a context %s', async ([, metadata, stored], { redis, prefix, queueName: name }) => {
  const queue = defineQueue({ name, jobs: [job], capacity: 5, prefix });
  const { tracer, contextManager } = spans.telemetry;
  const getMetadata = (): string => metadata;
  const manager = Object.assign(Object.create(contextManager), { getMetadata });
  const telemetry = { tracer, contextManager: manager };
  await using producer = await connectProducer(queue, { redis: redis.url, telemetry });
  await using pool = createWorkerPool(queue, { work: handler }, { redis: redis.url, concurrency: 2 });
  const results = ['a', undefined].map(async (id) => {
    const receipt = await producer.put(job, 7, id === undefined ? {} : { id });
    const key = `${prefix}:{${name}}:${id === undefined ? receipt.id : `k.${id}`}`;
    const opts = JSON.parse((await (await redis.client()).hget(key, 'opts')) ?? '') as { tm?: string };
    expect(opts.tm).toBe(stored);
    return producer.result(receipt);
  });
  await pool.start();
  expect(await Promise.all(results)).toEqual([7, 7]);
});

test('a telemetry that fails breaks neither puts nor jobs', async ({ redis, prefix, queueName: name }) => {
  const queue = defineQueue({ name, jobs: [job], capacity: 5, prefix });
  const broken = (): never => {
    throw new Error('broken');
  };
  const contextManager = { with: broken, active: broken, getMetadata: broken, fromMetadata: broken };
  const telemetry = { tracer: { startSpan: broken }, contextManager };
  await using producer = await connectProducer(queue, { redis: redis.url, telemetry });
  await using pool = createWorkerPool(queue, { work: handler }, { redis: redis.url, concurrency: 2, telemetry });
  await pool.start();
  expect(await producer.result(await producer.put(job, 7))).toBe(7);
});
