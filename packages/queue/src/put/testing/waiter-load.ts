import { setTimeout as sleep } from 'node:timers/promises';
import { flakyProxy, type FlakyProxy } from '@sluice/testing';
import { seeded } from '@sluice/testing/seeded';
import { z } from 'zod';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { SluiceError } from '../../job/errors/index.ts';
import { defineHandler } from '../../threads/thread/define-handler.ts';
import { createWorkerPool } from '../../pool/create-worker-pool.ts';
import { connectProducer } from '../connect-producer.ts';
import type { Producer } from '../producer.ts';

const step = defineJob({ name: 'step', payload: z.int(), result: z.int() });
const loadQueue = (name: string, capacity: number) => defineQueue({ name, jobs: [step], capacity });
type LoadProducer = Producer<ReturnType<typeof loadQueue>>;

export interface LoadOptions {
  redis: string;
  queueName: string;
  capacity: number;
  producers: number;
  putsEach: number;
  seed: number;
}

export interface LoadResult {
  /** Ids whose put resolved. */
  put: string[];
  /** Ids whose put was rejected in a way that says that nothing was added. */
  refused: string[];
  /** Ids that may have been added. */
  unknown: string[];
  /** Rejections that no caller should ever see. */
  strange: unknown[];
}

const CERTAIN = new Set(['SLUICE_QUEUE_FULL', 'SLUICE_QUEUE_CLOSED', 'SLUICE_REDIS_UNAVAILABLE']);
const CALLED_OFF = new Error('called off');

/**
 * Many producers put into a small queue at once, and do all that producers do: wait for long or not at all, change their
 * minds, lose their connection, die in the middle of it, while a pool drains the queue. The same seed does the same.
 */
export async function waiterLoad(options: LoadOptions): Promise<LoadResult> {
  const { redis, queueName, capacity, producers, seed } = options;
  const queue = loadQueue(queueName, capacity);
  const result: LoadResult = { put: [], refused: [], unknown: [], strange: [] };
  await using proxy = await flakyProxy(redis);
  const handler = defineHandler(step, async ({ payload }) => {
    await sleep(payload % 4);
    return payload;
  });
  await using pool = createWorkerPool(queue, { step: handler }, { redis, concurrency: 3 });
  await pool.start();
  const random = seeded(seed);
  const weather = shakeConnections(proxy, random);
  await Promise.all(
    Array.from({ length: producers }, (_, n) =>
      // Every third one is behind the bad wire.
      produce(
        { ...options, name: `p${n}`, redis: n % 3 === 0 ? proxy.url : redis, random: seeded(seed * 100 + n) },
        result,
      ),
    ),
  );
  await weather.end();
  await using last = await connectProducer(queue, { redis });
  await untilEmpty(last);
  return result;
}

interface ProducerPart extends LoadOptions {
  name: string;
  random: () => number;
}

async function produce(part: ProducerPart, result: LoadResult): Promise<void> {
  const { redis, queueName, capacity, putsEach, name, random } = part;
  const queue = loadQueue(queueName, capacity);
  let producer = await connectPatiently(() => connectProducer(queue, { redis, unavailableMs: 2_000 }));
  const puts: Promise<void>[] = [];
  for (let n = 0; n < putsEach; n += 1) {
    const id = `${name}-${n}`;
    puts.push(putSomehow(producer, id, n, random).then(...sortInto(result, id)));
    if (random() < 0.3) await sleep(random() * 20);
    if (random() < 0.03) {
      await producer.close();
      producer = await connectPatiently(() => connectProducer(queue, { redis, unavailableMs: 2_000 }));
    }
  }
  await Promise.all(puts);
  await producer.close();
}

function putSomehow(producer: LoadProducer, id: string, n: number, random: () => number): Promise<unknown> {
  const mood = random();
  if (mood < 0.15) return producer.tryPut(step, n, { id });
  if (mood < 0.35) return producer.put(step, n, { id, waitMs: random() * 200 });
  if (mood > 0.85) {
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(CALLED_OFF), random() * 100);
    return producer.put(step, n, { id, signal: leaving.signal });
  }
  return producer.put(step, n, { id, waitMs: Infinity });
}

function sortInto(result: LoadResult, id: string): [() => void, (error: unknown) => void] {
  return [
    () => void result.put.push(id),
    (error) => {
      const code = error instanceof SluiceError ? error.code : error === CALLED_OFF ? 'SLUICE_QUEUE_FULL' : '';
      if (code === 'SLUICE_PUT_UNKNOWN') result.unknown.push(id);
      else if (CERTAIN.has(code)) result.refused.push(id);
      else result.strange.push(error);
    },
  ];
}

/** Cuts and stalls the wire at random. */
function shakeConnections(proxy: FlakyProxy, random: () => number): { end(): Promise<void> } {
  const over = new AbortController();
  const shaking = (async () => {
    while (!over.signal.aborted) {
      await sleep(50 + random() * 200);
      if (random() < 0.5) await proxy.cut();
      else proxy.stall();
      await sleep(random() * 150);
      await proxy.restore();
    }
  })();
  return {
    end: async () => {
      over.abort();
      await shaking;
    },
  };
}

async function connectPatiently<T>(connect: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await connect();
    } catch {
      await sleep(20);
    }
  }
}

async function untilEmpty(producer: LoadProducer): Promise<void> {
  while ((await producer.stats()).depth > 0) await sleep(10);
}
