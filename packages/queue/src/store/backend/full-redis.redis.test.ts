import { FlowProducer, type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { isolatedRedisTest } from '@sluice/testing/vitest';
import { describe, expect, it } from 'vitest';
import { QueueFullError } from '../../job/errors/index.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import type { BoundedBackend } from './bounded-backend.ts';
import { createBoundedBackend } from './create-bounded-backend.ts';
import { onOutOfMemoryOf, wrappedNames } from '../scripts/scripts.ts';

const TOKEN = 'pool:1';

interface Kit {
  queue: Queue;
  flows: FlowProducer;
  backend: BoundedBackend;
  client: Redis;
  add(id: string, opts?: object): Promise<Job>;
  /** Adds a job and takes it, so that it runs under {@link TOKEN}. */
  start(id: string, opts?: object): Promise<Job>;
  key(type: string): string;
}

const test = isolatedRedisTest.extend({ serverOptions: { persistent: false } }).extend<{ kit: Kit }>({
  kit: async ({ redis, queueName, prefix }, use) => {
    const shared = { connection: connectionOf(redis.url), prefix: `{${prefix}}` };
    const factory = createBoundedBackend({ capacity: 10 });
    const queue = new Queue(queueName, shared, factory);
    const flows = new FlowProducer(shared, factory);
    const worker = { ...shared, lockDuration: 30_000, stalledInterval: 30_000, maxStalledCount: 1 };
    const backend = factory(queueName, worker);
    await Promise.all([queue.waitUntilReady(), backend.waitUntilReady()]);
    const add = (id: string, opts: object = {}): Promise<Job> => queue.add('step', { id }, { jobId: id, ...opts });
    await use({
      queue,
      flows,
      backend,
      client: await redis.client(),
      add,
      start: async (id, opts) => {
        const job = await add(id, opts);
        await backend.moveToActive(TOKEN);
        return job;
      },
      key: (type) => backend.toKey(type),
    });
    await Promise.all([queue.close(), flows.close(), backend.close()]);
  },
});

/** From now on Redis refuses what needs memory, whatever is freed. */
async function fillMemory(client: Redis): Promise<void> {
  await client.config('SET', 'maxmemory', '1');
  await expect(client.set('any', 'thing')).rejects.toThrow('OOM');
}

/** A parent with one child, which is taken. */
async function startChild({ flows, queue, backend }: Kit): Promise<{ parent: Job; child: string }> {
  const children = [{ name: 'child', queueName: queue.name, opts: { jobId: 'child' } }];
  const { job } = await flows.add({ name: 'parent', queueName: queue.name, opts: { jobId: 'parent' }, children });
  await backend.moveToActive(TOKEN);
  return { parent: job, child: 'child' };
}

/** For each script that runs: what is there before the memory is full, and what it does then. */
const runs: Record<string, (kit: Kit) => Promise<() => Promise<unknown>>> = {
  moveToActive: async ({ backend, add, key, client }) => {
    await add('a');
    return async () => {
      expect((await backend.moveToActive(TOKEN))[1]).toBe('a');
      expect(await client.get(key('a:lock'))).toBe(TOKEN);
    };
  },
  updateJobScheduler: async ({ queue, backend, client, key }) => {
    await queue.upsertJobScheduler('hourly', { every: 3_600_000 }, { name: 'tick' });
    await client.zadd(key('delayed'), 0, (await client.zrange(key('delayed'), '0', '0'))[0] ?? '');
    return async () => {
      const [, id] = await backend.moveToActive(TOKEN);
      const next = Date.now() + 3_600_000;
      await backend.updateJobSchedulerNextMillis('hourly', next, '{}', { jobId: 'next' }, id);
      expect(await client.zcard(key('delayed'))).toBe(1);
    };
  },
  extendLock: async ({ backend, start, client, key }) => {
    await start('a');
    return async () => {
      expect(await backend.extendLock('a', TOKEN, 3_600_000)).toBe(1);
      expect(await client.pttl(key('a:lock'))).toBeGreaterThan(1_000_000);
    };
  },
  extendLocks: async ({ backend, start, client, key }) => {
    await start('a');
    return async () => {
      expect(await backend.extendLocks(['a'], [TOKEN], 3_600_000)).toEqual([]);
      expect(await client.pttl(key('a:lock'))).toBeGreaterThan(1_000_000);
    };
  },
  moveStalledJobsToWait: async ({ backend, start, client, key }) => {
    await start('a');
    await backend.moveStalledJobsToWait();
    await client.del(key('a:lock'), key('stalled-check'));
    return async () => {
      expect(await backend.moveStalledJobsToWait()).toEqual(['a']);
      expect(await client.lrange(key('wait'), 0, -1)).toEqual(['a']);
    };
  },
  moveToFinished: async ({ backend, start, client, key }) => {
    const job = await start('a');
    return async () => {
      await backend.moveToFinished('a', backend.moveToCompletedArgs(job, '"ok"', false, TOKEN, false));
      expect(await client.hget(key('a'), 'returnvalue')).toBe('"ok"');
    };
  },
  moveToDelayed: async ({ backend, start, client, key }) => {
    await start('a');
    return async () => {
      await backend.moveToDelayed('a', Date.now(), 60_000, TOKEN);
      expect(await client.zcard(key('delayed'))).toBe(1);
    };
  },
  retryJob: async ({ backend, start, client, key }) => {
    await start('a');
    return async () => {
      await backend.retryJob('a', false, TOKEN, { fieldsToUpdate: { failedReason: 'so' } });
      expect(await client.lrange(key('wait'), 0, -1)).toEqual(['a']);
      expect(await client.hget(key('a'), 'failedReason')).toBe('so');
    };
  },
  moveJobFromActiveToWait: async ({ backend, start, client, key }) => {
    await start('a', { priority: 3 });
    return async () => {
      await backend.moveJobFromActiveToWait('a', TOKEN);
      expect(await client.zrange(key('prioritized'), '0', '-1')).toEqual(['a']);
    };
  },
  moveToWaitingChildren: async (kit) => {
    const { backend, start, queue, client, key } = kit;
    const parent = await start('a');
    const above = { id: 'a', queue: queue.qualifiedName };
    await kit.add('child', { parent: above });
    return async () => {
      expect(await backend.moveToWaitingChildren(parent.id ?? '', TOKEN)).toBe(true);
      expect(await client.zrange(key('waiting-children'), '0', '-1')).toEqual(['a']);
    };
  },
  removeChildDependency: async (kit) => {
    const { parent, child } = await startChild(kit);
    return async () => {
      expect(await kit.backend.removeChildDependency(child, kit.key(parent.id ?? ''))).toBe(true);
      expect(await kit.client.lrange(kit.key('wait'), 0, -1)).toEqual(['parent']);
    };
  },
  promote: async ({ backend, add, client, key }) => {
    await add('a', { delay: 60_000 });
    return async () => {
      await backend.promote('a');
      expect(await client.lrange(key('wait'), 0, -1)).toEqual(['a']);
    };
  },
  changeDelay: async ({ backend, add, client, key }) => {
    await add('a', { delay: 60_000 });
    return async () => {
      await backend.changeDelay('a', 7_000);
      expect(await client.hget(key('a'), 'delay')).toBe('7000');
    };
  },
  changePriority: async ({ backend, add, client, key }) => {
    await add('a');
    return async () => {
      await backend.changePriority('a', 5);
      expect(await client.zrange(key('prioritized'), '0', '-1')).toEqual(['a']);
    };
  },
  pause: async ({ queue }) => {
    return async () => {
      await queue.pause();
      expect(await queue.isPaused()).toBe(true);
      await queue.resume();
      expect(await queue.isPaused()).toBe(false);
    };
  },
  updateProgress: async ({ backend, start, client, key }) => {
    await start('a');
    return async () => {
      await backend.updateProgress('a', 50);
      expect(await client.hget(key('a'), 'progress')).toBe('50');
    };
  },
  updateData: async ({ start, client, key }) => {
    const job = await start('a');
    return async () => {
      await job.updateData({ step: 2 });
      expect(await client.hget(key('a'), 'data')).toBe('{"step":2}');
    };
  },
  removeJob: async ({ queue, add }) => {
    await add('a');
    return async () => expect(await queue.remove('a')).toBe(1);
  },
  removeUnprocessedChildren: async (kit) => {
    const above = { id: 'a', queue: kit.queue.qualifiedName };
    const parent = await kit.start('a');
    await kit.add('child', { parent: above });
    return async () => {
      await parent.removeUnprocessedChildren();
      expect(await kit.client.exists(kit.key('child'))).toBe(0);
    };
  },
  removeJobScheduler: async ({ queue }) => {
    await queue.upsertJobScheduler('hourly', { every: 3_600_000 }, { name: 'tick' });
    return async () => expect(await queue.removeJobScheduler('hourly')).toBe(true);
  },
  cleanJobsInSet: async ({ queue, add }) => {
    await add('a');
    return async () => expect(await queue.clean(0, 10, 'wait')).toEqual(['a']);
  },
  drain: async ({ queue, add, client, key }) => {
    await add('a');
    return async () => {
      await queue.drain();
      expect(await client.exists(key('a'))).toBe(0);
    };
  },
  obliterate: async ({ queue, add, client, key }) => {
    await add('a');
    return async () => {
      await queue.obliterate();
      expect(await client.keys(`${key('')}*`)).toEqual([]);
    };
  },
};

/** The same for those that are refused. */
const refused: Record<string, (kit: Kit) => Promise<() => Promise<unknown>>> = {
  'an add':
    async ({ add }) =>
    async () =>
      add('a'),
  'a bulk':
    async ({ queue }) =>
    async () =>
      queue.addBulk([{ name: 'a', data: {} }]),
  'a delayed, a prioritized job': async ({ add }) => {
    return async () => {
      await expect(add('a', { delay: 60_000 })).rejects.toThrow(QueueFullError);
      await add('b', { priority: 3 });
    };
  },
  'a flow': async ({ flows, queue }) => {
    const queueName = queue.name;
    return async () => flows.add({ name: 'parent', queueName, children: [{ name: 'child', queueName }] });
  },
  'the retry of a failed job': async ({ backend, start }) => {
    const job = await start('a');
    await backend.moveToFinished('a', backend.moveToFailedArgs(job, 'so', false, TOKEN, false));
    return async () => job.retry();
  },
  'the retry of all failed jobs': async ({ backend, start, queue }) => {
    const job = await start('a');
    await backend.moveToFinished('a', backend.moveToFailedArgs(job, 'so', false, TOKEN, false));
    return async () => queue.retryJobs();
  },
  'a job scheduler':
    async ({ queue }) =>
    async () =>
      queue.upsertJobScheduler('s', { every: 60_000 }, { name: 'tick' }),
};

describe('on a full Redis (A7) a plain BullMQ queue on the bounded backend', () => {
  for (const [name, prepare] of Object.entries(runs)) {
    test(`still runs ${name}`, async ({ kit }) => {
      const act = await prepare(kit);
      await fillMemory(kit.client);
      await act();
    });
  }

  for (const [name, prepare] of Object.entries(refused)) {
    test(`refuses ${name} with its reason, and writes nothing of it`, async ({ kit }) => {
      const act = await prepare(kit);
      await kit.add('there', { delay: 3_600_000 });
      await fillMemory(kit.client);
      const before = await everything(kit.client);
      const refusal = { code: 'SLUICE_QUEUE_FULL', reason: 'memory', capacity: 10, depth: 1 };
      await expect(act()).rejects.toMatchObject(refusal);
      expect(await everything(kit.client)).toEqual(before);
    });
  }

  it('is tried here with every script that runs', () => {
    expect(Object.keys(runs).toSorted()).toEqual(
      wrappedNames.filter((name) => onOutOfMemoryOf(name) === 'runs').toSorted(),
    );
  });
});

/** The whole keyspace, serialized. */
async function everything(client: Redis): Promise<Record<string, string>> {
  const keys = (await client.keys('*')).toSorted();
  const dumps = await Promise.all(keys.map(async (key) => (await client.dumpBuffer(key))?.toString('base64')));
  return Object.fromEntries(keys.map((key, index) => [key, dumps[index] ?? '']));
}
