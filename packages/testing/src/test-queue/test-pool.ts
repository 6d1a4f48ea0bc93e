import { setTimeout as sleep } from 'node:timers/promises';
import type { HandlerRegistry, QueueDefinition } from '@sluice/queue';
import { createParkedPool, type ParkedPool } from '@sluice/queue/testing';
import type { HistoryRecorder } from '../history/history.ts';
import { recordRuns } from './record-runs.ts';

const LOOK_EVERY_MS = 10;

/** The pool of a test queue: takes jobs only while a call wants some to run, or between `start` and `stop`. */
export class TestPool<Q extends QueueDefinition> {
  readonly #make: () => ParkedPool;
  readonly #history: HistoryRecorder;
  /** Made when jobs are run for the first time, and again after it was ended. */
  #parked: Promise<ParkedPool> | null = null;
  #isRunning = false;

  constructor(
    queue: Q,
    handlers: HandlerRegistry<Q>,
    options: Parameters<typeof createParkedPool>[2],
    history: HistoryRecorder,
  ) {
    this.#make = () => createParkedPool(queue, handlers, options);
    this.#history = history;
  }

  /** Whether jobs run without a call that waits for them. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** @throws DefinitionError when a handler is missing */
  checkHandlers(): void {
    this.#make();
  }

  async start(): Promise<void> {
    (await this.#started()).open();
    this.#isRunning = true;
  }

  /** Takes nothing more, and lets running attempts end. */
  async stop(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    const { pool, park } = await this.#started();
    park();
    while (pool.health().busy > 0) await sleep(LOOK_EVERY_MS);
  }

  /** Opens the pool for one call, unless it is open anyway. When the call fails, what runs is interrupted. */
  async during<T>(use: (pool: ParkedPool['pool']) => Promise<T>): Promise<T> {
    const { pool, open, park } = await this.#started();
    open();
    try {
      const result = await use(pool);
      if (!this.#isRunning) park();
      return result;
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  /** Interrupts what runs. The next run has a pool of its own. */
  async end(): Promise<void> {
    const parked = this.#parked;
    this.#parked = null;
    this.#isRunning = false;
    await (await parked?.catch(() => null))?.pool.stop();
  }

  #started(): Promise<ParkedPool> {
    this.#parked ??= this.#startPool();
    return this.#parked;
  }

  async #startPool(): Promise<ParkedPool> {
    const parked = this.#make();
    recordRuns(parked.pool, this.#history);
    await parked.pool.start();
    return parked;
  }
}
