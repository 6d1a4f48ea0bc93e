import { FlowProducer, Queue, QueueEvents, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { addressOf, isolatedRedisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from './job/contracts/job-contract.ts';
import { defineQueue } from './job/contracts/queue-policy.ts';
import { connectProducer, createBoundedBackend, createWorkerPool, defineHandler } from './index.ts';

const operations = await readFile(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
const lines = /<!-- users:begin -->\n```\n(.*)```\n<!-- users:end -->/s.exec(operations)?.[1] ?? '';
const setUsers = lines.split('\n').filter((line) => line !== '');

const step = defineJob({
  name: 'step',
  payload: z.enum(['return', 'hold', 'fail once']),
  result: z.string(),
  retry: { attempts: 2, backoff: { type: 'fixed', delayMs: 20 } },
});

type Login = ({ path: string } | { host: string; port: number }) & { username: string; password: string };

interface Users {
  producer: Login;
  worker: Login;
  /** What was refused to anybody, as Redis noted it. */
  refusals(): Promise<unknown>;
}

/** A Redis with the users of docs/operations.md, for the queue of the test. */
const test = isolatedRedisTest.extend({ serverOptions: { persistent: false } }).extend<{ users: Users }>({
  users: async ({ redis, queueName }, use) => {
    const admin = await redis.client();
    for (const line of setUsers) {
      const [command = '', ...args] = line.replaceAll('{fetches}', `{${queueName}}`).split(' ');
      await admin.call(command, ...args);
    }
    const at = addressOf(redis.url);
    await use({
      producer: { ...at, username: 'producer', password: 'producer-password' },
      worker: { ...at, username: 'worker', password: 'worker-password' },
      refusals: () => admin.acl('LOG'),
    });
  },
});

describe('under the users of docs/operations.md', () => {
  test('a producer and a pool do all that they can', async ({ users, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [step], capacity: 2 });
    await using producer = await connectProducer(queue, { redis: users.producer });
    const handler = defineHandler(step, async ({ payload, attempt, progress, signal }) => {
      await progress(attempt);
      if (payload === 'hold') {
        await once(signal, 'abort');
        throw signal.reason;
      }
      if (payload === 'fail once' && attempt === 1) throw new Error('not yet');
      return 'done';
    });
    const timings = { leaseMs: 5_000, renewMs: 50, sweepMs: 50 };
    await using pool = createWorkerPool(queue, { step: handler }, { redis: users.worker, concurrency: 2, timings });
    const held = await producer.put(step, 'hold', { priority: 5 });
    const failing = await producer.put(step, 'fail once');
    const waiting = producer.put(step, 'return');
    await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 1 });
    await pool.start();
    expect(await producer.result(failing)).toBe('done');
    expect(await producer.result(await waiting)).toBe('done');
    await expect.poll(() => producer.find(held.id)).toMatchObject({ state: 'active', progress: 1 });

    await producer.setCapacity(5);
    await producer.put(step, 'return', { id: 'later', delayMs: 60_000 });
    expect(await producer.put(step, 'return', { id: 'later' })).toMatchObject({ status: 'duplicate' });
    expect(await producer.cancel('later')).toBe('removed');
    await producer.seal();
    await pool.stop();
    expect(await producer.stats()).toMatchObject({ depth: 1, sealed: true, active: 0 });
    await producer.unseal();
    await producer.obliterate();
    await producer.join();
    expect(await users.refusals()).toEqual([]);
  });

  test('plain BullMQ on our backend does, too', async ({ users, queueName }) => {
    const name = `{${queueName}}`;
    const factory = createBoundedBackend({ capacity: 10 });
    const queue = new Queue(name, { connection: users.producer }, factory);
    const flows = new FlowProducer({ connection: users.producer }, factory);
    const events = new QueueEvents(name, { connection: { ...users.producer, disableClientInfo: true } });
    const shared = { connection: users.worker, stalledInterval: 50 };
    const ran: string[] = [];
    const run = async (job: { name: string }): Promise<void> => void ran.push(job.name);
    const worker = new Worker(name, run, { ...shared, autorun: false }, factory);
    try {
      await events.waitUntilReady();
      await queue.addBulk([{ name: 'a', data: {} }]);
      await queue.add('b', {}, { delay: 50 });
      await queue.add('c', {}, { priority: 3, deduplication: { id: 'one' } });
      await queue.upsertJobScheduler('hourly', { every: 3_600_000 }, { name: 'd' });
      const tree = await flows.add({ name: 'e', queueName: name, children: [{ name: 'f', queueName: name }] });
      void worker.run();
      await tree.job.waitUntilFinished(events, 10_000);
      await expect.poll(() => ran.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
      await worker.close();
      await queue.pause();
      await queue.add('g', {}, { jobId: 'g' });
      await queue.add('h', {});
      expect(await queue.remove('g')).toBe(1);
      expect(await queue.removeJobScheduler('hourly')).toBe(true);
      await queue.clean(0, 10, 'completed');
      await queue.drain(true);
      await queue.obliterate();
      expect(await users.refusals()).toEqual([]);
    } finally {
      await Promise.all([worker.close(), events.close(), flows.close(), queue.close()]);
    }
  });

  test('every command of every script is allowed', async ({ redis, queueName, users }) => {
    const admin = await redis.client();
    const commands = await commandsOfScripts();
    expect(commands.length).toBeGreaterThan(40);
    for (const { username } of [users.producer, users.worker]) {
      for (const command of commands) {
        const [known] = (await admin.command('INFO', command)) as [[string, number]];
        const args = Array.from({ length: Math.abs(known[1]) - 1 }, () => `bull:{${queueName}}:any`);
        expect(await admin.acl('DRYRUN', username, command, ...args), `${command} for ${username}`).toBe('OK');
      }
    }
  });

  test('no user reaches other keys, channels or the server', async ({ users, queueName }) => {
    for (const user of [users.producer, users.worker]) {
      const client = new Redis({ ...user, lazyConnect: true, disableClientInfo: true });
      try {
        await client.connect();
        await client.hgetall(`bull:{${queueName}}:meta`);
        for (const refused of [
          'GET bull:{other}:meta',
          'PUBLISH channel word',
          'CONFIG GET maxmemory',
          'KEYS *',
          'ACL LIST',
        ]) {
          const [command = '', ...args] = refused.split(' ');
          await expect(client.call(command, ...args)).rejects.toThrow('NOPERM');
        }
      } finally {
        client.disconnect();
      }
    }
  });
});

/**
 * What BullMQ's scripts and ours call. The relay's are no queue's; removing orphans scans the whole server; and a queue's clock is
 * moved by tests only, on a Redis of theirs.
 */
async function commandsOfScripts(): Promise<string[]> {
  const bullmq = new URL('./scripts/', import.meta.resolve('bullmq'));
  const ours = new URL('../lua/', import.meta.url);
  const foreign = (file: string): boolean => /^(relay|removeOrphanedJobs|move-times|index)|\.d\.ts$|\.map$/.test(file);
  const found = new Set<string>();
  for (const folder of [bullmq, ours]) {
    for (const file of (await readdir(folder, { recursive: true })).filter(
      (name) => /\.(lua|js)$/.test(name) && !foreign(name),
    )) {
      const text = await readFile(new URL(file, folder), 'utf8');
      for (const [, command = ''] of text.matchAll(/call\(\s*["']([A-Za-z]+)["']/g)) found.add(command.toUpperCase());
    }
  }
  return [...found].toSorted();
}
