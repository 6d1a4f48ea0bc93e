import { Queue, Worker } from 'bullmq';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { QueueFullError } from '../../job/errors/index.ts';
import { callerId } from '../../store/keys/queue-keys.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import { checkAtRandom, type RandomRuns } from '../../testing/check-at-random.ts';
import { connectProducer } from '../connect-producer.ts';
import type { Producer } from '../producer.ts';
import { type ModelAnswer, type ModelPut, ModelQueue } from './model-queue.ts';

const thing = defineJob({ name: 'thing', payload: z.null(), result: z.null() });
const queueOf = (name: string) => defineQueue({ name, jobs: [thing], capacity: 4 });
type ThingProducer = Producer<ReturnType<typeof queueOf>>;

type Step =
  /** Puts that are sent together. */
  | { do: 'put'; puts: ModelPut[] }
  | { do: 'join' }
  | { do: 'take' }
  | { do: 'finish' }
  | { do: 'markStarted'; index: number }
  | { do: 'setCapacity'; capacity: number };

const put: fc.Arbitrary<ModelPut> = fc.record(
  {
    id: fc.nat({ max: 60 }).map((n) => `j${n}`),
    whenFull: fc.constantFrom('reject', 'drop-oldest', 'drop-oldest', 'drop-lowest-priority', 'drop-lowest-priority'),
    priority: fc.integer({ min: 1, max: 4 }),
    delayed: fc.constantFrom(false, false, false, true),
  },
  { requiredKeys: ['id', 'whenFull'], noNullPrototype: true },
);
const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.array(put, { minLength: 1, maxLength: 12 }).map((puts) => ({ do: 'put' as const, puts })),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'join' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'take' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'finish' as const }) },
  { weight: 2, arbitrary: fc.nat({ max: 9 }).map((index) => ({ do: 'markStarted' as const, index })) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 7 }).map((capacity) => ({ do: 'setCapacity' as const, capacity })),
  },
);
const arbitrarySteps = fc.array(arbitraryStep, { minLength: 1, maxLength: 30, size: 'max' });

/** A queue in Redis, and the model that says what must be in it. */
class ModelledQueue implements AsyncDisposable {
  readonly #model = new ModelQueue(4);
  readonly #producer: ThingProducer;
  readonly #plain: Queue;
  readonly #worker: Worker;
  readonly #client: Redis;
  readonly #joined: Promise<unknown>[] = [];

  constructor(producer: ThingProducer, client: Redis, url: string) {
    const { name, prefix } = producer.queue;
    const shared = { connection: connectionOf(url), prefix };
    this.#producer = producer;
    this.#client = client;
    this.#plain = new Queue(`{${name}}`, shared);
    this.#worker = new Worker(`{${name}}`, null, { ...shared, autorun: false });
  }

  async perform(step: Step): Promise<void> {
    switch (step.do) {
      case 'put':
        expect(await Promise.all(step.puts.map((one) => this.#put(one)))).toEqual(
          step.puts.map((one) => this.#model.put(one)),
        );
        return;
      case 'join': {
        const id = `w${this.#joined.length}`;
        this.#model.join(id);
        const joined = this.#producer.put(thing, null, { id, whenFull: 'wait', waitMs: Infinity });
        joined.catch(() => undefined); // those that still wait are refused at the end
        this.#joined.push(joined);
        if (!this.#model.waiters.includes(id)) await joined;
        return;
      }
      case 'take':
        await this.#take(this.#model.take());
        return;
      case 'finish':
        await this.#finish(this.#model.finish());
        return;
      case 'markStarted': {
        const id = this.#model.markStarted(step.index);
        if (id !== undefined) await this.#client.hset(this.#plain.toKey(`k.${id}`), 'ats', 1);
        return;
      }
      case 'setCapacity':
        this.#model.capacity = step.capacity;
        this.#model.admitWaiters();
        await this.#producer.setCapacity(step.capacity);
        return;
      default:
        step satisfies never;
    }
  }

  /** Waits until those are in whom the model has let in, and compares everything. */
  async compare(): Promise<void> {
    const { wait, prioritized, delayed, active, dead, waiters } = this.#model;
    await expect.poll(async () => (await this.#producer.stats()).waitingPuts, { interval: 2 }).toBe(waiters.length);
    const inOrder = async (key: string): Promise<string[]> => {
      const whole = await (key === 'wait' || key === 'active'
        ? this.#client.lrange(this.#plain.toKey(key), 0, -1)
        : this.#client.zrange(this.#plain.toKey(key), '0', '-1'));
      return whole.map(callerId);
    };
    expect({
      wait: (await inOrder('wait')).toReversed(),
      prioritized: await inOrder('prioritized'),
      delayed: (await inOrder('delayed')).toSorted(),
      active: (await inOrder('active')).toReversed(),
      dead: (await inOrder('failed')).toSorted(),
    }).toEqual({
      wait,
      prioritized: prioritized.map(({ id }) => id),
      delayed: delayed.toSorted(),
      active,
      dead: dead.toSorted(),
    });
    expect(await this.#producer.stats()).toMatchObject({ dropped: dead.length });
  }

  async #put({ id, whenFull, priority, delayed }: ModelPut): Promise<ModelAnswer> {
    const times = { ...(priority === undefined ? {} : { priority }), ...(delayed ? { delayMs: 3_600_000 } : {}) };
    try {
      const { status, depth, dropped } = await this.#producer.put(thing, null, { id, whenFull, ...times });
      if (status === 'deduplicated') throw new TypeError('nothing here deduplicates');
      return { status, depth, ...(dropped === undefined ? {} : { dropped }) };
    } catch (error) {
      if (!(error instanceof QueueFullError)) throw error;
      const { reason, depth } = error;
      if (reason !== 'capacity' && reason !== 'nothing-to-drop') throw error;
      return { status: reason, depth };
    }
  }

  async #take(id: string | undefined): Promise<void> {
    if (id === undefined) return;
    const job = await this.#worker.getNextJob('token', { block: false });
    expect(job?.id).toBe(`k.${id}`);
  }

  async #finish(id: string | undefined): Promise<void> {
    if (id === undefined) return;
    const job = await this.#plain.getJob(`k.${id}`);
    await job?.moveToCompleted(null, 'token', false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.close();
    await this.#plain.close();
  }
}

let runs = 0;

/** Performs random steps on a real queue and on a model of one, and compares them after each. */
export async function expectAsModelled(
  redis: { url: string; client: Redis },
  queueName: string,
  limits: RandomRuns,
): Promise<void> {
  const compareAll = async (steps: readonly Step[]): Promise<void> => {
    runs += 1;
    await using producer = await connectProducer(queueOf(`${queueName}-${runs}`), { redis: redis.url });
    await using queue = new ModelledQueue(producer, redis.client, redis.url);
    for (const step of steps) {
      await queue.perform(step);
      await queue.compare();
    }
  };
  await checkAtRandom(arbitrarySteps, compareAll, limits);
}
