import type { Redis } from 'ioredis';
import { answerWithin } from '../connection/redis-timeout.ts';
import { stacksAsJson } from '../../job/failure-record.ts';
import { CANCELLED_CODE, cancelMessage } from '../../job/cancel-message.ts';
import type { StoredOptions } from '../../job/stored-options.ts';
import type { AttemptOutcome } from '../../job/attempt-outcome.ts';
import { keptJobs } from '../../job/kept-jobs.ts';
import { poolDefaults } from '../../job/pool-defaults.ts';
import { readOptions } from '../../job/read-options.ts';
import { attemptsOf, backoffOf, retryDelay } from '../../job/retry-delay.ts';
import { jobFields, sluiceKeys } from '../keys/queue-keys.ts';
import { failedAttemptField } from '../results/failed-attempts.ts';
import { readRedisTime } from '../connection/redis-time.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import type { LeaseThreadSetup } from './lease-thread-setup.ts';
import type { LeaseHold, LeaseDetails } from './lease-details.ts';
import { confirmCancel } from '../cancel/confirm-cancel.ts';
import { packMessage } from './pack-message.ts';
import { settleAgain, type SettleCalls } from './settle-again.ts';

export interface SettledTimeout {
  readonly outcome: TimeoutOutcome;
  /** False: the lease was lost first. */
  readonly written: boolean;
}

/** How long to retry. */
export interface RetryLimits {
  /** Whether to go on while Redis is away. */
  readonly isWorth: () => boolean;
  /** Reacquires a lease that ran out meanwhile, unless another worker has the job. */
  readonly reacquire: () => Promise<LeaseHold>;
  /** Of an attempt that was cancelled; absent: it is overdue. */
  readonly cancelReason?: string;
}

export type TimeoutOutcome = Extract<AttemptOutcome, { kind: 'retried' | 'dead' | 'cancelled' }>;

interface Job {
  readonly name: string;
  readonly options: StoredOptions;
  readonly attemptsMade: number;
  readonly stacks: readonly string[];
  readonly deliveries: number;
  readonly worker: string;
}

interface Retry {
  readonly delayMs: number;
  readonly fields: Buffer;
  readonly nowMs: number;
}

interface DeadLetter {
  readonly message: string;
  readonly fields: Buffer;
  readonly nowMs: number;
}

type Argument = string | number | Buffer;

const FINISH_KEYS = 'wait active prioritized events stalled limiter delayed paused meta pc failed'.split(' ');
const DELAY_KEYS = 'events meta stalled wait limiter pc'.split(' ');
const RETRY_KEYS = 'meta events delayed prioritized pc marker stalled'.split(' ');
const WAKE_KEYS = [
  ...'wait active prioritized delayed waiting-children paused meta'.split(' '),
  sluiceKeys.waiters,
  sluiceKeys.tickets,
];

/** The lease is no longer this pool's. LeaseLostError says the same: loading it would load all of the contracts' library. */
class SettleRefusedError extends Error {}

/**
 * Settles attempts as timed out in main's place, with the scripts that main uses. The calls are written out here, because
 * loading BullMQ would keep the thread from its leases just when the machine is busy.
 */
export class TimeoutSettler {
  readonly #setup: LeaseThreadSetup;
  readonly #client: Redis;
  readonly #delay: RedisScript;
  readonly #retry: RedisScript;
  readonly #finish: RedisScript;

  constructor(setup: LeaseThreadSetup, client: Redis) {
    const { delay, retry, finish } = setup.scripts;
    this.#setup = setup;
    this.#client = client;
    this.#delay = new RedisScript(() => delay);
    this.#retry = new RedisScript(() => retry);
    this.#finish = new RedisScript(() => finish);
  }

  /**
   * Writes the outcome, and retries while that is worth it.
   *
   * @throws when Redis is away: from the start, or for longer than that. The side that is back first may try then.
   */
  async settle(note: LeaseDetails, { isWorth, reacquire, cancelReason }: RetryLimits): Promise<SettledTimeout> {
    const job = await this.#read(note.id);
    const outcome = cancelReason === undefined ? this.#decide(job, note.timeoutMs) : cancelledFor(cancelReason);
    const sentAtMs = performance.now();
    try {
      await this.#write(note, job, outcome);
      return { outcome, written: true };
    } catch (error) {
      const calls: SettleCalls = {
        write: () => this.#write(note, job, outcome),
        isLeaseLost: (thrown) => thrown instanceof SettleRefusedError,
        reacquire,
        wasRecorded: async () => (await this.#read(note.id)).attemptsMade > job.attemptsMade,
        isWorth,
      };
      return { outcome, written: await settleAgain(calls, error, sentAtMs) };
    }
  }

  async #read(id: string): Promise<Job> {
    const fields = this.#client.hmget(this.#key(id), 'name', 'opts', 'atm', 'stacktrace', 'ats', 'pb');
    const [name, opts, made, stacks, deliveries, worker] = await answerWithin(fields, poolDefaults.commandMs);
    const options = readOptions(opts);
    const earlier = (readJson(stacks ?? null) ?? []) as string[];
    return {
      name: name ?? '',
      options,
      attemptsMade: Number(made ?? 0),
      stacks: earlier,
      deliveries: Number(deliveries ?? 0),
      worker: worker ?? '',
    };
  }

