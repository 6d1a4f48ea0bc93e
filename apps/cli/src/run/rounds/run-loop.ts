import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '@sluice/queue/contracts';
import type { FetchProducer } from './fetch-producer.ts';
import { FetchRound, type FetchRoundDeps } from './fetch-round.ts';
import type { RunRedis } from '../redis/run-redis.ts';

export interface RunLoopDeps extends FetchRoundDeps {
  redis: RunRedis;
  connect: () => Promise<FetchProducer>;
  /** Rejects when no worker can be kept alive, or the run has another owner. */
  failed: Promise<never>;
  /** Ends the workers in good order. Resolves when none runs. */
  drainWorkers: () => Promise<void>;
  /** Aborting it drains. */
  signal: AbortSignal;
  note: (line: string) => void;
}

/** How a round of lines ended. */
type RoundEnd = 'all-given' | 'redis-died' | 'interrupted';

/** Rounds in a row without a single result before a failure of the queue ends the run. */
const FRUITLESS_ROUNDS_MAX = 3;
const BETWEEN_ROUNDS_MS = 500;
/** How long a drained run waits for results that its workers have just stored. */
const LAST_RESULTS_MS = 3_000;
/** What a new connection may cure; lines whose job is gone are put again then. */
const passingCodes: ReadonlySet<string> = new Set([
  'SLUICE_REDIS_UNAVAILABLE',
  'SLUICE_PUT_UNKNOWN',
  'SLUICE_RESULT_EXPIRED',
]);

/** Moves lines from the source through the queue to the collector until all have their result, in as many rounds as it takes. */
export class RunLoop {
  readonly #deps: RunLoopDeps;
  readonly #interrupted: Promise<RoundEnd>;
  #producer: FetchProducer | null = null;
  #round: FetchRound | null = null;
  #fruitless = 0;

  constructor(deps: RunLoopDeps) {
    this.#deps = deps;
    const { promise, resolve } = Promise.withResolvers<RoundEnd>();
    this.#interrupted = promise;
    const { signal } = deps;
    if (signal.aborted) resolve('interrupted');
    else signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
  }

  /** The connection of the round that runs. */
  get producer(): FetchProducer | null {
    return this.#producer;
  }

  /** Lines that the queue has and that have no result. */
  get unfinished(): number {
    return this.#round?.unfinished.size ?? 0;
  }

  /**
   * @returns whether it was interrupted.
   * @throws what the queue, Redis, the workers or the output fail with.
   */
  async run(): Promise<'finished' | 'interrupted'> {
    const { source, redis, signal } = this.#deps;
    while (source.hasMore) {
      if (signal.aborted) return 'interrupted';
      await redis.available();
      const end = await this.#tryRound();
      if (end === 'interrupted') return 'interrupted';
    }
    return 'finished';
  }

  async #tryRound(): Promise<RoundEnd> {
    const before = this.#deps.counts.lines;
    try {
      return await this.#runRound();
    } catch (error) {
      this.#fruitless = this.#deps.counts.lines > before ? 1 : this.#fruitless + 1;
      if (!isPassing(error) || this.#fruitless >= FRUITLESS_ROUNDS_MAX) throw error;
      this.#deps.note(`${error.message}; trying again`);
      await sleep(BETWEEN_ROUNDS_MS);
      return 'redis-died';
    }
  }

  async #runRound(): Promise<RoundEnd> {
    const { redis, failed, source } = this.#deps;
    const { died } = redis;
    await using producer = disposable(await this.#deps.connect());
    const round = new FetchRound(this.#deps);
    this.#round = round;
    this.#producer = producer;
    try {
      const running = round.run(producer).then((): RoundEnd => 'all-given');
      running.catch(() => undefined);
      const end = await Promise.race([running, this.#interrupted, failed, died.then((): RoundEnd => 'redis-died')]);
      if (end === 'interrupted') await this.#drain(running);
      return end;
    } finally {
      this.#round = null;
      this.#producer = null;
      round.end();
      source.again(round.unfinished.values());
    }
  }

  /** Nothing more is put, running attempts end, and what they brought is collected. What waits is kept in Redis. */
  async #drain(running: Promise<RoundEnd>): Promise<void> {
    this.#deps.source.stop();
    await Promise.race([this.#deps.drainWorkers(), running.catch(() => undefined)]);
    const timeout = AbortSignal.timeout(LAST_RESULTS_MS);
    while (!timeout.aborted && (await this.#resultsAreLeft())) await sleep(20);
  }

  /** Unfinished lines that are no longer in the queue have a result that was not read yet. */
  async #resultsAreLeft(): Promise<boolean> {
    const stats = await this.#producer?.stats().catch(() => null);
    return stats ? this.unfinished > stats.depth : false;
  }
}

function isPassing(error: unknown): error is SluiceError {
  return error instanceof SluiceError && passingCodes.has(error.code);
}

function disposable(producer: FetchProducer): FetchProducer & AsyncDisposable {
  return Object.assign(producer, { [Symbol.asyncDispose]: () => producer.close() });
}
