import { type ScriptedSentinel, scriptedSentinel, startTestServer, type TestServer } from '@sluice/testing';
import { describe, expect, test as base } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { createWorkerPool } from '../../pool/create-worker-pool.ts';
import { defineHandler } from '../../threads/thread/define-handler.ts';
import { connectProducer } from '../../put/connect-producer.ts';
import type { RedisInput } from './redis-input.ts';

const job = defineJob({ name: 'job', payload: z.int(), result: z.int() });
const queue = defineQueue({ name: 'watched', jobs: [job], capacity: 10 });

/** A master, its replica, and two Sentinels that know both. */
interface Watched {
  master: TestServer;
  /** Takes the place of the master, as the Sentinels say from then on. */
  promote: () => Promise<void>;
  sentinels: readonly [ScriptedSentinel, ScriptedSentinel];
  input: RedisInput;
}

const test = base.extend<{ watched: Watched }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the parameter's pattern
  watched: async ({}, use) => {
    const tcp = { persistent: false, listen: 'tcp' } as const;
    await using master = await startTestServer(tcp);
    const replicaof = ['127.0.0.1', new URL(master.url).port];
    await using replica = await startTestServer({ ...tcp, config: { replicaof, 'repl-diskless-sync-delay': '0' } });
    await using first = await scriptedSentinel(master.url);
    await using second = await scriptedSentinel(master.url);
    const client = await replica.client();
    await expect.poll(() => client.info('replication')).toContain('master_link_status:up');
    const promote = async (): Promise<void> => {
      await client.replicaof('NO', 'ONE');
      for (const sentinel of [first, second]) sentinel.promote(replica.url);
    };
    const sentinels = [first, second].map(({ host, port }) => ({ host, port }));
    try {
      await use({ master, promote, sentinels: [first, second], input: { sentinels, name: 'main' } });
    } finally {
      await master.resume();
      client.disconnect();
    }
  },
});

describe('a master behind Sentinels that hangs', () => {
  test('is left for the replica that was promoted, by producers and pools', async ({ watched }) => {
    await using producer = await connectProducer(queue, { redis: watched.input });
    await using pool = createWorkerPool(
      queue,
      { job: defineHandler(job, ({ payload }) => payload + 1) },
      { redis: watched.input, concurrency: 2 },
    );
    await pool.start();
    expect(await producer.result(await producer.put(job, 1))).toBe(2);
    await watched.master.suspend();
    await watched.promote();
    const since = performance.now();
    expect(await producer.put(job, 2)).toMatchObject({ status: 'created' });
    expect(performance.now() - since).toBeLessThan(5_000);
    await expect.poll(() => pool.health()).toMatchObject({ completed: 2, ready: true });
  });

  test('does so also when the Sentinel that is asked first hangs with it', async ({ watched }) => {
    const [first, second] = watched.sentinels;
    await using producer = await connectProducer(queue, { redis: watched.input });
    await producer.put(job, 1);
    await watched.master.suspend();
    (first.asked > second.asked ? second : first).hang();
    (first.asked > second.asked ? second : first).promote('redis://127.0.0.1:1');
    const lost = producer.put(job, 2);
    await expect(lost).rejects.toMatchObject({ code: expect.stringMatching(/SLUICE_(PUT_UNKNOWN|REDIS_UNAVAILABLE)/) });
    await watched.promote();
    await expect.poll(() => producer.put(job, 3).then(({ status }) => status, String)).toBe('created');
  });

  test('is asked for again when all Sentinels were away, even if ioredis was set to give up', async ({ watched }) => {
    const giveUp = { ...(watched.input as object), sentinelRetryStrategy: () => null } as RedisInput;
    await using producer = await connectProducer(queue, { redis: giveUp });
    await watched.master.suspend();
    for (const sentinel of watched.sentinels) sentinel.promote('redis://127.0.0.1:1');
    await expect(producer.put(job, 1)).rejects.toThrow();
    await watched.promote();
    await expect.poll(() => producer.put(job, 2).then(({ status }) => status, String)).toBe('created');
  });
});
