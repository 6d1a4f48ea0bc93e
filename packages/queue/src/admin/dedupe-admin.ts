import type { KeysMap } from 'bullmq';
import { nameOption } from '../job/contracts/name.ts';
import type { JobContract } from '../job/contracts/job-contract.ts';
import { dedupeKeyRule, deduplicationId } from '../job/dedupe.ts';
import { OptionError } from '../job/errors/index.ts';
import { checkOptions } from '../job/options/check-options.ts';
import { required } from '../job/options/option-rules.ts';
import type { RedisOperation } from '../store/connection/redis-connection.ts';
import { type DedupeOwner, readDedupeOwner, removeDedupeKey } from '../store/dedupe/dedupe-key.ts';

const rules = { job: required(nameOption), key: required(dedupeKeyRule) };

/** The deduplication keys of a queue's puts. A key belongs to one contract, which is given by itself or by its name. */
export class DedupeAdmin {
  readonly #keys: KeysMap;
  readonly #call: <T>(operation: RedisOperation<T>) => Promise<T>;

  constructor(keys: KeysMap, call: <T>(operation: RedisOperation<T>) => Promise<T>) {
    this.#keys = keys;
    this.#call = call;
  }

  /**
   * The job with which puts of this key are joined now; null when the next put is a job of its own.
   *
   * @throws OptionError when the name or the key cannot be one
   */
  async find(job: Pick<JobContract, 'name'> | string, key: string): Promise<DedupeOwner | null> {
    const id = idOf(job, key);
    return this.#call((client) => readDedupeOwner(client, this.#keys, id));
  }

  /**
   * Ends a key early: the next put is a job of its own. The job that has the key goes on, and so does a payload that waits
   * for its end (`next`). Resolves with whether a job had the key.
   *
   * @throws OptionError when the name or the key cannot be one
   */
  async remove(job: Pick<JobContract, 'name'> | string, key: string): Promise<boolean> {
    const id = idOf(job, key);
    return this.#call((client) => removeDedupeKey(client, this.#keys, id));
  }
}

function idOf(job: Pick<JobContract, 'name'> | string, key: string): string {
  const name = typeof job === 'string' ? job : job.name;
  checkOptions('dedupe', rules, { job: name, key }, OptionError);
  return deduplicationId(name, key);
}
