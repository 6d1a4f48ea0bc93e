import type { Redis } from 'ioredis';
import { type Logger, silentLogger } from '../../job/logging/logger.ts';
import { clockDefaults } from '../../job/defaults.ts';
import { outsideContext } from '../../job/outside-context.ts';
import type { RedisConnection } from './redis-connection.ts';
import { readRedisTime } from './redis-time.ts';

export interface RedisClockOptions {
  /** A key of the queue: on a cluster the time is that of the master which has it. */
  readonly key: string;
  /** Called when this machine's clock is wrong, and when it is right again. */
  readonly logger?: Logger;
  /** How far off this machine's clock may be before that is reported. Default: a lease. */
  readonly toleranceMs?: number;
}

/**
 * Redis's clock, as far as this process knows it: measured at the first connect and again and again, and carried on by the
 * monotonic clock in between. So whatever is written or compared by it is right although this machine's own clock is wrong, or
 * jumps. Never ahead of Redis by more than the way of an answer.
 */
export class RedisClock {
  readonly #options: RedisClockOptions;
  /** What the monotonic clock lacks to Redis's; undefined before the first measurement. */
  #aheadMs: number | undefined;
  #isWrong = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RedisClockOptions) {
    this.#options = options;
  }

  /** Redis's time in milliseconds since the epoch, whole; this machine's before Redis was asked. */
  nowMs(): number {
    return Math.round(this.#aheadMs === undefined ? Date.now() : performance.now() + this.#aheadMs);
  }

  /** How far this machine's clock is ahead of Redis's; negative when it is behind. */
  get offMs(): number {
    return Date.now() - this.nowMs();
  }

  /** A time by this machine's clock, by Redis's: the same while the two agree as far as they have to. */
  fromOwn(ms: number): number {
    return Math.abs(this.offMs) > this.#toleranceMs ? Math.round(ms - this.offMs) : ms;
  }

  /**
   * Asks now, and again and again.
   *
   * @throws RedisUnavailableError when there is no answer to the first one
   */
  async start(connection: RedisConnection): Promise<void> {
    const { client, host } = connection;
    const measure = (): void => void this.measure(client, host);
    await connection.call(() => this.measure(client, host));
    this.#timer ??= outsideContext(() => setInterval(measure, clockDefaults.measureEveryMs).unref());
    client.on('ready', measure); // it may be another server by now
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Asks once. Never rejects: who may not ask goes on with what is known. */
  async measure(client: Redis, host: string): Promise<void> {
    if (client.status !== 'ready') return;
    const sentAtMs = performance.now();
    try {
      const saidMs = await readRedisTime(client, this.#options.key);
      this.#learn(saidMs, sentAtMs, performance.now());
      this.#checkOffset(host);
    } catch {
      // the next one comes soon
    }
  }

  /** Redis's time is at least what it said, and at most that and the time that the answer took. */
  #learn(saidMs: number, sentAtMs: number, heardAtMs: number): void {
    const [least, most] = [saidMs - heardAtMs, saidMs - sentAtMs];
    this.#aheadMs = Math.min(Math.max(this.#aheadMs ?? least, least), most);
  }

  #checkOffset(redis: string): void {
    const { offMs } = this;
    const isWrong = Math.abs(offMs) > this.#toleranceMs;
    if (isWrong === this.#isWrong) return;
    this.#isWrong = isWrong;
    const logger = this.#options.logger ?? silentLogger();
    if (isWrong) {
      const seconds = Math.round(Math.abs(offMs) / 1_000);
      const where = offMs > 0 ? 'ahead of' : 'behind';
      logger.warn(
        { redis, offMs },
        `this machine's clock is ${seconds} s ${where} that of Redis, which counts: set it right`,
      );
    } else logger.info({ redis, offMs }, "this machine's clock agrees with that of Redis again");
  }

  get #toleranceMs(): number {
    return this.#options.toleranceMs ?? clockDefaults.toleranceMs;
  }
}
