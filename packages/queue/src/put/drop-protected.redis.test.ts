import { FlowProducer, type Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { describe, expect } from 'vitest';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { dropTest as test, job, putAll, refused } from './testing/drop-test.ts';

describe('what is never dropped (B18)', () => {
  test.override({ settings: { capacity: 2 } });

  type ProtectedJob = [string, (plain: Queue, redis: { url: string; client: Redis }) => Promise<unknown>];
  const cases: ProtectedJob[] = [
    [
      'a child',
      async (plain, { url }) => {
        await using flows = new DisposableFlows(url);
        const children = [{ name: 'job', queueName: plain.name, data: 0, opts: { jobId: 'protected' } }];
        await flows.add({ name: 'job', queueName: `${plain.name}-parents`, children });
      },
    ],
    ...(['dependencies', 'processed', 'failed', 'unsuccessful'] as const).map((part): ProtectedJob => [
      `a parent, as its ${part} say`,
      async (plain, { client }) => {
        await plain.add('job', 0, { jobId: 'protected' });
        const key = `${plain.toKey('protected')}:${part}`;
        if (part === 'dependencies') await client.sadd(key, 'child');
        else if (part === 'unsuccessful') await client.zadd(key, 1, 'child');
        else await client.hset(key, 'child', 'null');
      },
    ]),
    [
      'a parent that a child has failed',
      async (plain, { client }) => {
        await plain.add('job', 0, { jobId: 'protected' });
        await client.hset(plain.toKey('protected'), 'defa', 'child x failed');
      },
    ],
    [
      'the iteration of a job scheduler',
      (plain) => plain.upsertJobScheduler('every', { every: 60_000, startDate: 0 }, { name: 'job', data: 0 }),
    ],
    ['the owner of a deduplication key', (plain) => plain.add('job', 0, { deduplication: { id: 'one' } })],
    [
      'a job that has been tried',
      async (plain, { client }) => {
        await plain.add('job', 0, { jobId: 'protected' });
        await client.hset(plain.toKey('protected'), 'atm', 1);
      },
    ],
    [
      'a job that has been started',
      async (plain, { client }) => {
        await plain.add('job', 0, { jobId: 'protected' });
        await client.hset(plain.toKey('protected'), 'ats', 1);
      },
    ],
    [
      'a job that was recovered',
      async (plain, { client }) => {
        await plain.add('job', 0, { jobId: 'protected' });
        await client.hset(plain.toKey('protected'), 'stc', 1);
      },
    ],
    [
      'a job that is held',
      async (plain, { client }) => {
        await plain.add('job', 0, { jobId: 'protected' });
        await client.set(`${plain.toKey('protected')}:lock`, 'token');
      },
    ],
  ];

  test.for(cases)('%s', async ([, arrange], { producer, plain, redis, client }) => {
    await arrange(plain, { url: redis.url, client });
    expect(await producer.stats()).toMatchObject({ depth: 1, delayed: 0 });
    await putAll(producer, ['other']);
    expect(await producer.put(job, 0, { id: 'new' })).toMatchObject({ dropped: 'other' });
    await client.hset(plain.toKey('k.new'), 'ats', 1);
    await expect(producer.put(job, 0)).rejects.toMatchObject(refused);
    expect(await producer.stats()).toMatchObject({ depth: 2, dead: 1 });
  });

  test('a job that once owned a deduplication key is', async ({ producer, plain, client }) => {
    await plain.add('job', 0, { jobId: 'owner', deduplication: { id: 'one' } });
    await client.del(plain.toKey('de:one'));
    await putAll(producer, ['other']);
    expect(await producer.put(job, 0)).toMatchObject({ dropped: 'owner' });
  });

  test('what stands behind 32 of these, so that a put stays cheap', async ({ producer, plain, client }) => {
    await producer.setCapacity(32);
    await plain.addBulk(Array.from({ length: 31 }, (_, n) => ({ name: 'job', data: 0, opts: { jobId: `s${n}` } })));
    for (let n = 0; n < 31; n += 1) await client.hset(plain.toKey(`s${n}`), 'ats', 1);
    await putAll(producer, ['a']);
    expect(await producer.put(job, 0, { id: 'b' })).toMatchObject({ dropped: 'a' });
    await client.hset(plain.toKey('k.b'), 'ats', 1);
    await producer.setCapacity(33);
    await putAll(producer, ['c']);
    await expect(producer.put(job, 0)).rejects.toMatchObject(refused);
  });
});

class DisposableFlows extends FlowProducer implements AsyncDisposable {
  constructor(url: string) {
    super({ connection: connectionOf(url) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
