import type { KeysMap } from 'bullmq';
import { checkOptions } from '../job/options/check-options.ts';
import * as optionRule from '../job/options/option-rules.ts';
import type { OptionRules } from '../job/options/option-rules.ts';
import { OptionError, QueueClosedError, RedisUnavailableError } from '../job/errors/index.ts';
import { parseJobId } from '../job/contracts/job-id.ts';
import { type JobDetails, readDetails } from '../store/jobs/job-details.ts';
import { visitBackend } from '../store/backend/open-backend.ts';
import type { RedisConnection, RedisOperation } from '../store/connection/redis-connection.ts';
import type { EditAnswer } from '../store/edits/edit-job.ts';
import { bullmqKeys } from '../store/keys/bullmq-keys.ts';
import type { SecretField } from '../job/contracts/secret-fields.ts';
import { type JobFlow, readFlow } from '../store/flow/read-flow.ts';
import { type JobTexts, readJobTexts, readSecrets } from '../store/jobs/job-texts.ts';
import { type JobsPage, listJobs } from '../store/jobs/list-jobs.ts';
import type { CommonStats } from '../store/stats/queue-stats.ts';
import { explainJob, type JobExplanation } from '../store/why/explain-job.ts';
import { readRedisState, type RedisState } from '../store/server/redis-state.ts';
import { readWaiters, type WaiterList } from '../store/waiters/read-waiters.ts';
import type { AdministeredQueue } from './administered-queue.ts';
import type { CancelOutcome } from '../store/cancel/cancel-job.ts';
import type { ActReport } from './act-on-jobs.ts';
import { cancelJobs, type CancelJobsOptions } from './cancel-jobs.ts';
import { DeadLetters } from './dead-letters.ts';
import { editWaitingJob, type JobEdit } from './job-edit.ts';
import { type JobFilter, jobFilterRules, storedFilter } from './job-filter.ts';
import { PoolsAdmin } from './pools-admin.ts';
import { PoisonAdmin } from './poison-admin.ts';
import type { QueueHistory } from './history-report.ts';
import { LimitsAdmin, type LimitsOf } from './limits-admin.ts';
import { type HistoryOptions, readQueueHistory } from './read-history.ts';
import { QueueAdmin, type QueueAdminDeps } from './queue-admin.ts';
import { Schedules } from './schedules.ts';

/** The numbers of a queue at one instant, as an admin sees them. */
export interface AdminStats extends Omit<CommonStats, 'capacity' | 'capacityFrom'> {
  /** Null when Redis knows of none: then nothing is bounded, as in a queue that only plain BullMQ clients use. */
  capacity: number | null;
  /** Whose number that is; null without one. */
  capacityFrom: CommonStats['capacityFrom'] | null;
}

export interface ListJobsOptions extends JobFilter {
  /**
   * The most jobs of a page, from 1 to 1,000.
   *
   * @default 100
   */
  limit?: number;
  /**
   * Where the page begins: `next` of the one before, asked for with the same states.
   *
   * @default at the beginning
   */
  cursor?: string;
}

const listRules = {
  ...jobFilterRules,
  limit: optionRule.wholeNumber(1, 1_000),
  cursor: optionRule.text,
} satisfies OptionRules<ListJobsOptions>;

export interface ListWaitersOptions {
  /**
   * The most tickets of the list, from 1 to 1,000.
   *
   * @default 100
   */
  limit?: number;
}

const waiterRules = { limit: optionRule.wholeNumber(1, 1_000) } satisfies OptionRules<ListWaitersOptions>;

export interface AdminDeps {
  readonly queue: AdministeredQueue;
  readonly connection: RedisConnection;
  /** Aborts when the connection is closed. */
  readonly closing: AbortController;
  readonly allowUntestedBullmq: boolean;
  /** Closes the connection, if that is this object's to do. */
  close(): Promise<void>;
}

/**
 * Looks at a queue and changes what holds for all of it. It puts and takes nothing, has no part in the agreement on the
 * queue's capacity, and makes no queue that is not there. Made by `connectAdmin`.
 */
export class Admin extends QueueAdmin implements AsyncDisposable {
  /** Jobs that end their workers. */
  readonly poison: PoisonAdmin;
  /** Jobs that come again and again. */
  readonly schedules: Schedules;
  readonly #deps: AdminDeps;
  readonly #keys: KeysMap;
  readonly #call: QueueAdminDeps['call'];
  /** The pools that work on the queue. */
  readonly pools: PoolsAdmin;
  /** Jobs that will not be tried again: to list, to replay, to purge. */
  readonly deadLetters: DeadLetters;
  /** How many jobs run at once and start in a time, of the queue and of each contract. */
  readonly limits: LimitsAdmin;

