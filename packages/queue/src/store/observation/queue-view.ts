import type { KeysMap } from 'bullmq';
import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { visitBackend } from '../backend/open-backend.ts';
import { RedisConnection } from '../connection/redis-connection.ts';
import type { RedisInput } from '../connection/redis-input.ts';
import { JobObserver, type ObservedJob } from './job-observer.ts';
import { moveTimes, type QueueWork } from './move-times.ts';

/**
 * A queue as the test kit sees it: every job that was put, by whichever client; what there is to do; and a clock that can be moved.
 * It leaves nothing in Redis but what a move changes.
 */
export class QueueView implements AsyncDisposable {
  readonly #connection: RedisConnection;
  readonly #keys: KeysMap;
  readonly #observer: JobObserver;

  private constructor(connection: RedisConnection, keys: KeysMap) {
    this.#connection = connection;
    this.#keys = keys;
    this.#observer = new JobObserver(keys[''] ?? '');
  }

  /** @throws RedisUnavailableError */
  static async open(
    queue: QueueDefinition,
    options: { redis: RedisInput; allowUntestedBullmq?: boolean },
  ): Promise<QueueView> {
    const connection = new RedisConnection(options.redis);
    await connection.connect();
    const backend = visitBackend(queue, connection, { allowUntestedBullmq: options.allowUntestedBullmq ?? true });
    return new QueueView(connection, backend.keys);
  }

  /** All puts that were let in so far, in order. */
  async jobs(): Promise<readonly ObservedJob[]> {
    await this.#connection.call((client) => this.#observer.read(client));
    return this.#observer.jobs;
  }

  /** The last put of an id, in its caller's form. */
  async find(id: string): Promise<ObservedJob | undefined> {
    await this.jobs();
    return this.#observer.find(id);
  }

  /** What there is to do now. */
  work(): Promise<QueueWork> {
    return this.moveBy(0);
  }

  /** Moves the queue's clock forward by `ms` milliseconds, from 0, and returns what is left to do. */
  moveBy(ms: number): Promise<QueueWork> {
    return this.#connection.call((client) => moveTimes(client, this.#keys, ms));
  }

  /** Whether anything of the queue is in Redis. */
  async exists(): Promise<boolean> {
    return (await this.#connection.call((client) => client.exists(this.#keys['meta'] ?? ''))) > 0;
  }

  /** Disconnects. Again is harmless. */
  async close(): Promise<void> {
    await this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
