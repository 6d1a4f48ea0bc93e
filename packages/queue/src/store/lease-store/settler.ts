import type { KeepJobs, MinimalJob, RedisQueueBackend } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import type { Delivery } from '../../job/delivery.ts';
import { type FailureRecord, stacksAsJson } from '../../job/failure-record.ts';
import { CANCELLED_CODE } from '../../job/cancel-message.ts';
import { confirmCancel } from '../cancel/confirm-cancel.ts';
import { answerWithin } from '../connection/redis-timeout.ts';
import { jobFields } from '../keys/queue-keys.ts';
import { keptJobs } from '../../job/kept-jobs.ts';
import { poolDefaults } from '../../job/pool-defaults.ts';
import { failedAttemptField } from '../results/failed-attempts.ts';
import { settleError } from './settle-error.ts';

export interface SettlerDeps {
  readonly backend: RedisQueueBackend;
  readonly client: Redis;
  readonly keep: QueueDefinition['keep'];
  /** The worker's name. */
  readonly name: string;
  /** Redis's time. */
  readonly nowMs: () => number;
}

/** Ends attempts, each way by one of BullMQ's scripts. All of them check the lock's token. */
export class Settler {
  readonly #deps: SettlerDeps;

  constructor(deps: SettlerDeps) {
    this.#deps = deps;
  }

  async complete(delivery: Delivery, result: string): Promise<void> {
    const { backend, keep } = this.#deps;
    const kept = keptJobs(delivery.options.removeOnComplete, keep.completed);
    const args = backend.moveToCompletedArgs(jobOf(delivery), result, kept, delivery.token, false);
    await this.#settle(delivery, () => backend.moveToFinished(delivery.id, args));
  }

  async retry(delivery: Delivery, failure: FailureRecord, delayMs: number): Promise<void> {
    const { backend, nowMs } = this.#deps;
    const { id, token, options } = delivery;
    const fieldsToUpdate = this.#failureFields(delivery, failure);
    await this.#settle(delivery, () =>
      delayMs > 0
        ? backend.moveToDelayed(id, nowMs(), delayMs, token, { fieldsToUpdate })
        : backend.retryJob(id, options.lifo ?? false, token, { fieldsToUpdate }),
    );
  }

  async deadLetter(delivery: Delivery, failure: FailureRecord): Promise<void> {
    const { keep, backend, client } = this.#deps;
    const kept = keptJobs(delivery.options.removeOnFail, keep.dead);
    await this.#fail(delivery, failure.message, kept, this.#failureFields(delivery, failure));
    if (failure.code === CANCELLED_CODE) confirmCancel(client, backend.toKey(''), delivery.fence);
  }

  discard(delivery: Delivery): Promise<void> {
    return this.#fail(delivery, 'removed', { count: 0 });
  }

  async release(delivery: Delivery, delayMs: number, reason?: FailureRecord): Promise<void> {
    const { backend, client, nowMs } = this.#deps;
    const { id, token, priority } = delivery;
    if (delayMs > 0) {
      const shown = reason && { failedReason: reason.message, [jobFields.failureCode]: reason.code };
      const options = { skipAttempt: true, ...(shown ? { fieldsToUpdate: shown } : {}) };
      return this.#settle(delivery, () => backend.moveToDelayed(id, nowMs(), delayMs, token, options));
    }
    await this.#settle(delivery, () => backend.moveJobFromActiveToWait(id, token));
    // BullMQ leaves no marker for a prioritized job, so no worker would wake for it. The job is back in any case.
    if (priority > 0)
      await answerWithin(client.zadd(backend.toKey('marker'), 0, '0'), poolDefaults.commandMs).catch(() => undefined);
  }

  /** Every end but a release counts as an attempt made; a job that is gone has ended too. */
  async wasRecorded({ id, attemptsMade, deliveries }: Delivery, wasHeld: boolean): Promise<boolean> {
    const { backend, client } = this.#deps;
    const fields = client.hmget(backend.toKey(id), 'atm', 'name', 'ats');
    const [made, name, delivered] = await answerWithin(fields, poolDefaults.commandMs);
    // When the job may have been taken again since, its end or the attempt may be another's as well as ours.
    if (name === null) return wasHeld;
    return Number(made ?? 0) > attemptsMade && (wasHeld || Number(delivered ?? 0) === deliveries);
  }

  #fail(delivery: Delivery, reason: string, keep: KeepJobs, fields?: Record<string, string>): Promise<void> {
    const { backend } = this.#deps;
    const { token } = delivery;
    return this.#settle(delivery, () => backend.moveToFailed(jobOf(delivery), reason, keep, token, false, fields));
  }

  #failureFields(delivery: Delivery, failure: FailureRecord): Record<string, string> {
    const { name, nowMs } = this.#deps;
    const ran = { delivery: delivery.deliveries, attempt: delivery.attemptsMade + 1, worker: name };
    const [field, attempt] = failedAttemptField(ran, failure, nowMs());
    return {
      failedReason: failure.message,
      stacktrace: stacksAsJson(delivery.stacks, failure.stack),
      [jobFields.failureCode]: failure.code,
      [field]: attempt,
    };
  }

  async #settle({ id }: Delivery, call: () => Promise<unknown>): Promise<void> {
    try {
      await answerWithin(call(), poolDefaults.commandMs);
    } catch (error) {
      throw settleError(id, error);
    }
  }
}

/** The little of a job that BullMQ's settling calls read. Iterations of a scheduler have no `attempts` of their own. */
function jobOf({ id, options }: Delivery): MinimalJob {
  return { id, opts: { attempts: 0, ...options } } as unknown as MinimalJob;
}
