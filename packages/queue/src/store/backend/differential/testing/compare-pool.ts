import { createRedisBackend } from 'bullmq';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { expect, vi } from 'vitest';
import { z } from 'zod';
import { checkAtRandom, type RandomRuns } from '../../../../testing/check-at-random.ts';
import { defineJob } from '../../../../job/contracts/job-contract.ts';
import { defineQueue } from '../../../../job/contracts/queue-policy.ts';
import type { Delivery } from '../../../../job/delivery.ts';
import { storedName } from '../../../keys/queue-keys.ts';
import { agreedForPool, withoutAgreed } from './agreed-differences.ts';
import { operations } from './arbitrary-operations.ts';
import { BullmqPool } from './bullmq-pool.ts';
import { readKeyspace } from './keyspace.ts';
import type { Operation } from './operation.ts';
import { openOurPool } from './our-pool.ts';
import { performOperation } from './perform-operation.ts';
import type { PoolHand } from './pool-hand.ts';
import { isPoolStep, type PoolStep, poolSteps } from './pool-step.ts';
import { Side } from './side.ts';

const anything = defineJob({ name: 'n1', payload: z.json(), result: z.json() });
const failure = { code: 'ERROR', message: 'this time', stack: 'Error: this time\n    at handler (job.js:1:1)' };

const steps: fc.Arbitrary<(Operation | PoolStep)[]> = fc
  .array(fc.tuple(operations(5), poolSteps), { minLength: 1, maxLength: 8, size: 'max' })
  .map((pairs) => pairs.flatMap(([between, ours]) => [...between, ...ours]));

let runs = 0;

/**
 * On one side a pool of ours serves queue 0, on the other BullMQ's scripts do, job by job. All else that happens to the jobs
 * goes through BullMQ's own backend on both sides, other workers that take and settle among it.
 */
export async function expectSamePool(
  redis: { url: string; client: Redis },
  prefix: string,
  sequence: readonly (Operation | PoolStep)[],
): Promise<void> {
  runs += 1;
  const { url, client } = redis;
  const queueOf = (side: string) =>
    defineQueue({
      name: 'q',
      prefix: `${prefix}-${runs}-${side}`,
      jobs: [anything],
      capacity: 100_000,
      keep: { completed: { count: 3, ageMs: 60_000 }, dead: { count: 3 } },
    });
  const parts = { client, factory: createRedisBackend, names: [storedName({ name: 'q' }), '{r}'] as const };
  const plain = new Side({ ...parts, prefix: queueOf('b').prefix });
  const ours = new Side({ ...parts, prefix: queueOf('s').prefix });
  const { hand, close } = await openOurPool(queueOf('s'), url);
  const [mine, theirs] = [new Held(hand, ours, client), new Held(new BullmqPool(queueOf('b'), client), plain, client)];
  try {
    await Promise.all([plain.ready(), ours.ready()]);
    for (const [index, step] of sequence.entries()) {
      vi.setSystemTime(Date.now() + (step.do === 'letTimePass' ? step.ms : 1));
      const what = `step ${index}, ${step.do}`;
      if (isPoolStep(step)) expect(await mine.perform(step), what).toEqual(await theirs.perform(step));
      else expect(await performOperation(ours, step), what).toEqual(await performOperation(plain, step));
    }
    const [left, stored] = await Promise.all([plain, ours].map(({ prefix: root }) => readKeyspace(client, root)));
    expect(withoutAgreed(stored ?? {}, agreedForPool)).toEqual(withoutAgreed(left ?? {}, agreedForPool));
  } finally {
    await Promise.all([plain.close(), ours.close(), close()]);
  }
}

/** What one side's pool holds, and what it does. */
class Held {
  readonly #hand: PoolHand;
  readonly #side: Side;
  readonly #client: Redis;
  #deliveries: Delivery[] = [];

  constructor(hand: PoolHand, side: Side, client: Redis) {
    this.#hand = hand;
    this.#side = side;
    this.#client = client;
  }

  async perform(step: PoolStep): Promise<unknown> {
    if (step.do === 'batch') return this.#batch(step);
    if (step.do === 'poolMark') return this.#mark();
    const [delivery] = this.#pick([step.job], step.do === 'loseLock');
    if (!delivery) return null;
    switch (step.do) {
      case 'poolRetry':
        return this.#hand.retry(delivery, failure, step.delayMs);
      case 'poolFail':
        return this.#hand.deadLetter(delivery, failure);
      case 'poolRelease':
        return this.#hand.release(delivery, step.delayMs);
      case 'loseLock': {
        const lock = this.#key(`${delivery.id}:lock`);
        return step.toAnother ? this.#client.set(lock, 'another', 'PX', 600_000) : this.#client.del(lock);
      }
      default:
        return step satisfies never;
    }
  }

  #key(type: string): string {
    return `${this.#side.prefix}:${this.#side.names[0]}:${type}`;
  }

  async #mark(): Promise<number> {
    const active = await this.#client.lrange(this.#key('active'), 0, -1);
    return active.length === 0 ? 0 : this.#client.sadd(this.#key('stalled'), ...active);
  }

  async #batch({ completed, take, late }: Extract<PoolStep, { do: 'batch' }>): Promise<unknown> {
    const { ends, taken } = await this.#hand.batch(this.#pick(completed, late), take);
    this.#deliveries.push(...taken);
    return {
      ends,
      taken: taken.map(({ id, attemptsMade, deliveries, name }) => ({ id, attemptsMade, deliveries, name })),
    };
  }

  /** Each once. */
  #pick(picks: readonly number[], stay: boolean): Delivery[] {
    const held = this.#deliveries;
    const picked = new Set(held.length === 0 ? [] : picks.map((pick) => held[pick % held.length] as Delivery));
    if (!stay) this.#deliveries = held.filter((delivery) => !picked.has(delivery));
    return [...picked];
  }
}

export async function expectSamePoolAtRandom(
  redis: { url: string; client: Redis },
  prefix: string,
  limits: RandomRuns,
): Promise<void> {
  await checkAtRandom(steps, (sequence) => expectSamePool(redis, prefix, sequence), limits);
}
