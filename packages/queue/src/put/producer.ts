import { QueueAdmin } from '../admin/queue-admin.ts';
import { checkOptions } from '../job/options/check-options.ts';
import { OptionError, PutOptionError, JobFailedError } from '../job/errors/index.ts';
import { type JobOf, type QueueDefinition } from '../job/contracts/queue-policy.ts';
import { checkContract } from '../job/handler/handler.ts';
import { parseJobId } from '../job/contracts/job-id.ts';
import { type PayloadInput, type Result } from '../job/contracts/job-contract.ts';
import { producerDefaults } from '../job/defaults.ts';
import type { QueueLook } from '../store/admin/join-queue.ts';
import type { QueueStats } from '../store/stats/queue-stats.ts';
import { type JobSnapshot, readSnapshot } from '../store/results/job-snapshot.ts';
import { storedId } from '../store/keys/queue-keys.ts';
import { contractOf, readOutcome, type Outcome } from '../store/results/read-outcome.ts';
import type { JobRecord } from '../store/results/job-record.ts';
import type { EndedJobWaiter, WatchOptions } from '../store/results/ended-job-waiter.ts';
import type { QueueEventListener, QueueEventsPage } from '../store/results/queue-events.ts';
import type { PutBatcher } from './put-batcher.ts';
import { findJob, type FindJobDeps, type FindOptions } from './find-job.ts';
import { type GatherOptions, gatherResults, gatherRules, type Gathered, type GatherPairs } from './gather-results.ts';
import { type MapOptions, mapResults, mapRules, type Mapped } from './map-results.ts';
import type { Receipt } from './pending-put.ts';
import { type JobDeps, type PreparedJob, prepareJob } from './prepare-job.ts';
import type { ProducerEvents } from './producer-events.ts';
import { type PutTracer, tracePut } from './put-tracer.ts';
import type { ProducerResources } from './producer-resources.ts';
import { checkFlow, type FlowNode, type PutFlowOptions, putFlowRules } from './flow/flow-node.ts';
import type { FlowReceipt } from './flow/flow-puts.ts';
import { prepareFlow } from './flow/prepare-flow.ts';
import {
  InTurn,
  type Prepared,
  type PutManyOptions,
  type PutOne,
  putMany,
  putManyRules,
  signalsOf,
} from './put-many.ts';
import { checkPut, type PutOptions, tryPutRules, waitMsOf, type WaitOptions, waitRules } from './put-options.ts';

/** The contract of a queue that has this name. */
export type JobNamed<Q extends QueueDefinition, Name extends string> = Extract<JobOf<Q>, { name: Name }>;

/** Puts jobs into one queue and reads how they ended. Made by `connectProducer`; safe to use from many places at once. */
export class Producer<Q extends QueueDefinition> extends QueueAdmin implements AsyncDisposable {
  /** The definition that it was connected with. */
  readonly queue: Q;
  readonly #resources: ProducerResources<Q>;
  readonly #jobDeps: JobDeps;
  readonly #batcher: PutBatcher;
  readonly #tracer: PutTracer | undefined;
  readonly #endedJobs: EndedJobWaiter;
  /** Puts from their call to their answer, but for those that go to the batcher at their call: it counts those. */
  #puts = 0;
  readonly #closing: AbortSignal;

