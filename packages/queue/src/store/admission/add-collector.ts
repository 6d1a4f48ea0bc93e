import type { IRedisTransaction, KeysMap } from 'bullmq';
import type { ScriptCall } from './admission.ts';
import { isAddScript } from '../scripts/scripts.ts';

/**
 * Stands in for a Redis client while BullMQ prepares its add calls, and writes down what it would have sent.
 * So BullMQ alone decides which script a job needs and with which arguments.
 */
export class AddCollector {
  readonly calls: ScriptCall[] = [];
  /** The keys of the queue that the next call is for. */
  #queueKeys: KeysMap;
  #digest: string | undefined;

  constructor(queueKeys: KeysMap) {
    this.#queueKeys = queueKeys;
  }

  /** Says which queue the next call is for, and the digest of its payload. */
  next(queueKeys: KeysMap, digest?: string): IRedisTransaction {
    this.#queueKeys = queueKeys;
    this.#digest = digest;
    // BullMQ hands this object back to `execCommand` and touches nothing of it.
    return this as unknown as IRedisTransaction;
  }

  /** The answer is what BullMQ takes for "queued on a transaction". */
  collect(script: string, args: readonly (string | Buffer)[]): string {
    if (!isAddScript(script)) throw new TypeError(`${script} is no add script`);
    const call: ScriptCall = { queueKeys: this.#queueKeys, script, args };
    this.calls.push(this.#digest === undefined ? call : { ...call, digest: this.#digest });
    return '';
  }
}
