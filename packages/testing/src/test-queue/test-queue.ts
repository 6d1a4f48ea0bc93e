import {
  type App,
  connectProducer,
  type HandlerRegistry,
  type JobOf,
  loadHandlers,
  type Outcome,
  type Payload,
  type PayloadInput,
  type Producer,
  type PutOptions,
  type QueueDefinition,
  type QueueStats,
  type Receipt,
  silentLogger,
} from '@sluice/queue';
import { Lifecycle, UndoStack } from '@sluice/queue/lifecycle';
import { type ParkedPool, QueueView, type QueueWork } from '@sluice/queue/testing';
import { openResources } from '../fixtures/open-resources.ts';
import { type History, MemoryHistory } from '../history/history.ts';
import type { FinalState } from '../history/none-lost.ts';
import { readRedisSource } from '../servers/redis-source.ts';
import { startTestServer } from '../servers/start-test-server.ts';
import type { DrainOptions, DrainSummary } from './drain-limits.ts';
import type { Match } from './match.ts';
import { type ExpectNoPutOptions, type ExpectPutOptions, PutExpectations } from './put-expectations.ts';
import { QueueRunner } from './queue-runner.ts';
import { readPut, type SeenPut } from './seen-put.ts';
import { QueueSpy } from './queue-spy.ts';
import { TestPool } from './test-pool.ts';
import { checkQueue, checkTestQueueOptions, redisInputOf, type TestQueueOptions } from './test-queue-options.ts';

export interface AdvanceOptions extends DrainOptions {
  /**
   * Whether jobs that are due on the way are run. Without it time passes while nobody works.
   *
   * @default true
   */
  run?: boolean;
}

export interface OutcomeOptions {
  /**
   * How long to wait for the job's end, in milliseconds of real time. For workers of the code under test.
   *
   * @default 0, or 4_000 between `start` and `stop`
   */
  within?: number;
}

/** Where a test queue gets its handlers: those of the queue, or an app that has them. */
export type TestHandlers<Q extends QueueDefinition> = HandlerRegistry<Q> | App;

/**
 * Opens a queue for a test, on a real Redis. Nothing runs until `drain`, `advance` or `start`: so a test looks at what was put, and
 * then lets it happen.
 *
 * ```ts
 * await using emails = await testQueue(emailQueue, { 'email.send': sendEmail }, { redis });
 * await signUp(service, 'ann@example.com');
 * await emails.expectPut(sendEmailJob, { to: 'ann@example.com' });
 * await emails.drain();
 * ```
 *
 * @param handlers those of the queue, or an app; without any, jobs can be put and looked at, and not run
 * @throws RedisUnavailableError when there is no Redis; DefinitionError when a handler is missing, or an option is out of its range
 */
export async function testQueue<const Q extends QueueDefinition>(
  queue: Q,
  handlers?: TestHandlers<Q> | null,
  options: TestQueueOptions = {},
): Promise<TestQueue<Q>> {
  checkQueue(queue);
  checkTestQueueOptions(options);
  const opened = new TestQueue(queue, handlers ?? null, options);
  await TestQueue.start(opened);
  return opened;
}

/** What is there while a test queue is open. */
interface Opened<Q extends QueueDefinition> {
  readonly producer: Producer<Q>;
  readonly view: QueueView;
  /** Null without handlers. */
  readonly pool: TestPool<Q> | null;
}

/** A queue under test: puts, runs, clock and what was seen. Made by {@link testQueue}. */
export class TestQueue<Q extends QueueDefinition> implements AsyncDisposable {
  /** The definition that it was opened with. */
  readonly queue: Q;
  /** Sees every job of the queue, also those of other programs, and also what happened before it was asked. */
  readonly spy: QueueSpy<Q>;
  readonly #options: TestQueueOptions;
  readonly #handlers: TestHandlers<Q> | null;
  readonly #lifecycle: Lifecycle;
  readonly #undo = new UndoStack();
  readonly #history = new MemoryHistory();
  readonly #expectations: PutExpectations<Q>;
  #opened: Opened<Q> | undefined;
  #recorded = 0;

