import { checkOptions } from '../job/options/check-options.ts';
import {
  DefinitionError,
  OptionError,
  PutOptionError,
  QueueClosedError,
  RedisUnavailableError,
  JobFailedError,
} from '../job/errors/index.ts';
import { type JobOf, type QueueDefinition } from '../job/contracts/queue-policy.ts';
import * as optionRule from '../job/options/option-rules.ts';
import { type OptionRules } from '../job/options/option-rules.ts';
import { parseJobId } from '../job/contracts/job-id.ts';
import { type PayloadInput, type Result } from '../job/contracts/job-contract.ts';
import { type Logger } from '../job/logging/logger.ts';
import { type CancelAnswer, cancelJob } from '../store/admin/cancel-job.ts';
import { type JoinOptions, joinQueue, lookIdle } from '../store/admin/join-queue.ts';
import { setCapacity } from '../store/admin/set-capacity.ts';
import { writeSetting } from '../store/admin/write-setting.ts';
import type { BoundedBackend } from '../store/backend/bounded-backend.ts';
import { producerDefaults } from '../job/defaults.ts';
import { type JobSnapshot, readSnapshot } from '../store/results/job-snapshot.ts';
import { type QueueStats, readStats } from '../store/stats/queue-stats.ts';
import { type MetaField, metaFields } from '../store/keys/meta-fields.ts';
import { generateId, sluiceKeys, storedId } from '../store/keys/queue-keys.ts';
import type { RedisClock } from '../store/connection/redis-clock.ts';
import type { RedisConnection, RedisOperation } from '../store/connection/redis-connection.ts';
import type { RedisMemoryMonitor } from '../store/server/redis-memory-monitor.ts';
import { StreamReader } from '../store/connection/stream-reader.ts';
import { contractOf, readOutcome, type Outcome } from '../store/results/read-outcome.ts';
import { EndedJobWaiter } from '../store/results/ended-job-waiter.ts';
import { PutBatcher } from './put-batcher.ts';
import { type GatherOptions, gatherResults, gatherRules, type Gathered, type GatherPairs } from './gather-results.ts';
import { type MapOptions, mapResults, mapRules, type Mapped } from './map-results.ts';
import type { Receipt } from './pending-put.ts';
import { prepareJob } from './prepare-job.ts';
import { InTurn, type Prepared, type PutManyOptions, type PutOne, putMany, putManyRules } from './put-many.ts';
import { checkPut, type PutOptions, tryPutRules, waitMsOf } from './put-options.ts';

export interface ProducerParts<Q extends QueueDefinition> {
  queue: Q;
  connection: RedisConnection;
  backend: BoundedBackend;
  clock: RedisClock;
  memory: RedisMemoryMonitor;
  /** Opens a second connection, on which it waits for results and capacity. */
  openStream: () => RedisConnection;
  logger: Logger;
}

export interface WaitOptions {
  /**
   * How long to wait for the job to end, in milliseconds up to 2,147,483,647; `Infinity` for as long as it takes.
   *
   * @default 60_000
   */
  waitMs?: number;
  /**
   * Ends the wait: the call rejects with the signal's reason. The job continues.
   *
   * @default none
   */
  signal?: AbortSignal;
}

const waitRules = {
  waitMs: optionRule.waitMs({ forever: true }),
  signal: optionRule.abortSignal,
} satisfies OptionRules<WaitOptions>;

/** What `setCapacity` takes, but for null. */
const capacityRules = { capacity: { ...optionRule.wholeNumber(1), must: 'be a whole number from 1, or null' } };

/** The contract of a queue that has this name. */
export type JobNamed<Q extends QueueDefinition, Name extends string> = Extract<JobOf<Q>, { name: Name }>;

/** Puts jobs into one queue and reads how they ended. Made by `connectProducer`; safe to use from many places at once. */
export class Producer<Q extends QueueDefinition> implements AsyncDisposable {
  /** The definition that it was connected with. */
  readonly queue: Q;
  readonly #parts: ProducerParts<Q>;
  readonly #batcher: PutBatcher;
  readonly #endedJobs: EndedJobWaiter;
  readonly #reader: StreamReader;
  readonly #leaving = new AbortController();
  /** From the call to the answer. */
  #putsUnderWay = 0;
  #closing: Promise<void> | undefined;

