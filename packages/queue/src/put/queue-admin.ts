import { type QueueDefinition } from '../job/contracts/queue-policy.ts';
import { DefinitionError, PutOptionError } from '../job/errors/index.ts';
import { checkOptions } from '../job/options/check-options.ts';
import * as optionRule from '../job/options/option-rules.ts';
import { parseJobId } from '../job/contracts/job-id.ts';
import { type CancelAnswer, cancelJob } from '../store/admin/cancel-job.ts';
import { type JoinOptions, joinQueue, lookIdle } from '../store/admin/join-queue.ts';
import { setCapacity } from '../store/admin/set-capacity.ts';
import { writeSetting } from '../store/admin/write-setting.ts';
import { type MetaField, metaFields } from '../store/keys/meta-fields.ts';
import { storedId } from '../store/keys/queue-keys.ts';
import { type QueueStats, readStats } from '../store/stats/queue-stats.ts';
import type { ProducerResources } from './producer-resources.ts';
import { waitRules } from './put-options.ts';

/** What `setCapacity` takes, but for null. */
const capacityRules = { capacity: { ...optionRule.wholeNumber(1), must: 'be a whole number from 1, or null' } };

/** The puts of a producer from their call to their answer. */
export interface PutsInProgress {
  count: number;
}

/** What a producer does with its queue as a whole: counts, capacity, sealing, waiting for the end, taking back, deleting. */
export class QueueAdmin<Q extends QueueDefinition> {
  /** The definition that it was connected with. */
  readonly queue: Q;
  readonly #resources: ProducerResources<Q>;
  readonly #puts: PutsInProgress;

  constructor(resources: ProducerResources<Q>, puts: PutsInProgress) {
    this.queue = resources.queue;
    this.#resources = resources;
    this.#puts = puts;
  }

  /** Counts of the queue now. Nothing in it grows with the queue's length. */
  async stats(): Promise<QueueStats> {
    const { queue } = this;
    const { backend } = this.#resources.connected;
    const stats = await this.#resources.call((client) => readStats(client, backend.keys, queue));
    return { ...stats, waitingPuts: this.#resources.connected.batcher.waiting };
  }

  /**
   * Sets how many unfinished jobs the queue may hold, for all clients of the fleet and at once. Lowering it evicts
   * no job: `stats().over` says how many are above it, and nothing enters until they are done. It stands above all
   * definitions until it is set again, or the queue is obliterated. With null, the newest definition's capacity counts again.
   *
   * @throws DefinitionError when it is no whole number from 1
   */
  async setCapacity(capacity: number | null): Promise<void> {
    if (capacity !== null) checkOptions('setCapacity', capacityRules, { capacity }, DefinitionError);
    const { queue } = this;
    const { backend } = this.#resources.connected;
    await this.#resources.call((client) =>
      setCapacity(client, { keys: backend.keys, capacity: queue.capacity }, capacity),
    );
  }

  /**
   * Closes the queue to puts from outside, for the whole fleet, until {@link unseal}. They reject with
   * QueueClosedError, those that wait for capacity too. Jobs that were added continue, retries included; an id that is in is still
   * answered as a duplicate. Sealing twice does no harm.
   */
  async seal(): Promise<void> {
    await this.#set(metaFields.sealed, '1');
  }

  /** Opens a sealed queue again. */
  async unseal(): Promise<void> {
    await this.#set(metaFields.sealed, null);
  }

  /**
   * Resolves once the queue is idle: no job is unfinished but what job schedulers have delayed, and no put of this
   * producer is in progress. Jobs count whichever client put them. To wait for the end of a queue that others still put into,
   * `seal` it first. Looks up to four times a second, each time at a few counts.
   *
   * @throws JoinTimeoutError after `waitMs`; RedisUnavailableError when Redis is away; QueueClosedError after `close`
   */
  async join(options: JoinOptions = {}): Promise<void> {
    checkOptions('join', waitRules, options, PutOptionError);
    const { queue } = this;
    const { backend } = this.#resources.connected;
    const ends = this.#resources.closing;
    const signal = options.signal ? AbortSignal.any([ends, options.signal]) : ends;
    const look = async () => {
      const puts = this.#puts.count; // before the check, so that it sees a put that is admitted meanwhile
      const { idle, depth } = await this.#resources.call((client) => lookIdle(client, backend.keys));
      return { idle: idle && puts === 0, depth };
    };
    await joinQueue(queue.name, look, { ...options, signal });
  }

  /**
   * Takes a job back that has not started, or that waits for its next attempt, and frees its capacity. A job that runs
   * keeps running. A call that waits for the result of a cancelled job gets ResultExpiredError. Takes Redis longer the more jobs
   * were put after it and wait: some 20 ms for the oldest of a million.
   */
  async cancel(id: string): Promise<CancelAnswer> {
    const { keys } = this.#resources.connected.backend;
    const { capacity } = this.queue;
    const stored = storedId(parseJobId(id));
    return this.#resources.call((client) => cancelJob(client, { keys, capacity }, stored));
  }

  /**
   * Deletes the queue: every job in whatever state, every result, every key but the last answers to other
   * producers, which end by themselves within 20 s. For tests and for queues of one run.
   * Workers that still hold jobs of it will find their leases lost.
   */
  async obliterate(): Promise<void> {
    const { backend, batcher } = this.#resources.connected;
    await this.#resources.call(async (client) => {
      await backend.pause(true);
      while ((await backend.obliterate({ force: true, count: 1_000 })) !== 0);
      for (const key of batcher.replyKeys) await client.del(key);
    });
  }

  async #set(field: MetaField, value: string | null): Promise<void> {
    const { keys } = this.#resources.connected.backend;
    const { capacity } = this.queue;
    await this.#resources.call((client) => writeSetting(client, { keys, capacity }, field, value));
  }
}
