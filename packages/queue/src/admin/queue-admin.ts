import type { KeysMap } from 'bullmq';
import { type QueueDefinition } from '../job/contracts/queue-policy.ts';
import { DefinitionError, OptionError, PutOptionError } from '../job/errors/index.ts';
import { checkOptions } from '../job/options/check-options.ts';
import * as optionRule from '../job/options/option-rules.ts';
import { type OptionRules } from '../job/options/option-rules.ts';
import { parseJobId } from '../job/contracts/job-id.ts';
import { cancelJob, type CancelOutcome } from '../store/cancel/cancel-job.ts';
import { storedIdsOf } from '../store/jobs/job-details.ts';
import { type JoinOptions, joinQueue, lookIdle, type QueueLook } from '../store/admin/join-queue.ts';
import { pauseQueue, resumeQueue } from '../store/admin/pause-queue.ts';
import { setCapacity } from '../store/admin/set-capacity.ts';
import type { AdministeredQueue } from '../store/admission/wake-arguments.ts';
import { writeSetting } from '../store/admin/write-setting.ts';
import { DedupeAdmin } from './dedupe-admin.ts';
import type { BoundedBackend } from '../store/backend/bounded-backend.ts';
import type { RedisOperation } from '../store/connection/redis-connection.ts';
import { type MetaField, metaFields } from '../store/keys/meta-fields.ts';
import { type CommonStats, readStats } from '../store/stats/queue-stats.ts';

/** What `setCapacity` takes, but for null. */
const capacityRules = { capacity: { ...optionRule.wholeNumber(1), must: 'be a whole number from 1, or null' } };

const joinRules = {
  waitMs: optionRule.waitMs({ forever: true }),
  signal: optionRule.abortSignal,
} satisfies OptionRules<JoinOptions>;

/** How long a cancel waits, and why it is made. */
export interface CancelOptions {
  /**
   * How long the worker of a job that runs may take to stop it and to confirm that, in milliseconds from 0 to 86,400,000. It should
   * be longer than the grace of the contract. With 0 it is not asked: only a job that waits is cancelled.
   *
   * @default 10_000
   */
  waitMs?: number;
  /**
   * Why, in up to 500 characters: the handler finds it in the reason of its signal, and the dead letter in its message.
   *
   * @default none
   */
  reason?: string;
}

export const cancelRules = {
  waitMs: optionRule.numberBetween(0, 86_400_000),
  reason: optionRule.textUpTo(500),
} satisfies OptionRules<CancelOptions>;

/** How long a cancel waits for the worker of a running job. */
const CANCEL_WAIT_MS = 10_000;

/** The options of a cancel with their defaults. */
export function cancelWaitOf({ waitMs = CANCEL_WAIT_MS, reason = '' }: CancelOptions): Required<CancelOptions> {
  return { waitMs, reason };
}

/** What the administration of a queue is built from. */
export interface QueueAdminDeps {
  /** Its capacity is 0 where only its name is known. */
  readonly queue: Pick<QueueDefinition, 'name' | 'capacity' | 'keep'>;
  readonly keys: KeysMap;
  readonly backend: Pick<BoundedBackend, 'obliterate'>;
  /** Calls Redis, unless this is closed, or is closed meanwhile. */
  call<T>(operation: RedisOperation<T>): Promise<T>;
  /** Aborts when this is closed. */
  readonly closing: AbortSignal;
}

/** What is done with a queue as a whole: counts, capacity, sealing, pausing, waiting for the end, taking back, deleting. */
export abstract class QueueAdmin {
  readonly #deps: QueueAdminDeps;

  /** The deduplication keys of puts. */
  readonly dedupe: DedupeAdmin;

  constructor(deps: QueueAdminDeps) {
    this.#deps = deps;
    this.dedupe = new DedupeAdmin(deps.keys, (operation) => deps.call(operation));
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
    await this.#deps.call((client) => setCapacity(client, this.administered, capacity));
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
   * Has all workers of the queue, BullMQ's too, take no more jobs until {@link resume}. Jobs that run continue, and puts are
   * added while there is capacity. Pausing twice does no harm.
   */
  async pause(): Promise<void> {
    await this.#deps.call((client) => pauseQueue(client, this.#deps.keys));
  }

  /** Has workers take jobs of a paused queue again. */
  async resume(): Promise<void> {
    await this.#deps.call((client) => resumeQueue(client, this.#deps.keys));
  }

  /**
   * Resolves once the queue is idle: no job is unfinished but what job schedulers have delayed, and no put of this
   * producer is in progress. Jobs count whichever client put them. To wait for the end of a queue that others still put into,
   * `seal` it first. Looks up to four times a second, each time at a few counts.
   *
   * @throws JoinTimeoutError after `waitMs`; RedisUnavailableError when Redis is away; QueueClosedError after `close`
   */
  async join(options: JoinOptions = {}): Promise<void> {
    checkOptions('join', joinRules, options, PutOptionError);
    const { queue, closing } = this.#deps;
    const signal = options.signal ? AbortSignal.any([closing, options.signal]) : closing;
    await joinQueue(queue.name, () => this.lookIdle(), { ...options, signal });
  }

  /**
   * Takes a job back. One that has not started, or that waits for its next attempt, is removed, and its capacity is free. Of one that
   * runs the signal is aborted with a JobCancelledError, wherever its worker is; after the grace its slot is free in any case, and the job is
   * dead, not retried. A call that waits for its result gets that error then; for a job that was removed, ResultExpiredError.
   *
   * A job that is given back meanwhile is followed until `waitMs` is over. A cancel never hits a later job of the same id.
   *
   * @throws OptionError when an option is out of its range, or unknown
   */
  async cancel(id: string, options: CancelOptions = {}): Promise<CancelOutcome> {
    checkOptions('cancel', cancelRules, options, OptionError);
    const { call, keys } = this.#deps;
    for (const stored of storedIdsOf(keys, parseJobId(id))) {
      // A key of BullMQ's or ours that is no job has a colon in its name.
      if (stored.includes(':')) continue;
      const outcome = await cancelJob(call, this.administered, stored, cancelWaitOf(options));
      if (outcome !== 'unknown') return outcome;
    }
    return 'unknown';
  }

  /**
   * Deletes the queue: every job in whatever state, every result, every key but the last answers to other
   * producers, which end by themselves within 20 s. For tests and for queues of one run.
   * Workers that still hold jobs of it will find their leases lost.
   */
  async obliterate(): Promise<void> {
    const { backend, keys, call } = this.#deps;
    await call(async (client) => {
      await pauseQueue(client, keys);
      while ((await backend.obliterate({ force: true, count: 1_000 })) !== 0);
    });
  }

  /** Everything but what one process alone knows. */
  protected readStats(): Promise<CommonStats> {
    const { keys, queue } = this.#deps;
    return this.#deps.call((client) => readStats(client, keys, queue));
  }

  /** Whether all jobs have ended; a producer's own puts count as well. */
  protected lookIdle(): Promise<QueueLook> {
    return this.#deps.call((client) => lookIdle(client, this.#deps.keys));
  }

  protected get administered(): AdministeredQueue {
    const { keys, queue } = this.#deps;
    return { keys, capacity: queue.capacity };
  }

  async #set(field: MetaField, value: string | null): Promise<void> {
    await this.#deps.call((client) => writeSetting(client, this.administered, field, value));
  }
}
