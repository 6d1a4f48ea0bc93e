import { setTimeout as sleep } from 'node:timers/promises';
import { costOf, type ProcessCost } from '../bench-process.ts';
import { type BenchPayload, payloadOf } from '../put/put-plan.ts';
import { type ContenderName, contenders } from './contenders/known-contenders.ts';
import { JobCounter } from './job-counter.ts';
import type { BenchResult, PreparedRun } from './take-contender.ts';
import type { TakeCase, TakeOrder, Work } from './take-plan.ts';

/** Has a contender's process prepare a run, run it, and close what it opened. */
export type TakeRequest =
  | { readonly type: 'prepare'; readonly order: TakeOrder }
  | { readonly type: 'go' }
  /** The answer is how many jobs are not done, of a contender without Redis. */
  | { readonly type: 'left' }
  | { readonly type: 'close' };
export type TakeAnswer = ProcessCost | number | null;

/** One run of a contender: a full queue and a worker that has not begunMs. */
export class MeasuredRun {
  readonly #run: PreparedRun;
  readonly #counter: JobCounter;

  private constructor(run: PreparedRun, counter: JobCounter) {
    this.#run = run;
    this.#counter = counter;
  }

  static async prepare(name: ContenderName, address: string, order: TakeOrder): Promise<MeasuredRun> {
    const counter = new JobCounter(order.jobs);
    const payloads = Array.from({ length: order.jobs }, (_, n) => payloadOf(order.payload, n));
    const onCompleted = (): void => counter.complete();
    const handle = handlerOf(order, counter);
    const prepare = await contenders[name].load();
    return new MeasuredRun(await prepare({ address, order, payloads, handle, onCompleted }), counter);
  }

  /** Resolves when Redis has all jobs as completed. Rejects when one ran twice. */
  go(): Promise<ProcessCost> {
    return costOf(async () => {
      await this.#run.go();
      await this.#counter.all();
    });
  }

  async left(): Promise<number> {
    return (await this.#run.left?.()) ?? 0;
  }

  close(): Promise<void> {
    return this.#run.close();
  }
}

/** The handler that all contenders run. */
function handlerOf(
  { work, result }: Pick<TakeCase, 'work' | 'result'>,
  counter: JobCounter,
): (payload: BenchPayload) => Promise<BenchResult | null> {
  return async (payload) => {
    counter.handle(Number(payload.url.slice(-8)));
    const ms = workMs(work);
    if (ms > 0) await sleep(ms);
    return result ? { status: 200, digest: 'd'.repeat(64), bytes: 12_345, url: payload.url } : null;
  };
}

function workMs(work: Work): number {
  switch (work) {
    case 'none':
      return 0;
    case 'steady':
      return 5;
    case 'random':
      return 1 + Math.random() * 8;
    default:
      throw new TypeError(`unknown work ${String(work satisfies never)}`);
  }
}