  #decide({ name, options, attemptsMade }: Job, timeoutMs: number): TimeoutOutcome {
    const contract = { retry: this.#setup.retries[name] ?? ONCE };
    const failure = { code: 'SLUICE_JOB_TIMEOUT', message: timeoutMessage(timeoutMs), stack: STACK };
    const spent = attemptsMade + 1;
    if (spent >= attemptsOf(options, contract)) return { kind: 'dead', failure };
    return { kind: 'retried', failure, delayMs: retryDelay(backoffOf(options, contract), spent, Math.random) };
  }

  async #write(note: LeaseDetails, job: Job, outcome: TimeoutOutcome): Promise<void> {
    const code = await answerWithin(this.#call(note, job, outcome), poolDefaults.commandMs);
    if (code !== 0) throw new SettleRefusedError(`the script answered ${String(code)}`);
    if (outcome.kind === 'cancelled') confirmCancel(this.#client, this.#key(''), note.fence);
  }

  /** At Redis's time: this machine's clock may be wrong. */
  async #call(note: LeaseDetails, job: Job, outcome: TimeoutOutcome): Promise<unknown> {
    const nowMs = Math.floor(await readRedisTime(this.#client, this.#key('meta')));
    const { message, code, stack } = outcome.failure;
    const stacks = stacksAsJson(job.stacks, stack);
    const ran = { delivery: job.deliveries, attempt: job.attemptsMade + 1, worker: job.worker };
    const attempt = failedAttemptField(ran, outcome.failure, nowMs);
    const fields = ['failedReason', message, 'stacktrace', stacks, jobFields.failureCode, code, ...attempt];
    if (outcome.kind !== 'retried') return this.#moveToDead(note, job, { message, fields: packMessage(fields), nowMs });
    return this.#tryAgain(note, job, { delayMs: outcome.delayMs, fields: packMessage(fields), nowMs });
  }

  /** BullMQ's moveToDelayed, or retryJob without a delay. */
  #tryAgain({ id, token }: LeaseDetails, { options }: Job, { delayMs, fields, nowMs }: Retry): Promise<unknown> {
    if (delayMs > 0) {
      const keys = [
        ...this.#keys(['marker', 'active', 'prioritized', 'delayed']),
        this.#key(id),
        ...this.#keys(DELAY_KEYS),
      ];
      return this.#run(this.#delay, keys, [this.#key(''), nowMs, id, token, delayMs, '0', fields, 0, '']);
    }
    const keys = [...this.#keys(['active', 'wait', 'paused']), this.#key(id), ...this.#keys(RETRY_KEYS)];
    const push = options.lifo ? 'RPUSH' : 'LPUSH';
    return this.#run(this.#retry, keys, [this.#key(''), nowMs, push, id, token, fields]);
  }

  /** BullMQ's moveToFinished; then it wakes producers that wait for capacity. */
  #moveToDead({ id, token }: LeaseDetails, { options }: Job, { message, fields, nowMs }: DeadLetter): Promise<unknown> {
    const { keepDead, timings } = this.#setup;
    const keys = [...this.#keys(FINISH_KEYS), this.#key(id), this.#key('metrics:failed'), ...this.#keys(['marker'])];
    const settings = packMessage({
      token,
      keepJobs: keptJobs(options.removeOnFail, keepDead),
      lockDuration: timings.leaseMs,
      attempts: options.attempts ?? 0,
      maxMetricsSize: '',
      fpof: Boolean(options.failParentOnFailure),
      cpof: Boolean(options.continueParentOnFailure),
      idof: Boolean(options.ignoreDependencyOnFailure),
      rdof: Boolean(options.removeDependencyOnFailure),
    });
    const args = [id, nowMs, 'failedReason', message, 'failed', 0, this.#key(''), settings, fields];
    return this.#run(this.#finish, keys, args);
  }

  /** With what wake-after.lua takes behind the original's keys and arguments. */
  #run(script: RedisScript, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    const wakeArgs = [this.#key(sluiceKeys.wake), this.#setup.queue.capacity];
    return script.run(this.#client, [...keys, ...this.#keys(WAKE_KEYS)], [...args, ...wakeArgs]);
  }

  #keys(names: readonly string[]): string[] {
    return names.map((name) => this.#key(name));
  }

  #key(name: string): string {
    return `${this.#setup.keys['']}${name}`;
  }
}

const ONCE = { attempts: 1, backoff: { type: 'fixed', delayMs: 0, jitter: 0 } } as const;
const STACK = 'JobTimeoutError\n    the event loop of its worker was blocked beyond the end of its grace';

/** What a cancel makes of an attempt. */
function cancelledFor(reason: string): TimeoutOutcome {
  return { kind: 'cancelled', failure: { code: CANCELLED_CODE, message: cancelMessage(reason), stack: null } };
}

/** What JobTimeoutError says: loading it would load all of the contracts' library. */
export function timeoutMessage(timeoutMs: number): string {
  return `Timeout after ${timeoutMs / 1_000} ${timeoutMs === 1_000 ? 'second' : 'seconds'}`;
}

/** What cannot be read is taken for nothing. */
function readJson(json: string | null): unknown {
  try {
    return json === null ? null : JSON.parse(json);
  } catch {
    return null;
  }
}
