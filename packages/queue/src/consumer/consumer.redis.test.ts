import { describe, expect, vi } from 'vitest';
import { QueueClosedError } from '../job/errors/index.ts';
import { type OwnQueue, type OwnContract } from '../pool/testing/own-handler.ts';
import { ownTest } from '../pool/testing/own-test.ts';
import { outliveLease } from '../pool/testing/outlive-lease.ts';
import { connectConsumer, type ConnectConsumerOptions } from './connect-consumer.ts';
import type { Consumer } from './consumer.ts';
import type { JobLease } from './job-lease.ts';

type OwnConsumer = Consumer<OwnQueue['queue']>;
const quick = { leaseMs: 1_500, renewMs: 60, sweepMs: 60 };

/** Consumers are closed when the test ends. */
const test = ownTest.extend<{
  connect: (queue: OwnQueue, options?: Partial<ConnectConsumerOptions>) => Promise<OwnConsumer>;
}>({
  connect: async ({ redis }, use) => {
    const consumers: OwnConsumer[] = [];
    await use(async (queue, options) => {
      const consumer = await connectConsumer(queue.queue, { redis: redis.url, ...options });
      consumers.push(consumer);
      return consumer;
    });
    await Promise.all(consumers.map((consumer) => consumer.close()));
  },
});

async function takeOne(consumer: OwnConsumer): Promise<JobLease<OwnContract>> {
  return (await consumer.take({ waitMs: 30_000 })) ?? expect.unreachable('there was no job');
}

describe('take', () => {
  test('gives a lease with what a handler gets, and its ack methods settle the job', async ({ own, connect }) => {
    const queue = own({ timeoutMaxMs: 60_000 });
    const ids = [await queue.add({ n: 1 }), await queue.add({ n: 2 }), await queue.add({ n: 3 })];
    const consumer = await connect(queue);
    const leases = [await takeOne(consumer), await takeOne(consumer), await takeOne(consumer)];
    expect(leases.map(({ id, payload, job, attempt }) => ({ id, n: payload.n, job, attempt }))).toEqual(
      ids.map((id, index) => ({ id, n: index + 1, job: 'own', attempt: 1 })),
    );
    const [first, second, third] = leases as [JobLease<OwnContract>, JobLease<OwnContract>, JobLease<OwnContract>];
    expect(second.fencingToken).toBeGreaterThan(first.fencingToken);
    await first.progress({ page: 1 });
    expect(await first.extend(1_000)).toBeGreaterThan(Date.now() + 5_000);
    await first.ack('done');
    await second.nack({ delayMs: 60_000 });
    await third.term('no use');
    const states = await Promise.all(ids.map(async (id) => (await queue.read(id)).state));
    expect(states).toEqual(['completed', 'delayed', 'failed']);
    expect((await queue.read(first.id)).fields).toMatchObject({ returnvalue: '"done"', progress: '{"page":1}' });
    await vi.waitFor(() => expect(consumer.health()).toMatchObject({ slots: 0, busy: 0, abandoned: 0 }));
    await expect(first.nack()).rejects.toMatchObject({ code: 'SLUICE_JOB_ALREADY_SETTLED' });
  });

  test('looks once when it may not wait, and then there is a job or null', async ({ own, connect }) => {
    const queue = own();
    const consumer = await connect(queue);
    expect(await consumer.take({ waitMs: 0 })).toBeNull();
    const id = await queue.add();
    expect((await consumer.take({ waitMs: 0 }))?.id).toBe(id);
    expect(await consumer.take({ waitMs: 0 })).toBeNull();
    expect(consumer.health()).toMatchObject({ slots: 1, busy: 1 });
  });

  test('waits for a job, and no longer than its limit', async ({ own, connect }) => {
    const queue = own();
    const consumer = await connect(queue);
    const begunAt = performance.now();
    expect(await consumer.take({ waitMs: 100 })).toBeNull();
    expect(performance.now() - begunAt).toBeGreaterThanOrEqual(99);
    const taken = consumer.take();
    const id = await queue.add();
    expect((await taken)?.id).toBe(id);
  });

  test('takes only what was asked for, and serves the callers in turn', async ({ own, connect }) => {
    const queue = own();
    for (let n = 1; n <= 5; n += 1) await queue.add({ n });
    const consumer = await connect(queue);
    const leases = await Promise.all([takeOne(consumer), takeOne(consumer)]);
    expect(leases.map(({ payload }) => payload.n)).toEqual([1, 2]);
    expect(await queue.raw.getJobCounts('active', 'waiting')).toEqual({ active: 2, waiting: 3 });
    await leases[0].ack('done');
    await vi.waitFor(() => expect(consumer.health().busy).toBe(1));
    expect(await queue.raw.getJobCounts('active', 'waiting')).toEqual({ active: 1, waiting: 3 });
  });

  test('that is cancelled resolves with null, and passes a wake-up on to another waiting pool', async ({
    own,
    connect,
  }) => {
    const queue = own();
    const consumer = await connect(queue);
    const off = new AbortController();
    const taken = consumer.take({ signal: off.signal });
    await vi.waitFor(async () => expect(await queue.client.client('LIST')).toMatch(/flags=\w*b/));
    off.abort();
    expect(await taken).toBeNull();
    const other = await connect(queue);
    const wanted = takeOne(other);
    const id = await queue.add();
    expect((await wanted).id).toBe(id);
  });

  test('that is called off when its job is on the way gives the job back', async ({ own, connect }) => {
    const queue = own();
    const consumer = await connect(queue);
    const off = new AbortController();
    consumer.on('started', () => off.abort());
    const taken = consumer.take({ signal: off.signal });
    const id = await queue.add();
    expect(await taken).toBeNull();
    await vi.waitFor(async () => expect((await queue.read(id)).state).toBe('waiting'));
    await vi.waitFor(() => expect(consumer.health()).toMatchObject({ slots: 0, busy: 0, released: 1 }));
    expect((await takeOne(consumer)).id).toBe(id);
  });

  test('loses no job and keeps no slot, however waits and jobs meet', async ({ own, connect }) => {
    const queue = own();
    const consumer = await connect(queue);
    const done: string[] = [];
    const takers = Array.from({ length: 12 }, async (_, place) => {
      for (let round = 0; round < 25; round += 1) {
        const lease = await consumer.take({ waitMs: (place * 7 + round) % 13 });
        if (!lease) continue;
        if ((place + round) % 5 === 0) await lease.nack();
        else await lease.ack('done').then(() => done.push(lease.id));
      }
    });
    const ids: string[] = [];
    for (let count = 0; count < 80; count += 1) ids.push(await queue.add());
    await Promise.all(takers);
    for await (const lease of consumer.leases({ idleMs: 50 })) await lease.ack('done').then(() => done.push(lease.id));
    expect(done.toSorted()).toEqual(ids.toSorted());
    await vi.waitFor(() => expect(consumer.health()).toMatchObject({ slots: 0, busy: 0, leaseLost: 0 }));
  });
});

