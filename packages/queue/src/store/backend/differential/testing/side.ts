import { type BackendFactory, FlowProducer, type Job, Queue, type RedisQueueBackend, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueueIndex } from './operation.ts';

export interface SideParts {
  /** Shared by all clients of both sides, but for the workers' blocking ones. */
  client: Redis;
  /** Everything of this side is stored below it. */
  prefix: string;
  factory: BackendFactory<RedisQueueBackend>;
  /** What its two queues are called, the same on both sides. Default: `q` and `r`. */
  names?: readonly [string, string];
}

export interface TakenJob {
  job: Job;
  token: string;
}

/** A job that was answered at some time; it may be gone. */
export interface KnownJob {
  queue: QueueIndex;
  id: string;
}

/** Two queues, their workers and a flow producer on one backend, and what a sequence has made of them so far. */
export class Side {
  readonly prefix: string;
  readonly flows: FlowProducer;
  readonly known: KnownJob[] = [];
  readonly taken: TakenJob[] = [];
  readonly names: readonly [string, string];
  readonly #queues: readonly [Queue, Queue];
  readonly #workers: readonly [Worker, Worker];
  readonly #client: Redis;
  #tokens = 0;

  constructor({ client, prefix, factory, names = ['q', 'r'] }: SideParts) {
    const options = { connection: client, prefix, skipVersionCheck: true };
    const queue = (name: string): Queue => new Queue(name, options, factory);
    const worker = (name: string): Worker => new Worker(name, null, { ...options, autorun: false, name: 'w' }, factory);
    this.#client = client;
    this.prefix = prefix;
    this.names = names;
    this.flows = new FlowProducer(options, factory);
    this.#queues = [queue(names[0]), queue(names[1])];
    this.#workers = [worker(names[0]), worker(names[1])];
  }

  queue(index: QueueIndex): Queue {
    return this.#queues[index];
  }

  async ready(): Promise<void> {
    await Promise.all([...this.#queues, ...this.#workers].map((part) => part.waitUntilReady()));
  }

  /** Takes one job without waiting for one, as a worker's loop does. */
  async take(index: QueueIndex): Promise<Job | undefined> {
    this.#tokens += 1;
    const token = `token-${this.#tokens}`;
    const job = await this.#workers[index].getNextJob(token, { block: false });
    if (job) this.taken.push({ job, token });
    return job;
  }

  /** Chooses one of the jobs that are taken; it counts as settled from then on. */
  pickTaken(pick: number): TakenJob | undefined {
    return this.taken.length === 0 ? undefined : this.taken.splice(pick % this.taken.length, 1)[0];
  }

  /** Pops the marker, as the blocking read of an idle worker does. */
  async wake(index: QueueIndex): Promise<unknown> {
    return this.#client.zpopmin(`${this.prefix}:${this.names[index]}:marker`);
  }

  pickKnown(pick: number): KnownJob | undefined {
    return this.known[pick % this.known.length];
  }

  /** A job as it is stored now, for one that was answered before. */
  async pickStored(pick: number): Promise<Job | undefined> {
    const known = this.pickKnown(pick);
    return known && (await this.queue(known.queue).getJob(known.id));
  }

  remember(queue: QueueIndex, id: string | undefined): void {
    if (id === undefined || this.known.some((known) => known.queue === queue && known.id === id)) return;
    this.known.push({ queue, id });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers, ...this.#queues, this.flows].map((part) => part.close()));
  }
}
