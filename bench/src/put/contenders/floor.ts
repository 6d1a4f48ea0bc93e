import { type ChainableCommander, Redis } from 'ioredis';
import { JOB_NAME, type OpenContender } from '../contender.ts';
import { type BenchPayload, retryPolicy } from '../put-plan.ts';

/** A key of the floor's queue. */
export const key = (part: string): string => `floor:put:${part}`;
const options = JSON.stringify({
  attempts: retryPolicy.attempts,
  backoff: { type: 'exponential', delay: retryPolicy.backoffMs, jitter: 0.5 },
});

/**
 * What BullMQ's layout asks for at the least: the same fields, list, marker and events, written by plain commands in
 * pipelines, and nothing looked at. No queue can do with less and be read as one of BullMQ's.
 */
export const openFloor: OpenContender = async (socketPath) => {
  const client = new Redis({ path: socketPath, enableOfflineQueue: false, lazyConnect: true });
  await client.connect();
  const together = new PutsOfOneTurn(client);
  let lastId = 0;
  return {
    put: (payload) => together.add((pipeline) => store(pipeline, String(++lastId), payload)),
    putBatch: async (payloads) => {
      const pipeline = client.pipeline();
      for (const payload of payloads) store(pipeline, String(++lastId), payload);
      await run(pipeline);
    },
    close: async () => client.disconnect(),
  };
};

/** Adds to a pipeline what putting one job takes. */
export function store(pipeline: ChainableCommander, id: string, payload: BenchPayload): void {
  const fields = { name: JOB_NAME, data: JSON.stringify(payload), opts: options, timestamp: Date.now() };
  pipeline
    .incr(key('id'))
    .hset(key(id), { ...fields, delay: 0, priority: 0 })
    .xadd(key('events'), '*', 'event', 'added', 'jobId', id, 'name', JOB_NAME)
    .lpush(key('wait'), id)
    .zadd(key('marker'), 0, '0')
    .xadd(key('events'), 'MAXLEN', '~', 10_000, '*', 'event', 'waiting', 'jobId', id);
}

/** Throws the first error that a command was answered with. */
export async function run(pipeline: ChainableCommander): Promise<void> {
  for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
}

/** Sends what is put in one turn of the event loop as one pipeline. */
class PutsOfOneTurn {
  readonly #client: Redis;
  #sent: Promise<void> | undefined;
  #pipeline: ChainableCommander | undefined;

  constructor(client: Redis) {
    this.#client = client;
  }

  add(write: (pipeline: ChainableCommander) => void): Promise<void> {
    this.#pipeline ??= this.#client.pipeline();
    write(this.#pipeline);
    this.#sent ??= new Promise((resolve, reject) => {
      setImmediate(() => this.#send().then(resolve, reject));
    });
    return this.#sent;
  }

  async #send(): Promise<void> {
    const pipeline = this.#pipeline;
    this.#pipeline = undefined;
    this.#sent = undefined;
    if (pipeline) await run(pipeline);
  }
}