describe('a lease', () => {
  test('is renewed while it is held', async ({ own, connect }) => {
    const queue = own();
    const id = await queue.add();
    const lease = await takeOne(await connect(queue, { timings: quick }));
    await outliveLease(queue.client, queue.key(`${id}:lock`));
    expect(lease.signal.aborted).toBe(false);
    await lease.ack('done');
    expect((await queue.read(id)).fields).toMatchObject({ atm: '1', ats: '1' });
  });

  test('has the deadline of its contract: the signal, the grace, a failed attempt', async ({ own, connect }) => {
    const queue = own({ timeoutMs: 100, graceMs: 100 });
    const id = await queue.add({ attempts: 1 });
    const consumer = await connect(queue);
    const lease = await takeOne(consumer);
    await vi.waitFor(() => expect(lease.signal.reason).toMatchObject({ code: 'SLUICE_JOB_TIMEOUT' }));
    await vi.waitFor(async () => expect((await queue.read(id)).state).toBe('failed'));
    await expect(lease.ack('late')).rejects.toMatchObject({ code: 'SLUICE_JOB_ALREADY_SETTLED' });
    await vi.waitFor(() => expect(consumer.health()).toMatchObject({ slots: 0, busy: 0, dead: 1 }));
  });

  test('goes back at the end of its block unless it was settled, no attempt spent', async ({ own, connect }) => {
    const queue = own();
    const id = await queue.add();
    const consumer = await connect(queue);
    {
      await using lease = await takeOne(consumer);
      expect(lease.id).toBe(id);
    }
    expect(await queue.read(id)).toMatchObject({ state: 'waiting', fields: { ats: '1' } });
    {
      await using lease = await takeOne(consumer);
      expect(lease.attempt).toBe(1);
      await lease.ack('done');
    }
    expect((await queue.read(id)).state).toBe('completed');
  });

  test('that was lost says so', async ({ own, connect }) => {
    const queue = own();
    const id = await queue.add();
    const lease = await takeOne(await connect(queue));
    await queue.raw.pause(); // so that nobody takes it again
    const givenBack = queue.client.multi().del(queue.key(`${id}:lock`));
    await givenBack.lmove(queue.key('active'), queue.key('wait'), 'RIGHT', 'RIGHT').exec();
    await expect(lease.ack('done')).rejects.toMatchObject({ code: 'SLUICE_LEASE_LOST' });
  });
});

