import { setTimeout as sleep } from 'node:timers/promises';
import { WorkersFailedError } from '../../cli-errors.ts';
import { WorkerProcess, type WorkerCommand, type WorkerExit } from './worker-process.ts';

export interface WorkerFleetOptions {
  size: number;
  /** How the process number `n` (from 1) is started. Asked before each start. */
  command: (n: number) => WorkerCommand;
  /** Called for each death. */
  note: (line: string) => void;
  /** Deaths in a row, each soon after the start, that end the run. Default 6. */
  quickDeathsMax?: number;
  /** A process that lived longer did not die at its start. Default 5,000. */
  quickMs?: number;
  /** Wait before the first restart, doubled with each quick death, at most 5 s. Default 100. */
  restartDelayMs?: number;
}

/** Keeps a number of worker processes running until it is stopped. */
export class WorkerFleet {
  readonly #options: Required<WorkerFleetOptions>;
  readonly #running = new Map<number, WorkerProcess>();
  readonly #stopped = new AbortController();
  readonly #supervisors: Promise<void>[];
  /** Rejects with WorkersFailedError when a worker cannot be kept alive; never resolves. */
  readonly failed: Promise<never>;

  constructor({ quickDeathsMax = 6, quickMs = 5_000, restartDelayMs = 100, ...options }: WorkerFleetOptions) {
    this.#options = { quickDeathsMax, quickMs, restartDelayMs, ...options };
    const failure = Promise.withResolvers<never>();
    this.failed = failure.promise;
    this.failed.catch(() => undefined);
    this.#supervisors = Array.from({ length: options.size }, (_, index) =>
      this.#keep(index + 1).catch((error: unknown) => failure.reject(error)),
    );
  }

  /** Process ids of the workers that run now. */
  get pids(): number[] {
    return [...this.#running.values()].flatMap(({ pid }) => pid ?? []);
  }

  /**
   * Ends all workers: asks them to drain, and kills those that are still there after `drainMs`.
   * Safe to call again with less time.
   */
  async stop({ drainMs }: { drainMs: number }): Promise<void> {
    this.#stopped.abort();
    for (const worker of this.#running.values()) worker.kill('SIGTERM');
    const force = setTimeout(() => this.killAll(), drainMs);
    await Promise.all(this.#supervisors);
    clearTimeout(force);
  }

  /** Ends all workers now. What they were doing is done again by others. */
  killAll(): void {
    this.#stopped.abort();
    for (const worker of this.#running.values()) worker.kill('SIGKILL');
  }

  async #keep(n: number): Promise<void> {
    let quickDeaths = 0;
    while (!this.#stopped.signal.aborted) {
      const startedAtMs = performance.now();
      const exit = await this.#runOnce(n);
      if (this.#stopped.signal.aborted) return;
      // One that never said that it takes jobs did not get over its start, however long that took.
      const isQuick = !exit.wasReady || performance.now() - startedAtMs < this.#options.quickMs;
      quickDeaths = isQuick ? quickDeaths + 1 : 0;
      if (quickDeaths >= this.#options.quickDeathsMax) {
        throw new WorkersFailedError(quickDeaths, exit.how, exit.lastLines, { cause: exit.error });
      }
      this.#options.note(`worker ${n} died (${exit.how}); starting another`);
      await this.#pause(Math.min(5_000, this.#options.restartDelayMs * 2 ** quickDeaths));
    }
  }

  async #runOnce(n: number): Promise<WorkerExit> {
    let worker: WorkerProcess;
    try {
      worker = new WorkerProcess(this.#options.command(n));
    } catch (error) {
      // Node throws for some shortages at once, and reports others as the end of the process.
      if (!(error instanceof Error)) throw error;
      return { how: error.message, wasReady: false, lastLines: [], error };
    }
    this.#running.set(n, worker);
    const exit = await worker.exited;
    this.#running.delete(n);
    return exit;
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }
}
