import { Redis } from 'ioredis';
import { KEEP } from '../process-group/group-contender.ts';
import { key, run, store } from '../put/contenders/floor.ts';
import { payloadOf } from '../put/put-plan.ts';

const BATCH_JOBS = 100;
const EVENTS_MAX = 10_000;

/**
 * Whole lives of jobs by plain commands in pipelines of 100: what BullMQ's layout asks for at the least (lock, counts,
 * times, events, the set of completed jobs and its trimming), and nothing looked at. A floor for Redis, not for Node.
 */
export class FloorLife implements Disposable {
  readonly #client: Redis;
  #lastId = 0;

  private constructor(client: Redis) {
    this.#client = client;
  }

  static async connect(socketPath: string): Promise<FloorLife> {
    const client = new Redis({ path: socketPath, enableOfflineQueue: false, lazyConnect: true });
    await client.connect();
    return new FloorLife(client);
  }

  async live(jobs: number): Promise<void> {
    for (let from = 0; from < jobs; from += BATCH_JOBS) {
      const ids = Array.from({ length: Math.min(BATCH_JOBS, jobs - from) }, () => String(++this.#lastId));
      await this.#put(ids);
      await this.#take(ids);
      await this.#complete(ids);
    }
  }

  [Symbol.dispose](): void {
    this.#client.disconnect();
  }

  async #put(ids: readonly string[]): Promise<void> {
    const pipeline = this.#client.pipeline();
    for (const id of ids) store(pipeline, id, payloadOf('small', Number(id)));
    await run(pipeline);
  }

  /** The marker wakes a worker for each batch; the worker then leaves one for the next. */
  async #take(ids: readonly string[]): Promise<void> {
    const pipeline = this.#client.pipeline().zpopmin(key('marker'));
    for (const id of ids) {
      pipeline
        .lmove(key('wait'), key('active'), 'RIGHT', 'LEFT')
        .set(key(`${id}:lock`), `floor:${id}`, 'PX', 30_000)
        .xadd(key('events'), 'MAXLEN', '~', EVENTS_MAX, '*', 'event', 'active', 'jobId', id, 'prev', 'waiting')
        .hset(key(id), 'processedOn', Date.now())
        .hincrby(key(id), 'ats', 1)
        .hgetall(key(id));
    }
    await run(pipeline.zadd(key('marker'), 0, '0'));
  }

  async #complete(ids: readonly string[]): Promise<void> {
    const pipeline = this.#client.pipeline();
    for (const id of ids) {
      const now = Date.now();
      pipeline
        .del(key(`${id}:lock`))
        .lrem(key('active'), -1, id)
        .hincrby(key(id), 'atm', 1)
        .hset(key(id), 'returnvalue', 'null', 'finishedOn', now)
        .zadd(key('completed'), now, id)
        .xadd(key('events'), 'MAXLEN', '~', EVENTS_MAX, '*', ...completed(id));
      this.#trim(pipeline, id);
    }
    // With nothing left to take, BullMQ tells of that too.
    await run(pipeline.xadd(key('events'), 'MAXLEN', '~', EVENTS_MAX, '*', 'event', 'drained'));
  }

  /** Who has to go is known here: the ids count up. */
  #trim(pipeline: ReturnType<Redis['pipeline']>, id: string): void {
    const oldest = Number(id) - KEEP.count;
    if (oldest > 0) pipeline.zrem(key('completed'), String(oldest)).del(key(String(oldest)));
  }
}

const completed = (id: string): string[] => [
  'event',
  'completed',
  'jobId',
  id,
  'returnvalue',
  'null',
  'prev',
  'active',
];
