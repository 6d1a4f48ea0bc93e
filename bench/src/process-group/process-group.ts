import { setTimeout as sleep } from 'node:timers/promises';
import { BenchProcess } from '../bench-process.ts';
import { type GroupContender, groupContenders } from './contenders/known-contenders.ts';
import type { RedisMeter } from '../redis-meter.ts';
import type { Pace } from './drive-producer.ts';
import type { MemberAnswer, MemberRequest, ProcessUse, WorkerAccount } from './group-member.ts';

export interface ProcessGroupOptions {
  readonly contender: GroupContender;
  readonly producers: number;
  readonly workers: number;
}

/** What a process group's worker has used and seen in a run. */
export interface WorkerReport {
  readonly use: ProcessUse;
  readonly account: WorkerAccount;
}

const LOOK_EVERY_MS = 20;
const LOOKS_MAX = 100;
const WORKED_OFF_TIMEOUT_MS = 60_000;

/** Producers and workers of one library, each in a process of its own. */
export class ProcessGroup implements AsyncDisposable {
  readonly contender: GroupContender;
  readonly #stack = new AsyncDisposableStack();
  readonly #producers: BenchProcess<MemberRequest, MemberAnswer>[] = [];
  readonly #workers: BenchProcess<MemberRequest, MemberAnswer>[] = [];

  private constructor(contender: GroupContender) {
    this.contender = contender;
  }

  static async start({ contender, producers, workers }: ProcessGroupOptions): Promise<ProcessGroup> {
    await using stack = new AsyncDisposableStack();
    const group = stack.use(new ProcessGroup(contender));
    for (let index = 0; index < producers; index += 1) await group.#add(group.#producers, 'producer');
    for (let index = 0; index < workers; index += 1) await group.#add(group.#workers, 'worker');
    stack.move();
    return group;
  }

  /** Connects all of them. Workers begin at once. */
  async open(socketPath: string, slots: number): Promise<void> {
    await this.#askAll(this.#workers, { type: 'open-worker', socketPath, slots });
    await this.#askAll(this.#producers, { type: 'open-producer', socketPath });
  }

  /** Has each producer put as many jobs. Resolves with what each has used once Redis has them all. */
  async put(jobs: number, pace: Pace): Promise<ProcessUse[]> {
    const answers = await this.#askAll(this.#producers, { type: 'put', jobs, pace });
    return answers.map(({ use }) => use);
  }

  /** Resolves when nothing waits and nothing runs. */
  async untilWorkedOff(meter: RedisMeter, signal: AbortSignal): Promise<void> {
    const { lists } = groupContenders[this.contender];
    const startMs = performance.now();
    for (;;) {
      const left = await Promise.all(lists.map((key) => meter.listLength(key)));
      if (left.every((length) => length === 0)) return;
      if (performance.now() - startMs > WORKED_OFF_TIMEOUT_MS)
        throw new Error(`${left.join(' and ')} jobs are left in ${lists.join(', ')}`);
      await sleep(LOOK_EVERY_MS, undefined, { signal });
    }
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
      if (completed > jobs || look === LOOKS_MAX)
        throw new Error(`${this.contender}: ${completed} of ${jobs} completed`);
      await sleep(LOOK_EVERY_MS, undefined, { signal });
    }
  }

  async close(): Promise<void> {
    await this.#askAll([...this.#producers, ...this.#workers], { type: 'close' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #add(members: BenchProcess<MemberRequest, MemberAnswer>[], role: string): Promise<void> {
    const program = new URL('member-program.ts', import.meta.url);
    const name = `${this.contender}, ${role}`;
    members.push(this.#stack.use(await BenchProcess.start({ name, program, args: [this.contender] })));
  }

  async #askAll(
    members: readonly BenchProcess<MemberRequest, MemberAnswer>[],
    request: MemberRequest,
  ): Promise<MemberAnswer[]> {
    return Promise.all(members.map((member) => member.ask(request)));
  }
}
