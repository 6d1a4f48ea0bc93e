import { createRedisBackend, type JobJson, type RedisQueueBackend } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueueDefinition } from '../../../../job/contracts/queue-policy.ts';
import { NextIteration } from '../../../lease-store/next-iteration.ts';
import { settleError } from '../../../lease-store/settle-error.ts';
import { Settler } from '../../../lease-store/settler.ts';
import { keptJobs } from '../../../../job/kept-jobs.ts';
import type { Delivery } from '../../../../job/delivery.ts';
import { storedName } from '../../../keys/queue-keys.ts';
import { type PoolHand, refusal, resultOf } from './pool-hand.ts';

/**
 * The same by BullMQ's own scripts, one job at a time, as its Worker calls them: the last completion of a batch fetches the
 * next job. Three things are done by hand, for they are agreed: word of what is left after a settle that takes nothing,
 * children, owners of deduplication keys and jobs with a retention of their own settle after the others, and a job that a completion fetched gets a token of its
 * own (BullMQ hands it the completed one's, by which a pool that still holds an old delivery of that job could settle it).
 */
export class BullmqPool implements PoolHand {
  readonly #backend: RedisQueueBackend;
  readonly #client: Redis;
  readonly #settler: Settler;
  readonly #iteration: NextIteration;
  readonly #keep: QueueDefinition['keep']['completed'];
  #tokens = 0;

  constructor(queue: QueueDefinition, client: Redis) {
    const options = {
      connection: client,
      prefix: queue.prefix,
      name: 'w',
      lockDuration: 600_000,
      skipVersionCheck: true,
    };
    this.#client = client;
    this.#backend = createRedisBackend(storedName(queue), options);
    this.#settler = new Settler({
      backend: this.#backend,
      client,
      keep: queue.keep,
      name: 'pool',
      nowMs: () => Date.now(),
    });
    this.#iteration = new NextIteration(storedName(queue), options, this.#backend);
    this.#keep = queue.keep.completed;
  }

  async batch(completed: readonly Delivery[], take: number): Promise<{ ends: (string | null)[]; taken: Delivery[] }> {
    const ends = new Map<Delivery, string | null>();
    const kinds = new Map<Delivery, 'plain' | 'needs-bullmq-script' | 'refused'>();
    for (const delivery of completed) kinds.set(delivery, await this.#kindOf(delivery));
    const of = (kind: string): Delivery[] => completed.filter((delivery) => kinds.get(delivery) === kind);
    const plain = of('plain');
    const taken: Delivery[] = [];
    let looksLeft = take;
    for (const delivery of of('refused')) ends.set(delivery, await refusal(this.#complete(delivery, false)));
    for (const [index, delivery] of plain.entries()) {
      const fetches = index === plain.length - 1 && looksLeft > 0;
      ends.set(delivery, await refusal(this.#complete(delivery, fetches, taken)));
      if (fetches) looksLeft = taken.length > 0 ? looksLeft - 1 : 0;
    }
    while (looksLeft > 0 && (await this.#takeOne(taken))) looksLeft -= 1;
    if (take === 0 && plain.length > 0) await this.#leaveWord();
    for (const delivery of of('needs-bullmq-script'))
      ends.set(delivery, await refusal(this.#complete(delivery, false)));
    for (const delivery of taken) await this.#iteration.scheduleAfter(delivery);
    return { ends: completed.map((delivery) => ends.get(delivery) ?? null), taken };
  }

  retry(...args: Parameters<Settler['retry']>): Promise<string | null> {
    return refusal(this.#settler.retry(...args));
  }

  deadLetter(...args: Parameters<Settler['deadLetter']>): Promise<string | null> {
    return refusal(this.#settler.deadLetter(...args));
  }

  release(...args: Parameters<Settler['release']>): Promise<string | null> {
    return refusal(this.#settler.release(...args));
  }

  async #kindOf({ id, token, options }: Delivery): Promise<'plain' | 'needs-bullmq-script' | 'refused'> {
    // Never sent with others, so it is judged only when those before it have ended: the last child among them, say.
    if (options.removeOnComplete !== undefined) return 'needs-bullmq-script';
    const key = this.#backend.toKey(id);
    const [lock, children, family] = await Promise.all([
      this.#client.get(`${key}:lock`),
      this.#client.exists(`${key}:dependencies`, `${key}:unsuccessful`),
      this.#client.hmget(key, 'parentKey', 'parent', 'deid'),
    ]);
    if (lock !== token || children > 0) return 'refused';
    return family.some((field) => field !== null) ? 'needs-bullmq-script' : 'plain';
  }

  async #complete(delivery: Delivery, fetchNext: boolean, taken: Delivery[] = []): Promise<void> {
    const job = { id: delivery.id, opts: delivery.options } as never;
    const keep = keptJobs(delivery.options.removeOnComplete, this.#keep);
    const args = this.#backend.moveToCompletedArgs(job, resultOf(delivery), keep, delivery.token, fetchNext);
    const token = this.#newToken();
    try {
      const next = await this.#backend.moveToFinished(delivery.id, args);
      if (addTaken(taken, next, token))
        await this.#client.set(`${this.#backend.toKey(String(taken.at(-1)?.id))}:lock`, token, 'KEEPTTL');
    } catch (error) {
      throw settleError(delivery.id, error);
    }
  }

  async #takeOne(taken: Delivery[]): Promise<boolean> {
    const token = this.#newToken();
    return addTaken(taken, await this.#backend.moveToActive(token, 'w'), token);
  }

  #newToken(): string {
    this.#tokens += 1;
    return `theirs-${this.#tokens}`;
  }

  async #leaveWord(): Promise<void> {
    const key = (type: string): string => this.#backend.toKey(type);
    const [waiting, urgent, active, limits] = await Promise.all([
      this.#client.llen(key('wait')),
      this.#client.zcard(key('prioritized')),
      this.#client.llen(key('active')),
      this.#client.hmget(key('meta'), 'paused', 'concurrency'),
    ]);
    const [paused, concurrency] = limits;
    if (waiting + urgent === 0 || paused || (concurrency && active >= Number(concurrency))) return;
    await this.#client.zadd(key('marker'), 0, '0');
  }
}

/** @returns whether there was a job in BullMQ's answer */
function addTaken(taken: Delivery[], answer: unknown, token: string): boolean {
  const [job, id] = Array.isArray(answer) ? (answer as [JobJson | null, unknown]) : [null, null];
  if (!job || typeof job !== 'object') return false;
  const scheduler: unknown = job.repeatJobKey;
  taken.push({
    id: String(id),
    token,
    fence: 0,
    name: job.name ?? '',
    data: job.data,
    options: job.opts,
    attemptsMade: job.attemptsMade || 0,
    deliveries: job.attemptsStarted || 1,
    crashes: job.stalledCounter || 0,
    priority: job.priority || 0,
    createdAtMs: 0,
    deferredFailure: job.deferredFailure ?? null,
    schedulerId: typeof scheduler === 'string' ? scheduler : null,
    stacks: job.stacktrace ? (JSON.parse(job.stacktrace) as string[]) : [],
    takenAtMs: 0,
    slot: null,
    occupant: null,
    phase: 'starting',
  });
  return true;
}