describe('leases', () => {
  test('come one after the other, until there was none for a while', async ({ own, connect }) => {
    const queue = own();
    for (let n = 1; n <= 5; n += 1) await queue.add({ n });
    const consumer = await connect(queue);
    const seen: number[] = [];
    for await (const lease of consumer.leases({ idleMs: 100 })) {
      seen.push(lease.payload.n);
      expect(await queue.client.llen(queue.key('active'))).toBe(1);
      await lease.ack('done');
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(await queue.raw.getCompletedCount()).toBe(5);
  });

  test('end with the signal, and with the consumer', async ({ own, connect }) => {
    const consumer = await connect(own());
    const off = new AbortController();
    const first = consumer.leases({ signal: off.signal }).next();
    const second = consumer.leases().next();
    off.abort();
    expect((await first).done).toBe(true);
    await consumer.close();
    expect((await second).done).toBe(true);
  });
});

describe('closing a consumer', () => {
  test('gives back what is held, ends every wait, and refuses what comes later', async ({ own, connect }) => {
    const queue = own({ graceMs: 60_000 });
    const held = await queue.add();
    const consumer = await connect(queue);
    const lease = await takeOne(consumer);
    const waiting = consumer.take();
    await consumer.close();
    expect(await waiting).toBeNull();
    expect(await queue.read(held)).toMatchObject({ state: 'waiting', fields: { ats: '1' } });
    expect((await queue.read(held)).fields['atm'] ?? '0').toBe('0');
    await expect(lease.ack('late')).rejects.toMatchObject({ code: 'SLUICE_JOB_ALREADY_SETTLED' });
    await expect(consumer.take()).rejects.toMatchObject({ code: 'SLUICE_QUEUE_CLOSED' });
    expect(consumer.health().state).toBe('stopped');
  });
});

describe('while Redis is away', () => {
  test('a take reports the outage, not that there is no job; a loop continues afterwards', async ({
    own,
    connect,
    proxy,
  }) => {
    const queue = own();
    const consumer = await connect(queue, { redis: proxy.url });
    const seen: string[] = [];
    const first = await queue.add();
    const loop = (async () => {
      for await (const lease of consumer.leases({ idleMs: 1_500 })) {
        seen.push(lease.id);
        await lease.ack('done');
      }
    })();
    await vi.waitFor(() => expect(seen).toEqual([first]));
    await proxy.cut();
    await vi.waitFor(() => expect(consumer.health().redis).toBe('away'));
    // Longer than the loop may be idle.
    await expect(consumer.take({ waitMs: 1_600 })).rejects.toMatchObject({ code: 'SLUICE_REDIS_UNAVAILABLE' });
    const second = await queue.add();
    await proxy.restore();
    await loop;
    expect(seen).toEqual([first, second]);
  });
});

test('a closed consumer says so to take and to leases', async ({ own, connect }) => {
  const consumer = await connect(own());
  const before = consumer.leases();
  await consumer.close();
  await expect(consumer.take()).rejects.toThrow(QueueClosedError);
  await expect(consumer.leases().next()).rejects.toThrow(QueueClosedError);
  expect(await before.next()).toEqual({ value: undefined, done: true });
});

describe('a lease that its holder does not settle', () => {
  test('is over with its deadline and grace, and the consumer lives on', async ({ own, connect }) => {
    const queue = own({ timeoutMs: 50, graceMs: 20 });
    const consumer = await connect(queue);
    for (let count = 0; count < 12; count += 1) await queue.add({ attempts: 1 });
    const leases = await Promise.all(Array.from({ length: 12 }, () => takeOne(consumer)));
    expect(new Set(leases.map(({ id }) => id)).size).toBe(12);
    await vi.waitFor(() => expect(consumer.health()).toMatchObject({ dead: 12, slots: 0, busy: 0 }), 10_000);
    await vi.waitFor(() => expect(consumer.health()).toMatchObject({ live: true, ready: true, abandoned: 0 }));
    await expect(leases[0]?.ack('late')).rejects.toMatchObject({ code: 'SLUICE_JOB_ALREADY_SETTLED' });
    const id = await queue.add();
    expect((await takeOne(consumer)).id).toBe(id);
  });
});
