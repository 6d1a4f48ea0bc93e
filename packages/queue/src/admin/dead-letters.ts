import { parseJobId } from '../job/contracts/job-id.ts';
import type { QueueDefinition } from '../job/contracts/queue-policy.ts';
import { producerDefaults } from '../job/defaults.ts';
import { OptionError } from '../job/errors/index.ts';
import { checkOptions } from '../job/options/check-options.ts';
import * as optionRule from '../job/options/option-rules.ts';
import type { OptionRules } from '../job/options/option-rules.ts';
import { purgeJobs, type PurgeResult } from '../store/dead-letters/purge-jobs.ts';
import { type DeadLetterDetails, findDead, readDeadLetter } from '../store/dead-letters/read-dead-letter.ts';
import type { ReplayResult, ReplayStop } from '../store/dead-letters/replay-jobs.ts';
import { type JobsPage, listJobs } from '../store/jobs/list-jobs.ts';
import type { StoredFilter } from '../store/jobs/stored-filter.ts';
import { actOnIds } from './act-on-ids.ts';
import {
  type Acted,
  type ActDeps,
  type Action,
  actOnJobs,
  type ActOptions,
  type ActReport,
  actRules,
} from './act-on-jobs.ts';
import { type JobFilter, jobFilterRules, storedFilter } from './job-filter.ts';
import { replayAction } from './replay-action.ts';

/** Which dead letters are meant. Times are compared with their deaths. */
export type DeadLetterFilter = Omit<JobFilter, 'state'>;

/** Dead letters: one by its id, up to 1,000 by their ids, or all that a filter finds; `{}` finds every one. */
export type DeadLetterSelection = string | readonly string[] | DeadLetterFilter;

export interface ListDeadLettersOptions extends DeadLetterFilter {
  /**
   * The most dead letters of a page, from 1 to 1,000.
   *
   * @default 100
   */
  limit?: number;
  /**
   * Where the page begins: `next` of the one before.
   *
   * @default with the last death
   */
  cursor?: string;
}

export interface ReplayOptions extends ActOptions {
  /**
   * How long the run waits for capacity, in milliseconds, each time that the queue is full; Infinity for as long as it takes. It
   * waits in the order of arrival, as a put does. 0: it stops at once, and says what is left.
   *
   * @default 30_000
   */
  waitMs?: number;
  /**
   * What becomes of a job whose `expiresAt` has passed: replayed as it is, it would only expire again. With true it is replayed and
   * never expires; otherwise it stays dead.
   *
   * @default false
   */
  clearExpiry?: boolean;
}

/** What a replay has done. */
export interface ReplayReport extends ActReport<ReplayResult, ReplayStop> {
  /** Dead letters that match and were not tried, because the run stopped before. */
  left: number;
}

/** What a purge has done. */
export type PurgeReport = ActReport<PurgeResult>;

const { state: _, ...filterRules } = jobFilterRules;

const listRules = {
  ...filterRules,
  limit: optionRule.wholeNumber(1, 1_000),
  cursor: optionRule.text,
} satisfies OptionRules<ListDeadLettersOptions>;

const replayRules = {
  ...actRules,
  waitMs: optionRule.waitMs({ forever: true }),
  clearExpiry: optionRule.yesOrNo,
} satisfies OptionRules<ReplayOptions>;

const PURGE_PER_SECOND = 1_000;

export interface DeadLettersDeps extends ActDeps {
  readonly queue: Pick<QueueDefinition, 'capacity' | 'jobs'>;
}

/** The dead letters of a queue: jobs that will not be tried again. Made by an admin, as `admin.deadLetters`. */
export class DeadLetters {
  readonly #deps: DeadLettersDeps;

  constructor(deps: DeadLettersDeps) {
    this.#deps = deps;
  }

  /**
   * Lists dead letters, the last one to die first, a page at a time. A page looks at no more than 5,000.
   *
   * @throws OptionError when an option is out of its range, or unknown
   */
  async list(options: ListDeadLettersOptions = {}): Promise<JobsPage> {
    checkOptions('deadLetters.list', listRules, options, OptionError);
    const { limit = 100, cursor, ...filter } = options;
    const request = { limit, ...(cursor !== undefined && { cursor }) };
    const { keys, call } = this.#deps;
    const page = await call((client) => listJobs(client, keys, deadOnly(filter), request));
    if (!page) throw new OptionError('deadLetters.list: cursor must be the `next` of a page');
    return page;
  }