  constructor(deps: AdminDeps) {
    const { queue, connection, closing, allowUntestedBullmq } = deps;
    const keys = bullmqKeys(queue);
    const call = async <T>(operation: RedisOperation<T>): Promise<T> => {
      closing.signal.throwIfAborted();
      try {
        return await connection.call(operation);
      } catch (error) {
        if (error instanceof RedisUnavailableError) closing.signal.throwIfAborted();
        throw error;
      }
    };
    const obliterate = async (options: { force: boolean; count: number }): Promise<number> =>
      visitBackend(queue, connection, { allowUntestedBullmq }).obliterate(options);
    super({ queue, keys, call, closing: closing.signal, backend: { obliterate } });
    this.#deps = deps;
    this.#keys = keys;
    this.#call = call;
    this.pools = new PoolsAdmin({ keys, call });
    this.poison = new PoisonAdmin(keys, call);
    this.deadLetters = new DeadLetters({ queue, keys, call });
    this.schedules = new Schedules({ queue: { keys, capacity: queue.capacity }, call });
    this.limits = new LimitsAdmin({ keys, call });
  }

  /**
   * Has all workers of the queue, BullMQ's too, take no more jobs until {@link resume}; or, with the name of a contract, all pools
   * take none of its jobs. Jobs that run continue, and puts are added while there is capacity. Pausing twice does no harm.
   *
   * @throws OptionError when the name cannot be one
   */
  override async pause({ job }: LimitsOf = {}): Promise<void> {
    return job === undefined ? super.pause() : this.limits.setPaused(job, true);
  }

  /**
   * Has workers take jobs of a paused queue again; or pools those of a paused contract.
   *
   * @throws OptionError when the name cannot be one
   */
  override async resume({ job }: LimitsOf = {}): Promise<void> {
    return job === undefined ? super.resume() : this.limits.setPaused(job, false);
  }

  /** As in its definition. */
  get name(): string {
    return this.#deps.queue.name;
  }

