import { Queue } from 'bullmq';
import {
  connectProducer,
  createBoundedBackend,
  createWorkerPool,
  defineHandler,
  type Producer,
  defineJob,
  defineQueue,
} from '@sluice/queue';
import { replayTransactions, startTestServer, type TestServer } from '@sluice/testing';
import { addressOf } from '@sluice/testing/servers';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkCapacity } from './check-capacity.ts';

const job = defineJob({ name: 'deploy.step', payload: z.int(), result: z.null() });
const definition = (capacity: number) => defineQueue({ name: 'deploy', jobs: [job], capacity });
type Definition = ReturnType<typeof definition>;
const META = 'bull:{deploy}:meta';
const PRODUCERS = 3;

/** One build of a service: producers that put all the time, a pool, and a plain BullMQ queue. */
class Build implements AsyncDisposable {
  readonly producers: Producer<Definition>[] = [];
  readonly #end = new AsyncDisposableStack();
  readonly #puts: Promise<void>[] = [];
  #full = false;
  #putting = true;

  static async start(server: TestServer, capacity: number): Promise<Build> {
    const build = new Build();
    await build.#open(server, capacity);
    return build;
  }

  /** Whether a put has been refused because the queue was full. */
  get metFull(): boolean {
    return this.#full;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#putting = false;
    await Promise.all(this.#puts);
    await this.#end.disposeAsync();
  }

  async #open(server: TestServer, capacity: number): Promise<void> {
    const queue = definition(capacity);
    const redis = server.url;
    const handlers = { 'deploy.step': defineHandler(job, async () => null) };
    const pool = createWorkerPool(queue, handlers, { redis, concurrency: 1 });
    await pool.start();
    this.#end.defer(() => pool.drain());
    for (let n = 0; n < PRODUCERS; n += 1) this.producers.push(this.#end.use(await connectProducer(queue, { redis })));
    const plain = new Queue('{deploy}', { connection: addressOf(redis) }, createBoundedBackend({ capacity }));
    this.#end.defer(() => plain.close());
    this.#puts.push(...this.producers.map((producer) => this.#put(producer)), this.#add(plain));
  }

  async #put(producer: Producer<Definition>): Promise<void> {
    for (let n = 0; this.#putting; n += 1) {
      const puts = Array.from({ length: 5 }, () => producer.put(job, n, { waitMs: n % 2 === 0 ? 50 : 0 }));
      const ends = await Promise.allSettled(puts);
      this.#full ||= ends.some(({ status }) => status === 'rejected');
    }
  }

  async #add(plain: Queue): Promise<void> {
    while (this.#putting) await plain.add(job.name, 1, { removeOnComplete: true }).catch(() => undefined);
  }
}

async function capacitiesOf(server: TestServer): Promise<ReturnType<typeof checkCapacity>> {
  return checkCapacity(await replayTransactions(server.dataDir ?? '', { storedName: '{deploy}' }), META);
}

describe('a rolling deploy with two capacities', () => {
  for (const [before, after] of [
    [10, 20],
    [20, 10],
  ] as const) {
    test(`has one bound at any instant: ${before} → ${after}`, async () => {
      await using server = await startTestServer();
      {
        await using old = await Build.start(server, before);
        await expect.poll(() => old.metFull).toBe(true);
        await using next = await Build.start(server, after);
        await expect.poll(() => next.metFull).toBe(true);
        await using restarted = await Build.start(server, before);
        await expect.poll(() => restarted.metFull).toBe(true);
        expect(await next.producers[0]?.stats()).toMatchObject({ capacity: after });
      }
      expect(await capacitiesOf(server)).toEqual({ capacities: [before, after], violations: [] });
    });
  }

  test('has one bound through a change at run time, an emptied Redis, and back to the old build', async () => {
    await using server = await startTestServer();
    const client = await server.client();
    {
      await using old = await Build.start(server, 10);
      await using next = await Build.start(server, 20);
      const [operator] = next.producers;
      await operator?.setCapacity(5);
      await expect.poll(() => next.metFull).toBe(true);
      await operator?.setCapacity(null);
      await old[Symbol.asyncDispose]();
      await client.flushall();
      await expect.poll(() => client.hget(META, 'sluice.capacity')).toBe('20');
    }
    await using back = await Build.start(server, 10);
    await expect.poll(() => back.metFull).toBe(true);
    client.disconnect();
    await back[Symbol.asyncDispose]();
    const { capacities, violations } = await capacitiesOf(server);
    expect(violations).toEqual([]);
    expect(capacities).toEqual([10, 20, 5, 20, 10]);
  });
});