  /** All that is known of a dead letter: why it died, its attempts with their errors and times, its last worker; null for none. */
  async find(id: string): Promise<DeadLetterDetails | null> {
    const parsed = parseJobId(id);
    return this.#deps.call((client) => readDeadLetter(client, this.#deps, parsed));
  }

  /**
   * Puts dead letters back to work, the first one to die first. They keep their ids, their payloads and the record of their
   * failures; their attempts are counted anew. Each is admitted as a put is, so the bound holds: on a full queue the run waits for
   * capacity. A job that dies again is not replayed again by the same run, also when a cursor continues it.
   *
   * ```ts
   * const { results, left } = await admin.deadLetters.replay({ code: 'SLUICE_JOB_TIMEOUT' }, { ratePerSecond: 20 });
   * ```
   *
   * @throws OptionError when an option is out of its range, or unknown; RedisUnavailableError when Redis is away
   */
  async replay(which: DeadLetterSelection, options: ReplayOptions = {}): Promise<ReplayReport> {
    checkOptions('deadLetters.replay', replayRules, options, OptionError);
    const { waitMs = producerDefaults.waitMs, clearExpiry = false, ...rest } = options;
    const action = replayAction(this.#deps, { waitMs, clearExpiry, ...(rest.signal && { signal: rest.signal }) });
    const report = await this.#act<ReplayResult, ReplayStop | 'aborted'>('replay', which, rest, action);
    return { ...report, left: report.stopped === 'end' ? 0 : await this.#countLeft(which, report) };
  }

  /**
   * Removes dead letters for good. Count them first, with `dryRun`. Their ids stay known for their time, as those of other ended
   * jobs. At 1,000 a second unless `ratePerSecond` says otherwise.
   *
   * @throws OptionError when an option is out of its range, or unknown; RedisUnavailableError when Redis is away
   */
  async purge(which: DeadLetterSelection, options: ActOptions = {}): Promise<PurgeReport> {
    checkOptions('deadLetters.purge', actRules, options, OptionError);
    const { keys, call } = this.#deps;
    return this.#act<PurgeResult, never>(
      'purge',
      which,
      { ratePerSecond: PURGE_PER_SECOND, ...options },
      async (jobs) => {
        const ids = jobs.map(({ id }) => id);
        return { results: await call((client) => purgeJobs(client, keys, ids)) };
      },
    );
  }

  async #act<Result extends string, Stop extends string>(
    what: string,
    which: DeadLetterSelection,
    options: ActOptions,
    action: Action<Result | 'gone', Stop, { readonly id: string }>,
  ): Promise<ActReport<Result | 'gone', Stop>> {
    const read = readWhich(which);
    if ('filter' in read) {
      checkOptions(`deadLetters.${what}`, filterRules, read.filter, OptionError);
      return actOnJobs(this.#deps, deadOnly(read.filter), options, action);
    }
    const find = (id: string): Promise<string | null> =>
      this.#deps.call((client) => findDead(client, this.#deps.keys, id));
    return actOnIds(read.ids.map(parseJobId), options, { find, action });
  }

  async #countLeft(which: DeadLetterSelection, { next, looked }: ActReport<ReplayResult, ReplayStop>): Promise<number> {
    const read = readWhich(which);
    if ('ids' in read) return new Set(read.ids).size - looked;
    if (next === null) return 0;
    const rest = await actOnJobs(this.#deps, deadOnly(read.filter), { dryRun: true, cursor: next }, nothing);
    return rest.matched;
  }
}

function deadOnly(filter: DeadLetterFilter): StoredFilter {
  return storedFilter({ ...filter, state: 'dead' });
}

/** As ids, or as a filter. */
function readWhich(which: DeadLetterSelection): { ids: readonly string[] } | { filter: DeadLetterFilter } {
  if (typeof which === 'string') return { ids: [which] };
  return isList(which) ? { ids: which } : { filter: which };
}

function isList(value: DeadLetterSelection): value is readonly string[] {
  return Array.isArray(value);
}

/** For a run that only counts. */
async function nothing(): Promise<Acted<never, never>> {
  return { results: [] };
}
