import { redisTest as test } from '@sluice/testing/vitest';
import { describe, expect, vi } from 'vitest';
import { JobTimeoutError } from '../../job/errors/index.ts';
import { createBoundedBackend } from '../backend/create-bounded-backend.ts';
import { Settler } from './settler.ts';
import { aDelivery } from '../../pool/testing/fake-lease-store.ts';
import type { LeaseHold } from './lease-details.ts';
import { TimeoutSettler, type SettledTimeout, timeoutMessage, type RetryLimits } from './timeout-settler.ts';
import { packMessage } from './pack-message.ts';
import { StalledQueue, tokenOf } from '../../leases/testing/stalled-queue.ts';

const timings = { leaseMs: 10_000, renewMs: 2_000, sweepMs: 500 };
const note = {
  slot: 0,
  generation: 1,
  id: 'a',
  token: tokenOf('us'),
  fence: 1,
  deliveries: 1,
  timeoutMs: 1_500,
  lastsMs: 2_000,
};

/** A job's hash, and where it stands; times left out, for the two sides are not at once. */
async function whatIsLeft(queue: StalledQueue): Promise<unknown> {
  const { client } = queue;
  const stored = Object.entries(await client.hgetall(queue.key('a')));
  const job = Object.fromEntries(stored.map(([name, value]) => [name, value.replace(/^(\[1,1,)\d{13},/, '$1<time>,')]));
  const sets = ['delayed', 'failed', 'completed', 'stalled-none', 'prioritized'];
  const events = (await queue.events()).map((event) => event.map((field) => field.replace(/^\d{13}$/, '<time>')));
  return {
    job: { ...job, ...('finishedOn' in job ? { finishedOn: '<time>' } : {}) },
    sets: await Promise.all(sets.map((set) => client.zrange(queue.key(set), 0, '-1'))),
    lists: await queue.lists(),
    stalled: await client.smembers(queue.key('stalled')),
    events,
    lock: await client.exists(queue.key('a:lock')),
    marker: (await client.zrange(queue.key('marker'), 0, '-1')).length,
  };
}

function tries(holds: LeaseHold): RetryLimits {
  return { isWorth: () => true, reacquire: async () => holds };
}

describe('an attempt that the lease thread ends', () => {
  test.for([
    ['tried again later', { attempts: 3, backoff: { type: 'fixed', delay: 5_000 } }, 'retried'],
    ['tried again at once', { attempts: 3, backoff: { type: 'fixed', delay: 0 }, lifo: true }, 'retried'],
    ['dead', { attempts: 1 }, 'dead'],
  ] as const)('is %s, as the pool would have written it', async ([, opts, kind], { redis, prefix, queueName }) => {
    const client = await redis.client({ maxRetriesPerRequest: null });
    const where = { url: redis.url, prefix, timings };
    using ours = new StalledQueue(client, { ...where, queueName });
    using theirs = new StalledQueue(client, { ...where, queueName: `${queueName}-b` });
    const fields = { opts: JSON.stringify(opts), stacktrace: JSON.stringify(['earlier']), atm: 0 };
    for (const queue of [ours, theirs]) {
      await queue.take('a', { pool: 'us', locked: true, fields });
      await client.sadd(queue.key('stalled'), 'a');
      await client.lpush(queue.key('wait'), 'b');
    }

    const { outcome, written } = await new TimeoutSettler(ours.setup, client).settle(note, tries('lost'));
    expect([outcome.kind, written]).toEqual([kind, true]);
    const backend = createBoundedBackend({ capacity: 1_000 })(`{${queueName}-b}`, {
      connection: client,
      prefix,
      skipVersionCheck: true,
    } as never);
    const settler = new Settler({
      nowMs: () => Date.now(),
      name: '',
      backend,
      client,
      keep: { completed: ours.setup.keepDead, dead: ours.setup.keepDead },
    });
    const delivery = aDelivery({ id: 'a', token: note.token, options: opts as never, stacks: ['earlier'] });
    if (outcome.kind === 'retried') await settler.retry(delivery, outcome.failure, outcome.delayMs);
    else await settler.deadLetter(delivery, outcome.failure);
    expect(await whatIsLeft(ours)).toEqual(await whatIsLeft(theirs));
    await backend.close();
  });

  test('is left alone when its lease is lost', async ({ redis, prefix, queueName }) => {
    const client = await redis.client();
    using queue = new StalledQueue(client, { url: redis.url, prefix, queueName, timings });
    await queue.take('a', { pool: 'them', locked: true });
    const end: SettledTimeout = await new TimeoutSettler(queue.setup, client).settle(note, tries('lost'));
    expect(end).toMatchObject({ written: false });
    expect((await queue.lists()).active).toEqual(['a']);
  });

  test('is written after all when its lease had only run out', async ({ redis, prefix, queueName }) => {
    const client = await redis.client();
    using queue = new StalledQueue(client, { url: redis.url, prefix, queueName, timings });
    await queue.take('a', { pool: 'us', fields: { opts: '{}', atm: 0 } });
    const reacquire = vi.fn(async () => {
      await client.set(queue.key('a:lock'), note.token);
      return 'held' as const;
    });
    const end = await new TimeoutSettler(queue.setup, client).settle(note, { isWorth: () => true, reacquire });
    expect(end).toMatchObject({ outcome: { kind: 'dead' }, written: true });
    expect(reacquire).toHaveBeenCalledOnce();
    expect((await queue.lists()).active).toEqual([]);
  });

  test('is left for another try when Redis goes away in the middle', async ({ redis, prefix, queueName }) => {
    const client = await redis.client();
    using queue = new StalledQueue(client, { url: redis.url, prefix, queueName, timings });
    await queue.take('a', { pool: 'us', fields: { opts: '{}', atm: 0 } });
    const cut = await redis.client();
    const reacquire = async (): Promise<LeaseHold> => {
      cut.disconnect();
      return 'held';
    };
    let tries = 0;
    const end = new TimeoutSettler(queue.setup, cut).settle(note, { isWorth: () => (tries += 1) < 3, reacquire });
    await expect(end).rejects.toThrow();
    expect(tries).toBe(3);
    expect((await queue.lists()).active).toEqual(['a']);
  });

  test('is not tried for ever', async ({ redis, prefix, queueName }) => {
    const client = await redis.client();
    using queue = new StalledQueue(client, { url: redis.url, prefix, queueName, timings });
    await queue.take('a', { pool: 'them', locked: true });
    const end = await new TimeoutSettler(queue.setup, client).settle(note, tries('held'));
    expect(end).toMatchObject({ written: false });
  });

  test('is given what BullMQ unpacks', async ({ redis }) => {
    const client = await redis.client();
    const value = { text: 'ä'.repeat(300), small: 0, large: 4_000_000_000, yes: true, no: false, list: ['a', [7]] };
    const seen = await client.eval('return cjson.encode(cmsgpack.unpack(ARGV[1]))', 0, packMessage(value));
    expect(JSON.parse(String(seen))).toEqual(value);
  });

  test.for([250, 1_000, 60_000])('says of %i ms what the pool says', (timeoutMs) => {
    expect(timeoutMessage(timeoutMs)).toBe(new JobTimeoutError(timeoutMs).message);
  });
});
