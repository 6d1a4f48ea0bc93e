import { JobTimeoutError, LeaseLostError } from '@sluice/shared';
import type { Redis } from 'ioredis';
import { createBoundedBackend } from '../backend/create-bounded-backend.ts';
import { answerWithin } from '../pool/answer-within.ts';
import { Settler } from '../pool/bullmq/settler.ts';
import { failed } from '../pool/classify-ending.ts';
import type { Delivery, StoredOptions } from '../pool/delivery.ts';
import type { Outcome } from '../pool/outcome.ts';
import { pause } from '../pool/pause.ts';
import { poolDefaults } from '../pool/pool-defaults.ts';
import type { KeeperSetup, LeaseNote } from './keeper-messages.ts';

export interface LateEnd {
  readonly outcome: Outcome;
  /** False: the lease was lost first. */
  readonly written: boolean;
}

const PAUSE_MS = 100;

/** What is read of a job when its attempt has to be ended. */
type JobFields = readonly [
  name: string | null,
  opts: string | null,
  attemptsMade: string | null,
  stacks: string | null,
];

/** Ends attempts as timed out, in main's place and by the same scripts. */
export class LateSettler {
  readonly #settler: Settler;
  readonly #retries: KeeperSetup['retries'];
  readonly #read: (id: string) => Promise<JobFields>;

  constructor(settler: Settler, retries: KeeperSetup['retries'], read: (id: string) => Promise<JobFields>) {
    this.#settler = settler;
    this.#retries = retries;
    this.#read = read;
  }

  /** On a connection that is there already; it stays open. */
  static async open({ queue, keys, keepDead, retries }: KeeperSetup, client: Redis): Promise<LateSettler> {
    const { storedName, prefix, capacity } = queue;
    const options = { connection: client, prefix, skipVersionCheck: true };
    const backend = createBoundedBackend({ capacity })(storedName, options);
    backend.on('error', () => undefined);
    await backend.waitUntilReady();
    const keep = { completed: { count: 0, ageMs: 0 }, dead: keepDead };
    const read = async (id: string): Promise<JobFields> => {
      const fields = client.hmget(`${keys['']}${id}`, 'name', 'opts', 'atm', 'stacktrace');
      return (await answerWithin(fields, poolDefaults.commandMs)) as unknown as JobFields;
    };
    return new LateSettler(new Settler({ backend, client, keep }), retries, read);
  }

  /**
   * Writes the end, as often as it takes while that is worth it.
   *
   * @throws when Redis does not even tell what the job is
   */
  async end(note: LeaseNote, isWorth: () => boolean): Promise<LateEnd> {
    const delivery = deliveryOf(note, await this.#read(note.id));
    const outcome = this.#judge(delivery, note.timeoutMs);
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

  #judge(delivery: Delivery, timeoutMs: number): Outcome {
    const retry = this.#retries[delivery.name] ?? { attempts: 1, backoff: { type: 'fixed', delayMs: 0, jitter: 0 } };
    const timeout = new JobTimeoutError(timeoutMs);
    timeout.cause = new Error('the event loop of its worker was blocked beyond the end of the grace');
    return failed(timeout, { delivery, contract: { retry }, random: Math.random });
  }
}

function deliveryOf({ id, token, deliveries }: LeaseNote, [name, opts, made, stacks]: JobFields): Delivery {
  const unread = { fence: 0, data: '', crashes: 0, priority: 0, doomed: null, schedulerId: null, takenAtMs: 0 };
  const options = (readJson(opts) ?? {}) as StoredOptions;
  const known = { id, token, deliveries, name: name ?? '', options, attemptsMade: Number(made) || 0 };
  return { ...unread, ...known, stacks: (readJson(stacks) ?? []) as string[] };
}

/** What cannot be read is taken for nothing. */
function readJson(json: string | null): unknown {
  try {
    return json === null ? null : JSON.parse(json);
  } catch {
    return null;
  }
}
