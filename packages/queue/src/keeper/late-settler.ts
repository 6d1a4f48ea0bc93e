import { JobTimeoutError, LeaseLostError } from '@sluice/shared';
import type { Redis } from 'ioredis';
import { createBoundedBackend } from '../backend/create-bounded-backend.ts';
import { Settler } from '../pool/bullmq/settler.ts';
import { failed } from '../pool/classify-ending.ts';
import type { Delivery } from '../pool/delivery.ts';
import type { Outcome } from '../pool/outcome.ts';
import { pause } from '../pool/pause.ts';
import type { KeeperSetup, LateEnding, LeaseNote } from './keeper-messages.ts';

export interface LateEnd {
  readonly outcome: Outcome;
  /** False: the lease was lost first. */
  readonly written: boolean;
}

const PAUSE_MS = 100;

/** Ends attempts as timed out, in main's place and by the same scripts. */
export class LateSettler {
  readonly #settler: Settler;
  readonly #retries: KeeperSetup['retries'];

  constructor(settler: Settler, retries: KeeperSetup['retries']) {
    this.#settler = settler;
    this.#retries = retries;
  }

  /** On a connection that is there already; it stays open. */
  static async open({ queue, keepDead, retries }: KeeperSetup, client: Redis): Promise<LateSettler> {
    const { storedName, prefix, capacity } = queue;
    const options = { connection: client, prefix, skipVersionCheck: true };
    const backend = createBoundedBackend({ capacity })(storedName, options);
    backend.on('error', () => undefined);
    await backend.waitUntilReady();
    const keep = { completed: { count: 0, ageMs: 0 }, dead: keepDead };
    return new LateSettler(new Settler({ backend, client, keep }), retries);
  }

  /**
   * Writes the end, as often as it takes while that is worth it.
   *
   * @throws what the last try threw
   */
  async end(note: LeaseNote, ending: LateEnding, isWorth: () => boolean): Promise<LateEnd> {
    const delivery = deliveryOf(note, ending);
    const outcome = this.#judge(delivery, ending);
    for (let isUncertain = false; ; isUncertain = true) {
      try {
        if (outcome.kind === 'retried') await this.#settler.retry(delivery, outcome.failure, outcome.delayMs);
        else if (outcome.kind === 'dead') await this.#settler.bury(delivery, outcome.failure);
        return { outcome, written: true };
      } catch (error) {
        if (error instanceof LeaseLostError)
          return { outcome, written: isUncertain && (await this.#settler.isAccounted(delivery)) };
        if (!isWorth()) return { outcome, written: false };
      }
      await pause(PAUSE_MS);
    }
  }

  #judge(delivery: Delivery, { name, timeoutMs }: LateEnding): Outcome {
    const retry = this.#retries[name] ?? { attempts: 1, backoff: { type: 'fixed', delayMs: 0, jitter: 0 } };
    const timeout = new JobTimeoutError(timeoutMs);
    timeout.cause = new Error('the event loop of its worker was blocked beyond the end of the grace');
    return failed(timeout, { delivery, contract: { retry }, random: Math.random });
  }
}

function deliveryOf(note: LeaseNote, { name, options, attemptsMade, stacks }: LateEnding): Delivery {
  const { id, token, deliveries } = note;
  const unread = { fence: 0, data: '', crashes: 0, priority: 0, doomed: null, schedulerId: null, takenAtMs: 0 };
  return { ...unread, id, token, deliveries, name, options, attemptsMade, stacks };
}
