import { payloadOf } from '../put/put-plan.ts';
import { handlerOf } from './handler-of.ts';
import { prepareRun } from './prepare-run.ts';
import { RunTally } from './run-tally.ts';
import type { ContenderName, PreparedRun } from './take-contender.ts';
import type { TakeCost, TakeOrder } from './take-order.ts';

/** One run of a contender: a full queue and a worker that waits for the word to begin. */
export class MeasuredRun {
  readonly #run: PreparedRun;
  readonly #tally: RunTally;

  private constructor(run: PreparedRun, tally: RunTally) {
    this.#run = run;
    this.#tally = tally;
  }

  static async prepare(name: ContenderName, socketPath: string, order: TakeOrder): Promise<MeasuredRun> {
    const tally = new RunTally(order.jobs);
    const payloads = Array.from({ length: order.jobs }, (_, n) => payloadOf(order.payload, n));
    const onCompleted = (): void => tally.complete();
    const handle = handlerOf(order, tally);
    return new MeasuredRun(await prepareRun(name, { socketPath, order, payloads, handle, onCompleted }), tally);
  }

  /** Resolves when Redis has all jobs as completed. Rejects when one ran twice. */
  async go(): Promise<TakeCost> {
    globalThis.gc?.(); // what filling the queue left behind is not this run's
    const cpu = process.cpuUsage();
    const start = performance.now();
    await this.#run.go();
    await this.#tally.all();
    const elapsedMs = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    return { elapsedMs, nodeCpuUs: user + system };
  }

  close(): Promise<void> {
    return this.#run.close();
  }
}