  constructor(queue: Q, handlers: TestHandlers<Q> | null, options: TestQueueOptions) {
    this.queue = queue;
    this.#options = options;
    this.#handlers = handlers;
    this.#lifecycle = new Lifecycle({
      resource: { name: `test queue of queue ${queue.name}`, stop: () => this.close() },
      start: () => this.#open(),
      stop: () => this.#undo.disposeAsync(),
    });
    const look = (): Promise<SeenPut[]> => this.#look();
    this.#expectations = new PutExpectations(queue, look);
    this.spy = new QueueSpy(queue, look, () => this.#isRunning);
  }

  /** Static, because callers get one that is open. */
  static start<Q extends QueueDefinition>(opened: TestQueue<Q>): Promise<void> {
    return opened.#lifecycle.start();
  }

  /** The producer of this queue, for what has no shorter way here. */
  get producer(): Producer<Q> {
    return this.#connected.producer;
  }

  /** Puts a job, as a producer does. */
  async put<C extends JobOf<Q>>(job: C, payload: PayloadInput<C>, options?: PutOptions): Promise<Receipt<C['name']>> {
    return this.#connected.producer.put(job, payload, options);
  }

  /**
   * Runs all jobs until none is left, delayed ones and those that back off included: the queue's clock is moved over the times in which
   * nothing would happen. Next iterations of job schedulers do not count, for there is always another one.
   *
   * @throws DrainLimitError after `maxRuns` attempts, or `timeoutMs` in which none starts or ends, with what runs or comes back again and again
   * @throws Error when the queue is paused, or no handlers were given
   */
  async drain(options: DrainOptions = {}): Promise<DrainSummary> {
    return this.#pool.during((pool) => this.#runner('drain', pool, options).drain());
  }

  /**
   * Moves the queue's clock: delays, backoffs, `expiresAt`, schedules, retention and known ids come nearer by `ms`. What is due on
   * the way is run at its time. Deadlines of running attempts and leases are not moved: they are real time.
   *
   * @param ms from 0
   * @throws DrainLimitError as {@link drain} does
   */
  async advance(ms: number, { run = true, ...limits }: AdvanceOptions = {}): Promise<DrainSummary> {
    if (!(Number.isFinite(ms) && ms >= 0)) throw new RangeError(`advance wants milliseconds from 0, not ${ms}`);
    if (run && this.#connected.pool) {
      return this.#pool.during((pool) => this.#runner('advance', pool, limits).advance(Math.round(ms)));
    }
    await this.#connected.view.moveBy(ms);
    return { runs: 0, completed: 0, dead: 0, expired: 0, retried: 0, released: 0, movedMs: ms };
  }

  /** Runs jobs from now on, as a worker does, until {@link stop}. For code under test that waits for results. */
  async start(): Promise<void> {
    await this.#pool.start();
  }

  /** Ends what {@link start} began. Running attempts end first. */
  async stop(): Promise<void> {
    await this.#connected.pool?.stop();
  }

  /**
   * Expects a put of this job, now or within `within`, from any program.
   *
   * @param match what its payload has; without one any will do
   * @returns the put; with `count`, the first of them
   * @throws AssertionError that shows the nearest puts
   */
  expectPut<C extends JobOf<Q>>(
    job: C,
    match?: Match<Payload<C>>,
    options: ExpectPutOptions = {},
  ): Promise<SeenPut<C>> {
    return this.#expectations.expectPut(job, match, options);
  }

  /**
   * Expects no put of this job, neither now nor within `within`.
   *
   * @throws AssertionError that shows it
   */
  expectNoPut<C extends JobOf<Q>>(job: C, match?: Match<Payload<C>>, options: ExpectNoPutOptions = {}): Promise<void> {
    return this.#expectations.expectNoPut(job, match, options);
  }

  /** All puts of a job, or of all jobs, in the order in which the queue took them. */
  async puts<C extends JobOf<Q>>(job?: C): Promise<SeenPut<C>[]> {
    return (await this.#look()).filter((put) => job === undefined || put.job === job.name) as SeenPut<C>[];
  }

  /**
   * How a job ended.
   *
   * @throws Error that says where the job is when it has not ended; whatever `outcome` of a producer throws
   */
  async outcome<Name extends JobOf<Q>['name']>(
    job: Receipt<Name> | string,
    { within = this.#isRunning ? 4_000 : 0 }: OutcomeOptions = {},
  ): Promise<Outcome<Extract<JobOf<Q>, { name: Name }>>> {
    const { producer } = this.#connected;
    const id = typeof job === 'string' ? job : job.id;
    const snapshot = await producer.find(id);
    if (snapshot?.endedAt === null && within === 0) {
      throw new Error(
        `job ${id} of ${snapshot.job} has not ended: it is ${snapshot.state}. Call drain() before, or start() to run jobs meanwhile`,
      );
    }
    return producer.outcome(job, { waitMs: Math.max(within, 1_000) });
  }

  /** Counts of the queue now. */
  stats(): Promise<QueueStats> {
    return this.#connected.producer.stats();
  }

  /** What was put and run so far, and the depth at each look of a drain: for `neverOver`, `noneLost` and `noneTwice`. */
  async history(): Promise<History> {
    await this.#look();
    return this.#history;
  }

  /** Which jobs that were put are in Redis now, for `noneLost`. */
  async finalState(): Promise<FinalState> {
    const ids = [...new Set((await this.#look()).map(({ id }) => id))];
    const snapshots = await Promise.all(ids.map((id) => this.#connected.producer.find(id)));
    const there = snapshots.filter((snapshot) => snapshot !== null);
    return {
      unfinished: there.filter(({ endedAt }) => endedAt === null).map(({ id }) => id),
      settled: there.filter(({ endedAt }) => endedAt !== null).map(({ id }) => id),
    };
  }

  /** Stops what runs, obliterates the queue unless it was there before, and disconnects. Again is harmless. */
  close(): Promise<void> {
    return this.#lifecycle.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #connected(): Opened<Q> {
    if (!this.#opened || this.#lifecycle.state !== 'running') {
      throw new Error(`the test queue of queue ${this.queue.name} is closed`);
    }
    return this.#opened;
  }

  get #pool(): TestPool<Q> {
    const { pool } = this.#connected;
    if (!pool) throw new Error(`testQueue(${this.queue.name}) was given no handlers, so it cannot run jobs`);
    return pool;
  }

  get #isRunning(): boolean {
    return this.#opened?.pool?.isRunning ?? false;
  }

  async #open(): Promise<void> {
    const { queue } = this;
    const given = this.#options.redis;
    const redis = given === undefined ? await this.#ownRedis() : redisInputOf(given);
    const { logger = silentLogger(), keep = false, concurrency = 1 } = this.#options;
    const registry = await this.#loadHandlers();
    const settings = { redis, concurrency, logger, allowUntestedBullmq: true };
    const pool = registry && new TestPool(queue, registry, settings, this.#history);
    pool?.checkHandlers();
    const view = this.#undo.use(await QueueView.open(queue, { redis }));
    const isNew = !(await view.exists());
    const producer = this.#undo.use(
      await openResources.unlisted(() => connectProducer(queue, { redis, logger, allowUntestedBullmq: true })),
    );
    this.#opened = { producer, view, pool };
    this.#undo.defer(async () => {
      await pool?.end();
      if (isNew && !keep) await producer.obliterate().catch(() => undefined); // its Redis may be gone
    });
  }

  async #ownRedis(): Promise<string> {
    const server = this.#undo.use(await startTestServer({ persistent: false }, readRedisSource()));
    return server.url;
  }

  async #loadHandlers(): Promise<HandlerRegistry<Q> | null> {
    const handlers = this.#handlers;
    if (handlers === null) return null;
    const app = handlers as App;
    if (!Array.isArray(app.queues)) return handlers as HandlerRegistry<Q>;
    const context = {
      log: this.#options.logger ?? silentLogger(),
      onStop: (close: () => Promise<void> | void) => this.#undo.defer(async () => close()),
    };
    return (await loadHandlers(app, this.queue.name, context)) as HandlerRegistry<Q>;
  }

  async #look(): Promise<SeenPut[]> {
    const jobs = await this.#connected.view.jobs();
    for (const { id } of jobs.slice(this.#recorded)) {
      this.#history.record({ type: 'put-answered', id, producer: 'any', status: 'created' });
    }
    this.#recorded = jobs.length;
    return Promise.all(jobs.map((job) => readPut(job, this.queue.jobs)));
  }

  #runner(what: string, pool: ParkedPool['pool'], options: DrainOptions): QueueRunner {
    const { name } = this.queue;
    const onLook = ({ depth }: QueueWork): void => this.#history.record({ type: 'depth', queue: name, depth });
    return new QueueRunner({ name, view: this.#connected.view, pool, onLook }, what, options);
  }
}
