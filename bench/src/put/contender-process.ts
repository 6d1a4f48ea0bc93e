import { BenchProcess } from '../bench-process.ts';
import type { ContenderName } from './contender.ts';
import type { RoundAnswer, RoundCost, RoundOrder } from './round-order.ts';

/** A contender in a process of its own. */
export class ContenderProcess implements AsyncDisposable {
  readonly name: ContenderName;
  readonly #process: BenchProcess<RoundOrder, RoundAnswer>;

  private constructor(name: ContenderName, process: BenchProcess<RoundOrder, RoundAnswer>) {
    this.name = name;
    this.#process = process;
  }

  /** Resolves when it is connected. */
  static async start(name: ContenderName, socketPath: string): Promise<ContenderProcess> {
    const program = new URL('contender-program.ts', import.meta.url);
    return new ContenderProcess(name, await BenchProcess.start({ name, program, args: [name, socketPath] }));
  }

  /** Has it put jobs. Rejects when a put was refused, or when it died or hangs. */
  async run(order: RoundOrder): Promise<RoundCost> {
    const answer = await this.#process.ask(order);
    if ('failed' in answer) throw new Error(`${this.name}: ${answer.failed}`);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
