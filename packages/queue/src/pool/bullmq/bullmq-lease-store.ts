import type { QueueDefinition } from '@sluice/shared';
import type { RedisQueueBackend } from 'bullmq';
import { createBoundedBackend } from '../../backend/create-bounded-backend.ts';
import { storedName } from '../../redis/queue-keys.ts';
import type { RedisLink } from '../../redis/redis-link.ts';
import { answerWithin } from '../answer-within.ts';
import type { Delivery, Taken } from '../delivery.ts';
import type { FailureRecord } from '../failure-record.ts';
import type { LeaseStore, Renewal } from '../lease-store.ts';
import { poolDefaults, type PoolTimings } from '../pool-defaults.ts';
import { NextIteration } from './next-iteration.ts';
import { readTaken } from './read-taken.ts';
import { renewLeases } from './renew-leases.ts';
import { Settler } from './settler.ts';

export interface BullmqLeaseStoreOptions {
  readonly queue: QueueDefinition;
  /** For everything but waiting. Closed with the store. */
  readonly commands: RedisLink;
  /** For waiting alone. Closed with the store. */
  readonly waiting: RedisLink;
  /** Shown by BullMQ's tools as the worker that ran a job. */
  readonly name: string;
  readonly timings: PoolTimings;
  /** Told when the next iteration of a job scheduler could not be added. */
  readonly onFault: (error: unknown) => void;
}

interface Opened {
  readonly backend: RedisQueueBackend;
  readonly iteration: NextIteration;
  readonly settler: Settler;
}

/** The pool's storage on BullMQ's own scripts: what they leave in Redis is what BullMQ's Worker would have left. */
export class BullmqLeaseStore implements LeaseStore {
  readonly #options: BullmqLeaseStoreOptions;
  #connected: Opened | undefined;
  #isWaiting = false;

  constructor(options: BullmqLeaseStoreOptions) {
    this.#options = options;
  }

  async connect(): Promise<void> {
    const { commands, waiting } = this.#options;
    await Promise.all([commands.connect(), waiting.connect()]);
    this.#connected = await commands.ask(() => this.#openBackend());
  }

  async close(): Promise<void> {
    await this.#connected?.backend.close();
    await Promise.all([this.#options.commands.close(), this.#options.waiting.close()]);
  }

  async take(token: string): Promise<Taken> {
    const { backend, iteration } = this.#opened;
    const takenAtMs = performance.now();
    const raw = await backend.moveToActive(token, this.#options.name);
    const taken = readTaken(raw, token, takenAtMs);
    if (taken.found) await iteration.scheduleAfter(taken.delivery.id, raw[0]).catch(this.#options.onFault);
    return taken;
  }

  async waitForWork(maxMs: number): Promise<number> {
    const { client } = this.#options.waiting;
    this.#isWaiting = true;
    try {
      const popped = await answerWithin(client.bzpopmin(this.#key('marker'), maxMs / 1_000), maxMs + 1_000);
      return popped ? Number(popped[2]) : 0;
    } finally {
      this.#isWaiting = false;
    }
  }

  async stopWaiting(): Promise<void> {
    const waited = this.#isWaiting;
    await this.#options.waiting.close();
    // The marker may have been popped for us just now: put it back, so that another pool wakes.
    if (waited) await ask(this.#wakeAnother()).catch(() => undefined);
  }

  complete(delivery: Delivery, result: string): Promise<void> {
    return this.#opened.settler.complete(delivery, result);
  }

  retry(delivery: Delivery, failure: FailureRecord, delayMs: number): Promise<void> {
    return this.#opened.settler.retry(delivery, failure, delayMs);
  }

  bury(delivery: Delivery, failure: FailureRecord): Promise<void> {
    return this.#opened.settler.bury(delivery, failure);
  }

  release(delivery: Delivery, delayMs: number): Promise<void> {
    return this.#opened.settler.release(delivery, delayMs);
  }

  discard(delivery: Delivery): Promise<void> {
    return this.#opened.settler.discard(delivery);
  }

  isAccounted(delivery: Delivery): Promise<boolean> {
    return this.#opened.settler.isAccounted(delivery);
  }

  renew(renewals: readonly Renewal[]): Promise<readonly string[]> {
    return ask(renewLeases(this.#opened.backend, renewals, this.#options.timings.leaseMs));
  }

  recover(): Promise<readonly string[]> {
    return ask(this.#opened.backend.moveStalledJobsToWait());
  }

  saveProgress({ id }: Delivery, value: unknown): Promise<void> {
    return ask(this.#opened.backend.updateProgress(id, value as object));
  }

  get #opened(): Opened {
    if (!this.#connected) throw new Error('the lease store is not connected');
    return this.#connected;
  }

  async #openBackend(): Promise<Opened> {
    const { queue, commands, name, timings } = this.#options;
    const options = {
      connection: commands.client,
      prefix: queue.prefix,
      name,
      lockDuration: timings.leaseMs,
      maxStalledCount: poolDefaults.crashesMax,
      // Shorter than our own pace, else every second sweep would find the door still shut.
      stalledInterval: Math.max(Math.floor(timings.sweepMs * 0.9), 1),
      skipVersionCheck: true,
    };
    const backend = createBoundedBackend({ capacity: queue.capacity })(storedName(queue), options);
    backend.on('error', () => undefined); // the pool itself tells when Redis is lost
    await backend.waitUntilReady();
    return {
      backend,
      iteration: new NextIteration(storedName(queue), options, backend),
      settler: new Settler({ backend, client: commands.client, keep: queue.keep }),
    };
  }

  async #wakeAnother(): Promise<void> {
    const { client } = this.#options.commands;
    const [waiting, urgent] = await Promise.all([
      client.llen(this.#key('wait')),
      client.zcard(this.#key('prioritized')),
    ]);
    if (waiting + urgent > 0) await client.zadd(this.#key('marker'), 0, '0');
  }

  #key(type: string): string {
    return this.#opened.backend.toKey(type);
  }
}

/** Waits for an answer as long as a command may take. */
function ask<T>(answer: Promise<T>): Promise<T> {
  return answerWithin(answer, poolDefaults.commandMs);
}