  /**
   * What happened to the jobs of the queue in the last 72 hours, minute by minute: counts, waiting and run times. Pools and producers
   * write it every 5 s and when they stop, so the last seconds may be missing. What plain BullMQ clients do is not counted.
   *
   * ```ts
   * const { total, points } = await admin.history({ since: Date.now() - 24 * 3_600_000, job: 'email.send' });
   * ```
   *
   * @throws OptionError when an option is out of its range, or `since` is not before `until`
   */
  async history(options: HistoryOptions = {}): Promise<QueueHistory> {
    return readQueueHistory(this.#call, this.#keys, options);
  }

  /** Whether Redis has the queue: some client has connected to it, and nobody has obliterated it since. */
  async exists(): Promise<boolean> {
    return this.#call(async (client) => (await client.exists(this.#keys['meta'] ?? '')) === 1);
  }

  /**
   * What the Redis of the queue is, how much of its memory is used, and how long a call takes. In a cluster: of one of its nodes.
   *
   * @throws RedisUnavailableError when Redis is away
   */
  async redis(): Promise<RedisState> {
    return this.#call((client) => readRedisState(client));
  }

  /**
   * Counts of the queue now. Nothing in it grows with the queue's length. Where only the queue's name is known,
   * `drainPerSecond` is too low for a queue that keeps less than a minute of ended jobs.
   */
  async stats(): Promise<AdminStats> {
    const { capacity, capacityFrom, ...rest } = await this.readStats();
    if (capacity > 0) return { ...rest, capacity, capacityFrom };
    return { ...rest, capacity: null, capacityFrom: null, over: 0 };
  }

  /**
   * Lists jobs, a page at a time. A page looks at no more than 5,000 jobs, however many the queue holds: where a filter matches
   * few of them, it may be empty and still have a `next`. Jobs that move meanwhile may be missing, or be listed twice.
   *
   * ```ts
   * const dead = await admin.jobs({ state: 'dead', error: 'SLUICE_JOB_TIMEOUT', since: Date.now() - 3_600_000 });
   * ```
   *
   * @throws OptionError when an option is out of its range, or unknown, or the cursor is none of these states
   */
  async jobs(options: ListJobsOptions = {}): Promise<JobsPage> {
    checkOptions('jobs', listRules, options, OptionError);
    const { limit = 100, cursor, ...filter } = options;
    const request = { limit, ...(cursor !== undefined && { cursor }) };
    const page = await this.#call((client) => listJobs(client, this.#keys, storedFilter(filter), request));
    if (!page) throw new OptionError('jobs: cursor must be the `next` of a page with the same states');
    return page;
  }

  /**
   * Who waits for capacity, in the order in which they get it: who, since when, and for how many jobs. Each producer asks for at most 100
   * puts at a time, and has those behind them in its own memory. Looks at the first 100 unless `limit` says otherwise, from 1 to 1,000.
   *
   * ```ts
   * const { waiters } = await admin.waiters();
   * console.log(waiters[0]?.host, waiters[0]?.waitedMs);
   * ```
   *
   * @throws OptionError when an option is out of its range, or unknown; RedisUnavailableError when Redis is away
   */
  async waiters(options: ListWaitersOptions = {}): Promise<WaiterList> {
    checkOptions('waiters', waiterRules, options, OptionError);
    return this.#call((client) => readWaiters(client, this.#keys, options.limit ?? 100));
  }

  /** All that is known of a job, its payload included; null when it is not kept. Also by the id of a foreign BullMQ client. */
  async find(id: string): Promise<JobDetails | null> {
    const parsed = parseJobId(id);
    return this.#call((client) => readDetails(client, { keys: this.#keys, queue: this.#deps.queue }, parsed));
  }

  /** What Redis holds of a job as text, for people to read: its payload, result, options and log lines. Null when it is not kept. */
  async texts(id: string): Promise<JobTexts | null> {
    const parsed = parseJobId(id);
    return this.#call((client) => readJobTexts(client, { keys: this.#keys, queue: this.#deps.queue }, parsed));
  }

  /**
   * The secret fields of a job's payload, which everything else hides: for the few who must see them. A service that shows them should note to
   * whom, as the HTTP API does. Null when the job is not kept.
   */
  async secrets(id: string): Promise<SecretField[] | null> {
    const parsed = parseJobId(id);
    return this.#call((client) => readSecrets(client, { keys: this.#keys, queue: this.#deps.queue }, parsed));
  }

  /** The parent of a job, and its children: of a flow. Null when the job is not kept. */
  async flow(id: string): Promise<JobFlow | null> {
    const parsed = parseJobId(id);
    return this.#call((client) => readFlow(client, { keys: this.#keys, queue: this.#deps.queue }, parsed));
  }

  /**
   * Why a job does not run, or where it runs, and every step of its life that Redis still knows, with who did it and when. Also of a job
   * that is not kept: then what the events of the queue say of its id. Reads up to 20,000 events in short calls, and looks for the job
   * among the next 10,000 that wait.
   *
   * ```ts
   * const { reasons, transitions } = await admin.why('order-17');
   * ```
   */
  async why(id: string): Promise<JobExplanation> {
    const parsed = parseJobId(id);
    const deps = { keys: this.#keys, queue: this.#deps.queue };
    return this.#call((client) => explainJob(client, deps, parsed));
  }

  /**
   * Cancels all jobs that a filter finds, as {@link cancel} does: those that wait or run, unless it names states. Count them first, with
   * `dryRun`. Goes at 100 a second unless `ratePerSecond` says otherwise; a batch with jobs that run takes until their workers have answered.
   *
   * ```ts
   * const { results } = await admin.cancelJobs({ job: 'email.send', state: 'waiting' }, { ratePerSecond: 1_000 });
   * ```
   *
   * @throws OptionError when an option is out of its range, or unknown; RedisUnavailableError when Redis is away
   */
  async cancelJobs(filter: JobFilter, options: CancelJobsOptions = {}): Promise<ActReport<CancelOutcome>> {
    return cancelJobs({ queue: this.administered, call: this.#call }, filter, options);
  }

  /**
   * Changes a job that has not started, or that waits for its next attempt: its payload, priority, delay or expiry, whole or not at
   * all. It keeps its id and, unless its priority or delay changes, its position. A put of the payload as it was put first is still
   * a duplicate of it. Takes Redis longer the more jobs wait before and behind it, where it leaves the list of those: some 20 ms in
   * the middle of a million.
   *
   * @throws OptionError when a value is out of its range, or nothing is changed, or no contract is there to check the payload
   * @throws PayloadInvalidError or TooLargeError for a payload that cannot be stored; RedisUnavailableError when Redis is away
   */
  async edit(id: string, changes: JobEdit): Promise<EditAnswer> {
    return editWaitingJob({ queue: this.#deps.queue, keys: this.#keys, call: this.#call }, id, changes);
  }

  /** Disconnects. Every call in progress or to come rejects with QueueClosedError then. Safe to call twice. */
  async close(): Promise<void> {
    const { closing, queue } = this.#deps;
    if (!closing.signal.aborted) closing.abort(new QueueClosedError(queue.name, 'its administration is closed'));
    await this.#deps.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