  constructor(resources: ProducerResources<Q>) {
    const { queue, closing, connected } = resources;
    const { backend, clock, batcher, endedJobs, isGuest } = connected;
    super({ queue, keys: backend.keys, backend, closing, call: (operation) => resources.call(operation) });
    this.queue = queue;
    this.#resources = resources;
    this.#jobDeps = { queue, backend, clock, isGuest };
    this.#batcher = batcher;
    this.#tracer = resources.tracer;
    this.#endedJobs = endedJobs;
    this.#closing = closing;
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
  put<C extends JobOf<Q>>(job: C, payload: PayloadInput<C>, options: PutOptions = {}): Promise<Receipt<C['name']>> {
    if (!this.#tracer) return this.#put(job, payload, options);
    return tracePut(this.#tracer, job, options, (metadata) => this.#put(job, payload, options, metadata));
  }

  #put<C extends JobOf<Q>>(
    job: C,
    payload: PayloadInput<C>,
    options: PutOptions,
    metadata?: string,
  ): Promise<Receipt<C['name']>> {
    try {
      const prepared = this.#prepare(job, payload, options, metadata);
      if (!(prepared instanceof Promise)) return this.#admit<C>(prepared, options);
      return this.#counted(prepared.then((ready) => this.#admit<C>(ready, options)));
    } catch (error) {
      return Promise.reject(error);
    }
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
   * Adds a job and all that it waits for, over one or several queues of this Redis: all of them or none, in one call of at most
   * 1,000 jobs and 8 MiB. A flow of one queue waits for capacity for all of its jobs together, in its turn among the puts that
   * wait; over several queues it asks again from time to time, and others may go before it. It drops nothing, and does not wait inside a
   * handler. With an `id`, the flow is known by it as a job is: put again, it is a duplicate as a whole.
   *
   * @throws QueueFullError when a queue had no free capacity in time; with the reason `never-fits` when its capacity is below
   * the number of jobs
   * @throws PutConflictError when an id of the flow is taken; CallTooLargeError; DefinitionError on a Redis Cluster when its queues have
   * no hash tag in common; what {@link put} throws besides
   */
  async putFlow<C extends JobOf<Q>>(flow: FlowNode<C>, options: PutFlowOptions = {}): Promise<FlowReceipt<C['name']>> {
    return tracePut(this.#tracer, flow?.job, options, (metadata) =>
      this.#counted(this.#putFlow(flow, options, metadata)),
    );
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
    const closing = this.#closing;
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
      { ...options, window, closing: this.#closing },
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
        const receipt = await tracePut(this.#tracer, job, waits.put, (metadata) =>
          this.#counted(turns.run(this.#prepareTurn(job, payload, waits.put, metadata))),
        );
        return this.result(receipt, waits.result);
      },
      pairs,
      options,
    );
  }

  /**
   * The result of a job, once it has ended; of a receipt with `next`, that of the next one.
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
    this.#closing.throwIfAborted();
    const { waitMs = producerDefaults.resultWaitMs, signal } = options;
    const record = await this.#endOf(typeof job === 'string' ? { id: job } : job, { waitMs, signal });
    return (await readOutcome(this.queue, record)) as Outcome<JobNamed<Q, Name>>;
  }

  /** The job that follows another one is there when that one has ended, and no sooner. */
  async #endOf({ id, next }: Pick<Receipt, 'id' | 'next'>, { waitMs, signal }: WatchOptions): Promise<JobRecord> {
    const until = performance.now() + waitMs;
    const record = await this.#endedJobs.wait(storedId(parseJobId(id)), { waitMs, signal });
    if (next === undefined) return record;
    const leftMs = Math.max(until - performance.now(), 1);
    return this.#endedJobs.wait(storedId(parseJobId(next)), { waitMs: leftMs, signal });
  }

  /** Counts of the queue now. Nothing in it grows with the queue's length. */
  async stats(): Promise<QueueStats> {
    return { ...(await this.readStats()), waitingPuts: this.#batcher.waiting };
  }

  /** See {@link QueueAdmin.obliterate}. */
  override async obliterate(): Promise<void> {
    await super.obliterate();
    const { flows } = this.#resources.connected;
    for (const key of [...this.#batcher.replyKeys, ...flows.replyKeys])
      await this.#resources.call((client) => client.del(key));
  }

  protected override async lookIdle(): Promise<QueueLook> {
    const puts = this.#puts + this.#batcher.unanswered; // before the check, so that it sees a put that is admitted meanwhile
    const { idle, depth } = await super.lookIdle();
    return { idle: idle && puts === 0, depth };
  }

  /**
   * What is known of a job; null when it is not kept. Looks at no list: cheap however long the queue is. With `waitMs` once it has
   * ended, or when that time is over or the signal aborts: a long poll. A thousand such calls share one reader of Redis.
   *
   * ```ts
   * const job = await emails.find('order-17', { waitMs: 30_000 });
   * ```
   *
   * @throws OptionError when an option is out of its range, or unknown; RedisUnavailableError
   */
  async find(id: string, options: FindOptions = {}): Promise<JobSnapshot | null> {
    this.#closing.throwIfAborted();
    const { queue } = this;
    const { keys } = this.#resources.connected.backend;
    const stored = storedId(parseJobId(id));
    const read: FindJobDeps['read'] = (what) =>
      this.#resources.call((client) => readSnapshot(client, { keys, queue, ...what }, stored));
    return findJob({ endedJobs: this.#endedJobs, read }, stored, options);
  }

  /**
   * Calls the listener with the steps of all jobs of the queue, as its event stream has them, from now on; at most a second late, and
   * without loss while Redis is away, as far as the stream goes back. Any number of listeners share one reader. What a queue writes,
   * its `events` say: with `ended` and `none`, only the ends of jobs.
   *
   * ```ts
   * const { stop } = await emails.follow((events) => console.log(events));
   * ```
   *
   * @throws RedisUnavailableError
   */
  async follow(listener: QueueEventListener): Promise<{ cursor: string; stop: () => void }> {
    this.#closing.throwIfAborted();
    return this.#resources.connected.queueEvents.follow(listener);
  }

  /** The next events behind a cursor, some hundred at most, as far as the stream still has them. */
  async eventsAfter(cursor: string, { signal }: { signal?: AbortSignal } = {}): Promise<QueueEventsPage> {
    this.#closing.throwIfAborted();
    const off = signal ? AbortSignal.any([signal, this.#closing]) : this.#closing;
    return this.#resources.connected.queueEvents.after(cursor, off);
  }

  /**
   * Refuses puts that wait, lets those that were sent end, and disconnects. Every call in progress or to come rejects with
   * QueueClosedError then. Safe to call twice.
   */
  close(): Promise<void> {
    return this.#resources.stop();
  }

  /** How many puts of this producer wait for capacity now. */
  get waitingPuts(): number {
    return this.#batcher.waiting;
  }

  /**
   * @returns a function that ends the subscription
   * @throws OptionError when there is no such event, or the listener is no function
   */
  on<K extends keyof ProducerEvents>(event: K, listener: (event: ProducerEvents[K]) => void): () => void {
    return this.#resources.events.on(event, listener);
  }

  async #putFlow<C extends JobOf<Q>>(
    flow: FlowNode<C>,
    options: PutFlowOptions,
    metadata: string | undefined,
  ): Promise<FlowReceipt<C['name']>> {
    this.#closing.throwIfAborted();
    checkOptions('putFlow', putFlowRules, options, PutOptionError);
    checkFlow(flow);
    const prepared = await prepareFlow(this.#jobDeps, flow, metadata);
    const { signal, waitMs = producerDefaults.waitMs, whenFull = this.queue.whenFull } = options;
    const wait = {
      waitMs: whenFull === 'wait' ? waitMs : 0,
      signals: signalsOf(signal ? { signal } : {}, this.#closing),
    };
    return (await this.#resources.connected.flows.put(prepared, wait)) as FlowReceipt<C['name']>;
  }

  /** Counts a put from its call to its answer. It gets no function, which would hold the payload as well as its JSON for that long. */
  async #counted<T>(put: Promise<T>): Promise<T> {
    this.#puts += 1;
    try {
      return await put;
    } finally {
      this.#puts -= 1;
    }
  }

  /** Checks a put. */
  #prepare<C extends JobOf<Q>>(
    job: C,
    payload: PayloadInput<C>,
    options: PutOptions,
    metadata: string | undefined,
  ): PreparedJob | Promise<PreparedJob> {
    this.#closing.throwIfAborted();
    checkContract('put', job);
    contractOf(this.queue, job.name);
    return prepareJob(this.#jobDeps, job, payload, options, metadata);
  }

  /** Checks one of several puts; what it resolves with sends it. */
  async #prepareTurn<C extends JobOf<Q>>(
    job: C,
    payload: PayloadInput<C>,
    options: PutOptions,
    metadata: string | undefined,
  ): Promise<Prepared<Receipt<C['name']>>> {
    const prepared = await this.#prepare(job, payload, options, metadata);
    return () => this.#admit<C>(prepared, options);
  }

  #admit<C extends JobOf<Q>>(prepared: PreparedJob, options: PutOptions): Promise<Receipt<C['name']>> {
    const waitMs = waitMsOf(options, this.queue.whenFull);
    return this.#batcher.admit(prepared, waitMs, options.signal) as Promise<Receipt<C['name']>>;
  }

  /** Puts as {@link put} does, but in the order of the calls, also where a schema takes its time. */
  #inTurn<C extends JobOf<Q>>(job: C): PutOne<PayloadInput<C>, C['name']> {
    const turns = new InTurn();
    return (payload, options) =>
      tracePut(this.#tracer, job, options, (metadata) =>
        this.#counted(turns.run(this.#prepareTurn(job, payload, options, metadata))),
      );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
