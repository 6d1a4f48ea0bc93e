import type { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, silentLogger } from '../../job/logging/logger.ts';
import { RedisUnavailableError, type RedisUnavailableOptions } from '../../job/errors/index.ts';
import { type WarningCode } from '../../job/logging/warning-logger.ts';
import { producerDefaults } from '../../job/defaults.ts';
import { connectionDefaults } from './connection-defaults.ts';
import {
  connectionFault,
  connectionRefusal,
  isClose,
  isNoPermission,
  noTls,
  withAdvice,
} from './connection-refusal.ts';
import { plainRedisAt } from './plain-redis.ts';
import { isConnectionLoss, isNotReady, withoutArguments } from './redis-errors.ts';
import { createLastingClient, untilReady } from './lasting-client.ts';
import { hostOf, type RedisInput } from './redis-input.ts';
import { AnswerDeadlines } from './answer-deadlines.ts';
import { RedisTimeoutError } from './redis-timeout.ts';

/** What is done with the client of a {@link RedisConnection}. */
export type RedisOperation<T> = (client: Redis) => Promise<T>;

export interface RedisConnectionOptions {
  logger?: Logger;
  /** How long a call may take, reconnecting included, before it rejects. Default 5,000 ms. */
  unavailableMs?: number;
  /** The longest that a command blocks in Redis on this connection; its answer is due that much later. Default 0. */
  blockMs?: number;
  /** Looks at the server before {@link RedisConnection.connect} resolves; when it rejects, so does that. */
  check?: (client: Redis, host: string) => Promise<void>;
}

export interface RetryLimits {
  /** For how long after it was first sent it may be sent again. Default: for ever. */
  windowMs?: number;
  /** Until when there must be an answer; monotonic. Default: `unavailableMs` from now. */
  deadline?: number;
}

/**
 * One connection to Redis on which every call ends: with an answer, or with {@link RedisTimeoutError} after `unavailableMs`.
 * It reconnects by itself, also when the connection is open but dead. Calls that
 * were in flight when a connection broke are sent again only by {@link RedisConnection.retryUntilAnswered}.
 */
export class RedisConnection implements AsyncDisposable {
  readonly client: Redis;
  readonly host: string;
  readonly unavailableMs: number;
  readonly #logger: Logger;
  readonly #check: RedisConnectionOptions['check'];
  readonly #end: () => void;
  readonly #closing = new AbortController();
  readonly #deadlines = new AnswerDeadlines();
  /** Why the connection is not there, as far as it is known. */
  #fault: Error | undefined;
  #lost = false;