  constructor(parts: ProducerParts<Q>) {
    this.queue = parts.queue;
    this.#parts = parts;
    const { queue, connection, backend, memory, openStream } = parts;
    const producer = generateId();
    this.#reader = new StreamReader(openStream, {
      key: backend.toKey(`${sluiceKeys.wake}${producer}`),
      onWakeUp: () => this.#batcher.wake(),
      wake: () => backend.wakeProducer(producer),
    });
    const isWoken = (): boolean => this.#reader.isListening;
    const onWaiting = (waiting: boolean): void => this.#reader.listen(waiting);
    this.#batcher = new PutBatcher({ queue, connection, backend, memory, producer, isWoken, onWaiting });
    this.#endedJobs = new EndedJobWaiter(connection, backend.toKey(''), this.#reader);
  }

  /**
   * Adds a job, and waits for capacity up to `waitMs` when the queue is full. Resolves once Redis has the job. With a drop
   * policy (`whenFull`) it does not wait, but replaces another job; the receipt's `dropped` says of which.
   *
   * @throws QueueFullError when there was no free capacity in time, the policy is `reject`, or it found nothing to drop
   * @throws PayloadInvalidError, TooLargeError, JobIdInvalidError, PutOptionError before anything is sent
   * @throws PutConflictError when the id is taken by another payload
   * @throws RedisUnavailableError when Redis did not get the job; PutUnknownError when it may have got it
   * @throws QueueClosedError after `close`
   */
  async put<C extends JobOf<Q>>(
    job: C,
    payload: PayloadInput<C>,
    options: PutOptions = {},
  ): Promise<Receipt<C['name']>> {
    return this.#counted(this.#prepare(job, payload, options).then((admit) => admit()));
  }

  /** Adds a job if there is free capacity now; it drops nothing. Throws as {@link put} does, QueueFullError at once. */
  async tryPut<C extends JobOf<Q>>(
    job: C,
    payload: PayloadInput<C>,
    options: Omit<PutOptions, 'waitMs' | 'whenFull'> = {},
  ): Promise<Receipt<C['name']>> {
    checkOptions('tryPut', tryPutRules, options, PutOptionError);
    return this.put(job, payload, { ...options, whenFull: 'reject' });
  }

  /**
   * Adds the jobs of an iterable in its order, as fast as there is free capacity, and yields their receipts in that order, each as soon
   * as it is there. Reads at most 100 payloads ahead. Waits for capacity as long as it takes unless `waitMs` says otherwise. With
   * `drop-oldest` the last ones stay, as many as there is free capacity for, and the others are dead.
   *
   * Where the source throws, a put fails or the signal aborts, nothing more is sent; the receipts of what is in are yielded, and
   * the first error is thrown then; PutUnknownError goes before others. Leaving the loop calls off what has not been sent.
   *
   * @throws PutOptionError at once when an option is out of its range, or unknown; while it is read, as {@link put} does
   */
  putMany<C extends JobOf<Q>>(
    job: C,
    payloads: Iterable<PayloadInput<C>> | AsyncIterable<PayloadInput<C>>,
    options: PutManyOptions<PayloadInput<C>> = {},
  ): AsyncGenerator<Receipt<C['name']>, void, undefined> {
    checkPut('putMany', putManyRules, job, options);
    const closing = this.#leaving.signal;
    return putMany(this.#inTurn(job), payloads, { ...options, closing });
  }

  /**
   * Puts a job for each payload, with backpressure, and yields how each ended, as they end. At most `window` jobs are
   * put and not yet yielded. Leaving the loop early stops putting; jobs that were added continue. Before it throws an error, it yields
   * the jobs that are in and have not ended, as `unawaited`.
   *
   * @throws PutOptionError at once when an option is out of its range, or unknown; while it is read, as {@link put} does
   */
  map<C extends JobOf<Q>>(
    job: C,
    payloads: Iterable<PayloadInput<C>> | AsyncIterable<PayloadInput<C>>,
    options: MapOptions<PayloadInput<C>> = {},
  ): AsyncGenerator<Mapped<C>, void, undefined> {
    checkPut('map', mapRules, job, options);
    const most = Math.max(1, Math.floor(this.queue.keep.completed.count / 2));
    const window = Math.min(options.window ?? producerDefaults.mapWindow, most);
    return mapResults<C>(
      {
        put: this.#inTurn(job),
        outcome: (receipt, signal) => this.outcome(receipt, { waitMs: Infinity, signal }) as Promise<Outcome<C>>,
      },
      payloads,
      { ...options, window, closing: this.#leaving.signal },
    );
  }

  /**
   * Puts jobs and waits for all their results, in the order given: asyncio's `gather`. Without `returnExceptions` the
   * first failure rejects, and the other jobs continue.
   *
   * @throws PutOptionError when an option is out of its range, or unknown; nothing was put then
   */
  gather<const Jobs extends readonly JobOf<Q>[]>(
    pairs: GatherPairs<Jobs>,
    options: GatherOptions & { returnExceptions: true },
  ): Promise<Gathered<Jobs, Error>>;
  gather<const Jobs extends readonly JobOf<Q>[]>(
    pairs: GatherPairs<Jobs>,
    options?: GatherOptions,
  ): Promise<Gathered<Jobs>>;
  async gather<const Jobs extends readonly JobOf<Q>[]>(
    pairs: GatherPairs<Jobs>,
    options: GatherOptions = {},
  ): Promise<Gathered<Jobs, Error>> {
    checkOptions('gather', gatherRules, options, PutOptionError);
    const turns = new InTurn();
    return gatherResults<Jobs>(
      async (job, payload, waits) => {
        const receipt = await this.#counted(turns.run(this.#prepare(job, payload, waits.put)));
        return this.result(receipt, waits.result);
      },
      pairs,
      options,
    );
  }

  /**
   * The result of a job, once it has ended.
   *
   * @throws JobFailedError when it ended without success
   * @throws ResultTimeoutError, ResultExpiredError, ResultInvalidError, RedisUnavailableError
   * @throws OptionError when an option is out of its range, or unknown
   */
  async result<Name extends JobOf<Q>['name']>(
    job: Receipt<Name> | string,
    options: WaitOptions = {},
  ): Promise<Result<JobNamed<Q, Name>>> {
    const ended = await this.outcome(job, options);
    if (ended.outcome === 'completed') return ended.result;
    const id = typeof job === 'string' ? job : job.id;
    throw new JobFailedError(id, ended.attempts, ended.error);
  }

  /** How a job ended, as data, once it has. Throws as {@link result} does, but for JobFailedError. */
  async outcome<Name extends JobOf<Q>['name']>(
    job: Receipt<Name> | string,
    options: WaitOptions = {},
  ): Promise<Outcome<JobNamed<Q, Name>>> {
    checkOptions('result', waitRules, options, OptionError);
    this.#leaving.signal.throwIfAborted();
    const id = parseJobId(typeof job === 'string' ? job : job.id);
    const { waitMs = producerDefaults.resultWaitMs, signal } = options;
    const record = await this.#endedJobs.wait(storedId(id), { waitMs, signal });
    return (await readOutcome(this.queue, record)) as Outcome<JobNamed<Q, Name>>;
  }

  /** What is known of a job now; null when it is not kept. Looks at no list: cheap however long the queue is. */
  async find(id: string): Promise<JobSnapshot | null> {
    const { backend, queue } = this.#parts;
    return this.#ask((client) => readSnapshot(client, { keys: backend.keys, queue }, storedId(parseJobId(id))));
  }

  /** Counts of the queue now. Nothing in it grows with the queue's length. */
  async stats(): Promise<QueueStats> {
    const { backend, queue } = this.#parts;
    const stats = await this.#ask((client) => readStats(client, backend.keys, queue));
    return { ...stats, waitingPuts: this.#batcher.waiting };
  }

  /**
   * Sets how many unfinished jobs the queue may hold, for all clients of the fleet and at once. Lowering it evicts
   * nobody: `stats().over` says how many are above it, and nothing enters until they are done. It stands above all
   * definitions until it is set again, or the queue is obliterated. With null, the newest definition's capacity counts again.
   *
   * @throws DefinitionError when it is no whole number from 1
   */
  async setCapacity(capacity: number | null): Promise<void> {
    if (capacity !== null) checkOptions('setCapacity', capacityRules, { capacity }, DefinitionError);
    const { backend, queue } = this.#parts;
    await this.#ask((client) => setCapacity(client, { keys: backend.keys, capacity: queue.capacity }, capacity));
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
   * producer is under way. Jobs count whichever client put them. To wait for the end of a queue that others still put into,
   * `seal` it first. Looks up to four times a second, each time at a few counts.
   *
   * @throws JoinTimeoutError after `waitMs`; RedisUnavailableError when Redis is away; QueueClosedError after `close`
   */
  async join(options: JoinOptions = {}): Promise<void> {
    checkOptions('join', waitRules, options, PutOptionError);
    const { backend, queue } = this.#parts;
    const ends = this.#leaving.signal;
    const signal = options.signal ? AbortSignal.any([ends, options.signal]) : ends;
    const look = async () => {
      const puts = this.#putsUnderWay; // before the check, so that it sees a put that is admitted meanwhile
      const { idle, depth } = await this.#ask((client) => lookIdle(client, backend.keys));
      return { idle: idle && puts === 0, depth };
    };
    await joinQueue(queue.name, look, { ...options, signal });
  }

  /**
   * Takes a job back that has not started, or that waits for its next attempt, and frees its capacity. A job that runs
   * goes on. A call that waits for the result of a cancelled job gets ResultExpiredError. Takes Redis longer the more jobs
   * were put after it and wait: some 20 ms for the oldest of a million.
   */
  async cancel(id: string): Promise<CancelAnswer> {
    const { keys } = this.#parts.backend;
    const { capacity } = this.queue;
    const stored = storedId(parseJobId(id));
    return this.#ask((client) => cancelJob(client, { keys, capacity }, stored));
  }

  /**
   * Deletes the queue: every job in whatever state, every result, every key but the last answers to other
   * producers, which end by themselves within 20 s. For tests and for queues of one run.
   * Workers that still hold jobs of it will find their leases lost.
   */
  async obliterate(): Promise<void> {
    const { backend } = this.#parts;
    await this.#ask(async (client) => {
      await backend.pause(true);
      while ((await backend.obliterate({ force: true, count: 1_000 })) !== 0);
      for (const key of this.#batcher.replyKeys) await client.del(key);
    });
  }

  /**
   * Refuses puts that wait, lets those that were sent end, and disconnects. Every call under way or to come rejects with
   * QueueClosedError then. Safe to call twice.
   */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      const reason = new QueueClosedError(this.queue.name, 'the producer is closed');
      this.#leaving.abort(reason);
      await this.#batcher.close(reason);
      this.#endedJobs.close(reason);
      await this.#reader.close();
      this.#parts.clock.stop();
      await this.#parts.backend.leaveCapacity();
      await this.#parts.connection.close();
    })();
    return this.#closing;
  }

  /** Counts a put from its call to its answer. It gets no function, which would hold the payload as well as its JSON for that long. */
  async #counted<T>(put: Promise<T>): Promise<T> {
    this.#putsUnderWay += 1;
    try {
      return await put;
    } finally {
      this.#putsUnderWay -= 1;
    }
  }

  /** Asks Redis, unless this producer is closed, or is closed meanwhile. */
  async #ask<T>(operation: RedisOperation<T>): Promise<T> {
    const { signal } = this.#leaving;
    signal.throwIfAborted();
    try {
      return await this.#parts.connection.call(operation);
    } catch (error) {
      if (error instanceof RedisUnavailableError) signal.throwIfAborted();
      throw error;
    }
  }

  /** Checks a put; what it resolves with sends it. */
  async #prepare<C extends JobOf<Q>>(
    job: C,
    payload: PayloadInput<C>,
    options: PutOptions,
  ): Promise<Prepared<Receipt<C['name']>>> {
    this.#leaving.signal.throwIfAborted();
    contractOf(this.queue, job.name);
    const prepared = await prepareJob(this.#parts, job, payload, options);
    return () => {
      const waitMs = waitMsOf(options, this.queue.whenFull);
      return this.#batcher.admit(prepared, waitMs, options.signal) as Promise<Receipt<C['name']>>;
    };
  }

  /** Puts as {@link put} does, but in the order of the calls, also where a schema takes its time. */
  #inTurn<C extends JobOf<Q>>(job: C): PutOne<PayloadInput<C>, C['name']> {
    const turns = new InTurn();
    return (payload, options) => this.#counted(turns.run(this.#prepare(job, payload, options)));
  }

  async #set(field: MetaField, value: string | null): Promise<void> {
    const { keys } = this.#parts.backend;
    const { capacity } = this.queue;
    await this.#ask((client) => writeSetting(client, { keys, capacity }, field, value));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
