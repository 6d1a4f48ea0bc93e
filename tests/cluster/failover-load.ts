import { setTimeout as sleep } from 'node:timers/promises';
import {
  connectProducer,
  createWorkerPool,
  defineHandler,
  type Producer,
  defineJob,
  defineQueue,
  PutUnknownError,
  RedisUnavailableError,
  SluiceError,
} from '@sluice/queue';
import { MemoryHistory } from '@sluice/testing';
import { z } from 'zod';

const CAPACITY = 20;
const PRODUCERS = 4;
const PUTS_AT_ONCE = 4;
const WAIT_MS = 2_000;

export const work = defineJob({
  name: 'work',
  payload: z.strictObject({ id: z.string() }),
  result: z.string(),
  retry: { attempts: 5, backoff: { type: 'fixed', delayMs: 50, jitter: 0 } },
});

/** A small queue whose completed jobs are all kept. */
export const queueOf = (name: string, capacity = CAPACITY) =>
  defineQueue({ name, jobs: [work], capacity, keep: { completed: { count: 1_000_000 } } });
export type LoadedQueue = ReturnType<typeof queueOf>;

/** Producers that never rest and a pool that serves them, on a cluster, with everything that they saw. */
export class FailoverLoad implements AsyncDisposable {
  readonly history = new MemoryHistory();
  /** Depths that admission reported, each from inside the run that added. */
  readonly depths: number[] = [];
  /** How long the slowest put took to resolve or reject. */
  slowestPutMs = 0;
  readonly capacity = CAPACITY;
  /** The longest that any put may take: its wait for capacity, then the time that a lost Redis is given. */
  readonly putMaxMs = WAIT_MS + 5_000;
  readonly key: string;
  readonly #url: string;
  readonly #queue: LoadedQueue;
  readonly #stack = new AsyncDisposableStack();
  readonly #loops: Promise<void>[] = [];
  #producers: Producer<LoadedQueue>[] = [];
  #stopping = false;

  /** @param url of the cluster, or of a proxy before it */
  constructor(url: string, name: string) {
    this.#url = url;
    this.#queue = queueOf(name);
    this.key = `bull:{${name}}:wait`;
  }

  /** Connects everything and begins. */
  async start(): Promise<void> {
    const handler = defineHandler(work, async ({ id }) => {
      this.history.record({ type: 'delivered', id, worker: 'pool', attempt: 1 });
      await sleep(2);
      return id;
    });
    const pool = createWorkerPool(this.#queue, { work: handler }, { redis: this.#url, concurrency: 8 });
    this.#stack.defer(() => pool.stop());
    await pool.start();
    this.#producers = await Promise.all(Array.from({ length: PRODUCERS }, () => this.#connect()));
    for (const [index, producer] of this.#producers.entries()) {
      for (let n = 0; n < PUTS_AT_ONCE; n += 1) this.#loops.push(this.#putForever(producer, `${index}.${n}`));
    }
  }

  /** Ids whose put was answered so far. */
  get answered(): string[] {
    return this.history.facts.flatMap((fact) => (fact.type === 'put-answered' ? [fact.id] : []));
  }

  /** How many runs of jobs were begun so far. */
  get runs(): number {
    return this.history.facts.filter(({ type }) => type === 'delivered').length;
  }

  /** Ends the puts and waits until the queue is empty. */
  async finish(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#loops);
    await this.#producers[0]?.join({ waitMs: 30_000 });
  }

  /** Of these ids, those of which the queue knows nothing; and those that stand in it unfinished. */
  async lookFor(ids: readonly string[]): Promise<{ lost: string[]; unfinished: string[] }> {
    const [producer] = this.#producers;
    const found = await Promise.all(ids.map(async (id) => ({ id, job: await producer?.find(id) })));
    return {
      lost: found.filter(({ job }) => !job).map(({ id }) => id),
      unfinished: found.filter(({ job }) => job && job.endedAt === null).map(({ id }) => id),
    };
  }

  /** How many jobs the queue keeps, all of them. */
  async kept(): Promise<number> {
    const stats = await this.#producers[0]?.stats();
    return stats ? stats.depth + stats.completed + stats.dead : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#loops);
    await this.#stack.disposeAsync();
  }

  async #connect(): Promise<Producer<LoadedQueue>> {
    return this.#stack.use(await connectProducer(this.#queue, { redis: this.#url }));
  }

  async #putForever(producer: Producer<LoadedQueue>, name: string): Promise<void> {
    for (let n = 0; !this.#stopping; n += 1) await this.#put(producer, `${name}.${n}`, name);
  }

  async #put(producer: Producer<LoadedQueue>, id: string, name: string): Promise<void> {
    const since = performance.now();
    this.history.record({ type: 'put-sent', id, producer: name });
    try {
      const { status, depth } = await producer.put(work, { id }, { id, waitMs: WAIT_MS });
      this.depths.push(depth);
      this.history.record({ type: 'put-answered', id, producer: name, status });
    } catch (error) {
      const code = error instanceof SluiceError ? error.code : String(error);
      const type = error instanceof PutUnknownError ? 'put-unknown' : 'put-refused';
      this.history.record({ type, id, producer: name, code });
      if (error instanceof RedisUnavailableError) await sleep(50);
    } finally {
      this.slowestPutMs = Math.max(this.slowestPutMs, performance.now() - since);
    }
  }
}
