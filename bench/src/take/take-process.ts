import { BenchProcess } from '../bench-process.ts';
import type { ContenderName } from './take-contender.ts';
import type { TakeAnswer, TakeCost, TakeOrder, TakeRequest } from './take-order.ts';

/** A contender in a process of its own. */
export class TakeProcess implements AsyncDisposable {
  readonly name: ContenderName;
  readonly #process: BenchProcess<TakeRequest, TakeAnswer>;

  private constructor(name: ContenderName, process: BenchProcess<TakeRequest, TakeAnswer>) {
    this.name = name;
    this.#process = process;
  }

  static async start(name: ContenderName, socketPath: string): Promise<TakeProcess> {
    const program = new URL('take-program.ts', import.meta.url);
    return new TakeProcess(name, await BenchProcess.start({ name, program, args: [name, socketPath] }));
  }

  /** Fills the queue and connects a worker that does not begin yet. */
  async prepare(order: TakeOrder): Promise<void> {
    await this.#ask({ type: 'prepare', order });
  }

  /** Has it work. Rejects when a job ran twice, or when it died or hangs. */
  async go(): Promise<TakeCost> {
    const cost = await this.#ask({ type: 'go' });
    if (cost === null) throw new Error(`${this.name}: nothing was prepared`);
    return cost;
  }

  async close(): Promise<void> {
    await this.#ask({ type: 'close' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }

  async #ask(request: TakeRequest): Promise<TakeCost | null> {
    const answer = await this.#process.ask(request);
    if ('failed' in answer) throw new Error(`${this.name}: ${answer.failed}`);
    return answer.cost;
  }
}
