import { redisTest } from '@sluice/testing/vitest';
import type { Redis } from 'ioredis';
import { describe, expect } from 'vitest';
import { OptionError } from '../job/errors/index.ts';
import type { RedisOperation } from '../store/connection/redis-connection.ts';
import { bullmqKeys } from '../store/keys/bullmq-keys.ts';
import { type Acted, type Action, actOnJobs, type ActOptions, type ActReport } from './act-on-jobs.ts';

/** A queue whose keys the test writes itself. */
class WrittenQueue {
  readonly #client: Redis;
  readonly keys;
  /** The ids that were acted on, in their order. */
  readonly acted: string[] = [];
  readonly call = <T>(operation: RedisOperation<T>): Promise<T> => operation(this.#client);

  constructor(client: Redis, name: string) {
    this.#client = client;
    this.keys = bullmqKeys({ name, prefix: 'bull' });
  }

  /** Puts `<prefix>1` to `<prefix>n` at the head of `wait`, one after the other. */
  async wait(prefix: string, count: number): Promise<void> {
    const ids = Array.from({ length: count }, (_, n) => `${prefix}${n + 1}`);
    await this.#write(ids, { timestamp: '5' });
    await this.#client.lpush(this.keys['wait'] ?? '', ...ids);
  }

  /** Lets them die, all in one millisecond. */
  async die(prefix: string, count: number, atMs: number): Promise<void> {
    const ids = Array.from({ length: count }, (_, n) => `${prefix}${n + 1}`);
    await this.#write(ids, { timestamp: '5', finishedOn: String(atMs), failedReason: 'x' });
    await this.#client.zadd(this.keys['failed'] ?? '', ...ids.flatMap((id) => [atMs, id]));
  }

  async remove(id: string): Promise<void> {
    await this.#client.lrem(this.keys['wait'] ?? '', 0, id);
    await this.#client.zrem(this.keys['failed'] ?? '', id);
  }

  run<Stop extends string>(
    options: ActOptions,
    action: (id: string) => Promise<Stop | undefined | void>,
  ): Promise<ActReport<'done', Stop>> {
    const each: Action<'done', Stop> = async (jobs): Promise<Acted<'done', Stop>> => {
      const results: 'done'[] = [];
      for (const { id } of jobs) {
        const stop = await action(id);
        if (typeof stop === 'string') return { results, stop };
        this.acted.push(id);
        results.push('done');
      }
      return { results };
    };
    return actOnJobs(this, { states: ['waiting', 'dead'] }, { ratePerSecond: 10_000, ...options }, each);
  }

  async #write(ids: readonly string[], fields: Record<string, string>): Promise<void> {
    const pipeline = this.#client.pipeline();
    for (const id of ids) pipeline.hset(`${this.keys['']}${id}`, { name: 'step', data: '1', ...fields });
    await pipeline.exec();
  }
}

const test = redisTest.extend<{ queue: WrittenQueue }>({
  queue: async ({ redis, queueName }, use) => use(new WrittenQueue(await redis.client(), queueName)),
});

function withoutDoubles(ids: readonly string[]): number {
  return new Set(ids).size;
}

describe('acting on all jobs that match', () => {
  test('counts first, and changes nothing by that', async ({ queue }) => {
    await queue.wait('w', 600);
    await queue.die('d', 600, 5);
    const report = await queue.run({ dryRun: true }, async () => undefined);
    expect(report).toEqual({ matched: 1_200, looked: 1_200, total: 1_200, results: {}, stopped: 'end', next: null });
    expect(queue.acted).toEqual([]);
  });

  test('comes to every job once, though each leaves its place when it is acted on', async ({ queue }) => {
    await queue.wait('w', 600);
    await queue.die('d', 600, 5);
    const report = await queue.run({}, (id) => queue.remove(id));
    expect(report).toMatchObject({ matched: 1_200, results: { done: 1_200 }, stopped: 'end' });
    expect(withoutDoubles(queue.acted)).toBe(1_200);
  });

  test('comes to every job once, though some leave and others are put meanwhile', async ({ queue }) => {
    await queue.wait('w', 600);
    await queue.run({}, async (id) => {
      if (id.startsWith('w') && Number(id.slice(1)) % 3 === 0) await queue.remove(id);
      if (id === 'w500' || id === 'w100') await queue.wait(`late-${id}-`, 150);
    });
    const old = queue.acted.filter((id) => id.startsWith('w'));
    expect([old.length, withoutDoubles(old)]).toEqual([600, 600]);
  });

  test('goes on where it stopped, by its cursor', async ({ queue }) => {
    await queue.wait('w', 70);
    await queue.die('d', 70, 5);
    let cursor: string | null | undefined;
    for (let calls = 0; calls < 20 && cursor !== null; calls += 1) {
      const options = { limit: 25, ...(cursor !== undefined && { cursor }) };
      const report = await queue.run(options, async (id) => {
        if (id.endsWith('3')) await queue.remove(id);
      });
      cursor = report.next;
    }
    expect(cursor).toBeNull();
    expect([queue.acted.length, withoutDoubles(queue.acted)]).toEqual([140, 140]);
  });

  test('goes on with the job at which an action stopped it', async ({ queue }) => {
    await queue.die('d', 30, 5);
    const first = await queue.run({}, async () => (queue.acted.length === 12 ? 'full' : undefined));
    expect(first).toMatchObject({ matched: 12, stopped: 'full' });
    await queue.run({ cursor: first.next ?? '' }, async () => undefined);
    expect([queue.acted.length, withoutDoubles(queue.acted)]).toEqual([30, 30]);
  });

  test('ends when its signal aborts, and says where', async ({ queue }) => {
    await queue.die('d', 30, 5);
    const over = new AbortController();
    const first = await queue.run({ signal: over.signal, ratePerSecond: 250 }, async (id) => {
      if (id === 'd1') over.abort();
      return undefined;
    });
    expect(first).toMatchObject({ matched: 5, stopped: 'aborted', next: expect.any(String) });
    await queue.run({ cursor: first.next ?? '' }, async () => undefined);
    expect([queue.acted.length, withoutDoubles(queue.acted)]).toEqual([30, 30]);
  });

  test('leaves what ended after it began', async ({ queue }) => {
    await queue.die('d', 3, 5);
    const report = await queue.run({}, (id) => queue.die(`${id}-again-`, 1, Date.now() + 60_000));
    expect(report).toMatchObject({ matched: 3, looked: 6 });
  });

  test('acts no faster than at its rate', async ({ queue }) => {
    await queue.die('d', 30, 5);
    const since = performance.now();
    await queue.run({ ratePerSecond: 100 }, async () => undefined);
    expect(performance.now() - since).toBeGreaterThan(190);
  });

  test.for(['x', 'wait:1', Buffer.from('0123456789ab 5 completed:3').toString('base64url')])(
    'refuses the cursor %s',
    async (cursor, { queue }) => {
      await expect(queue.run({ cursor }, async () => undefined)).rejects.toThrow(OptionError);
    },
  );
});