  constructor(input: RedisInput, options: RedisConnectionOptions = {}) {
    const { unavailableMs = producerDefaults.unavailableMs, blockMs = 0 } = options;
    const lasting = createLastingClient(input, silenceOf(unavailableMs) + blockMs);
    this.client = lasting.client;
    this.#end = lasting.end;
    this.host = hostOf(this.client);
    this.unavailableMs = unavailableMs + blockMs;
    this.#logger = options.logger ?? silentLogger();
    this.#check = options.check;
    this.client.on('error', (error: Error) => {
      this.#note(error);
      this.#onLoss(error);
    });
    this.client.on('node error', (error: Error) => this.#note(error)); // of a cluster
    this.client.on('close', () => this.#onLoss());
    this.client.on('ready', () => this.#onReturn());
  }

  /**
   * Connects.
   *
   * @throws RedisUnavailableError when Redis is not ready within `unavailableMs`, or at once when it refuses the user, the
   * password or the database, or speaks no TLS; whatever the check rejects with.
   */
  async connect(): Promise<void> {
    await this.#connect();
    const check = this.#check;
    if (check) await this.call((client) => check(client, this.host));
  }

  async #connect(): Promise<void> {
    const refused = Promise.withResolvers<never>();
    const refuse = (reason: string | null, error?: Error): void => {
      if (reason !== null) refused.reject(this.#unavailable(error, { reason, isFinal: true }));
    };
    const hear = (error: Error): void => refuse(connectionRefusal(error) ?? connectionRefusal(this.#fault), error);
    const over = new AbortController();
    this.client.on('error', hear);
    void plainRedisAt(this.client, over.signal).then(() => refuse(noTls));
    try {
      this.client.connect().catch((error: Error) => this.#note(error));
      if (await Promise.race([this.#ready(performance.now() + this.unavailableMs), refused.promise])) return;
      throw this.#unavailable(this.#fault, { reason: connectionFault(this.#fault) });
    } catch (error) {
      this.client.disconnect();
      throw error;
    } finally {
      over.abort();
      this.client.off('error', hear);
    }
  }

  #unavailable(cause: unknown, options: RedisUnavailableOptions): RedisUnavailableError {
    return new RedisUnavailableError(this.host, { ...options, cause: withoutArguments(cause) });
  }

  /** Remembers why the connection is not there. */
  #note(error: Error): void {
    if (!this.#fault || !isClose(error)) this.#fault = error;
  }

  /**
   * Retries an operation that may be executed twice without harm until Redis answers.
   * Errors that Redis itself answered with reject at once.
   *
   * @throws RedisTimeoutError when there was none by the deadline.
   */
  async retryUntilAnswered<T>(operation: RedisOperation<T>, limits: RetryLimits = {}): Promise<T> {
    const { windowMs = Infinity } = limits;
    let deadline = limits.deadline ?? performance.now() + this.unavailableMs; // not the wall clock, which may jump
    let sent = false;
    let cause: unknown;
    for (;;) {
      const isReady = this.#ready(deadline);
      if (!(isReady instanceof Promise ? await isReady : isReady)) break;
      const sentAt = performance.now();
      try {
        const answer = await this.#deadlines.within(operation(this.client), deadline);
        this.#onReturn(); // a cluster stays ready while one of its nodes is away
        return answer;
      } catch (error) {
        if (error instanceof RedisTimeoutError) throw error;
        if (isConnectionLoss(error)) {
          if (!sent) deadline = Math.min(deadline, sentAt + windowMs);
          sent = true;
          this.#onLoss(error);
        } else if (!isNotReady(error)) throw withoutArguments(error);
        cause = withoutArguments(error);
        await sleep(20);
      }
    }
    throw new RedisTimeoutError({ sent, cause: cause ?? withoutArguments(this.#fault) });
  }

  /** {@link retryUntilAnswered}, for callers to whom a lost answer and a Redis that is away are the same. */
  async call<T>(operation: RedisOperation<T>): Promise<T> {
    try {
      return await this.retryUntilAnswered(operation);
    } catch (error) {
      if (error instanceof RedisTimeoutError)
        throw new RedisUnavailableError(this.host, { cause: error.cause ?? error });
      if (isNoPermission(error)) throw this.#unavailable(error, { reason: withAdvice(error.message), isFinal: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Resolves true when the client can take commands, false when it cannot by the deadline. */
  #ready(deadline: number): boolean | Promise<boolean> {
    if (this.client.status === 'ready') return performance.now() < deadline;
    return untilReady(this.client, deadline, this.#closing.signal);
  }

  #onLoss(error?: unknown): void {
    if (this.#lost || this.#closing.signal.aborted) return;
    this.#lost = true;
    this.#logger.warn(
      {
        warning: 'redis-lost' satisfies WarningCode,
        redis: this.host,
        reason: error instanceof Error ? error.message : undefined,
      },
      'lost the connection to Redis',
    );
  }

  #onReturn(): void {
    this.#fault = undefined;
    if (!this.#lost) return;
    this.#lost = false;
    this.#logger.info({ redis: this.host }, 'connected to Redis again');
  }
}

/** A connection that is dead is found in time for the call that finds it: there is time left to send it again. */
function silenceOf(unavailableMs: number): number {
  const { silenceMs, silenceMinMs, silenceShare } = connectionDefaults;
  return Math.min(silenceMs, Math.max(silenceMinMs, unavailableMs * silenceShare));
}
