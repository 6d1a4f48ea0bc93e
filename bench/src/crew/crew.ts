import { setTimeout as sleep } from 'node:timers/promises';
import { BenchProcess } from '../bench-process.ts';
import type { CrewContender } from './crew-contender.ts';
import type { CrewAnswer, CrewRequest, Pace, ProcessUse, WorkerAccount } from './crew-messages.ts';

export interface CrewOptions {
  readonly contender: CrewContender;
  readonly producers: number;
  readonly workers: number;
}

/** What a crew's worker has used and seen in a run. */
export interface WorkerReport {
  readonly use: ProcessUse;
  readonly account: WorkerAccount;
}

const lookEveryMs = 20;
const mostLooks = 100;

/** Producers and workers of one library, each in a process of its own. */
export class Crew implements AsyncDisposable {
  readonly contender: CrewContender;
  readonly #stack = new AsyncDisposableStack();
  readonly #producers: BenchProcess<CrewRequest, CrewAnswer>[] = [];
  readonly #workers: BenchProcess<CrewRequest, CrewAnswer>[] = [];

  private constructor(contender: CrewContender) {
    this.contender = contender;
  }

  static async start({ contender, producers, workers }: CrewOptions): Promise<Crew> {
    await using stack = new AsyncDisposableStack();
    const crew = stack.use(new Crew(contender));
    for (let seat = 0; seat < producers; seat += 1) await crew.#add(crew.#producers, 'producer');
    for (let seat = 0; seat < workers; seat += 1) await crew.#add(crew.#workers, 'worker');
    stack.move();
    return crew;
  }

  /** Connects all of them. Workers begin at once. */
  async open(socketPath: string, slots: number): Promise<void> {
    await this.#askAll(this.#workers, { type: 'open-worker', socketPath, slots });
    await this.#askAll(this.#producers, { type: 'open-producer', socketPath });
  }

  /** Has each producer put as many jobs. Resolves with what each has used when Redis has them all. */
  async put(jobs: number, pace: Pace): Promise<ProcessUse[]> {
    const answers = await this.#askAll(this.#producers, { type: 'put', jobs, pace });
    return answers.map(({ use }) => use);
  }

  /**
   * What the workers have used and seen, once they have seen as many jobs completed: Redis knows of a job's end before
   * its worker has the answer.
   *
   * @throws Error when they have seen more, or do not see them all
   */
  async accountOf(jobs: number, signal: AbortSignal): Promise<WorkerReport[]> {
    for (let look = 1; ; look += 1) {
      const answers = await this.#askAll(this.#workers, { type: 'account' });
      const reports = answers.flatMap((answer) => (answer.type === 'account' ? [answer] : []));
      const completed = reports.reduce((sum, { account }) => sum + account.completed, 0);
      if (completed === jobs) return reports;
      if (completed > jobs || look === mostLooks)
        throw new Error(`${this.contender}: ${completed} of ${jobs} completed`);
      await sleep(lookEveryMs, undefined, { signal });
    }
  }

  async close(): Promise<void> {
    await this.#askAll([...this.#producers, ...this.#workers], { type: 'close' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #add(seats: BenchProcess<CrewRequest, CrewAnswer>[], role: string): Promise<void> {
    const program = new URL('crew-program.ts', import.meta.url);
    const name = `${this.contender}, ${role}`;
    seats.push(this.#stack.use(await BenchProcess.start({ name, program, args: [this.contender] })));
  }

  async #askAll(
    seats: readonly BenchProcess<CrewRequest, CrewAnswer>[],
    request: CrewRequest,
  ): Promise<Exclude<CrewAnswer, { type: 'failed' }>[]> {
    const answers = await Promise.all(seats.map((seat) => seat.ask(request)));
    return answers.map((answer) => {
      if (answer.type === 'failed') throw new Error(`${this.contender}: ${answer.message}`);
      return answer;
    });
  }
}
